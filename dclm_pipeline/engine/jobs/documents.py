"""Getting a task's documents into its chain: from the source or from stored shards, numbered in their order."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dclm_pipeline.arrow import from_numpy, take, where
from dclm_pipeline.engine.programs import table_to_bytes
from dclm_pipeline.engine.sides import ROW
from dclm_pipeline.engine.tasks import FromSource, Stored
from dclm_pipeline.engine.workshop import Workshop
from dclm_pipeline.sources import Reading, Reject

# A row's number holds the number of its input above its place in it, so numbers rise along the whole task.
PLACE_BITS = 40


def numbered(batch: pa.RecordBatch, first: int) -> pa.RecordBatch:
    """Return a batch with `ROW` rising from `first`."""
    rows = from_numpy(np.arange(first, first + batch.num_rows, dtype=np.int64))
    return pa.RecordBatch.from_arrays([*batch.columns, rows], schema=batch.schema.append(pa.field(ROW, pa.int64())))


def open_reading(workshop: Workshop, shard: FromSource) -> Reading:
    """Begin to read a shard of the source."""
    conditions = workshop.conditions
    return shard.source.read(workshop.storage(shard.place), shard.shard, conditions.rows, conditions.size)


def documents_of_reading(reading: Reading, reject: Callable[[Reject], None]) -> Iterator[pa.RecordBatch]:
    """Yield the documents of a reading, and hand what could not be read to `reject`."""
    place = 0
    for item in reading:
        if isinstance(item, Reject):
            reject(item)
        else:
            yield numbered(item, place)
            place += item.num_rows


def documents_of_stored(
    workshop: Workshop, stored: Sequence[Stored], columns: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    """Yield the documents of stored shards, one shard after the other."""
    for number, shard in enumerate(stored):
        place = number << PLACE_BITS
        for batch in workshop.read(shard, columns):
            yield numbered(batch, place)
            place += batch.num_rows


def less(documents: Iterator[pa.RecordBatch], excluded: frozenset[int]) -> Iterator[pa.RecordBatch]:
    """Leave out the rows with the given numbers."""
    for batch in documents:
        if excluded:
            batch = where(batch, np.array([row not in excluded for row in batch[ROW].to_pylist()], np.bool_))
        if batch.num_rows:
            yield batch


def found_about(workshop: Workshop, found: Sequence[Stored], numbers: Sequence[int]) -> bytes:
    """Return the findings about the given shards as an opening: sorted by the rows' numbers in this task."""
    if not found:
        return b""
    pieces: list[pa.Table] = []
    for file in found:
        for batch in workshop.read(file, groups=_groups_about(workshop, file, numbers)):
            shards = batch["shard"].to_numpy()
            for place, number in enumerate(numbers):
                start, stop = np.searchsorted(shards, [number, number + 1])
                if start < stop:
                    part = pa.Table.from_batches([batch.slice(start, stop - start)])
                    rows = (np.int64(place) << PLACE_BITS) + part["row"].to_numpy()
                    pieces.append(part.drop_columns(["shard", "row"]).append_column(ROW, from_numpy(rows)))
    if not pieces:
        return table_to_bytes(found_schema(workshop, found[0]).empty_table())
    table = pa.concat_tables(pieces).combine_chunks()
    order = np.argsort(table[ROW].to_numpy(), kind="stable")
    return table_to_bytes(take(table, order).combine_chunks())


def _groups_about(workshop: Workshop, file: Stored, numbers: Sequence[int]) -> list[int]:
    """Return the row groups of a file of findings that may hold rows about the given shards, by their statistics."""
    with workshop.storage(file.folder).open(file.file.path) as opened:
        metadata = pq.read_metadata(opened)
    shard = metadata.schema.to_arrow_schema().get_field_index("shard")
    groups = []
    for group in range(metadata.num_row_groups):
        statistics = metadata.row_group(group).column(shard).statistics
        if (
            statistics is None
            or not statistics.has_min_max
            or any((statistics.min or 0) <= number <= (statistics.max or 0) for number in numbers)
        ):
            groups.append(group)
    return groups


def found_schema(workshop: Workshop, found: Stored) -> pa.Schema:
    """Return the columns of findings as an opening holds them."""
    with workshop.storage(found.folder).open(found.file.path) as file:
        schema = pq.read_schema(file)
    kept = [field for field in schema if field.name not in ("shard", "row")]
    return pa.schema([*kept, pa.field(ROW, pa.int64())])
