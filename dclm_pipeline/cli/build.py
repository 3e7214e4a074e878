"""`dclm run`, `dclm plan`, `dclm check`: from a recipe to a pool."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

import click

from dclm_pipeline.cli.assets import catalogue_option
from dclm_pipeline.cli.fetching import Fetching, fetching_options
from dclm_pipeline.cli.funnel import counted, funnel, rowwise_costs
from dclm_pipeline.cli.rows import counted_rows, padding, token_sums
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.tally import tally_to_json

if TYPE_CHECKING:
    from dclm_pipeline.engine.job import Job
    from dclm_pipeline.engine.run import Ran, Settings
    from dclm_pipeline.recipe import Recipe

PACKAGE = __name__.partition(".")[0]
Command = TypeVar("Command", bound=Callable[..., Any])


def recipe_options(command: Command) -> Command:
    """Give a command what says which recipe it is about."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text."),
        click.option(
            "--allow-custom-code", is_flag=True, help="Import the modules that the recipe's `uses` names, and run them."
        ),
        click.option(
            "--set", "overrides", multiple=True, metavar="NAME.FIELD=VALUE", help="Change one setting; repeatable."
        ),
        click.option(
            "--source", default="", metavar="PLACE", help="Folder, file or URL to read, for the recipe's own."
        ),
        catalogue_option,
        click.argument("recipe", type=click.Path(path_type=Path)),
    ):
        command = option(command)
    return command


def place_options(command: Command) -> Command:
    """Give a command what says where things lie."""
    for option in (
        click.option(
            "--saved", default="", metavar="PLACE", help="Shelf of saved prefixes; default: `saved` beside the pool."
        ),
        click.option("--out", required=True, metavar="PLACE", help="Where the pool is, or is to be."),
    ):
        command = option(command)
    return command


@click.command()
@recipe_options
@place_options
@click.option(
    "--executor", type=click.Choice(["ray", "inline"]), default="ray", show_default=True, help="Who does the tasks."
)
@click.option("--workers", type=click.IntRange(0), default=0, help="Tasks at once; default: one a core.")
@click.option("--address", default=None, metavar="HOST:PORT", help="A Ray cluster; default: one started for this run.")
@click.option("--batch-rows", type=click.IntRange(1, 65_536), default=64, show_default=True, help="Documents a batch.")
@click.option("--no-guard", is_flag=True, help="Run steps in the worker itself, for a debugger; bad pages may kill it.")
@click.option("--frozen", is_flag=True, help="Refuse to redo what libraries of other versions made.")
@fetching_options
@click.option("--scratch", default=None, metavar="FOLDER", help="Local folder for files in the making.")
def run(
    recipe: Path,
    source: str,
    catalogue: str,
    overrides: tuple[str, ...],
    allow_custom_code: bool,
    as_json: bool,
    out: str,
    saved: str,
    executor: str,
    workers: int,
    address: str | None,
    batch_rows: int,
    no_guard: bool,
    frozen: bool,
    scratch: str | None,
    **fetching: Unpack[Fetching],
) -> None:
    """Run RECIPE over a source into a pool.

    Only what has no receipt yet is done: run the same command again after anything, and it goes on from there.
    """
    from dclm_pipeline.engine.child.process import settle

    settle()
    from dclm_pipeline.cli.stopping import GOES_ON, stopping_once
    from dclm_pipeline.cli.watching import RunProgress, compile_when_cold
    from dclm_pipeline.engine.publish import NothingLeftError
    from dclm_pipeline.engine.run import Settings, offer_of
    from dclm_pipeline.engine.run import run as run_job
    from dclm_pipeline.engine.survey import survey

    if executor == "inline" and (workers > 1 or address):
        raise RecipeError("--executor inline is one process: leave out --workers and --address, or use ray")
    loaded = _load(recipe, source, overrides, allow_custom_code)
    settings = Settings(executor, workers, address, saved, not no_guard, batch_rows, frozen, scratch, **fetching)
    job = _job(loaded, recipe, source, out, settings, catalogue)
    progress = RunProgress(quiet=as_json)
    compile_when_cold()
    offer = None
    if not as_json:
        offer = offer_of(job)
        click.echo(_plan_text(job, survey(job, offer)), err=True)
    try:
        with stopping_once(GOES_ON):
            ran = run_job(job, settings, progress, offer)
    except NothingLeftError as error:
        progress.end()
        if not as_json:
            click.echo(funnel(error.tally))
        raise
    finally:
        progress.end()
    if as_json:
        click.echo(json.dumps(_ran_json(job, ran, progress.warnings)))
    else:
        click.echo(_ran_text(loaded, job, ran))


@click.command()
@recipe_options
@place_options
def plan(
    recipe: Path,
    source: str,
    catalogue: str,
    overrides: tuple[str, ...],
    allow_custom_code: bool,
    as_json: bool,
    out: str,
    saved: str,
) -> None:
    """Say what a run of RECIPE would do, and what it would find done; does nothing."""
    from dclm_pipeline.engine.run import Settings, offer_of
    from dclm_pipeline.engine.survey import survey

    loaded = _load(recipe, source, overrides, allow_custom_code)
    job = _job(loaded, recipe, source, out, Settings(saved=saved), catalogue)
    surveyed = survey(job, offer_of(job))
    click.echo(json.dumps(asdict(surveyed)) if as_json else _plan_text(job, surveyed))


