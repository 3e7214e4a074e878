"""What is compared with the floor: one line a comparison. Add to `COMPARISONS`; the table follows.

Start-up is measured apart, on a crawl of one page for each worker, and taken off where a comparison says so: it is paid once a run.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.ground import DCLM, Ground

RECIPES = Path(__file__).with_name("recipes")


@dataclass(frozen=True)
class Comparison:
    """A command over the ground's crawl, writing to a folder of its own, and the highest ratio that meets the target.

    `less` is a comparison whose cost is taken off first: the start-up. `clock` compares wall seconds, not CPU seconds,
    and `base` is what to compare with where it is not the floor. One that takes long is run `on_request` alone.
    """

    name: str
    command: Callable[[Ground, Path], Sequence[str]]
    most: float | None = None
    less: "Comparison | None" = None
    base: "Comparison | None" = None
    clock: bool = False
    on_request: bool = False


def floor(ground: Ground, out: Path) -> Sequence[str]:
    """Return the command that everything is a multiple of; it writes nothing."""
    del out
    return [sys.executable, "-m", "bench.floor", *map(str, ground.warcs)]


def blocks(ground: Ground, out: Path) -> Sequence[str]:
    """Return the command of the same loop with our own extractor."""
    del out
    return [sys.executable, "-m", "bench.blocks", *map(str, ground.warcs)]


def two_floors(ground: Ground, out: Path) -> Sequence[str]:
    """Return the command of two floor loops at once, each over half of the files."""
    del out
    return [sys.executable, "-m", "bench.floor", "--two", *map(str, ground.warcs)]


def run(recipe: str, *options: str, crawl: str = "crawl") -> Callable[[Ground, Path], Sequence[str]]:
    """Return what makes the command that runs a recipe of bench/recipes into a new pool."""

    def command(ground: Ground, out: Path) -> Sequence[str]:
        places = ["--source", str(getattr(ground, crawl)), "--out", str(out / "pool"), "--saved", str(out / "saved")]
        return [*DCLM, "run", str(RECIPES / recipe), *places, *options]

    return command


INLINE = ("--executor", "inline")
RAY_1 = ("--executor", "ray", "--workers", "1")
RAY_2 = ("--executor", "ray", "--workers", "2")
FLOOR = Comparison("floor", floor)
TWO_FLOORS = Comparison("two floors at once", two_floors)
START_INLINE = Comparison("start-up, inline", run("extract.yaml", *INLINE, crawl="one_page"))
START_RAY_1 = Comparison("start-up, ray, 1 worker", run("extract.yaml", *RAY_1, crawl="one_page"))
START_RAY_2 = Comparison("start-up, ray, 2 workers", run("extract.yaml", *RAY_2, crawl="two_pages"))
COMPARISONS = (
    FLOOR,
    TWO_FLOORS,
    START_INLINE,
    START_RAY_1,
    START_RAY_2,
    Comparison("extract blocks, bare", blocks, most=0.5),
    Comparison("extract blocks, inline", run("blocks.yaml", *INLINE), most=0.6, less=START_INLINE),
    Comparison("extract, inline", run("extract.yaml", *INLINE), most=1.05, less=START_INLINE),
    Comparison("extract, ray, 1 worker", run("extract.yaml", *RAY_1), most=1.10, less=START_RAY_1),
    Comparison(
        "extract, ray, 2 workers (clock)",
        run("extract.yaml", *RAY_2),
        most=1 / 0.93,
        less=START_RAY_2,
        base=TWO_FLOORS,
        clock=True,
    ),
    Comparison("one large shard, inline", run("unsplit.yaml", *INLINE, crawl="one_large"), on_request=True),
    Comparison("small shards, inline", run("extract.yaml", *INLINE, crawl="small_shards"), less=START_INLINE),
)
