"""Walking a job from its source to its pool, phase after phase.

The walk asks `execute` for the receipts of each phase's tasks and goes on from what they say. It does no work itself:
a run gives it an `execute` that performs what has no receipt yet, a survey one that looks and stops.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from dclm_pipeline.engine.in_place import files_in_place, stored_of_source
from dclm_pipeline.engine.job import Job
from dclm_pipeline.engine.keeping import Kept, keep_of_barrier, keep_of_sweep, with_unheard
from dclm_pipeline.engine.merging import merge_phase
from dclm_pipeline.engine.phases import (
    COLLECT,
    COLLECTED,
    Heard,
    Ordering,
    Phase,
    Sides,
    collect_phase,
    evidence_phase,
    findings_phase,
    mended_phase,
    ordering_of,
    ranges_for,
    segment_phase,
    side_paths,
    sides_of,
    source_phase,
    stored_of,
)
from dclm_pipeline.engine.segments import Segment
from dclm_pipeline.engine.stored import Listed, Piece, Stored
from dclm_pipeline.errors import IncompleteError
from dclm_pipeline.pools.manifest import Manifest, columns_of
from dclm_pipeline.pools.receipt import InputFacts, Receipt, StoredFile, receipts_for, receipts_in, standing
from dclm_pipeline.sources import InputShard
from dclm_pipeline.step import Barrier, Reorder
from dclm_pipeline.storage import Storage, open_storage
from dclm_pipeline.tally import Tally, total


class Execute(Protocol):
    """Returns the receipts of a phase's tasks; `again` asks for them to be performed whether they have one or not."""

    def __call__(self, phase: Phase, *, again: bool = False) -> list[Receipt]:
        """Return one receipt for each task, in their order."""
        ...


@dataclass(frozen=True)
class Pool:
    """A pool that is ready to be published: where, its manifest, and the receipts that may be joined into packs.

    A `shared` folder, on the shelf, holds what other recipes and other inputs left there, too.
    """

    folder: str
    manifest: Manifest
    receipts: tuple[Receipt, ...]
    collected: tuple[Receipt, ...]
    shared: bool = False


# Passes in which a barrier settles what it has handed on: they grow with the logarithm of what is tied together.
MOST_PASSES = 1000

Publish = Callable[[Pool], None]


def walk(job: Job, shards: tuple[InputShard, ...], execute: Execute, publish: Publish) -> Manifest:
    """Go from the source's shards to the pool; publish saved prefixes on the way, and the pool at the end."""
    stored: tuple[Stored, ...] = ()
    heard = Heard()
    ordering: Ordering | None = None
    sides: list[Sides] = []
    tallies: list[Tally] = []
    inputs: tuple[InputFacts, ...] = ()
    in_place: Mapping[str, StoredFile] = {}
    kept = Kept()
    segments = job.segments
    for segment in segments:
        folder = job.folder_of(segment)
        if segment.number == 0:
            in_place = files_in_place(job, segment)
            phase, receipts = _read_source(job, shards, in_place, execute)
            inputs = tuple(facts for receipt in receipts for facts in receipt.inputs)
        else:
            phase = segment_phase(job, segment, stored, heard, ordering)
            receipts = execute(phase)
        tallies.append(total(receipt.tally for receipt in receipts))
        if segment.number == 0:
            stored = stored_of_source(job, folder, shards, receipts, in_place)
        else:
            stored = stored_of(folder, receipts, "docs")
        heard, ordering = Heard(), None
        keep_of_sweep(job, segment, folder, receipts, kept, execute)
        last = segment.number == len(segments) - 1
        if segment.saved or last:
            collecting = collect_phase(job, segment, folder, sides, receipts)
            restored, joined = _with_sides(phase, collecting, receipts, execute)
            collected = execute(collect_phase(job, segment, folder, sides, restored, joined))
            manifest = _manifest(job, segment, shards, inputs, receipts, collected, _joined(tallies))
            manifest = _with_evidence(manifest, kept) if last else manifest
            publish(Pool(folder, manifest, tuple(receipts), tuple(collected), shared=not last))
            if last:
                return manifest
            sides = _in_groups(folder, collected)
        else:
            sides += _in_groups(folder, receipts)
        if isinstance(segment.ending, Barrier):
            heard = _exchanged(job, segment, segment.ending, stored, execute)
            heard = keep_of_barrier(job, segment, segment.ending, stored, heard, kept, execute)
        elif isinstance(segment.ending, Reorder):
            ordering = ordering_of(job, segment, segment.ending, stored)
            stored = ordering.shards
    raise AssertionError("a chain has a last segment")


def _read_source(
    job: Job, shards: tuple[InputShard, ...], in_place: Container[str], execute: Execute
) -> tuple[Phase, list[Receipt]]:
    """Perform the first segment, and again what turns out to have begun inside a record."""
    phase = source_phase(job, shards, in_place)
    tasks, receipts, known = list(phase.tasks), execute(phase), list(shards)
    while True:
        mended, places = mended_phase(job, known, receipts)
        if not places:
            return replace(phase, tasks=tuple(tasks)), receipts
        for place, task, shard, receipt in zip(places, mended.tasks, mended.shards, execute(mended), strict=True):
            tasks[place], known[place], receipts[place] = task, shard, receipt


