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

from dclm_pipeline.engine.assets import assets_below
from dclm_pipeline.engine.child.rehearsal import rehearse
from dclm_pipeline.engine.child.work import ChildLimits
from dclm_pipeline.engine.drive import Story, drive
from dclm_pipeline.engine.events import AlreadyWhole, Listener, TasksUnderway, Warned, silent
from dclm_pipeline.engine.executors import Executor, Pace, open_executor
from dclm_pipeline.engine.job import Job
from dclm_pipeline.engine.phases import Phase
from dclm_pipeline.engine.publish import publish
from dclm_pipeline.engine.replaced import as_they_are
from dclm_pipeline.engine.tasks import Conditions
from dclm_pipeline.engine.walk import walk
from dclm_pipeline.errors import IncompleteError, IntegrityError, RecipeError
from dclm_pipeline.pools.manifest import Manifest, read_manifest
from dclm_pipeline.pools.receipt import Receipt, missing_files, receipt_keys_in
from dclm_pipeline.recipe import Recipe
from dclm_pipeline.sources import InputShard, Offer, Source
from dclm_pipeline.storage import Storage, is_remote, open_storage
from dclm_pipeline.storage.budget import Budget, deal_with
from dclm_pipeline.storage.paths import beside, is_below
from dclm_pipeline.tally import StepTally

# Rules that drop nothing, or everything, are told of once they have seen so many rows.
TELLING_ROWS = 100
# Files with the same fault that are named one by one.
TOLD_FILES = 10


@dataclass(frozen=True)
class Settings:
    """How to run: nothing here changes a byte of the pool. `saved` is the shelf, by default beside the pool."""

    executor: str = "ray"
    workers: int = 0
    address: str | None = None
    saved: str = ""
    guard: bool = True
    batch_rows: int = 64
    frozen: bool = False
    scratch: str | None = None
    most_requests: float | None = None
    most_bytes: float | None = None
    cache: str | None = None


@dataclass(frozen=True)
class Ran:
    """What a run came to."""

    manifest: Manifest
    story: Story
    seconds: float
    whole_before: bool = False

    def __repr__(self) -> str:
        """Say what there is: the manifest of a large pool would fill many screens."""
        rows, shards = self.manifest.rows, len(self.manifest.shards)
        return f"Ran({rows} rows in {shards} shards, key {self.manifest.key}, {self.seconds:.1f} s)"


def job_of(recipe: Recipe, source: str, out: str, settings: Settings, folder: str = ".", catalogue: str = "") -> Job:
    """Settle where everything of a job lies; `folder` is where relative places in the recipe begin.

    `catalogue` is a file with names of assets; by default, the one that the environment names.
    """
    place = source or recipe.source.path
    if not place:
        raise RecipeError("no source: give --source, or `path` under `source` in the recipe")
    if not out:
        raise RecipeError("no place for the pool: give --out")
    source_url, out_url = open_storage(place).url, open_storage(out).url
    saved = open_storage(settings.saved).url if settings.saved else beside(out_url, "saved")
    if Path(out_url).is_file():
        raise RecipeError(f"{out}: is a file; --out names the folder of the pool")
    if is_below(out_url, source_url):
        raise RecipeError(f"{out}: lies in the source, which would be read again with it; give another --out")
    codes = {bundle.module: bundle.sha256 for bundle in recipe.bundles}
    if source_url == out_url:
        raise RecipeError(f"{place}: the pool cannot be built in the folder of its source; give another --out")
    return Job(recipe, source_url, out_url, saved, assets_below(folder, catalogue), codes)


def offer_of(job: Job) -> Offer:
    """Ask a job's source for its shards."""
    offer = job.recipe.source.offer(open_storage(job.source))
    if not offer.shards:
        require_shard(job.recipe.source, job.source)
    return offer


def require_shard(source: Source, place: str) -> None:
    """Refuse a place where nothing lies that the source reads; looks no further than the first."""
    storage = open_storage(place)
    if next(iter(source.shards(storage)), None) is None:
        if next(iter(storage.entries()), None) is not None:
            there = "other files lie there"
        else:
            there = "the folder is empty" if Path(storage.url).is_dir() else "there is no such place"
        raise RecipeError(f"{storage.url}: nothing that the source {source.kind!r} reads: {there}")


