"""From a job to tasks, phase by phase: the plan as a pure function of the input's shards and the receipts so far.

A phase is a list of tasks that need nothing of each other. What the next phase is depends on what the receipts of the
one before say, so a plan unfolds as receipts come in; the same receipts give the same plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dclm_pipeline.engine.job import Job
from dclm_pipeline.engine.jobs.exchange import findings_schema
from dclm_pipeline.engine.keys import content_identity, describe_step, key_of, libraries_of, shard_identity
from dclm_pipeline.engine.programs import ChainProgram, EvidenceProgram, evidence_schema
from dclm_pipeline.engine.segments import CARRIED, Segment
from dclm_pipeline.engine.sides import signals_schema
from dclm_pipeline.engine.tasks import (
    CollectWork,
    EvidenceWork,
    FindingsWork,
    FromSource,
    GatherWork,
    SegmentWork,
    Stored,
    Task,
)
from dclm_pipeline.pools.receipt import Receipt
from dclm_pipeline.recipe.shipping import pack
from dclm_pipeline.sources import InputShard
from dclm_pipeline.step import Barrier, Needs, Reorder, Sweep
from dclm_pipeline.storage.paths import below

# Tasks whose rejects, signals and receipts are joined into one file each.
COLLECTED = 256
SHARDS_PER_RANGE = 8
MOST_RANGES = 512


@dataclass(frozen=True)
class Phase:
    """Tasks that need nothing of each other, and where their receipts lie."""

    name: str
    folder: str
    tasks: tuple[Task, ...]
    needs: Needs = field(default_factory=Needs)
    shards: tuple[InputShard, ...] = ()


@dataclass(frozen=True)
class Sides:
    """Where the rejects and signals of finished tasks lie."""

    rejects: tuple[Stored, ...] = ()
    signals: tuple[Stored, ...] = ()


def source_phase(job: Job, shards: Sequence[InputShard]) -> Phase:
    """Return the first segment's tasks: one a shard of the source."""
    segment = job.segments[0]
    key = job.key_of_segment(segment)
    tasks = tuple(
        _segment_task(job, segment, key, ordinal, _read(job, shard), (), (), (), ranges_for(len(shards)))
        for ordinal, shard in enumerate(shards)
    )
    return Phase(segment.name, job.folder_of(segment), tasks, segment.needs)


def mended_phase(job: Job, shards: Sequence[InputShard], receipts: Sequence[Receipt]) -> tuple[Phase, list[int]]:
    """Return tasks for ranges that began inside a record, and their places in the list of shards.

    A range's first record must be where its predecessor ended; where it is not, something that merely looks like a
    record was met, and the range is read again from the true offset.
    """
    expected: int | None = None
    wrong: list[tuple[int, InputShard]] = []
    for place, (shard, receipt) in enumerate(zip(shards, receipts, strict=True)):
        facts = receipt.inputs[0]
        if shard.end is None:
            continue
        if place == 0 or shards[place - 1].name != shard.name:
            expected = facts.following
            continue
        begins = shard.size if expected is None else expected
        first = begins if begins < shard.end else None
        if facts.first != first and shard.begins != begins:
            wrong.append((place, replace(shard, begins=begins)))
            break  # what follows can be judged once this one has been read again
        expected = facts.following if first is not None else expected
    segment = job.segments[0]
    key = job.key_of_segment(segment)
    tasks = tuple(
        _segment_task(job, segment, key, place, _read(job, shard), (), (), (), ranges_for(len(shards)))
        for place, shard in wrong
    )
    folder = job.folder_of(segment)
    phase = Phase(f"{segment.name} again", folder, tasks, segment.needs, tuple(shard for _, shard in wrong))
    return phase, [place for place, _ in wrong]


