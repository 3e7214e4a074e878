"""What is compared with the floor: one line a comparison. Add to `COMPARISONS`; the table follows.

Start-up is measured apart, on a crawl of one page for each worker, and taken off where a comparison says so: it is paid once a run.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from bench.ground import DCLM, Ground

RECIPES = Path(__file__).with_name("recipes")


class Figure(Enum):
    """What of a command is held against a target."""

    CPU = "its CPU seconds, as a multiple of another command's"
    CLOCK = "its wall seconds, as a multiple of another command's"
    WAITED = "for what share of their time the tasks of its run waited for bytes"
    FIRST = "the wall seconds from its start to the first documents in storage"
    NONE = "nothing: others are multiples of it"


@dataclass(frozen=True)
class Comparison:
    """A command over the ground's crawl, writing to a folder of its own, and the highest ratio that meets the target.

    `less` is a comparison whose cost is taken off first: the start-up. `base` is what to compare with where it is not
    the floor. One that takes long is run `on_request` alone.
    """

    name: str
    command: Callable[[Ground, Path], Sequence[str]]
    most: float | None = None
    less: "Comparison | None" = None
    base: "Comparison | None" = None
    figure: Figure = Figure.CPU
    on_request: bool = False


def floor(ground: Ground, out: Path) -> Sequence[str]:
    """Return the command that everything is a multiple of; it writes nothing."""
    del out
    return [sys.executable, "-m", "bench.floor", *map(str, ground.warcs)]


def blocks(ground: Ground, out: Path) -> Sequence[str]:
    """Return the command of the same loop with our own extractor."""
    del out
    return [sys.executable, "-m", "bench.blocks", *map(str, ground.warcs)]


def blocks_once(ground: Ground, out: Path) -> Sequence[str]:
    """Return the command of that loop over one page: what it starts with."""
    del out
    return [sys.executable, "-m", "bench.blocks", *map(str, ground.one_page.rglob("*.warc.gz"))]


def two_floors(ground: Ground, out: Path) -> Sequence[str]:
    """Return the command of two floor loops at once, each over half of the files."""
    del out
    return [sys.executable, "-m", "bench.floor", "--two", *map(str, ground.warcs)]


def look_up(by: str, rounds: int) -> Callable[[Ground, Path], Sequence[str]]:
    """Return what makes the command that looks up made-up addresses in a list of two million domains."""

    def command(ground: Ground, out: Path) -> Sequence[str]:
        del out
        return [sys.executable, "-m", "bench.addresses", str(ground.addresses), "--by", by, "--rounds", str(rounds)]

    return command


def run(recipe: str, *options: str, crawl: str = "crawl", place: str = "{}") -> Callable[[Ground, Path], Sequence[str]]:
    """Return what makes the command that runs a recipe of bench/recipes into a new pool.

    `crawl` is what of the ground is read, and `place` how its source is written with that.
    """

    def command(ground: Ground, out: Path) -> Sequence[str]:
        places = [
            "--source",
            place.format(getattr(ground, crawl)),
            "--out",
            str(out / "pool"),
            "--saved",
            str(out / "saved"),
        ]
        return [*DCLM, "run", str(RECIPES / recipe), *places, *options]

    return command


INLINE = ("--executor", "inline")
RAY_1 = ("--executor", "ray", "--workers", "1")
RAY_2 = ("--executor", "ray", "--workers", "2")
FLOOR = Comparison("floor", floor)
TWO_FLOORS = Comparison("two floors at once", two_floors)
START_INLINE = Comparison("start-up, inline", run("extract.yaml", *INLINE, crawl="one_page"))
START_BLOCKS = Comparison("start-up, extract blocks, bare", blocks_once)
START_RAY_1 = Comparison(
    "start-up, ray, 1 worker (to the first document)",
    run("extract.yaml", *RAY_1, crawl="one_page"),
    most=6.0,
    figure=Figure.FIRST,
)
START_RAY_2 = Comparison("start-up, ray, 2 workers", run("extract.yaml", *RAY_2, crawl="two_pages"))
START_HEURISTICS = Comparison("start-up, dclm-heuristics", run("dclm-heuristics.yaml", *INLINE, crawl="one_page"))
START_LOOK_UP = Comparison("url_filter, 2 million domains, start-up", look_up("step", 0))
LOOK_UP_IN_SET = Comparison("a set of 2 million domains, 3 million addresses", look_up("set", 3))

# One file from three places: what is more than from disk is what fetching costs.
HTTP = "{}/%s.warc.gz"
S3 = "s3://bucket/%s.warc.gz?endpoint={}&region=us-east-1&unsigned=true"


def streamed(name: str, crawl: str, place: str = "{}", **judged: Any) -> Comparison:
    """Return a run over one file, which may be large; only asked for by its name."""
    return Comparison(name, run("extract.yaml", *INLINE, crawl=crawl, place=place), on_request=True, **judged)


START_DISK = streamed("start-up, from disk", "streamed_page", figure=Figure.NONE)
START_HTTP = streamed("start-up, over HTTP", "web", HTTP % "page", figure=Figure.NONE)
START_S3 = streamed("start-up, over S3", "web", S3 % "page", figure=Figure.NONE)
DISK = streamed("streamed from disk", "streamed", less=START_DISK, figure=Figure.NONE)
STREAMED = (
    START_DISK,
    START_HTTP,
    START_S3,
    DISK,
    streamed("streamed over HTTP", "web", HTTP % "streamed", most=1.03, less=START_HTTP, base=DISK),
    streamed("streamed over S3", "web", S3 % "streamed", most=1.03, less=START_S3, base=DISK),
    streamed("fetched from afar (share waited)", "late_web", HTTP % "streamed", most=0.05, figure=Figure.WAITED),
)
COMPARISONS = (
    FLOOR,
    TWO_FLOORS,
    START_INLINE,
    START_RAY_1,
    START_RAY_2,
    START_BLOCKS,
    Comparison("extract blocks, bare", blocks, most=0.5, less=START_BLOCKS),
    Comparison("extract blocks, inline", run("blocks.yaml", *INLINE), most=0.6, less=START_INLINE),
    Comparison("extract, inline", run("extract.yaml", *INLINE), most=1.05, less=START_INLINE),
    Comparison(
        "extract by the library, inline",
        run("extract.yaml", *INLINE, "--set", "extract.library=true"),
        less=START_INLINE,
    ),
    Comparison("screen, extract, language, inline", run("screened.yaml", *INLINE), less=START_INLINE),
    START_HEURISTICS,
    Comparison("dclm-heuristics, inline", run("dclm-heuristics.yaml", *INLINE), most=1.0, less=START_HEURISTICS),
    Comparison("extract, ray, 1 worker", run("extract.yaml", *RAY_1), most=1.10, less=START_RAY_1),
    Comparison(
        "extract, ray, 2 workers (clock)",
        run("extract.yaml", *RAY_2),
        most=1 / 0.93,
        less=START_RAY_2,
        base=TWO_FLOORS,
        figure=Figure.CLOCK,
    ),
    START_LOOK_UP,
    LOOK_UP_IN_SET,
    Comparison(
        "url_filter, 2 million domains, 3 million addresses",
        look_up("step", 3),
        most=0.25,
        less=START_LOOK_UP,
        base=LOOK_UP_IN_SET,
    ),
    Comparison("one large shard, inline", run("unsplit.yaml", *INLINE, crawl="one_large"), on_request=True),
    Comparison("small shards, inline", run("extract.yaml", *INLINE, crawl="small_shards"), less=START_INLINE),
    *STREAMED,
)
