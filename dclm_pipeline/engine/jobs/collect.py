"""Joining what many tasks left beside their documents, so that a crawl ends with few files."""

from pathlib import Path

import pyarrow as pa

from dclm_pipeline.arrow import nulls
from dclm_pipeline.engine.jobs.segment import Performed
from dclm_pipeline.engine.outputs import Output
from dclm_pipeline.engine.sides import gone
from dclm_pipeline.engine.tasks import CollectWork, Task
from dclm_pipeline.engine.workshop import Workshop
from dclm_pipeline.pools.receipt import InputFacts
from dclm_pipeline.schema import REJECT


def perform_collect(task: Task, work: CollectWork, workshop: Workshop, scratch: Path) -> Performed:
    """Write one file of rejects and one of signals for many tasks, in the order of their plan."""
    with (
        Output(scratch, "rejects", "rejects", REJECT, optional=True) as rejects,
        Output(scratch, "signals", "signals", work.numbers, optional=True) as signals,
    ):
        for stored in work.rejects:
            for batch in workshop.read(stored):
                rejects.write(batch)
        for stored in work.inner_signals:
            for batch in workshop.read(stored):
                signals.write(_fitted(gone(batch), work.numbers))
        for stored in work.signals:
            for batch in workshop.read(stored):
                signals.write(_fitted(batch, work.numbers))
    storage = workshop.storage(task.folder)
    files = {output.name: output.store(storage, task) for output in (rejects, signals)}
    inputs = tuple(
        InputFacts(stored.file.path, stored.file.sha256, stored.file.bytes)
        for stored in (*work.rejects, *work.inner_signals, *work.signals)
    )
    return Performed({name: file for name, file in files.items() if file is not None}, inputs)


def _fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Give a batch all columns of `schema`: numbers that a segment did not know are null."""
    columns = [
        batch[field.name].cast(field.type) if field.name in batch.schema.names else nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