def segment_phase(job: Job, segment: Segment, stored: Sequence[Stored], found: tuple[Stored, ...]) -> Phase:
    """Return a later segment's tasks: neighbouring shards joined until they hold `shard_bytes` of text."""
    key = job.key_of_segment(segment)
    whole = isinstance(segment.layout.after, Sweep)
    text = sum(shard.file.text_bytes for shard in stored)
    ranges = max(1, min(MOST_RANGES, -(-text // job.recipe.limits.shard_bytes)))
    tasks = tuple(
        _segment_task(job, segment, key, ordinal, None, tuple(stored[i] for i in group), group, found, ranges)
        for ordinal, group in enumerate(regrouped(stored, None if whole else job.recipe.limits.shard_bytes))
    )
    return Phase(segment.name, job.folder_of(segment), tasks, segment.needs)


def regrouped(stored: Sequence[Stored], most: int | None) -> list[tuple[int, ...]]:
    """Join neighbours, in order, until a group's text reaches `most` bytes; without a bound, all of them."""
    groups: list[tuple[int, ...]] = []
    group: list[int] = []
    size = 0
    for place, shard in enumerate(stored):
        group.append(place)
        size += shard.file.text_bytes
        if most is not None and size >= most:
            groups.append(tuple(group))
            group, size = [], 0
    return [*groups, tuple(group)] if group else groups


def ranges_for(shards: int) -> int:
    """Return into how many ranges the rows of so many shards are exchanged."""
    return max(1, min(MOST_RANGES, -(-shards // SHARDS_PER_RANGE)))


def evidence_phase(
    job: Job, segment: Segment, barrier: Barrier, round: int, stored: Sequence[Stored], found: tuple[Stored, ...]
) -> Phase:
    """Return a barrier's tasks that listen: one a shard."""
    ranges = ranges_for(len(stored))
    described = [describe_step(barrier, job.assets.digest, job.codes), libraries_of(None, [barrier])]
    folder = below(job.out, f"work/{segment.number}-{barrier.name}-evidence-{round}")
    program = EvidenceProgram(pack((barrier,)), round, job.assets)
    schema = evidence_schema(barrier, round)
    names = segment.layout.left_schema.names
    columns = tuple(name for name in names if name in barrier.reads() | CARRIED)
    tasks = tuple(
        Task(
            key_of("evidence", described, round, ranges, content_identity([shard.file]), _identity(found), place),
            f"{barrier.name} evidence",
            place,
            folder,
            EvidenceWork(program, columns, schema, shard, place, found, ranges),
            (shard.file.path,),
        )
        for place, shard in enumerate(stored)
    )
    return Phase(f"{barrier.name} evidence", folder, tasks, barrier.needs)


def findings_phase(job: Job, segment: Segment, barrier: Barrier, round: int, evidence: tuple[Stored, ...]) -> Phase:
    """Return a barrier's tasks that find: one a range."""
    described = [describe_step(barrier, job.assets.digest, job.codes), libraries_of(None, [barrier])]
    folder = below(job.out, f"work/{segment.number}-{barrier.name}-findings-{round}")
    identity = _identity(evidence)
    packed = pack((barrier,))
    tasks = tuple(
        Task(
            key_of("findings", described, round, place, identity, findings_schema(barrier, round).names),
            f"{barrier.name} findings",
            place,
            folder,
            FindingsWork(packed, job.assets, round, place, evidence),
            (f"range {place}",),
        )
        for place in range(ranges_for(len(evidence)))
    )
    return Phase(f"{barrier.name} findings", folder, tasks, barrier.needs)


def gather_phase(job: Job, segment: Segment, reorder: Reorder, stored: tuple[Stored, ...]) -> Phase:
    """Return the tasks that bring rows together in the order of their keys: one a range."""
    folder = below(job.out, f"work/{segment.number}-{reorder.name}")
    schema = segment.layout.left_schema
    tasks = tuple(
        Task(
            key_of("gather", describe_step(reorder, job.assets.digest, job.codes), place, _identity(stored)),
            reorder.name,
            place,
            folder,
            GatherWork(place, schema, stored),
            (f"range {place}",),
        )
        for place in range(len(stored[0].file.groups))
    )
    return Phase(reorder.name, folder, tasks, reorder.needs)


def collect_phase(job: Job, segment: Segment, folder: str, sides: Sequence[Sides], own: Sequence[Receipt]) -> Phase:
    """Return the tasks that join rejects and signals, so many tasks' at a time; the segment's own come last."""
    schema = signals_schema(segment.layout.numbers)
    works = [
        CollectWork(
            tuple(stored for side in part for stored in side.rejects),
            (),
            tuple(stored for side in part for stored in side.signals),
            schema,
        )
        for part in _parts(sides)
    ]
    for start in range(0, len(own), COLLECTED):
        side = sides_of(folder, own[start : start + COLLECTED])
        works.append(CollectWork(side.rejects, side.signals, (), schema))
    tasks = tuple(
        Task(
            key_of(
                "collect",
                place,
                [(field.name, str(field.type)) for field in schema],
                *(_identity(stored) for stored in (work.rejects, work.signals, work.inner_signals)),
            ),
            "collect",
            place,
            folder,
            work,
            (),
        )
        for place, work in enumerate(works)
    )
    return Phase("collect", folder, tasks)


def sides_of(folder: str, receipts: Sequence[Receipt]) -> Sides:
    """Return where the rejects and signals of some tasks lie."""
    return Sides(stored_of(folder, receipts, "rejects"), stored_of(folder, receipts, "signals"))


def side_paths(task: Task, folder: str) -> set[str]:
    """Return the files in a folder that a task joins with others."""
    if not isinstance(task.work, CollectWork):
        return set()
    return {stored.file.path for stored in (*task.work.rejects, *task.work.signals) if stored.folder == folder}


def _parts(sides: Sequence[Sides]) -> list[list[Sides]]:
    """Join neighbours as long as one task can well read them."""
    parts: list[list[Sides]] = []
    files = 0
    for side in sides:
        size = len(side.rejects) + len(side.signals)
        if not parts or files + size > COLLECTED:
            parts.append([])
            files = 0
        parts[-1].append(side)
        files += size
    return parts


def stored_of(folder: str, receipts: Sequence[Receipt], name: str) -> tuple[Stored, ...]:
    """Return the files of one sort that some tasks left, in the order of the tasks."""
    return tuple(Stored(folder, receipt.files[name]) for receipt in receipts if name in receipt.files)


def _identity(stored: Sequence[Stored]) -> list[object]:
    return content_identity([shard.file for shard in stored])


def _read(job: Job, shard: InputShard) -> FromSource:
    return FromSource(job.recipe.source, job.source, shard)


def _segment_task(
    job: Job,
    segment: Segment,
    key: str,
    ordinal: int,
    shard: FromSource | None,
    stored: tuple[Stored, ...],
    numbers: tuple[int, ...],
    found: tuple[Stored, ...],
    ranges: int,
) -> Task:
    reorder = segment.ending if isinstance(segment.ending, Reorder) else None
    inputs = [shard_identity(shard.shard)] if shard is not None else [_identity(stored), numbers if found else ()]
    work = SegmentWork(
        ChainProgram.of(segment.layout, job.assets),
        "guard" if segment.number == 0 else f"guard-{segment.number + 1}",
        shard,
        stored,
        numbers,
        found,
        job.side_folder_of(segment),
        job.recipe.limits.failed_share,
        b"" if reorder is None else pack((reorder,)),
        1 if reorder is None else ranges,
    )
    names = (shard.shard.name,) if shard is not None else tuple(one.file.path for one in stored)
    source = job.recipe.source if shard is not None else None
    return Task(
        key_of("segment", key, inputs, _identity(found), work.ranges),
        segment.name,
        ordinal,
        job.folder_of(segment),
        work,
        names,
        libraries_of(source, segment.layout.all_steps),
    )
