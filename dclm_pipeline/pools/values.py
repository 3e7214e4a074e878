"""What values a pool can hold, and how to get at their bytes, whatever the way in which Arrow holds them.

Knows Arrow's layouts; not what the values mean, nor Parquet.
"""

import json
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.errors import RecipeError

# As a string, because Arrow's classes take parameters in their type stubs only.
Array: TypeAlias = "pa.Array[pa.Scalar[pa.DataType]]"

_is = pa.types
_WITH_LENGTHS = frozenset(kind.id for kind in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary()))


def value_type(kind: pa.DataType) -> str:
    """Return the name of a type of values: the same for a dictionary, or offsets of another width."""
    if _is.is_dictionary(kind):
        return value_type(kind.value_type)
    if _is.is_string(kind) or _is.is_large_string(kind):
        return "string"
    if _is.is_binary(kind) or _is.is_large_binary(kind):
        return "binary"
    if _is.is_list(kind) or _is.is_large_list(kind):
        return f"list<{value_type(kind.value_type)}>"
    if _is.is_fixed_size_list(kind) and kind.list_size > 0:
        return f"list<{value_type(kind.value_type)}>[{kind.list_size}]"
    if _is.is_map(kind):
        return f"map<{value_type(kind.key_type)},{value_type(kind.item_type)}>"
    if _is.is_struct(kind) and kind.num_fields > 0:
        return f"struct<{','.join(json.dumps(field.name) + ':' + value_type(field.type) for field in kind.fields)}>"
    if _is.is_fixed_size_binary(kind) and kind.byte_width > 0:
        return str(kind)
    if _is.is_null(kind) or _is.is_decimal(kind) or (_is.is_primitive(kind) and not _is.is_interval(kind)):
        return str(kind)
    raise RecipeError(
        f"a pool cannot hold values of type {kind}; use numbers, strings, binary, dates, times, lists or structs"
    )


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Return a type with the values of dictionaries in their place, at any depth."""
    if _is.is_dictionary(kind):
        return plain_type(kind.value_type)
    if _is.is_map(kind):
        return pa.map_(plain_type(kind.key_type), plain_type(kind.item_type))
    if _is.is_struct(kind):
        return pa.struct([_plain_field(field) for field in kind.fields])
    if _is.is_fixed_size_list(kind):
        fixed: pa.DataType = pa.list_(_plain_field(kind.value_field), kind.list_size)
        return fixed
    if _is.is_large_list(kind):
        return pa.large_list(_plain_field(kind.value_field))
    if _is.is_list(kind):
        return pa.list_(_plain_field(kind.value_field))
    return kind


def inner_types(kind: pa.DataType) -> list[pa.DataType]:
    """Return the types of the values within values."""
    if _is.is_dictionary(kind):
        return inner_types(kind.value_type)
    if _is.is_map(kind):
        return [kind.key_type, kind.item_type]
    if _is.is_struct(kind):
        return [field.type for field in kind.fields]
    if _is.is_list(kind) or _is.is_large_list(kind) or _is.is_fixed_size_list(kind):
        return [kind.value_type]
    return []


def lengths_of(array: Array) -> NDArray[np.int64]:
    """Return the length of each string, binary, list or map, 0 for null."""
    if isinstance(array, pa.FixedSizeListArray):
        lengths = np.full(len(array), array.type.list_size, np.int64)
    else:
        lengths = np.diff(_places_of(array))
    if array.null_count:
        lengths[array.is_null().to_numpy(zero_copy_only=False)] = 0
    return lengths


def entries_of(array: Array) -> Array:
    """Return what the lists or maps that are not null hold, end to end; of maps, structs of key and value."""
    if isinstance(array, pa.MapArray):
        entry = pa.struct([pa.field("key", array.type.key_type), pa.field("value", array.type.item_type)])
        array = array.cast(pa.list_(entry))
    entries: Array = pc.call_function("list_flatten", [array])
    return entries


def data_of(array: Array) -> memoryview:
    """Return the bytes of flat values, of which there is at least one, end to end, with what lies under nulls."""
    data = array.buffers()[-1]
    if data is None:
        return memoryview(b"")
    if has_lengths(array.type):
        places = _places_of(array)
        return memoryview(data)[int(places[0]) : int(places[-1])]
    width = array.type.bit_width // 8
    return memoryview(data)[array.offset * width : (array.offset + len(array)) * width]


def row_bytes(array: Array) -> NDArray[np.int64]:
    """Return the bytes of each row's own values: their length, or their width (1 for booleans), nulls included."""
    while isinstance(array, pa.DictionaryArray):
        array = array.dictionary_decode()
    if isinstance(array, pa.NullArray) or len(array) == 0:
        return np.zeros(len(array), np.int64)
    if isinstance(array, pa.StructArray):
        total = np.zeros(len(array), np.int64)
        for inner in array.flatten():
            total += row_bytes(inner)
        return total
    if has_lengths(array.type):
        return lengths_of(array)
    if _is.is_nested(array.type):
        ends = np.cumsum(lengths_of(array))
        inside = np.concatenate([np.zeros(1, np.int64), np.cumsum(row_bytes(entries_of(array)))])
        return np.diff(inside[ends], prepend=0)
    return np.full(len(array), (array.type.bit_width + 7) // 8, np.int64)


def has_lengths(kind: pa.DataType) -> bool:
    """Tell strings and binary of any length."""
    while isinstance(kind, pa.DictionaryType):
        kind = kind.value_type
    return kind.id in _WITH_LENGTHS


def is_packed(kind: pa.DataType) -> bool:
    """Tell whether values take less room than `row_bytes` says: booleans, and what may hold them."""
    return _is.is_boolean(kind) or _is.is_nested(kind) or _is.is_dictionary(kind)


def _places_of(array: Array) -> NDArray[np.int64]:
    """Return where each value of varying length begins, and where the last ends."""
    kind = array.type
    wide = _is.is_large_string(kind) or _is.is_large_binary(kind) or _is.is_large_list(kind)
    offsets = array.buffers()[1]
    if offsets is None or len(array) == 0:
        return np.zeros(len(array) + 1, np.int64)
    here = slice(array.offset, array.offset + len(array) + 1)
    if wide:
        return np.frombuffer(memoryview(offsets), np.int64)[here]
    return np.frombuffer(memoryview(offsets), np.int32)[here].astype(np.int64)


def _plain_field(field: "pa.Field[pa.DataType]") -> "pa.Field[pa.DataType]":
    return field.with_type(plain_type(field.type))
