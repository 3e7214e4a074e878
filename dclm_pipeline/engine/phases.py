"""From a job to tasks, phase by phase: the plan as a pure function of the input's shards and the receipts so far.

A phase is a list of tasks that need nothing of each other. What the next phase is depends on what the receipts of the
one before say, so a plan unfolds as receipts come in; the same receipts give the same plan.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from types import MappingProxyType

from dclm_pipeline.engine.child.programs import ChainProgram, EvidenceProgram, evidence_schema, kept_schema
from dclm_pipeline.engine.job import Job
from dclm_pipeline.engine.jobs.exchange import findings_schema, handed_schema
from dclm_pipeline.engine.keys import describe_step, key_of, shard_identity
from dclm_pipeline.engine.older import older_lists
from dclm_pipeline.engine.ordering import KEY_BYTES
from dclm_pipeline.engine.segments import CARRIED, Segment, joint_needs
from dclm_pipeline.engine.steps.sides import signals_schema
from dclm_pipeline.engine.stored import Listed, Piece, Stored, identity_of, scattered
from dclm_pipeline.engine.tasks import (
    CollectWork,
    EvidenceWork,
    FindingsWork,
    FromSource,
    SegmentWork,
    Task,
)
from dclm_pipeline.engine.versions import libraries_of
from dclm_pipeline.pools.receipt import JOINED, Receipt
from dclm_pipeline.recipe.shipping import pack
from dclm_pipeline.sources import InputShard
from dclm_pipeline.step import Barrier, Needs, Reorder, Sweep
from dclm_pipeline.storage.paths import below

COLLECT = "collect"
# Tasks whose rejects, signals and receipts are joined into one file each.
COLLECTED = 256
SHARDS_PER_RANGE = 8
MOST_RANGES = 512


@dataclass(frozen=True)
class Phase:
    """Tasks that need nothing of each other, and where their receipts lie; `listed` is what their workers look at."""

    name: str
    folder: str
    tasks: tuple[Task, ...]
    needs: Needs = field(default_factory=Needs)
    shards: tuple[InputShard, ...] = ()
    listed: Listed | None = None
    older: tuple[Listed, ...] = ()


@dataclass(frozen=True)
class Heard:
    """What a barrier came to: its findings, and by number of shard the rows that it could not be asked about."""

    findings: Listed | None = None
    unheard: Mapping[int, tuple[Stored, ...]] = field(default_factory=dict)

    @property
    def identity(self) -> object:
        """Return what makes findings the same findings."""
        return [] if self.findings is None else self.findings.inventory.identity


@dataclass(frozen=True)
class Ordering:
    """What a reorder asks for: files, and the shards that their ranges are to become in the order of their keys."""

    listed: Listed
    shards: tuple[Stored, ...]
    needs: Needs


@dataclass(frozen=True)
class Sides:
    """Where the rejects and signals of finished tasks lie."""

    rejects: tuple[Stored, ...] = ()
    signals: tuple[Stored, ...] = ()


def source_phase(job: Job, shards: Sequence[InputShard], in_place: Container[str] = ()) -> Phase:
    """Return the first segment's tasks: one a shard of the source; those `in_place` may be left where they lie."""
    segment = job.segments[0]
    make = _SegmentTasks(job, segment, Heard(), ranges_for(len(shards)))
    tasks = tuple(make.reading(ordinal, shard, shard.name in in_place) for ordinal, shard in enumerate(shards))
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
    make = _SegmentTasks(job, segment, Heard(), ranges_for(len(shards)))
    tasks = tuple(make.reading(place, shard) for place, shard in wrong)
    folder = job.folder_of(segment)
    phase = Phase(f"{segment.name} again", folder, tasks, segment.needs, tuple(shard for _, shard in wrong))
    return phase, [place for place, _ in wrong]