@click.command()
@recipe_options
def check(
    recipe: Path, source: str, catalogue: str, overrides: tuple[str, ...], allow_custom_code: bool, as_json: bool
) -> None:
    """Check RECIPE without running it: settings, names, whether every step finds the columns that it reads, and opens.

    Files, lists and models that steps name are opened as by a run; what would have to be fetched first is told.
    """
    from dclm_pipeline.engine.assets import assets_below
    from dclm_pipeline.engine.child.rehearsal import rehearse
    from dclm_pipeline.engine.run import require_shard
    from dclm_pipeline.engine.segments import segments_of
    from dclm_pipeline.recipe import folder_of

    loaded = _load(recipe, source, overrides, allow_custom_code)
    segments = segments_of(loaded)
    if source:
        require_shard(loaded.source, source)
    absent = rehearse(loaded.steps, assets_below(folder_of(recipe), catalogue))
    columns = [(field.name, str(field.type)) for field in segments[-1].layout.left_schema]
    if as_json:
        steps = [{"name": step.name, "kind": step.kind} for step in loaded.steps]
        click.echo(json.dumps({"name": loaded.name, "steps": steps, "columns": dict(columns), "absent": absent}))
        return
    click.echo(f"{recipe}: good. {len(loaded.steps)} steps in {len(segments)} segments:")
    for segment in segments:
        ending = f", then {segment.ending.name}" if segment.ending is not None else ""
        saved = ", saved for recipes that begin alike" if segment.saved else ""
        names = ", ".join(step.name for step in segment.layout.all_steps) or "(nothing)"
        click.echo(f"  {segment.number + 1}. {names}{ending}{saved}")
    for setting in absent:
        click.echo(f"not opened, as it is not on this machine: {setting}; fetch it: `dclm assets pull {recipe}`")
    click.echo("columns: " + ", ".join(f"{name} ({kind})" for name, kind in columns))


def _load(recipe: Path, source: str, overrides: tuple[str, ...], allow_custom_code: bool) -> "Recipe":
    from dclm_pipeline.recipe import load_recipe

    return load_recipe(recipe, source=source or None, overrides=overrides, allow_custom_code=allow_custom_code)


def _job(loaded: "Recipe", recipe: Path, source: str, out: str, settings: "Settings", catalogue: str) -> "Job":
    from dclm_pipeline.engine.run import job_of
    from dclm_pipeline.recipe import folder_of

    return job_of(loaded, source, out, settings, folder_of(recipe), catalogue)


def _plan_text(job: "Job", surveyed: Any) -> str:
    size = surveyed.bytes / 1e6
    lines = [f"{job.recipe.name}: {counted(surveyed.shards, 'shard')}, {size:,.1f} MB, from {job.source} to {job.out}"]
    if surveyed.told:
        lines.append(f"  {surveyed.told}")
    if surveyed.whole:
        return "\n".join([*lines, "  the pool is whole: nothing to do"])
    for phase in surveyed.phases:
        if phase.known == phase.tasks:
            done = f"all {phase.tasks} tasks" if phase.tasks > 1 else "its task"
            lines.append(f"  {phase.name}: {done} done before, from {phase.folder}")
        else:
            before = f", {phase.known} done before" if phase.known else ""
            todo = counted(phase.tasks - phase.known, "task")
            lines.append(f"  {phase.name}: {todo} to do{before}, into {phase.folder}")
    lines += [f"  {name}: after that" for name in surveyed.later]
    return "\n".join(lines)


def _ran_json(job: "Job", ran: "Ran", warnings: list[str]) -> dict[str, Any]:
    manifest = ran.manifest
    return {
        "pool": job.out,
        "rows": manifest.rows,
        "shards": len(manifest.shards),
        "content": manifest.content,
        "key": manifest.key,
        "seconds": round(ran.seconds, 3),
        "tasks_performed": ran.story.performed,
        "tasks_known": ran.story.known,
        "requests": ran.story.requests,
        "whole_before": ran.whole_before,
        "warnings": warnings,
        "tally": tally_to_json(manifest.tally),
    }


def _ran_text(recipe: "Recipe", job: "Job", ran: "Ran") -> str:
    manifest, story = ran.manifest, ran.story
    lines = [funnel(manifest.tally, story.seconds), *token_sums(manifest.tally), *padding(manifest)]
    brought = frozenset(s.name for s in recipe.steps if s.rowwise and type(s).__module__.partition(".")[0] != PACKAGE)
    lines += rowwise_costs(manifest.tally, story.seconds, brought)
    size = sum(shard.bytes for shard in manifest.shards) / 1e6
    read = story.rows.get(manifest.tally.steps[0].name, 0) if manifest.tally.steps else 0
    rate = f"{read / max(ran.seconds, 1e-9):,.0f} documents/s, " if read else ""
    done = f"{counted(story.performed, 'task')} done" + (f", {story.known} done before" if story.known else "")
    lines.append(
        f"{counted_rows(manifest)}, {size:,.1f} MB in {counted(len(manifest.shards), 'shard')}: {job.out} "
        f"({ran.seconds:.1f} s, {rate}{done})"
    )
    if story.requests:
        told = ", ".join(f"{kind} {count:,}" for kind, count in sorted(story.requests.items()))
        share = story.waited_seconds / max(story.task_seconds, 1e-9)
        each = sum(story.requests.values()) / story.performed
        lines.append(f"requests: {told}; {each:.1f} a task, which waited for bytes for {share:.1%} of its time")
    return "\n".join(lines)
