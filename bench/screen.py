"""`python -m bench.screen`: what a whole recipe costs beside the floor, by how many of the pages are in the wanted language.

Needs DCLM_TEST_DATA. The floor reads, decodes and extracts every page; the recipe leaves out those that its screen takes
for other languages, and filters the rest. Pages are thinned by a seed until a share of them says of itself that it is
English, and written several times, so that what is measured is longer than what it starts with. Of each the run that used
the fewest CPU seconds counts, of all its processes. What a crawl of one page takes, in the same turns, is taken off, of
the floor too. Of the pages that the recipe keeps where nothing is screened, the second table says how many the screen
lets through.
"""

import argparse
import gzip
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.__main__ import MIB, table
from bench.ground import DCLM
from bench.measure import Measured, measure
from dclm_pipeline.ids import ID, document_id, uniform

HOUSE = Path(__file__).parents[1]
RECIPE, EXTRACTION = (HOUSE / "bench" / "recipes" / name for name in ("dclm-heuristics.yaml", "extract.yaml"))
SCREEN = "some_english"
SHARES = (0.3, 0.45, 0.65, 1.0)
# At most so many times the floor: where 45 % of the pages are English, and where 65 % are, as in all of dev.
TARGETS = {0.45: 0.8, 0.65: 1.0}
SEED = 1
COPIES = 3


class FailedError(Exception):
    """A run ended with an error."""


@dataclass(frozen=True)
class Page:
    """Where a page lies in which file, and whether it says that it is English."""

    warc: Path
    offset: int
    length: int
    english: bool
    luck: float


def pages_of(folder: Path) -> list[Page]:
    """Return the pages of a folder, as its list of them says."""
    with gzip.open(folder / "expected.jsonl.gz", "rt", encoding="utf-8") as lines:
        told = [json.loads(line) for line in lines]
    luck = uniform(SEED, pa.array([document_id("", page["record_id"]) for page in told], ID)).tolist()
    return [
        Page(
            folder / page["warc"],
            page["offset"],
            page["length"],
            (page["html_lang"] or "").lower().startswith("en"),
            lucky,
        )
        for page, lucky in zip(told, luck, strict=True)
    ]


def thinned(pages: Sequence[Page], share: float) -> list[Page]:
    """Return pages of which about a share is English: all of those that are too few, and the luckiest of the others."""
    lucky = sorted(pages, key=lambda page: page.luck)
    english = [page for page in lucky if page.english]
    others = [page for page in lucky if not page.english]
    most = min(len(english) / share, len(others) / (1 - share) if share < 1 else float("inf"))
    kept = {*english[: round(most * share)], *others[: round(most * (1 - share))]}
    return [page for page in pages if page in kept]


def write_crawl(folder: Path, pages: Sequence[Page], copies: int = 1) -> Path:
    """Write pages, as often as there are to be copies, into a file in a folder of its own; return it."""
    folder.mkdir()
    files = {page.warc: page.warc.read_bytes() for page in pages}
    warc = folder / "pages.warc.gz"
    records = b"".join(files[page.warc][page.offset : page.offset + page.length] for page in pages)
    warc.write_bytes(records * copies)
    return warc


def run(recipe: Path, crawl: Path, out: Path, *options: str) -> list[str]:
    """Return the command that takes a crawl through a recipe, in one worker."""
    places = ["--source", str(crawl), "--out", str(out / "pool"), "--saved", str(out / "saved")]
    return [*DCLM, "run", str(recipe), *places, "--executor", "inline", *options]


def floor_over(warc: Path) -> list[str]:
    """Return the command that takes a file through the bare loop."""
    return [sys.executable, "-m", "bench.floor", str(warc)]


