"""Getting a task's documents into its chain: from the source or from stored shards, numbered in their order."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dclm_pipeline.arrow import from_numpy, take, where
from dclm_pipeline.engine.jobs.scattered import in_order
from dclm_pipeline.engine.steps.found import UNHEARD_SCHEMA, Found
from dclm_pipeline.engine.steps.sides import ROW, rows_where
from dclm_pipeline.engine.stored import Inventory, Portion, Stored
from dclm_pipeline.engine.tasks import FromSource
from dclm_pipeline.engine.workshop import SHORT_FACTOR, STORED_FACTOR, Workshop
from dclm_pipeline.errors import IntegrityError
from dclm_pipeline.sources import Reading, Reject
from dclm_pipeline.step import EVERYONE
from dclm_pipeline.storage.many import at_once
from dclm_pipeline.storage.paths import below

# A row's number holds the number of its input above its place in it, so numbers rise along the whole task.
PLACE_BITS = 40
# Columns of pages as they came, of which fewer make a batch than of texts.
PAGES = frozenset({"body", "html"})
_LONG = PAGES | {"text"}
# As many times more documents make a batch of those that were found to be looked at again.
_FEW_FACTOR = 4


def numbered(batch: pa.RecordBatch, first: int) -> pa.RecordBatch:
    """Return a batch with `ROW` rising from `first`."""
    rows = from_numpy(np.arange(first, first + batch.num_rows, dtype=np.int64))
    return pa.RecordBatch.from_arrays([*batch.columns, rows], schema=batch.schema.append(pa.field(ROW, pa.int64())))


def open_reading(workshop: Workshop, shard: FromSource) -> Reading:
    """Begin to read a shard of the source."""
    conditions = workshop.conditions
    pages = PAGES & set(shard.source.document_schema().names)
    rows = conditions.rows if pages else conditions.rows * STORED_FACTOR
    return shard.source.read(workshop.source(shard.place), shard.shard, rows, conditions.size)


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
    workshop: Workshop, stored: Sequence[Stored], columns: Sequence[str], scratch: Path, *, few: bool = False
) -> Iterator[pa.RecordBatch]:
    """Yield the documents of stored shards, one shard after the other; more at a time where `few` (or none) are to be looked at.

    A batch costs about a millisecond whatever is in it, as much as the texts of some hundred documents.
    """
    times = (_FEW_FACTOR if few else 1) if _LONG & set(columns) else SHORT_FACTOR
    for number, shard in enumerate(stored):
        place = number << PLACE_BITS
        end = place + shard.file.rows
        for batch in _read(workshop, shard, columns, times, scratch):
            yield numbered(batch, place)
            place += batch.num_rows
        if place != end:
            raise IntegrityError(
                f"{below(shard.folder, shard.file.path)}: holds {shard.file.rows + place - end:,} rows now, and "
                f"{shard.file.rows:,} when it was looked through; somebody wrote to it meanwhile"
            )


def _read(
    workshop: Workshop, shard: Stored, columns: Sequence[str], times: int, scratch: Path
) -> Iterator[pa.RecordBatch]:
    """Read a stored shard, or bring it together where it is scattered."""
    if shard.scattered is None:
        return workshop.read(shard, columns, times)
    return in_order(workshop, shard.scattered, columns, workshop.conditions.rows * STORED_FACTOR * times, scratch)


def less(documents: Iterator[pa.RecordBatch], excluded: frozenset[int]) -> Iterator[pa.RecordBatch]:
    """Leave out the rows with the given numbers."""
    for batch in documents:
        if excluded:
            batch = where(batch, np.array([row not in excluded for row in batch[ROW].to_pylist()], np.bool_))
        if batch.num_rows:
            yield batch


def told_of(documents: Iterator[pa.RecordBatch], found: Found) -> Iterator[pa.RecordBatch]:
    """Leave out the documents about which nothing was found."""
    about = found.findings[ROW].to_numpy()
    for batch in documents:
        rows = batch[ROW].to_numpy()
        met = np.searchsorted(about, rows) < np.searchsorted(about, rows, "right")
        told = rows_where(batch, met)
        if told.num_rows:
            yield told


def found_about(
    workshop: Workshop, found: Inventory | None, unheard: Sequence[tuple[int, Stored]], numbers: Sequence[int]
) -> Found | None:
    """Return what a barrier found about the given shards, sorted by the rows' numbers in this task."""
    files = workshop.listed(found)
    if not files:
        return None
    silent = [_numbered_anew(pa.Table.from_batches(workshop.read(file)), place) for place, file in unheard]
    pieces = [piece for told in at_once(lambda file: _told_by(workshop, file, numbers), files) for piece in told]
    findings = pa.concat_tables(pieces) if pieces else _found_schema(workshop, files[0]).empty_table()
    return Found(_sorted(findings), _sorted(pa.concat_tables([UNHEARD_SCHEMA.empty_table(), *silent])))


def _sorted(table: pa.Table) -> pa.Table:
    return take(table, np.argsort(table[ROW].to_numpy(), kind="stable")).combine_chunks()


def _numbered_anew(table: pa.Table, place: int) -> pa.Table:
    """Give rows of one shard the numbers that they have in this task."""
    rows = (np.int64(place) << PLACE_BITS) + table[ROW].to_numpy()
    return table.set_column(table.schema.get_field_index(ROW), UNHEARD_SCHEMA.field(ROW), from_numpy(rows))


def _told_by(workshop: Workshop, file: Portion, numbers: Sequence[int]) -> list[pa.Table]:
    """Return what a file of findings says about the given shards and to everyone, its rows by their numbers here."""
    pieces: list[pa.Table] = []
    for batch in workshop.read_portion(file, holding=("shard", [EVERYONE, *numbers])):
        shards = batch["shard"].to_numpy()
        for place, number in [(0, EVERYONE), *enumerate(numbers)]:
            start, stop = np.searchsorted(shards, [number, number + 1])
            if start < stop:
                part = pa.Table.from_batches([batch.slice(start, stop - start)])
                rows = (np.int64(place) << PLACE_BITS) + part["row"].to_numpy()
                pieces.append(part.drop_columns(["shard", "row"]).append_column(ROW, from_numpy(rows)))
    return pieces


def _found_schema(workshop: Workshop, found: Portion) -> pa.Schema:
    """Return the columns of findings as an opening holds them."""
    with workshop.storage(found.folder).open(found.path) as file:
        schema = pq.read_schema(file)
    kept = [field for field in schema if field.name not in ("shard", "row")]
    return pa.schema([*kept, pa.field(ROW, pa.int64())])
