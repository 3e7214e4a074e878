"""`dclm try`: the first megabytes of one real WARC file through a recipe, to see what it makes of the web."""

import tempfile
from pathlib import Path
from typing import Unpack

import click

from dclm_pipeline.cli.fetching import Fetching, fetching_options
from dclm_pipeline.cli.funnel import counted, funnel
from dclm_pipeline.errors import RecipeError

CRAWL = "CC-MAIN-2024-18"
MEMBER = b"\x1f\x8b\x08\x00"


@click.command("try")
@click.argument("crawl", default=CRAWL)
@click.option("--recipe", default="quickstart", show_default=True, help="What to do with the pages.")
@click.option("--mb", type=click.IntRange(1, 1024), default=16, show_default=True, help="Megabytes to fetch.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which WARC file of the crawl: drawn by this.")
@click.option("--source", default="", metavar="PLACE", help="A mirror of Common Crawl; default: its own, over HTTPS.")
@click.option("--out", default="", metavar="PLACE", help="Keep the pool here; default: it is gone afterwards.")
@click.option("--rows", type=click.IntRange(0), default=3, show_default=True, help="Show so many documents.")
@fetching_options
def attempt(
    crawl: str,
    recipe: str,
    mb: int,
    seed: int,
    source: str,
    out: str,
    rows: int,
    **fetching: Unpack[Fetching],
) -> None:
    """Fetch the beginning of one WARC file of CRAWL and run a recipe over it, in this process."""
    from pydantic import ValidationError

    from dclm_pipeline.cli.rows import print_row
    from dclm_pipeline.cli.stopping import GOES_ON, NOTHING, stopping_once
    from dclm_pipeline.cli.watching import RunProgress, compile_when_cold
    from dclm_pipeline.engine.looking import first_rows
    from dclm_pipeline.engine.publish import NothingLeftError
    from dclm_pipeline.engine.run import Settings, begin_budget, job_of, run
    from dclm_pipeline.recipe import load_recipe
    from dclm_pipeline.sources.common_crawl import HOME, CommonCrawl
    from dclm_pipeline.storage import open_storage
    from dclm_pipeline.storage.cached import beginning_of, cached

    loaded = load_recipe(recipe)
    if loaded.source.kind != "warc":
        raise RecipeError(f"{recipe}: reads from the source {loaded.source.kind!r}; `try` is for recipes over `warc`")
    try:
        drawn = CommonCrawl(crawl=crawl, files=1, seed=seed)
    except ValidationError:
        raise RecipeError(f"{crawl!r} is no crawl; write it like {CRAWL}") from None
    with stopping_once(GOES_ON if out else NOTHING), tempfile.TemporaryDirectory(prefix="dclm-try-") as folder:
        settings = Settings("inline", saved=str(Path(folder, "saved")), **fetching)
        begin_budget(settings)
        storage = open_storage(source or HOME)
        if settings.cache is not None:
            storage = cached(storage, Path(settings.cache))
        click.echo(f"{crawl}: reading its listing at {storage.url}", err=True)
        (shard,) = drawn.shards(storage)
        click.echo(f"fetching {mb} MB of {shard.name}", err=True)
        file = Path(folder, "crawl", shard.name.rpartition("/")[2])
        file.parent.mkdir()
        try:
            file.write_bytes(whole_members(beginning_of(storage, shard.name, mb * 10**6)))
        except FileNotFoundError as error:
            raise RecipeError(f"{error}, though the listing names it; give another --source or --seed") from error
        job = job_of(loaded, str(file.parent), out or str(Path(folder, "pool")), settings)
        progress = RunProgress()
        compile_when_cold()
        try:
            ran = run(job, settings, progress)
        except NothingLeftError as error:
            click.echo(funnel(error.tally))
            raise
        finally:
            progress.end()
        for row in first_rows(open_storage(job.out), ran.manifest, rows):
            print_row(row, as_json=False, whole=False)
        click.echo(funnel(ran.manifest.tally, ran.story.seconds))
        kept = f", kept in {job.out}" if out else ""
        click.echo(f"{counted(ran.manifest.rows, 'document')} of the first {mb} MB{kept} ({ran.seconds:.1f} s)")


def whole_members(data: bytes) -> bytes:
    """Return the beginning of a WARC file without its last gzip member, which is cut; all of it where it has one only."""
    last = data.rfind(MEMBER)
    return data[:last] if last > 0 else data
