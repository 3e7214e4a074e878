"""Tables to store, drawn at random: clean ones, and the same values as Arrow might hold them after a day's work."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)

# The values of each column, null included where the column may hold it.
VALUES: dict[str, tuple[pa.DataType, st.SearchStrategy[object]]] = {
    "id": (pa.binary(16), st.binary(min_size=16, max_size=16)),
    "url": (pa.string(), st.none() | TEXT),
    "text": (pa.large_string(), st.none() | TEXT),
    "body": (pa.large_binary(), st.none() | st.binary(max_size=12)),
    "date": (pa.timestamp("s", "UTC"), st.none() | st.integers(-(2**33), 2**33)),
    "quality": (pa.float64(), st.none() | st.floats()),
    "count": (pa.int32(), st.none() | st.integers(-5, 5)),
    "kept": (pa.bool_(), st.none() | st.booleans()),
    "words": (pa.list_(pa.int16()), st.none() | st.lists(st.none() | st.integers(-9, 9), max_size=3)),
    "names": (pa.large_list(pa.large_string()), st.none() | st.lists(st.none() | TEXT, max_size=3)),
    "pair": (pa.list_(pa.float32(), 2), st.none() | st.lists(st.integers(-9, 9), min_size=2, max_size=2)),
    "place": (
        pa.struct([("shard", pa.string()), ("row", pa.list_(pa.int64()))]),
        st.none() | st.fixed_dictionaries({"shard": st.none() | TEXT, "row": st.none() | st.lists(st.integers(0, 9))}),
    ),
    "site": (pa.string(), st.none() | st.sampled_from(["a.example", "b.example", "", "c"])),
    "tags": (pa.map_(pa.string(), pa.int8()), st.none() | st.dictionaries(TEXT, st.integers(-9, 9), max_size=2)),
}
SCHEMA = pa.schema([pa.field(name, kind, nullable=name != "id") for name, (kind, _) in VALUES.items()])


@dataclass(frozen=True)
class Table:
    """Rows as one clean batch, and the same rows as batches with slices, garbage under nulls and dictionaries."""

    clean: pa.RecordBatch
    batches: list[pa.RecordBatch]


@st.composite
def tables(draw: st.DrawFn, most: int = 6) -> Table:
    """Draw rows and a way in which they come."""
    count = draw(st.integers(0, most))
    rows = {name: draw(st.lists(values, min_size=count, max_size=count)) for name, (_, values) in VALUES.items()}
    arrays = [_clean(rows[name], kind) for name, (kind, _) in VALUES.items()]
    cuts = sorted(draw(st.lists(st.integers(0, count), max_size=4)))
    before = draw(st.integers(0, 3))
    batches = [_used(rows, start, end, before) for start, end in zip([0, *cuts], [*cuts, count], strict=True)]
    return Table(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA), batches)


def _clean(values: list[object], kind: pa.DataType) -> pa.Array:
    if pa.types.is_map(kind):
        values = [None if value is None else list(value.items()) for value in values]
    return pa.array(values, kind)


def _used(rows: dict[str, list[object]], start: int, end: int, before: int) -> pa.RecordBatch:
    """Return some of the rows as a slice that begins after `before` others."""
    arrays = {}
    for name, (kind, _) in VALUES.items():
        values = rows[name][:1] * before + rows[name][start:end]
        array = _with_garbage(values, kind)
        if name == "site":
            array = pa.DictionaryArray.from_arrays(_codes(values), pa.array(["c", "", "b.example", "a.example"]))
        arrays[name] = array
    return pa.RecordBatch.from_pydict(arrays).slice(before if rows["id"] else 0)


def _codes(values: list[object]) -> pa.Array:
    names = ["c", "", "b.example", "a.example"]
    return pa.array([None if value is None else names.index(value) for value in values], pa.int8())


def _with_garbage(values: list[object], kind: pa.DataType) -> pa.Array:
    """Return the values with something else than nothing under the nulls."""
    absent = np.array([value is None for value in values], bool)
    full = _clean([_garbage(kind) if value is None else value for value in values], kind)
    mask = pa.array(absent, pa.bool_())
    if pa.types.is_fixed_size_list(kind):
        return pa.FixedSizeListArray.from_arrays(full.values, 2, mask=mask)
    if pa.types.is_map(kind):
        return pa.MapArray.from_arrays(full.offsets, full.keys, full.items, mask=mask)
    if pa.types.is_large_list(kind):
        return pa.LargeListArray.from_arrays(full.offsets, full.values, mask=mask)
    if pa.types.is_list(kind):
        return pa.ListArray.from_arrays(full.offsets, full.values, mask=mask)
    if pa.types.is_struct(kind):
        return pa.StructArray.from_arrays(full.flatten(), fields=list(kind.fields), mask=mask)
    there = pa.array(~absent, pa.bool_()).buffers()[1]
    return pa.Array.from_buffers(kind, len(values), [there, *full.buffers()[1:]])


def _garbage(kind: pa.DataType) -> object:
    if pa.types.is_struct(kind):
        return {"shard": "garbage", "row": [6, 6, 6]}
    if pa.types.is_map(kind):
        return {"garbage": 6}
    if pa.types.is_fixed_size_list(kind):
        return [6, 6]
    if pa.types.is_nested(kind):
        return [_garbage(kind.value_type)] * 2
    if pa.types.is_fixed_size_binary(kind):
        return b"g" * kind.byte_width
    if pa.types.is_large_binary(kind):
        return b"garbage"
    if pa.types.is_boolean(kind):
        return True
    return "garbage" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else 6
