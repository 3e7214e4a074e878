"""A segment's task: read, take through the guarded chain, write documents, rejects and signals."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from dclm_pipeline.engine.child.guard import Guard, Unguarded
from dclm_pipeline.engine.child.programs import RETAINED, coming_to_bytes, guard_tally
from dclm_pipeline.engine.child.work import Lost, MustRestart
from dclm_pipeline.engine.jobs.documents import (
    documents_of_reading,
    documents_of_stored,
    found_about,
    less,
    open_reading,
)
from dclm_pipeline.engine.jobs.spool import Spool
from dclm_pipeline.engine.ordering import Ordered
from dclm_pipeline.engine.outputs import Output
from dclm_pipeline.engine.steps.found import found_to_bytes
from dclm_pipeline.engine.steps.layout import Layout
from dclm_pipeline.engine.steps.sides import FAILED, ROW, signals_schema
from dclm_pipeline.engine.tasks import FromSource, SegmentWork, Task
from dclm_pipeline.engine.underway import Reached, Tell, untold
from dclm_pipeline.engine.workshop import STORED_FACTOR, Workshop
from dclm_pipeline.errors import ShardError
from dclm_pipeline.pools.receipt import InputFacts, StoredFile
from dclm_pipeline.remembering import retained_by
from dclm_pipeline.schema import REJECT
from dclm_pipeline.sources import Reading, Reject
from dclm_pipeline.step import Coming, Sweep
from dclm_pipeline.tally import SourceTally, Tally, tally_from_json

# The first failures of a shard never count: a shard of ten pages may hold two bad ones.
ALWAYS_ALLOWED_FAILURES = 100


@dataclass
class Attempt:
    """What one pass over a task's documents adds up to."""

    tally: Tally = field(default_factory=Tally)
    seconds: Counter[str] = field(default_factory=Counter)
    entered: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    reading: Reading | None = None


@dataclass(frozen=True)
class Performed:
    """What a job hands back to be put into a receipt and a story."""

    files: dict[str, StoredFile]
    inputs: tuple[InputFacts, ...]
    tally: Tally = field(default_factory=Tally)
    seconds: dict[str, float] = field(default_factory=dict)


def perform_segment(task: Task, work: SegmentWork, workshop: Workshop, scratch: Path, tell: Tell = untold) -> Performed:
    """Take a task's documents through its chain; a document that takes a stateful worker down is left out and told."""
    if work.shard is not None and work.shard.in_place:
        left = _left_in_place(work, work.shard, workshop)
        if left is not None:
            return left
    excluded: dict[int, Lost] = {}
    guard = workshop.guard(work.program)
    while True:
        try:
            return _attempt(task, work, workshop, guard, scratch, excluded, tell)
        except MustRestart as restart:
            number = restart.document[ROW][0].as_py()
            if number in excluded:
                raise ShardError(f"{task.label}: {restart}; leaving the document out did not help") from restart
            excluded[number] = Lost(restart.document, restart.reason, restart.detail)


def _left_in_place(work: SegmentWork, shard: FromSource, workshop: Workshop) -> Performed | None:
    """Leave a shard's documents where they lie, and tell of them; nothing where they have to be written anew."""
    conditions = workshop.conditions
    storage, rows = workshop.source(shard.place), conditions.rows * STORED_FACTOR
    facts = shard.source.look_through(storage, shard.shard, rows, conditions.size)
    if facts is None:
        return None
    tally = Tally(facts.tally, (guard_tally(work.guard_name, facts.tally.documents, {}),))
    return Performed({}, (InputFacts(shard.shard.name, facts.sha256, facts.bytes),), tally)


def _attempt(
    task: Task,
    work: SegmentWork,
    workshop: Workshop,
    guard: Guard | Unguarded,
    scratch: Path,
    excluded: dict[int, Lost],
    tell: Tell,
) -> Performed:
    layout = work.program.layout()
    attempt = Attempt()
    signals = signals_schema(layout.numbers)
    with contextlib.ExitStack() as stack:
        ordering = Ordered.of(work.ordering, work.ranges, scratch) if work.ordering else None
        schema = layout.left_schema if ordering is None else ordering.schema(layout.left_schema)
        docs = stack.enter_context(
            Output(scratch, "docs", "shards", schema, passing=work.passing, sized=ordering is not None)
        )
        rejects = stack.enter_context(Output(scratch, "rejects", f"{work.side_folder}rejects", REJECT, optional=True))
        told = stack.enter_context(Output(scratch, "signals", f"{work.side_folder}signals", signals, optional=True))
        kept = None
        if layout.after is not None and (retained := retained_by(layout.after)) is not None:
            kept = stack.enter_context(Output(scratch, RETAINED, f"evidence/{layout.after.name}", retained))
        spool = stack.enter_context(Spool(scratch / "rejects.arrow", REJECT))
        incoming = less(_documents(work, layout, workshop, attempt, rejects, scratch / "gathered"), frozenset(excluded))
        opening = _opening(work, workshop, isinstance(layout.after, Sweep))
        for lost in excluded.values():
            _lose(lost, work.guard_name, attempt, spool, told)
        for answer in guard.run(_counted(incoming, attempt, tell), opening):
            if isinstance(answer, Lost):
                _lose(answer, work.guard_name, attempt, spool, told)
                continue
            if RETAINED in answer.tables:
                if kept is not None:
                    kept.write(answer.tables[RETAINED])
                continue
            if ordering is None:
                docs.write(answer.tables["docs"])
            else:
                ordering.add(answer.tables["docs"])
            spool.write(answer.tables["rejects"])
            # Where nothing can have stopped a row, nobody asks what became of it on its way to a barrier.
            if layout.all_steps or not work.passing:
                told.write(answer.tables["signals"])
            attempt.tally = attempt.tally + tally_from_json(answer.facts["tally"])
            attempt.seconds.update(answer.facts["seconds"])
        for batch in spool.batches():
            rejects.write(batch)
        if ordering is not None:
            ordering.write_to(docs)
    tally = _whole_tally(work, attempt, len(excluded))
    judge(task, work, tally)
    storage = workshop.storage(task.folder)
    stored = {output.name: output.store(storage, task) for output in (docs, rejects, told, *([kept] if kept else []))}
    files = {name: file for name, file in stored.items() if file is not None}
    return Performed(files, _inputs(work, attempt), tally, dict(attempt.seconds))