def segment_phase(
    job: Job, segment: Segment, stored: Sequence[Stored], heard: Heard, ordering: Ordering | None = None
) -> Phase:
    """Return a later segment's tasks: neighbouring shards joined until they hold `shard_bytes` of text.

    A sweep's shards are its groups, however large. After a reorder, tasks bring their shards together before all else.
    """
    sweep = segment.layout.after if isinstance(segment.layout.after, Sweep) else None
    text = sum(shard.file.text_bytes for shard in stored)
    ranges = max(1, min(MOST_RANGES, -(-text // job.recipe.limits.shard_bytes)))
    make = _SegmentTasks(job, segment, heard, ranges)
    texts = [shard.file.text_bytes for shard in stored]
    groups = regrouped(texts, job.recipe.limits.shard_bytes) if sweep is None else divided(stored, sweep.groups)
    tasks = tuple(make.going_on(ordinal, stored, group) for ordinal, group in enumerate(groups))
    needs, listed = segment.needs, heard.findings
    if ordering is not None:
        needs, listed = joint_needs(needs, ordering.needs), ordering.listed
    return Phase(segment.name, job.folder_of(segment), tasks, needs, listed=listed)


def ordering_of(job: Job, segment: Segment, reorder: Reorder, stored: Sequence[Stored]) -> Ordering:
    """Return what the files of a segment that ends in a reorder are to become."""
    schema = segment.layout.left_schema
    listed = Listed(below(job.out, f"work/{segment.number}-{reorder.name}"), stored)
    keyed = 0 if "text" in schema.names else KEY_BYTES
    return Ordering(listed, scattered(listed, keyed=keyed), reorder.needs)


def regrouped(sizes: Sequence[int], most: int) -> list[tuple[int, ...]]:
    """Join neighbours, in order, until a group's bytes reach `most`."""
    groups: list[tuple[int, ...]] = []
    group: list[int] = []
    size = 0
    for place, own in enumerate(sizes):
        group.append(place)
        size += own
        if size >= most:
            groups.append(tuple(group))
            group, size = [], 0
    return [*groups, tuple(group)] if group else groups


def divided(stored: Sequence[Stored], parts: int) -> list[tuple[int, ...]]:
    """Part shards into neighbours of about as much text each, into fewer parts where there are fewer shards."""
    sizes = [shard.file.text_bytes + 1 for shard in stored]
    middles = [before + size // 2 for before, size in zip(accumulate(sizes, initial=0), sizes, strict=False)]
    groups: dict[int, list[int]] = {}
    for place, middle in enumerate(middles):
        groups.setdefault(middle * parts // sum(sizes), []).append(place)
    return [tuple(group) for group in groups.values()]


def ranges_for(shards: int) -> int:
    """Return into how many ranges the rows of so many shards are exchanged."""
    return max(1, min(MOST_RANGES, -(-shards // SHARDS_PER_RANGE)))


def evidence_phase(
    job: Job, segment: Segment, barrier: Barrier, round: int, stored: Sequence[Stored], heard: Heard, table: str = ""
) -> Phase:
    """Return a barrier's tasks that listen: one a shard. With `table` they write what the barrier keeps in the pool."""
    ranges = ranges_for(len(stored))
    described = [describe_step(barrier, job.assets.digest, job.codes), libraries_of(None, [barrier])]
    folder = below(job.out, f"work/{segment.number}-{barrier.name}-evidence-{round}")
    program = EvidenceProgram.of(barrier, round, job.assets, table)
    schema = evidence_schema(barrier, round)
    what, into, aside = "evidence", "evidence", "unheard"
    if table:
        schema, folder, what = kept_schema(barrier, table), job.out, "keeping"
        into, aside = f"evidence/{barrier.name}", f"work/{segment.number}-{barrier.name}-unheard"
    names = segment.layout.left_schema.names
    reads = barrier.reads() if table else barrier.reads_in(round)
    columns = tuple(name for name in names if name in reads | CARRIED)
    found = None if heard.findings is None else heard.findings.inventory
    tasks: list[Task] = []
    for place, shard in enumerate(stored):
        unheard = heard.unheard.get(place, ())
        identities = [identity_of([shard]), heard.identity, identity_of(unheard), place if found else 0]
        tasks.append(
            Task(
                key_of(what, described, round, ranges, *identities, *((table, str(schema)) if table else ())),
                f"{barrier.name} {what}",
                place,
                folder,
                EvidenceWork(program, columns, schema, shard, place, found, unheard, ranges, into, aside),
                (shard.file.path,),
            )
        )
    return Phase(f"{barrier.name} {what}", folder, tuple(tasks), barrier.needs, listed=heard.findings)


def findings_phase(
    job: Job,
    segment: Segment,
    barrier: Barrier,
    round: int,
    passing: int,
    evidence: Listed,
    ranges: int,
    *,
    merged: bool = False,
) -> Phase:
    """Return a barrier's tasks that find: one a range. In passes after the first they settle what was handed on."""
    described = [describe_step(barrier, job.assets.digest, job.codes), libraries_of(None, [barrier])]
    name = "settling" if passing else "findings"
    folder = below(job.out, f"work/{segment.number}-{barrier.name}-{name}-{round}{f'-{passing}' if passing else ''}")
    inventory = evidence.inventory
    older = older_lists(job.assets, barrier, round, folder) if passing == 0 else ()
    recalled = tuple(listed.inventory for listed in older)
    packed, assets = pack((barrier,)), job.assets.needed_by([barrier])
    telling = not (merged or passing or barrier.combines(round))
    about = [findings_schema(barrier, round).names, handed_schema(barrier, round).names, ranges, telling]
    tasks = tuple(
        Task(
            key_of("findings", described, round, passing, place, inventory.identity, about),
            f"{barrier.name} {name}",
            place,
            folder,
            FindingsWork(packed, assets, round, passing, place, ranges, inventory, telling, recalled),
            (f"range {place}",),
        )
        for place in range(ranges)
    )
    return Phase(f"{barrier.name} {name}", folder, tasks, barrier.needs, listed=evidence, older=older)


def collect_phase(
    job: Job,
    segment: Segment,
    folder: str,
    sides: Sequence[Sides],
    own: Sequence[Receipt],
    joined: Mapping[str, Piece] = MappingProxyType({}),
) -> Phase:
    """Return the tasks that join rejects and signals, so many tasks' at a time; the segment's own come last.

    `joined` says where those lie that an earlier run has joined already.
    """
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
        side = sides_of(folder, own[start : start + COLLECTED], joined)
        works.append(CollectWork(side.rejects, side.signals, (), schema))
    tasks = tuple(
        Task(
            key_of(
                COLLECT,
                place,
                [(field.name, str(field.type)) for field in schema],
                *(identity_of(stored) for stored in (work.rejects, work.signals, work.inner_signals)),
            ),
            COLLECT,
            place,
            folder,
            work,
            (),
        )
        for place, work in enumerate(works)
    )
    return Phase(COLLECT, folder, tasks)


def sides_of(folder: str, receipts: Sequence[Receipt], joined: Mapping[str, Piece] = MappingProxyType({})) -> Sides:
    """Return where the rejects and signals of some tasks lie."""
    rejects, signals = (
        tuple(replace(one, within=joined.get(one.file.path)) for one in stored_of(folder, receipts, name))
        for name in JOINED
    )
    return Sides(rejects, signals)


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


class _SegmentTasks:
    """Makes the tasks of a segment; what is the same for all of them is settled once."""

    def __init__(self, job: Job, segment: Segment, heard: Heard, ranges: int) -> None:
        reorder = segment.ending if isinstance(segment.ending, Reorder) else None
        self._job = job
        self._source = job.recipe.source.for_reading()
        self._segment = segment
        self._heard = heard
        self._key = job.key_of_segment(segment)
        self._folder = job.folder_of(segment)
        self._side_folder = job.side_folder_of(segment)
        self._program = ChainProgram.of(segment.layout, job.assets)
        self._libraries = libraries_of(job.recipe.source if segment.number == 0 else None, segment.layout.all_steps)
        self._ordering = b"" if reorder is None else pack((reorder,))
        self._ranges = 1 if reorder is None else ranges

    def reading(self, ordinal: int, shard: InputShard, in_place: bool = False) -> Task:
        """Return the task for a shard of the source."""
        read = FromSource(self._source, self._job.source, shard, in_place)
        # Where a source lies is in no key, and decides whether a copy is needed: one that is left there is other work.
        identity = [shard_identity(shard), *(["in place"] if in_place else ())]
        return self._task(ordinal, identity, (shard.name,), read)

    def going_on(self, ordinal: int, stored: Sequence[Stored], group: tuple[int, ...]) -> Task:
        """Return the task for a group of stored shards."""
        own = tuple(stored[number] for number in group)
        unheard = tuple(
            (place, file) for place, number in enumerate(group) for file in self._heard.unheard.get(number, ())
        )
        inputs = [identity_of(own), group if self._heard.findings else (), [(n, *identity_of([f])) for n, f in unheard]]
        return self._task(ordinal, inputs, tuple(one.file.path for one in own), None, own, group, unheard)

    def _task(
        self,
        ordinal: int,
        identity: Sequence[object],
        names: tuple[str, ...],
        shard: FromSource | None,
        stored: tuple[Stored, ...] = (),
        numbers: tuple[int, ...] = (),
        unheard: tuple[tuple[int, Stored], ...] = (),
    ) -> Task:
        number = self._segment.number
        work = SegmentWork(
            self._program,
            "guard" if number == 0 else f"guard-{number + 1}",
            shard,
            stored,
            numbers,
            None if self._heard.findings is None else self._heard.findings.inventory,
            unheard,
            self._side_folder,
            self._job.recipe.limits.failed_share,
            not (self._segment.saved or self._segment.number == len(self._job.segments) - 1),
            self._ordering,
            self._ranges,
        )
        # What leaves in ranges did not always say how large they are.
        sized = ("sized",) if self._ordering else ()
        key = key_of("segment", self._key, identity, self._heard.identity, self._ranges, *sized)
        return Task(key, self._segment.name, ordinal, self._folder, work, names, self._libraries)
