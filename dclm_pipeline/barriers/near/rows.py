"""Nodes as numbers and as columns, and rows in groups that stay together."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, from_numpy, one_batch
from dclm_pipeline.barriers.near.schemas import NODE
from dclm_pipeline.kernels.dedup.minhash import stirred
from dclm_pipeline.kernels.strings import views
from dclm_pipeline.step import Batch

Nodes: TypeAlias = NDArray[np.uint64]  # a line a node: rank, tie, place
Value: TypeAlias = "NDArray[Any] | Array"

_NUMBERS = 3
_NUMBER_BYTES = 8
_ROW_BITS = np.uint64(40)
_LEAST_ROWS = 65_536


def nodes_of(column: Array) -> Nodes:
    """Return a column of nodes as numbers."""
    data = column.buffers()[1]
    if len(column) == 0 or data is None:
        return np.empty((0, _NUMBERS), np.uint64)
    all_nodes = np.frombuffer(memoryview(data), np.uint64, (column.offset + len(column)) * _NUMBERS)
    return all_nodes.reshape(-1, _NUMBERS)[column.offset :]


def from_nodes(nodes: Nodes) -> Array:
    """Return nodes as a column."""
    data = pa.py_buffer(np.ascontiguousarray(nodes, np.uint64).tobytes())
    column: Array = pa.Array.from_buffers(NODE, len(nodes), [None, data])
    return column


def own_nodes(batch: Batch, rank: str) -> Nodes:
    """Return who the documents of evidence are, by the columns `rank` (or what is called so), `tie`, `shard`, `row`."""
    shard, row = (batch[name].to_numpy().astype(np.uint64) for name in ("shard", "row"))
    return np.stack([batch[rank].to_numpy(), batch["tie"].to_numpy(), shard << _ROW_BITS | row], axis=1)


def home_of(nodes: Nodes) -> dict[str, Value]:
    """Return the columns by which findings find their document."""
    place = nodes[:, 2]
    return {
        "shard": (place >> _ROW_BITS).astype(np.int64),
        "row": (place & np.uint64(2**40 - 1)).astype(np.int64),
    }


def hash_of(nodes: Nodes) -> NDArray[np.uint64]:
    """Return a number that scatters nodes, another one for each."""
    return stirred(nodes[:, 2] + np.uint64(1))


def batch_of(schema: pa.Schema, columns: Mapping[str, Value]) -> Batch:
    """Return columns as a batch, in the order of a schema, which may have more than there are: those are null."""
    rows = len(next(iter(columns.values())))
    arrays: list[Array] = []
    for field in schema:
        value = columns.get(field.name)
        if value is None:
            arrays.append(pa.nulls(rows, field.type))
        elif field.type == NODE:
            arrays.append(from_nodes(value) if isinstance(value, np.ndarray) else value)
        else:
            array = from_numpy(value) if isinstance(value, np.ndarray) else value
            arrays.append(array if array.type == field.type else array.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def packed(offsets: NDArray[np.int64], values: NDArray[np.uint64]) -> Array:
    """Return lists of numbers as a column of bytes, list i from `offsets[i]` to `offsets[i + 1]`."""
    data = pa.py_buffer(values.tobytes())
    places = pa.py_buffer((offsets * _NUMBER_BYTES).tobytes())
    column: Array = pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, [None, places, data])
    return column


def unpacked(column: Array) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return the lists of numbers in a column of bytes: where each begins, and the numbers."""
    offsets, data = views(column.cast(pa.large_binary()))
    return offsets // _NUMBER_BYTES, np.frombuffer(data.data, np.uint64, int(offsets[-1]) // _NUMBER_BYTES)


def chosen(column: Array, places: NDArray[np.int64], there: NDArray[np.bool_] | None = None) -> Array:
    """Return values of a column in another order; null where they are not to be `there`."""
    indices: Array = pa.array(places, mask=None if there is None else ~there)
    taken: Array = pc.take(column, indices)
    return taken


def bounds_of(*keys: NDArray[Any]) -> NDArray[np.int64]:
    """Return where runs of rows with equal keys begin, and where the last one ends."""
    rows = len(keys[0])
    if rows == 0:
        return np.zeros(1, np.int64)
    changes = np.zeros(rows - 1, np.bool_)
    for key in keys:
        changes |= key[1:] != key[:-1]
    return np.concatenate([np.zeros(1, np.int64), np.flatnonzero(changes) + 1, np.full(1, rows, np.int64)])


def grouped(rows: Iterator[Batch], keys: Sequence[str] = ("hash",)) -> Iterator[Batch]:
    """Yield rows in batches that end where a group of equal keys ends; a group is in memory as a whole."""
    held: list[Batch] = []
    count = 0
    for batch in rows:
        if batch.num_rows == 0:
            continue
        if count >= _LEAST_ROWS:
            last = held[-1].slice(held[-1].num_rows - 1, 1)
            joined = pa.Table.from_batches([last, batch]).combine_chunks()
            bounds = bounds_of(*(joined[key].to_numpy() for key in keys))
            same = int(bounds[1]) - 1  # rows that belong to the group at hand
            if same < batch.num_rows:
                yield one_batch(pa.Table.from_batches([*held, batch.slice(0, same)]))
                held, count = [batch.slice(same)], batch.num_rows - same
                continue
        held.append(batch)
        count += batch.num_rows
    if held:
        yield one_batch(pa.Table.from_batches(held))


def first_of_each(*keys: NDArray[Any]) -> NDArray[np.int64]:
    """Return the places of rows, in their order, each the first with its keys."""
    if len(keys[0]) == 0:
        return np.zeros(0, np.int64)
    order = np.lexsort(keys[::-1])
    bounds = bounds_of(*(key[order] for key in keys))
    firsts: NDArray[np.int64] = np.sort(order[bounds[:-1]])
    return firsts
