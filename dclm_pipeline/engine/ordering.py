"""Putting rows in the order of a key, in bounded memory.

Up to `MOST_BYTES` of rows stay in memory. Beyond that all go to a local Arrow file as they come; only (key, id, place)
stay, 32 bytes a row. Sorted rows are then taken, from memory or out of the mapped file, in small runs: what is written
is the same.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import one_batch
from dclm_pipeline.engine.outputs import Output
from dclm_pipeline.engine.taking import places_in_order, taken, taken_from_memory
from dclm_pipeline.errors import ShardError
from dclm_pipeline.ids import halves
from dclm_pipeline.pools.reading import portions
from dclm_pipeline.recipe.shipping import unpack
from dclm_pipeline.step import Batch, Orders

KEY = "_key"
KEY_BYTES = 8
MOST_BYTES = 256 * 2**20
PIECE_BYTES = 64 * 2**20
Taking: TypeAlias = Callable[[Sequence[Batch], NDArray[np.int64], int], Iterator[Batch]]


class Ordered:
    """Rows on their way into the order of a key."""

    def __init__(self, scratch: Path, ranges: int, orders: Orders | None = None, most: int | None = None) -> None:
        self._most = MOST_BYTES if most is None else most
        self._held: list[Batch] = []
        self._bytes = self._whole = 0
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
        self._held.append(docs)
        self._bytes += docs.nbytes
        self._whole += docs.nbytes
        if self._bytes > self._most:
            self._spill()
        self._keys.append(np.array(docs[KEY].to_numpy(zero_copy_only=False), np.uint64))
        self._ids.append(halves(docs["id"]))

    def write_to(self, output: Output) -> None:
        """Write the rows in order, a range of keys after the other, and their keys."""
        for rows in self._in_ranges():
            for batch in rows:
                output.write(batch)
            output.end_range()

    def batches(self, rows: int, size: int) -> Iterator[Batch]:
        """Yield the rows in order, less their keys: so many at a time, or fewer where that would be more than a size."""
        rows = max(1, min(rows, size * sum(map(len, self._keys)) // max(1, self._whole)))
        for runs in self._in_ranges(rows, keyed=False):
            for run in runs:
                yield from portions(run, size)

    def _in_ranges(self, rows: int = 0, *, keyed: bool = True) -> Iterator[Iterator[Batch]]:
        """Yield the rows of each range, which are to be looked at before the next is asked for."""
        if not self._keys:
            yield from (iter(()) for _ in range(self._ranges))
        elif self._writer is None or self._sink is None:
            held, self._held = self._held, []
            yield from self._taken(held, taken_from_memory, rows, keyed=keyed)
        else:
            self._spill()
            self._writer.close()
            self._sink.close()
            with pa.memory_map(str(self._path)) as file:
                reader = pa.ipc.open_file(file)
                batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
                yield from self._taken(batches, taken, rows, keyed=keyed)
            self._path.unlink()

    def _spill(self) -> None:
        """Put what is held on scratch, in one piece: few rows from each of many pieces are dear to take."""
        if not self._held:
            return
        if self._writer is None:
            self._sink = pa.OSFile(str(self._path), "wb")
            self._writer = pa.ipc.new_file(self._sink, self._held[0].schema)
        self._writer.write_batch(one_batch(pa.Table.from_batches(self._held)))
        self._held, self._bytes, self._most = [], 0, min(self._most, PIECE_BYTES)

    def _taken(self, batches: Sequence[Batch], take: Taking, rows: int, *, keyed: bool) -> Iterator[Iterator[Batch]]:
        keys, ids = np.concatenate(self._keys), np.concatenate(self._ids)
        order = places_in_order(keys, ids[:, 0], ids[:, 1])
        bounds = np.searchsorted(keys[order], range_starts(self._ranges), "left")
        chosen = [batch.select([name for name in batch.schema.names if keyed or name != KEY]) for batch in batches]
        for start, stop in zip(bounds, [*bounds[1:], len(order)], strict=True):
            yield take(chosen, order[start:stop], rows)


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