def _opening(work: SegmentWork, workshop: Workshop, sweeps: bool) -> bytes:
    """Return what the guarded child has to know before the first document."""
    if sweeps:
        files = [stored.file for stored in work.stored]
        return coming_to_bytes(Coming(sum(file.rows for file in files), sum(file.text_bytes for file in files)))
    return found_to_bytes(found_about(workshop, work.found, work.unheard, work.numbers))


def _documents(
    work: SegmentWork, layout: Layout, workshop: Workshop, attempt: Attempt, rejects: Output, scratch: Path
) -> Iterator[pa.RecordBatch]:
    if work.shard is None:
        return documents_of_stored(workshop, work.stored, layout.enters.names, scratch, few=layout.blind)
    attempt.reading = open_reading(workshop, work.shard)
    return documents_of_reading(attempt.reading, lambda reject: rejects.write(_as_row(reject)))


def _counted(documents: Iterator[pa.RecordBatch], attempt: Attempt, tell: Tell) -> Iterator[pa.RecordBatch]:
    for batch in documents:
        attempt.entered += batch.num_rows
        tell(Reached(attempt.entered, 0 if attempt.reading is None else attempt.reading.seen))
        yield batch


def _as_row(reject: Reject) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([{name: getattr(reject, name) for name in REJECT.names}], schema=REJECT)


def _lose(lost: Lost, step: str, attempt: Attempt, spool: Spool, told: Output) -> None:
    """Tell of a document that took its worker down: a reject, and a line in the signals."""
    attempt.lost[lost.reason] += 1
    row = {
        name: lost.document[name][0].as_py()
        for name in ("id", "source", "offset", "url")
        if name in lost.document.schema.names
    }
    why = {"step": step, "outcome": FAILED, "reason": lost.reason, "detail": lost.detail}
    spool.write(pa.RecordBatch.from_pylist([row | why], schema=REJECT))
    told.write(pa.RecordBatch.from_pylist([{"id": row.get("id"), "outcome": FAILED, "by": step}], schema=told.schema))


def _whole_tally(work: SegmentWork, attempt: Attempt, excluded: int) -> Tally:
    source = attempt.reading.facts.tally if attempt.reading is not None else SourceTally()
    guarded = guard_tally(work.guard_name, attempt.entered + excluded, dict(attempt.lost))
    return Tally(source, (guarded, *attempt.tally.steps))


def judge(task: Task, work: SegmentWork, tally: Tally) -> None:
    """Set a shard aside in which too much failed: what is left of it would tell a wrong story."""
    seen = tally.source.documents + sum(tally.source.failed.values()) or tally.steps[0].entered
    allowed = max(ALWAYS_ALLOWED_FAILURES, int(seen * work.failed_share))
    if tally.failed > allowed:
        reasons: Counter[str] = Counter(tally.source.failed)
        for step in tally.steps:
            reasons.update({f"{step.name}: {reason}": count for reason, count in step.reasons.items()})
        most = ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common(3))
        raise ShardError(
            f"{task.label}: {tally.failed} of {seen} documents failed, {allowed} may (limits.failed_share "
            f"{work.failed_share}); the most frequent reasons: {most}"
        )


def _inputs(work: SegmentWork, attempt: Attempt) -> tuple[InputFacts, ...]:
    if work.shard is not None and attempt.reading is not None:
        shard, facts = work.shard.shard, attempt.reading.facts
        if shard.spans:
            return (InputFacts(shard.name, facts.sha256, facts.bytes, records=len(shard.spans)),)
        if shard.end is None:
            return (InputFacts(shard.name, facts.sha256, facts.bytes),)
        about = shard.name, facts.sha256, facts.bytes
        return (InputFacts(*about, shard.start, shard.end, facts.first, facts.following),)
    return tuple(InputFacts(stored.file.path, stored.file.sha256, stored.file.bytes) for stored in work.stored)