def run(job: Job, settings: Settings, listener: Listener = silent, offer: Offer | None = None) -> Ran:
    """Build a job's pool; does nothing where it is whole. The source is asked for its shards unless `offer` has them."""
    begun = time.time()
    begin_budget(settings)
    job.assets.look_at(job.recipe.steps)
    shards = as_they_are(job, (offer_of(job) if offer is None else offer).shards)
    before = whole(job, shards)
    if before is not None:
        listener(AlreadyWhole(job.out, before.rows))
        for warning in _warnings_about_strays(job, before):
            listener(Warned(warning))
        return Ran(before, Story(), time.time() - begun, whole_before=True)
    job.assets.require(job.recipe.steps)
    rehearse(job.recipe.steps, job.assets, guard=settings.guard)
    _compare_libraries(job, settings, listener)
    story, story_path = Story(), f"runs/{_run_id(begun)}/run.json"
    _write_story(job, settings, story, story_path, begun, "running")  # where this cannot be written, nothing can
    workers = settings.workers or os.cpu_count() or 1
    executor: Executor | None = None
    outcome = "interrupted"
    try:
        conditions, pace = conditions_of(job, settings), pace_of(job, settings)
        executor = open_executor(
            settings.executor,
            conditions,
            workers,
            settings.address,
            pace,
            lambda reached: listener(TasksUnderway(reached)),
        )
        ready = executor

        def execute(phase: Phase, *, again: bool = False) -> list[Receipt]:
            receipts = drive(phase, ready, listener, story, again=again)
            for warning in warnings_about_input(receipts):
                listener(Warned(warning))
            return receipts

        manifest = walk(job, shards, execute, publish)
        for warning in (*warnings_about(manifest.tally.steps), *_warnings_about_strays(job, manifest)):
            listener(Warned(warning))
        outcome = "whole"
    except IncompleteError:
        outcome = "incomplete"
        raise
    finally:
        if executor is not None:
            executor.cancel()
        _write_story(job, settings, story, story_path, begun, outcome)
    return Ran(manifest, story, time.time() - begun)


def begin_budget(settings: Settings) -> None:
    """Let this process keep to the budget of a run from now on."""
    deal_with(Budget(settings.most_requests, settings.most_bytes), counts_bytes=settings.most_bytes is not None)


def whole(job: Job, shards: tuple[InputShard, ...]) -> Manifest | None:
    """Return the manifest of a job's pool if the pool is whole and made of this very input by this very work."""
    storage = open_storage(job.out)
    manifest = _legible_manifest(storage)
    if manifest is None or manifest.key != job.pool_key(shards, job.segments[-1]):
        return None
    if missing_files(storage, manifest.files):
        return None
    return manifest if receipt_keys_in(storage).issuperset(manifest.receipts) else None


def strays(job: Job, manifest: Manifest) -> list[str]:
    """Return files among the pool's shards that are not of the pool: left by runs of other recipes that did not end."""
    named = {file.path for file in manifest.shards}
    return [entry.path for entry in open_storage(job.out).entries("shards/") if entry.path not in named]


def _legible_manifest(storage: Storage) -> Manifest | None:
    """Return the manifest of the pool at a place; a damaged one is as good as none, and will be written anew."""
    try:
        return read_manifest(storage)
    except IntegrityError:
        return None


def pace_of(job: Job, settings: Settings) -> Pace | None:
    """Return how much servers may be asked; nothing where all lies on this machine's disks.

    The machines of a cluster may each name a mirror of assets of their own, which nobody here knows.
    """
    places = (job.source, job.out, job.saved, job.assets.mirror)
    remote = settings.address is not None or any(map(is_remote, places))
    return Pace(settings.most_requests, settings.most_bytes) if remote else None


def conditions_of(job: Job, settings: Settings) -> Conditions:
    """Return how workers are to work."""
    limits = job.recipe.limits
    child = ChildLimits(limits.cpu_seconds, limits.wall_seconds, limits.memory)
    return Conditions(
        child,
        rows=settings.batch_rows,
        guard=settings.guard,
        scratch=settings.scratch,
        cache=settings.cache and str(Path(settings.cache).absolute()),
    )


def warnings_about(steps: Sequence[StepTally]) -> list[str]:
    """Say which rules dropped nothing, or everything: most often a slip of the pen."""
    told = []
    for step in steps:
        if step.entered < TELLING_ROWS or step.kind == "guard":
            continue
        if step.dropped == step.entered and not step.added:
            told.append(f"{step.name} dropped all {step.entered} rows that entered it")
        elif step.would + step.dropped + step.failed == 0 and step.kind in ("between", "sample"):
            told.append(f"{step.name} dropped none of {step.entered} rows")
    return told


def warnings_about_input(receipts: Sequence[Receipt]) -> list[str]:
    """Name the files that end before their last record does: most often a transfer that was cut."""
    short = [receipt.inputs[0].name for receipt in receipts if receipt.tally.source.damage.get("ends_early")]
    told = [f"{name} ends too early: what is missing of it is not in the pool; fetch it again" for name in short]
    more = len(told) - TOLD_FILES
    return told if more <= 0 else [*told[:TOLD_FILES], f"{more:,} more files end too early"]


def _warnings_about_strays(job: Job, manifest: Manifest) -> list[str]:
    found = strays(job, manifest)
    told = (
        f"{job.out}/shards holds {len(found)} files that are not of this pool, such as {'; '.join(found[:1])}; whoever "
        "reads the whole folder would count them: `dclm clean` removes them"
    )
    return [told] if found else []


def _compare_libraries(job: Job, settings: Settings, listener: Listener) -> None:
    """Tell of, or with `frozen` refuse, libraries of other versions than those that the pool there was made with."""
    before = _legible_manifest(open_storage(job.out))
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


def _run_id(begun: float) -> str:
    return f"{_stamp(begun)}-{secrets.token_hex(4)}"


def _stamp(begun: float) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(begun))


def _write_story(job: Job, settings: Settings, story: Story, path: str, begun: float, outcome: str) -> None:
    values = {
        "outcome": outcome,
        "started": _stamp(begun),
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
    open_storage(job.out).put(path, text.encode())
