"""Putting rows in the order of a key, in bounded memory.

Rows go to a local Arrow file as they come; only (key, id, place) stay in memory, 32 bytes a row. Sorted rows are then
taken out of the mapped file in small runs.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import one_batch, take
from dclm_pipeline.engine.outputs import Output
from dclm_pipeline.errors import ShardError
from dclm_pipeline.ids import halves
from dclm_pipeline.recipe.shipping import unpack
from dclm_pipeline.step import Batch, Orders

KEY = "_key"
RUN_ROWS = 2048


class Ordered:
    """Rows on their way into the order of a key."""

    def __init__(self, scratch: Path, ranges: int, orders: Orders | None = None) -> None:
        self._path = scratch / "unordered.arrow"
        self._ranges = ranges
        self._orders = orders
        self._keys: list[NDArray[np.uint64]] = []
        self._ids: list[NDArray[np.uint64]] = []
        self._sink: pa.OSFile | None = None
        self._writer: pa.ipc.RecordBatchFileWriter | None = None

    @staticmethod
    def of(packed: bytes, ranges: int, scratch: Path) -> "Ordered":
        """Make one for a packed `Reorder`."""
        (step,) = unpack(packed)
        if not isinstance(step, Orders):
            raise ShardError(f"{step.name}: a {type(step).__name__} has no key to order rows by")
        return Ordered(scratch, ranges, step)

    def schema(self, docs: pa.Schema) -> pa.Schema:
        """Return the columns as they are stored on the way: those of the documents, and the key."""
        return docs.append(pa.field(KEY, pa.uint64()))

    def add(self, docs: Batch) -> None:
        """Take rows; where there is a step that gives their key, it is asked now."""
        if docs.num_rows == 0:
            return
        if self._orders is not None:
            key = self._orders.key(docs)
            docs = pa.RecordBatch.from_arrays([*docs.columns, key], schema=self.schema(docs.schema))
        if self._writer is None:
            self._sink = pa.OSFile(str(self._path), "wb")
            self._writer = pa.ipc.new_file(self._sink, docs.schema)
        self._writer.write_batch(docs)
        self._keys.append(np.array(docs[KEY].to_numpy(zero_copy_only=False), np.uint64))
        self._ids.append(halves(docs["id"]))

    def write_to(self, output: Output, *, with_key: bool = True) -> None:
        """Write the rows in order, a range of keys after the other."""
        if self._writer is None or self._sink is None:
            for _ in range(self._ranges):
                output.end_range()
            return
        self._writer.close()
        self._sink.close()
        keys, ids = np.concatenate(self._keys), np.concatenate(self._ids)
        order = np.lexsort((ids[:, 1], ids[:, 0], keys))
        bounds = np.searchsorted(keys[order], range_starts(self._ranges), "left")
        with pa.memory_map(str(self._path)) as file:
            reader = pa.ipc.open_file(file)
            names = [name for name in reader.schema.names if with_key or name != KEY]
            batches = [reader.get_batch(i).select(names) for i in range(reader.num_record_batches)]
            for start, stop in zip(bounds, [*bounds[1:], len(order)], strict=True):
                for batch in taken(batches, order[start:stop]):
                    output.write(batch)
                output.end_range()


def taken(batches: Sequence[Batch], order: NDArray[np.int64], run_rows: int = RUN_ROWS) -> Iterator[Batch]:
    """Yield rows, counted through all batches, in an order; batches lie on disk, and only what is taken is copied.

    Taking from all of them as one table would join each column to one piece, every time.
    """
    begins = np.cumsum([0, *(batch.num_rows for batch in batches)])
    for start in range(0, len(order), run_rows):
        rows = order[start : start + run_rows]
        places = np.searchsorted(begins, rows, "right") - 1
        near = np.argsort(places, kind="stable")
        pieces = [take(batches[place], rows[places == place] - begins[place]) for place in np.unique(places).tolist()]
        gathered = pa.Table.from_batches(pieces).combine_chunks()
        yield one_batch(take(gathered, np.argsort(near)))


def range_start(place: int, ranges: int) -> int:
    """Return the least 64-bit hash that belongs to a range, of so many equal ones."""
    return -(-(place << 64) // ranges)


def range_end(place: int, ranges: int) -> int:
    """Return the greatest 64-bit hash that belongs to a range."""
    return range_start(place + 1, ranges) - 1


def range_of_hashes(hashes: NDArray[np.uint64], ranges: int) -> NDArray[np.int64]:
    """Return the range of each hash."""
    return np.searchsorted(range_starts(ranges), hashes, "right").astype(np.int64) - 1


def range_starts(ranges: int) -> NDArray[np.uint64]:
    """Return the least hash of each range."""
    return np.array([range_start(place, ranges) for place in range(ranges)], np.uint64)
