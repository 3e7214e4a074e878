"""Joining what many tasks left beside their documents, so that a crawl ends with few files."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from dclm_pipeline.arrow import nulls
from dclm_pipeline.engine.jobs.segment import Performed
from dclm_pipeline.engine.outputs import Output
from dclm_pipeline.engine.steps.sides import gone
from dclm_pipeline.engine.stored import Piece, Stored
from dclm_pipeline.engine.tasks import CollectWork, KeepWork, Task
from dclm_pipeline.engine.workshop import Workshop
from dclm_pipeline.pools.receipt import InputFacts, StoredFile
from dclm_pipeline.schema import REJECT


def perform_collect(task: Task, work: CollectWork, workshop: Workshop, scratch: Path) -> Performed:
    """Write one file of rejects and one of signals for many tasks, in the order of their plan."""
    with (
        Output(scratch, "rejects", "rejects", REJECT, optional=True) as rejects,
        Output(scratch, "signals", "signals", work.numbers, optional=True) as signals,
    ):
        for stored in _in_runs(work.rejects):
            for batch in workshop.read(stored):
                rejects.write(batch)
        for stored in _in_runs(work.inner_signals):
            for batch in workshop.read(stored):
                signals.write(_fitted(gone(batch), work.numbers))
        for stored in _in_runs(work.signals):
            for batch in workshop.read(stored):
                signals.write(_fitted(batch, work.numbers))
    storage = workshop.storage(task.folder)
    left = {output.name: output.store(storage, task) for output in (rejects, signals)}
    files = {name: file for name, file in left.items() if file is not None}
    inner = tuple(InputFacts(one.file.path, one.file.sha256, one.file.bytes) for one in work.inner_signals)
    # Of an inner segment's signals only some are here; only where there are none of those, the rest begins at row 0.
    inputs = (*_joined(work.rejects, files.get("rejects")), *inner)
    return Performed(files, (*inputs, *_joined(work.signals, None if inner else files.get("signals"))))


def perform_keep(task: Task, work: KeepWork, workshop: Workshop, scratch: Path) -> Performed:
    """Write a file of kept evidence into the pool."""
    with Output(scratch, "retained", work.into, work.schema) as output:
        for batch in workshop.read(work.stored):
            output.write(batch)
    stored = output.store(workshop.storage(task.folder), task)
    file = work.stored.file
    facts = InputFacts(file.path, file.sha256, file.bytes)
    return Performed({} if stored is None else {"retained": stored}, (facts,))


def _in_runs(parts: Sequence[Stored]) -> Iterator[Stored]:
    """Yield files to be read one after the other; what lies side by side in an earlier join is read at once."""
    run: Stored | None = None
    for one in parts:
        if run is not None and run.within is not None and one.within == _behind(run.within, run.file.rows):
            run = replace(run, file=replace(run.file, rows=run.file.rows + one.file.rows))
            continue
        if run is not None:
            yield run
        run = one
    if run is not None:
        yield run


def _behind(piece: Piece, rows: int) -> Piece:
    return replace(piece, start=piece.start + rows)


def _joined(parts: Sequence[Stored], into: StoredFile | None) -> Iterator[InputFacts]:
    """Yield the facts about files that were joined in their order, with their place in the join."""
    start = 0
    for one in parts:
        facts = InputFacts(one.file.path, one.file.sha256, one.file.bytes)
        end = start + one.file.rows
        yield facts if into is None else replace(facts, start=start, end=end, into=into.path)
        start = end


def _fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Give a batch all columns of `schema`: numbers that a segment did not know are null."""
    columns = [
        batch[field.name].cast(field.type) if field.name in batch.schema.names else nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
