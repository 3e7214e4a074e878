"""Taking rows in an order out of many batches, in memory or in a mapped file, in small runs.

Long values are gathered by a kernel, each copied once. That costs loading the kernel, so it is done where there are
many bytes of them; what comes out is the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, from_numpy, one_batch, take
from dclm_pipeline.step import Batch

if TYPE_CHECKING:
    from dclm_pipeline.kernels.strings import Strings

RUN_ROWS = 2048
# Of long values: loading what gathers them costs half a second, once in a process, and spares one a gigabyte.
MANY_BYTES = 64 * 2**20


@dataclass(frozen=True)
class _Rows:
    """Which rows of a run are of which batch: the batches, and of each the rows there and their places in the run."""

    met: list[int]
    rows: list[NDArray[np.int64]]
    places: list[NDArray[np.int64]]


def places_in_order(first: NDArray[Any], *later: NDArray[Any]) -> NDArray[np.int64]:
    """Return the places of rows in the order of one number; rows alike in it by later ones, then as they are."""
    # The quick sort, which is several times faster, leaves rows of one number in any order; they are few as a rule.
    order: NDArray[np.int64] = np.argsort(first)
    in_order = first[order]
    like_the_next = in_order[1:] == in_order[:-1]
    if like_the_next.any():
        tied = np.append(like_the_next, False) | np.append(False, like_the_next)
        rows = order[tied]
        order[tied] = rows[np.lexsort((rows, *(numbers[rows] for numbers in reversed(later)), first[rows]))]
    return order


def taken(batches: Sequence[Batch], order: NDArray[np.int64], run_rows: int = 0) -> Iterator[Batch]:
    """Yield rows, counted through all batches, in an order; batches lie on disk, and only what is taken is copied.

    Taking from all of them as one table would join each column to one piece, every time.
    """
    long = _long_columns(batches)
    short = [batch.drop_columns(list(long)) for batch in batches] if long else batches
    yield from _taken(batches, long, short, order, run_rows)


def taken_from_memory(batches: Sequence[Batch], order: NDArray[np.int64], run_rows: int = 0) -> Iterator[Batch]:
    """Yield rows as `taken` does, out of batches in memory: what is short is joined to one piece first."""
    long = _long_columns(batches)
    short = one_batch(pa.Table.from_batches([batch.drop_columns(list(long)) for batch in batches]))
    yield from _taken(batches, long, [short], order, run_rows)


def _taken(
    batches: Sequence[Batch],
    long: Mapping[str, "list[Strings]"],
    short: Sequence[Batch],
    order: NDArray[np.int64],
    run_rows: int,
) -> Iterator[Batch]:
    run_rows = run_rows or RUN_ROWS
    schema = batches[0].schema if batches else pa.schema([])
    begins, begins_of_short = (np.cumsum([0, *(part.num_rows for part in parts)]) for parts in (batches, short))
    for start in range(0, len(order), run_rows):
        rows = order[start : start + run_rows]
        found = _short_values(short, _by_batch(rows, begins_of_short))
        if not long:
            yield found
            continue
        spread = _by_batch(rows, begins)
        arrays: dict[str, Array] = dict(zip(found.schema.names, found.columns, strict=True))
        for name, pieces in long.items():
            arrays[name] = _long_values(pieces, spread, schema.field(name).type)
        yield pa.RecordBatch.from_arrays([arrays[name] for name in schema.names], schema=schema)


def _by_batch(rows: NDArray[np.int64], begins: NDArray[np.int64]) -> _Rows:
    """Find out which rows are of which batch, the batches in their order."""
    numbers = np.searchsorted(begins, rows, "right") - 1
    near = np.argsort(numbers, kind="stable")
    bounds = np.searchsorted(numbers[near], np.arange(len(begins)))
    met = np.flatnonzero(np.diff(bounds)).tolist()
    places = [near[bounds[number] : bounds[number + 1]] for number in met]
    return _Rows(met, [rows[there] - begins[number] for number, there in zip(met, places, strict=True)], places)


def _short_values(batches: Sequence[Batch], spread: _Rows) -> Batch:
    pieces = [take(batches[number], rows) for number, rows in zip(spread.met, spread.rows, strict=True)]
    if len(pieces) == 1:
        return pieces[0]
    gathered = pa.Table.from_batches(pieces).combine_chunks()
    return one_batch(take(gathered, np.argsort(np.concatenate(spread.places))))


def _long_values(pieces: "list[Strings]", spread: _Rows, kind: pa.DataType) -> Array:
    from dclm_pipeline.kernels.gathering import gather

    offsets, data = gather([pieces[number] for number in spread.met], spread.rows, spread.places)
    buffers = [None, from_numpy(offsets).buffers()[1], from_numpy(data).buffers()[1]]
    array: Array = pa.Array.from_buffers(kind, len(offsets) - 1, buffers)
    return array


def _long_columns(batches: Sequence[Batch]) -> "dict[str, list[Strings]]":
    """Return the columns of long values none of which is null, where all of them together have many bytes."""
    found: dict[str, list[Array]] = {}
    for field in batches[0].schema if batches else ():
        if pa.types.is_large_binary(field.type) or pa.types.is_large_string(field.type):
            parts = [batch[field.name] for batch in batches]
            if not any(part.null_count for part in parts):
                found[field.name] = parts
    size = sum(part.nbytes for parts in found.values() for part in parts)
    # Rows of long values alone would leave batches without a column, which do not know how many rows they have.
    if not found or size < MANY_BYTES or len(found) == batches[0].num_columns:
        return {}
    from dclm_pipeline.kernels.strings import views

    return {name: [views(part) for part in parts] for name, parts in found.items()}
