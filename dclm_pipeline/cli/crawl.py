"""`dclm sample-crawl`: a made-up web to try things on."""

import json
import time
from pathlib import Path

import click

from dclm_pipeline.cli.funnel import counted
from dclm_pipeline.cli.progress import Counting
from dclm_pipeline.cli.stopping import stopping_once


@click.command("sample-crawl")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--pages", type=click.IntRange(1, 10_000_000), default=2_000, show_default=True, help="How many pages.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, another web.")
@click.option("--shards", type=click.IntRange(1), default=None, help="How many WARC files; default: by the pages.")
@click.option(
    "--mean-bytes",
    type=click.IntRange(9_000, 1_000_000),
    default=15_000,
    show_default=True,
    help="Mean HTML of a page.",
)
@click.option("--listed", is_flag=True, help="Lay it out below crawl-data/, with listings and URL index.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
def sample_crawl(
    folder: Path, pages: int, seed: int, shards: int | None, mean_bytes: int, listed: bool, as_json: bool
) -> None:
    """Write a made-up web into FOLDER, as WARC files like Common Crawl's.

    Sites with menus and footers, several languages and charsets, exact and near duplicates, spam, broken pages; what is
    true about each page stands in FOLDER/truth.jsonl. The same arguments give the same web.
    """
    from dclm_pipeline.madeup import write_crawl

    begun = time.perf_counter()
    leaving = f"what lies in {folder} is no whole crawl: run the same command again, which begins anew"
    with stopping_once(leaving), Counting("pages", pages, quiet=as_json) as counting:
        facts = write_crawl(
            folder, pages, seed=seed, shards=shards, mean_bytes=mean_bytes, progress=counting.advance_to, listed=listed
        )
    if as_json:
        print(json.dumps({"pages": facts.pages, "shards": facts.shards, "bytes": facts.bytes, "folder": str(folder)}))
        return
    print(
        f"{counted(facts.pages, 'page')} in {counted(facts.shards, 'WARC file')}, {facts.bytes / 1e6:.1f} MB, "
        f"in {time.perf_counter() - begun:.1f} s: {folder}"
    )
