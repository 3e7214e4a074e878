"""What a shard says, as one SHA-256 a column: over the values in row order and nothing else.

The same for any batching, slicing, offsets, bytes that lie under nulls, dictionaries, widths of offsets (`string` and
`large_string`), compression, Parquet and whoever wrote it. Other for null and empty, and for other types of values;
NaN is one value, 0.0 and -0.0 are two. Knows columns by name; says nothing of their order or of nullability.

A digest of values of a type is the SHA-256 of the type's name, the number of values, and the SHA-256 of each of: a
byte a value (1 there, 0 null); for values of varying length, the length of each that is there (8 bytes, little endian);
the bytes of the values that are there, one after another (a byte for a boolean, little endian numbers); and then the
digests of what lies within, over the values that are there. Costs about what SHA-256 costs.
"""

import hashlib
from collections.abc import Callable
from typing import Protocol

import numpy as np
import pyarrow as pa

from dclm_pipeline.pools.values import Array, data_of, entries_of, has_lengths, inner_types, lengths_of, value_type


class Hash(Protocol):
    """What is taken of bytes."""

    def update(self, data: memoryview, /) -> None:
        """Take in the bytes that follow."""
        ...

    def digest(self) -> bytes:
        """Return what was taken of the bytes so far."""
        ...


class ContentDigest:
    """The digests of the columns of one shard, taken while its batches go by."""

    def __init__(self, schema: pa.Schema, hashed: Callable[[], Hash] = hashlib.sha256) -> None:
        """Begin with no rows; of values `hashed` is taken, where it need not withstand whoever chooses them."""
        self._columns = [(field.name, _Values(field.type, hashed)) for field in schema]

    def update(self, batch: pa.RecordBatch) -> None:
        """Take in the rows that follow; the columns are those of the schema, in its order."""
        for (_, values), array in zip(self._columns, batch.columns, strict=True):
            values.update(array)

    def digests(self) -> dict[str, str]:
        """Return the digest of each column, in hexadecimal, of the rows so far."""
        return {name: values.digest().hex() for name, values in self._columns}


class _Values:
    """The digest of values of one type, and of those within them."""

    def __init__(self, kind: pa.DataType, hashed: Callable[[], Hash]) -> None:
        self._name = value_type(kind)
        self._count = 0
        self._there = hashed()
        self._lengths = hashed()
        self._data = hashed()
        self._within = [_Values(inner, hashed) for inner in inner_types(kind)]

    def update(self, array: Array) -> None:
        """Take in values: which of them are there, then those that are."""
        while isinstance(array, pa.DictionaryArray):
            array = array.dictionary_decode()
        self._count += len(array)
        if isinstance(array, pa.NullArray):
            return
        if array.null_count == 0:
            self._there.update(np.ones(len(array), np.uint8).data)
        else:
            self._there.update(array.is_valid().to_numpy(zero_copy_only=False).view(np.uint8).data)
            array = array.drop_null()
        if len(array):
            self._take(array)

    def digest(self) -> bytes:
        """Return the digest of the values so far."""
        total = hashlib.sha256(f"{self._name}\0{self._count}\0".encode())
        for part in (self._there, self._lengths, self._data):
            total.update(part.digest())
        for values in self._within:
            total.update(values.digest())
        return total.digest()

    def _take(self, array: Array) -> None:
        """Take in values none of which is null."""
        if isinstance(array, pa.MapArray | pa.ListArray | pa.LargeListArray):
            self._lengths.update(lengths_of(array).data)
        if isinstance(array, pa.MapArray):
            self._take_fields(entries_of(array))
        elif isinstance(array, pa.ListArray | pa.LargeListArray | pa.FixedSizeListArray):
            self._within[0].update(entries_of(array))
        elif isinstance(array, pa.StructArray):
            self._take_fields(array)
        elif isinstance(array, pa.HalfFloatArray | pa.FloatArray | pa.DoubleArray):
            self._take_floats(array)
        elif isinstance(array, pa.BooleanArray):
            self._data.update(array.to_numpy(zero_copy_only=False).view(np.uint8).data)
        else:
            if has_lengths(array.type):
                self._lengths.update(lengths_of(array).data)
            self._data.update(data_of(array))

    def _take_floats(self, array: Array) -> None:
        # The dictionary of a Parquet column keeps one NaN for all of them, so their bits cannot be told apart later.
        numbers = array.to_numpy(zero_copy_only=False)
        unknown = np.isnan(numbers)
        self._data.update((np.where(unknown, numbers.dtype.type(np.nan), numbers) if unknown.any() else numbers).data)

    def _take_fields(self, array: Array) -> None:
        if isinstance(array, pa.StructArray):
            for values, inner in zip(self._within, array.flatten(), strict=True):
                values.update(inner)
