"""Rows of one range of hashes on their way into the order of (hash, order, arrival), in bounded memory.

Up to `most` bytes stay in memory. Beyond that rows lie on scratch in parts, equal ranges of the hash, and one part after
the other is put in order: its keys are in memory, its rows are taken out of the mapped file run by run. One hash that
many rows have makes one large part, of which 24 bytes a row are in memory. Where a run ends follows from the rows alone:
what a barrier makes of runs must not depend on how they came.
"""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.arrow import take
from dclm_pipeline.engine.taking import places_in_order, taken
from dclm_pipeline.step import Batch

MOST_BYTES = 256 * 2**20
PARTS = 64
RUN_ROWS = 65_536
RUN_BYTES = 32 * 2**20
ORDER = "order"


class Gathered:
    """Rows as they come; `low` and `high` are the least and the greatest hash that they can have.

    With `combine`, rows are combined before they are put on scratch, and stay in memory if that makes them few; and once
    more when they are asked for, so that it cannot be seen where that was."""

    def __init__(
        self,
        scratch: Path,
        name: str,
        low: int = 0,
        high: int = 2**64 - 1,
        most: int | None = None,
        combine: Callable[[pa.Table], Batch] | None = None,
    ) -> None:
        self._paths = [scratch / f"{name}-{part:02d}.arrow" for part in range(PARTS)]
        width = -(-(high - low + 1) // PARTS)
        self._starts = np.array([min(low + part * width, 2**64 - 1) for part in range(PARTS)], np.uint64)
        self._most = MOST_BYTES if most is None else most
        self._combine = combine
        self._held: list[Batch] = []
        self._bytes = 0
        self._sinks: list[pa.OSFile] = []
        self._writers: list[pa.ipc.RecordBatchFileWriter] = []

    def add(self, batch: Batch) -> None:
        """Take rows."""
        if batch.num_rows == 0:
            return
        self._held.append(batch)
        self._bytes += batch.nbytes
        if self._bytes > self._most and self._combine is not None:
            self._held = [self._combine(pa.Table.from_batches(self._held))]
            self._bytes = (
                2 * self._held[0].nbytes
            )  # what is as good as full is put on scratch, not combined again and again
        if self._bytes > self._most:
            self._spill()

    def runs(self) -> Iterator[Batch]:
        """Yield all rows in order, and forget them; with `combine`, those of a hash in one batch, and combined."""
        return self._runs() if self._combine is None else self._combined(self._combine)

    def _combined(self, combine: Callable[[pa.Table], Batch]) -> Iterator[Batch]:
        held: list[Batch] = []
        for run in self._runs():
            rows = combine(pa.Table.from_batches([*held, run]))
            hashes = rows["hash"].to_numpy()
            last = int(np.searchsorted(hashes, hashes[-1]))
            if last:
                yield rows.slice(0, last)
            held = [rows.slice(last)]
        yield from held

    def _runs(self) -> Iterator[Batch]:
        if not self._writers:
            held, self._held = self._held, []
            if held:
                yield from self._cut(pa.Table.from_batches(held).combine_chunks())
            return
        self._spill()
        for writer, sink in zip(self._writers, self._sinks, strict=True):
            writer.close()
            sink.close()
        for path in self._paths:
            with pa.memory_map(str(path)) as file:
                reader = pa.ipc.open_file(file)
                batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
                if batches:
                    table = pa.Table.from_batches(batches)
                    yield from taken(batches, order_of(table), run_rows(table))
            path.unlink()

    def _cut(self, table: pa.Table) -> Iterator[Batch]:
        """Yield rows that are all in memory, in the runs in which they would come from scratch."""
        table = take(table, order_of(table)).combine_chunks()
        if table.num_rows <= RUN_ROWS and size_of(table) <= RUN_BYTES:
            yield from table.to_batches()
            return
        bounds = [*np.searchsorted(table["hash"].to_numpy(), self._starts).tolist(), table.num_rows]
        for start, stop in itertools.pairwise(bounds):
            part = table.slice(start, stop - start)
            if stop > start:
                yield from part.combine_chunks().to_batches(max_chunksize=run_rows(part))

    def _spill(self) -> None:
        """Put what is held where its part lies."""
        if not self._held:
            return
        table = pa.Table.from_batches(self._held).combine_chunks()
        self._held, self._bytes = [], 0
        if not self._writers:
            self._sinks = [pa.OSFile(str(path), "wb") for path in self._paths]
            self._writers = [pa.ipc.new_file(sink, table.schema) for sink in self._sinks]
        parts = np.searchsorted(self._starts, table["hash"].to_numpy(), "right") - 1
        order = np.argsort(parts, kind="stable")
        bounds = np.searchsorted(parts[order], np.arange(PARTS + 1))
        for part, writer in enumerate(self._writers):
            rows = order[bounds[part] : bounds[part + 1]]
            for batch in take(table, rows).combine_chunks().to_batches():
                writer.write_batch(batch)


def order_of(table: pa.Table) -> NDArray[np.int64]:
    """Return the places of rows in the order of hash, then of `order` where there is one, then as they are."""
    hashes = table["hash"].to_numpy()
    if ORDER not in table.schema.names and bool((hashes[1:] >= hashes[:-1]).all()):
        return np.arange(len(hashes))  # as where all rows have one hash, which would be sorted by their places
    return places_in_order(hashes, *([table[ORDER].to_numpy()] if ORDER in table.schema.names else []))


def run_rows(table: pa.Table) -> int:
    """Return how many of the rows of a part make a run."""
    return max(1, min(RUN_ROWS, RUN_BYTES * table.num_rows // max(size_of(table), 1)))


def size_of(table: pa.Table) -> int:
    """Return how many bytes values have, however they lie in batches."""
    size = 0
    for column in table.columns:
        kind = column.type
        if pa.types.is_large_binary(kind) or pa.types.is_large_string(kind) or pa.types.is_string(kind):
            size += pc.sum(pc.binary_length(column)).as_py() or 0
        else:
            size += table.num_rows * 8
    return size
