"""Making evidence a part of the pool: what steps with `keep_evidence: true` leave in `evidence/`.

A barrier is asked once more about each document, now that it is known what becomes of it; what it says lies in ranges of
its hash, like evidence on its way. What a sweep keeps lies where its group was walked, and is put into the pool.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from dclm_pipeline.engine.assets.pools import fingerprint_of
from dclm_pipeline.engine.child.programs import RETAINED
from dclm_pipeline.engine.job import Job
from dclm_pipeline.engine.keys import key_of
from dclm_pipeline.engine.phases import Heard, Phase, evidence_phase, stored_of
from dclm_pipeline.engine.segments import Segment
from dclm_pipeline.engine.stored import Stored, identity_of
from dclm_pipeline.engine.tasks import KeepWork, Task
from dclm_pipeline.pools.manifest import Evidence
from dclm_pipeline.pools.receipt import Receipt, StoredFile
from dclm_pipeline.remembering import Remembering, retained_by
from dclm_pipeline.step import Barrier

Perform = Callable[[Phase], list[Receipt]]


@dataclass
class Kept:
    """What has been kept so far, and the receipts of the tasks that did it."""

    evidence: list[Evidence] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)

    def add(self, step: Remembering, table: str, files: Sequence[StoredFile]) -> None:
        """Take in a table of a step."""
        self.evidence.append(Evidence(step.name, step.kind, table, fingerprint_of(step), tuple(files)))


def keep_of_barrier(
    job: Job, segment: Segment, barrier: Barrier, stored: Sequence[Stored], heard: Heard, kept: Kept, perform: Perform
) -> Heard:
    """Ask a barrier what it keeps of each document; return what it came to, less whom it could not be asked about."""
    if not isinstance(barrier, Remembering) or not barrier.keep_evidence:
        return heard
    round = barrier.hearings() - 1
    for table in barrier.kept_tables():
        phase = evidence_phase(job, segment, barrier, round, stored, heard, table)
        receipts = perform(phase)
        kept.add(barrier, table, [receipt.files["evidence"] for receipt in receipts])
        kept.receipts += receipts
        heard = with_unheard(heard, phase.folder, receipts)
    return heard


def with_unheard(heard: Heard, folder: str, receipts: Sequence[Receipt]) -> Heard:
    """Add whom a barrier could not be asked about."""
    unheard: Mapping[int, tuple[Stored, ...]] = heard.unheard
    for number, receipt in enumerate(receipts):
        if "unheard" in receipt.files:
            more = stored_of(folder, [receipt], "unheard")
            unheard = {**unheard, number: (*unheard.get(number, ()), *more)}
    return Heard(heard.findings, unheard)


def keep_of_sweep(
    job: Job, segment: Segment, folder: str, receipts: Sequence[Receipt], kept: Kept, perform: Perform
) -> None:
    """Put what the sweep before a segment has kept into the pool, where it does not lie there."""
    sweep, schema = segment.layout.after, retained_by(segment.layout.after)
    if not isinstance(sweep, Remembering) or schema is None:
        return
    if folder != job.out:
        stored = stored_of(folder, receipts, RETAINED)
        receipts = perform(_copying(job, segment, sweep, schema, stored))
        kept.receipts += receipts
    (table,) = sweep.kept_tables()
    kept.add(sweep, table, [receipt.files[RETAINED] for receipt in receipts])


def _copying(job: Job, segment: Segment, sweep: Remembering, schema: pa.Schema, stored: Sequence[Stored]) -> Phase:
    into = f"evidence/{sweep.name}"
    tasks = tuple(
        Task(
            key_of("keep", into, place, identity_of([one])),
            f"{sweep.name} keeping",
            place,
            job.out,
            KeepWork(one, schema, into),
            (one.file.path,),
        )
        for place, one in enumerate(stored)
    )
    return Phase(f"{sweep.name} keeping", job.out, tasks, segment.needs)
