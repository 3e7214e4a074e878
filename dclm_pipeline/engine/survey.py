"""Looking before running: what a run would do, and what it would find done."""

from dataclasses import dataclass

from dclm_pipeline.engine.drive import known_receipts
from dclm_pipeline.engine.job import Job
from dclm_pipeline.engine.phases import Phase
from dclm_pipeline.engine.replaced import as_they_are
from dclm_pipeline.engine.run import whole
from dclm_pipeline.engine.walk import Pool, walk
from dclm_pipeline.pools.receipt import Receipt
from dclm_pipeline.sources import Offer


@dataclass(frozen=True)
class Surveyed:
    """One phase as it stands: so many tasks, of which some are done. `folder` is where their results lie."""

    name: str
    folder: str
    tasks: int
    known: int


@dataclass(frozen=True)
class Survey:
    """What a run would do. Phases after the first with something to do cannot be known yet: `later` names them."""

    shards: int
    bytes: int
    whole: bool
    phases: tuple[Surveyed, ...]
    later: tuple[str, ...]
    told: str = ""


class _EndOfKnowledge(Exception):  # noqa: N818 - no error: the walk has come as far as receipts lead
    """A phase has tasks without receipts."""


def survey(job: Job, offer: Offer) -> Survey:
    """Say what a run of the job would do with what its source has; does none of it."""
    job.assets.look_at(job.recipe.steps)
    shards = as_they_are(job, offer.shards)
    seen: list[Surveyed] = []
    size = sum(shard.size for shard in shards if shard.start == 0)

    def look(phase: Phase, *, again: bool = False) -> list[Receipt]:
        if again:
            raise _EndOfKnowledge
        known = known_receipts(phase)
        if phase.tasks:
            seen.append(Surveyed(phase.name, phase.folder, len(phase.tasks), len(known)))
        if len(known) < len(phase.tasks):
            raise _EndOfKnowledge
        return [known[task.key] for task in phase.tasks]

    told = offer.told()
    if whole(job, shards) is not None:
        return Survey(len(shards), size, True, (), (), told)
    job.assets.require(job.recipe.steps)
    try:
        walk(job, shards, look, _publish_nothing)
    except _EndOfKnowledge:
        names = [phase.name for phase in seen]
        later = tuple(segment.name for segment in job.segments if segment.name not in names)
        return Survey(len(shards), size, False, tuple(seen), later, told)
    return Survey(len(shards), size, False, tuple(seen), (), told)


def _publish_nothing(pool: Pool) -> None:
    del pool