def cheapest(rounds: int, scratch: Path, commands: Sequence[Sequence[str]]) -> list[Measured]:
    """Return of each command the run that used the fewest CPU seconds; they take turns."""
    found: list[list[Measured]] = [[] for _ in commands]
    for _ in range(rounds):
        for place, command in enumerate(commands):
            with tempfile.TemporaryDirectory(dir=scratch) as out:
                measured = measure(
                    [part.replace("{out}", out) for part in command], output=scratch / "output.txt", seconds=600
                )
            if measured.code != 0:
                raise FailedError((scratch / "output.txt").read_text()[-2000:])
            found[place].append(measured)
    return [min(runs, key=lambda each: each.cpu_seconds) for runs in found]


def cost_rows(pages: Sequence[Page], shares: Sequence[float], rounds: int, scratch: Path) -> list[tuple[str, ...]]:
    """Return what the recipe costs beside the floor at each share of English pages, and what memory it takes."""
    out = Path("{out}")
    one = write_crawl(scratch / "one", pages[:1])
    starts = [floor_over(one), run(RECIPE, one.parent, out)]
    cheapest(1, scratch, starts)  # what is compiled once is neither start nor work
    rows: list[tuple[str, ...]] = [
        ("English", "pages", "floor, CPU s", "recipe, CPU s", "ratio", "target", "", "MiB over extraction"),
    ]
    for share in shares:
        chosen = thinned(pages, share)
        warc = write_crawl(scratch / f"{share}", chosen, COPIES)
        commands = [floor_over(warc), run(RECIPE, warc.parent, out), run(EXTRACTION, warc.parent, out)]
        floor_start, start, floor, whole, extraction = cheapest(rounds, scratch, [*starts, *commands])
        least = floor.cpu_seconds - floor_start.cpu_seconds
        own = whole.cpu_seconds - start.cpu_seconds
        ratio = own / least
        most = TARGETS.get(share)
        rows.append(
            (
                f"{sum(page.english for page in chosen) / len(chosen):.0%}",
                f"{len(chosen) * COPIES:,}",
                f"{least:.2f}",
                f"{own:.2f}",
                f"{ratio:.2f}",
                "" if most is None else f"<= {most:g}",
                "" if most is None else "met" if ratio <= most else "NOT MET",
                f"{(whole.peak_process - extraction.peak_process) / MIB:.0f}",
            )
        )
    return rows


def recall_rows(pages: Sequence[Page], scratch: Path) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return how many of the pages that the recipe keeps pass its screen, and the addresses of those that do not."""
    out = scratch / "recall"
    crawl = scratch / "all"
    write_crawl(crawl, pages)
    cheapest(
        1,
        scratch,
        [run(RECIPE, crawl, out, "--set", f"{SCREEN}.annotate=true", "--set", f"columns=[url,passes.{SCREEN}]")],
    )
    shards = [pq.read_table(shard) for shard in sorted((out / "pool" / "shards").glob("*.parquet"))]
    passes = [bool(passed) for shard in shards for passed in shard[f"passes.{SCREEN}"].to_pylist()]
    lost = [
        str(url) for shard in shards for url in shard.filter(pc.invert(shard[f"passes.{SCREEN}"]))["url"].to_pylist()
    ]
    return [
        ("kept without a screen", "passed by it", "share"),
        (f"{len(passes):,}", f"{sum(passes):,}", f"{sum(passes) / len(passes):.2%}"),
    ], lost


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.screen", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run (default 3)")
    parser.add_argument("--shares", type=float, nargs="*", default=SHARES, help="shares of English pages (default all)")
    settings = parser.parse_args()
    if not os.environ.get("DCLM_TEST_DATA"):
        print("bench.screen: set DCLM_TEST_DATA to a folder with real pages in dev/", file=sys.stderr)
        return 2
    pages = pages_of(Path(os.environ["DCLM_TEST_DATA"]) / "dev")
    with tempfile.TemporaryDirectory(prefix="dclm-bench-") as folder:
        print(table(cost_rows(pages, settings.shares, settings.rounds, Path(folder))))
        recalled, lost = recall_rows(pages, Path(folder))
    print(table(recalled))
    for url in lost:
        print(f"lost: {url}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