def _with_sides(
    phase: Phase, collecting: Phase, receipts: Sequence[Receipt], execute: Execute
) -> tuple[Sequence[Receipt], Mapping[str, Piece]]:
    """Return receipts whose rejects and signals are there to be joined, and where those lie that are joined already.

    Those of a full pack are deleted once they are joined; where a new shard among them makes other packs, they are
    taken from the old ones. Where those have gone, too, the tasks are performed again.
    """
    storage = open_storage(phase.folder)
    known = receipts_for(storage, [task.key for task in collecting.tasks])
    wanted = {path for task in collecting.tasks if task.key not in known for path in side_paths(task, phase.folder)}
    wanted -= {entry.path for entry in storage.entries() if entry.path in wanted}
    if not wanted:
        return receipts, {}
    joined = _joined_before(storage, wanted)
    gone = [
        task
        for task, receipt in zip(phase.tasks, receipts, strict=True)
        if any(file.path in wanted and file.path not in joined for file in receipt.files.values())
    ]
    if not gone:
        return receipts, joined
    made = execute(replace(phase, name=f"{phase.name} again", tasks=tuple(gone)), again=True)
    anew = {receipt.key: receipt for receipt in made}
    return [anew.get(receipt.key, receipt) for receipt in receipts], joined


def _joined_before(storage: Storage, wanted: set[str]) -> dict[str, Piece]:
    """Return where rejects and signals lie that earlier runs have joined and deleted."""
    joins = {key: receipt for key, receipt in receipts_in(storage).items() if receipt.phase == COLLECT}
    pieces: dict[str, Piece] = {}
    for receipt in standing(storage, joins, passing=()).values():
        for facts in receipt.inputs:
            if facts.name in wanted and facts.into is not None and facts.start is not None:
                pieces[facts.name] = Piece(facts.into, facts.start)
    return pieces


def _exchanged(job: Job, segment: Segment, barrier: Barrier, stored: tuple[Stored, ...], execute: Execute) -> Heard:
    """Go through a barrier's rounds; return what the last one found, and what could not be asked about in any."""
    heard = Heard()
    ranges = ranges_for(len(stored))
    for round in range(barrier.hearings()):
        listening = evidence_phase(job, segment, barrier, round, stored, heard)
        receipts = execute(listening)
        heard = with_unheard(heard, listening.folder, receipts)
        handed = Listed(listening.folder, stored_of(listening.folder, receipts, "evidence"))
        found: list[Stored] = []
        for passing in range(MOST_PASSES):
            merging = merge_phase(job, segment, barrier, round, passing, handed, ranges)
            if merging is not None:
                handed = Listed(merging.folder, stored_of(merging.folder, execute(merging), "merged"))
            merged = merging is not None
            finding = findings_phase(job, segment, barrier, round, passing, handed, ranges, merged=merged)
            receipts = execute(finding)
            found += [one for one in stored_of(finding.folder, receipts, "findings") if one.file.rows or not passing]
            handed = Listed(finding.folder, stored_of(finding.folder, receipts, "onward"))
            if not handed.files:
                break
        else:
            raise IncompleteError(
                f"{barrier.name}: rows are still handed on after {MOST_PASSES} passes of round {round}; it does not settle"
            )
        if not barrier.checks(round):
            heard = Heard(Listed(listening.folder, found), heard.unheard)
    return heard


def _with_evidence(manifest: Manifest, kept: Kept) -> Manifest:
    """Return the manifest of a pool with what its steps have kept."""
    keys = (receipt.key for receipt in kept.receipts)
    return replace(manifest, evidence=tuple(kept.evidence), receipts=(*manifest.receipts, *keys))


def _in_groups(folder: str, receipts: Sequence[Receipt]) -> list[Sides]:
    starts = range(0, len(receipts), COLLECTED)
    return [sides_of(folder, receipts[start : start + COLLECTED]) for start in starts]


def _joined(tallies: Sequence[Tally]) -> Tally:
    """Join the tallies of segments that follow each other; a segment's rows are those that left the one before."""
    source = tallies[0].source
    return Tally(source, tuple(step for tally in tallies for step in tally.steps))


def _manifest(
    job: Job,
    segment: Segment,
    shards: tuple[InputShard, ...],
    inputs: tuple[InputFacts, ...],
    receipts: Sequence[Receipt],
    collected: Sequence[Receipt],
    tally: Tally,
) -> Manifest:
    return Manifest(
        key=job.pool_key(shards, segment),
        recipe=job.effective(segment),
        columns=columns_of(segment.layout.left_schema),
        shards=tuple(receipt.files["docs"] for receipt in receipts),
        rejects=tuple(receipt.files["rejects"] for receipt in collected if "rejects" in receipt.files),
        signals=tuple(receipt.files["signals"] for receipt in collected if "signals" in receipt.files),
        receipts=tuple(receipt.key for receipt in (*receipts, *collected)),
        inputs=inputs,
        tally=tally,
        libraries=job.libraries_up_to(segment),
    )
