"""Running a recipe: from a source to a pool, performing only what has no receipt.

A run is one attempt. What it leaves in the pool does not tell of it; its story (times, machine, places) is in
`runs/<id>/` alone.
"""

import json
import os
import platform
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.drive import Story, drive
from dclm_pipeline.engine.events import AlreadyWhole, Listener, Warned, silent
from dclm_pipeline.engine.executors import Executor, open_executor
from dclm_pipeline.engine.job import Job
from dclm_pipeline.engine.phases import Phase
from dclm_pipeline.engine.publish import publish
from dclm_pipeline.engine.tasks import Conditions
from dclm_pipeline.engine.walk import walk
from dclm_pipeline.engine.work import ChildLimits
from dclm_pipeline.errors import IncompleteError, RecipeError
from dclm_pipeline.pools.manifest import Manifest, read_manifest
from dclm_pipeline.pools.receipt import Receipt, receipt_keys_in
from dclm_pipeline.recipe import Recipe
from dclm_pipeline.sources import InputShard
from dclm_pipeline.storage import open_storage
from dclm_pipeline.tally import StepTally

# Rules that drop nothing, or everything, are told of once they have seen so many rows.
TELLING_ROWS = 100


@dataclass(frozen=True)
class Settings:
    """How to run: nothing here changes a byte of the pool. `saved` is the shelf, by default beside the pool."""

    executor: str = "ray"
    workers: int = 0
    address: str | None = None
    saved: str = ""
    guard: bool = True
    batch_rows: int = 32
    frozen: bool = False
    scratch: str | None = None


@dataclass(frozen=True)
class Ran:
    """What a run came to."""

    manifest: Manifest
    story: Story
    seconds: float
    whole_before: bool = False


def job_of(recipe: Recipe, source: str, out: str, settings: Settings, folder: str = ".") -> Job:
    """Settle where everything of a job lies; `folder` is where relative places in the recipe begin."""
    place = source or recipe.source.path
    if not place:
        raise RecipeError("no source: give --source, or `path` under `source` in the recipe")
    if not out:
        raise RecipeError("no place for the pool: give --out")
    source_url, out_url = open_storage(place).url, open_storage(out).url
    saved = open_storage(settings.saved).url if settings.saved else f"{out_url.rpartition('/')[0]}/saved"
    codes = {bundle.module: bundle.sha256 for bundle in recipe.bundles}
    if source_url == out_url:
        raise RecipeError(f"{place}: the pool cannot be built in the folder of its source; give another --out")
    return Job(recipe, source_url, out_url, saved, FetchedAssets(folder), codes)


def shards_of(job: Job) -> tuple[InputShard, ...]:
    """List the shards of a job's source."""
    shards = tuple(job.recipe.source.shards(open_storage(job.source)))
    if not shards:
        raise RecipeError(f"{job.source}: nothing that the source {job.recipe.source.kind!r} reads lies there")
    return shards


def run(job: Job, settings: Settings, listener: Listener = silent) -> Ran:
    """Build a job's pool; does nothing where it is whole."""
    begun = time.time()
    shards = shards_of(job)
    before = whole(job, shards)
    if before is not None:
        listener(AlreadyWhole(job.out, before.rows))
        return Ran(before, Story(), time.time() - begun, whole_before=True)
    _compare_libraries(job, settings, listener)
    story = Story()
    workers = settings.workers or os.cpu_count() or 1
    executor: Executor | None = None
    outcome = "interrupted"
    try:
        executor = open_executor(settings.executor, conditions_of(job, settings), workers, settings.address)
        ready = executor

        def execute(phase: Phase, *, again: bool = False) -> list[Receipt]:
            return drive(phase, ready, listener, story, again=again)

        manifest = walk(job, shards, execute, publish)
        for warning in warnings_about(manifest.tally.steps):
            listener(Warned(warning))
        outcome = "whole"
    except IncompleteError:
        outcome = "incomplete"
        raise
    finally:
        if executor is not None:
            executor.cancel()
        _write_story(job, settings, story, begun, outcome)
    return Ran(manifest, story, time.time() - begun)


def whole(job: Job, shards: tuple[InputShard, ...]) -> Manifest | None:
    """Return the manifest of a job's pool if the pool is whole and made of this very input by this very work."""
    storage = open_storage(job.out)
    manifest = read_manifest(storage)
    if manifest is None or manifest.key != job.pool_key(shards, job.segments[-1]):
        return None
    return manifest if receipt_keys_in(storage).issuperset(manifest.receipts) else None


def conditions_of(job: Job, settings: Settings) -> Conditions:
    """Return how workers are to work."""
    limits = job.recipe.limits
    child = ChildLimits(limits.cpu_seconds, limits.wall_seconds, limits.memory)
    return Conditions(child, rows=settings.batch_rows, guard=settings.guard, scratch=settings.scratch)


def warnings_about(steps: Sequence[StepTally]) -> list[str]:
    """Say which rules dropped nothing, or everything: most often a slip of the pen."""
    told = []
    for step in steps:
        if step.entered < TELLING_ROWS or step.kind == "guard":
            continue
        if step.dropped == step.entered:
            told.append(f"{step.name} dropped all {step.entered} rows that entered it")
        elif step.would + step.dropped + step.failed == 0 and step.kind in ("between", "sample"):
            told.append(f"{step.name} dropped none of {step.entered} rows")
    return told


def _compare_libraries(job: Job, settings: Settings, listener: Listener) -> None:
    """Tell of, or with `frozen` refuse, libraries of other versions than those that the pool there was made with."""
    before = read_manifest(open_storage(job.out))
    if before is None:
        return
    now = job.libraries_up_to(job.segments[-1])
    changed = [
        f"{name} {then} -> {now[name]}" for name, then in before.libraries.items() if now.get(name, then) != then
    ]
    if not changed:
        return
    if settings.frozen:
        raise RecipeError(
            f"{job.out} was made with other versions: {', '.join(changed)}. Install those, or run without --frozen "
            "to do again what depends on them"
        )
    listener(Warned(f"versions have changed ({', '.join(changed)}); what depends on them is done again"))


def _write_story(job: Job, settings: Settings, story: Story, begun: float, outcome: str) -> None:
    started = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(begun))
    values = {
        "outcome": outcome,
        "started": started,
        "seconds": round(time.time() - begun, 3),
        "machine": platform.node(),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "folder": str(Path.cwd()),
        "places": {"source": job.source, "out": job.out, "saved": job.saved},
        "settings": asdict(settings),
        "story": asdict(story),
    }
    text = json.dumps(values, indent=1, sort_keys=True) + "\n"
    open_storage(job.out).put(f"runs/{started}-{secrets.token_hex(4)}/run.json", text.encode())
