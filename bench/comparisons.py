"""What is compared with the floor: one line a comparison. Add to `COMPARISONS`; the table follows."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.ground import DCLM, Ground

RECIPES = Path(__file__).with_name("recipes")


@dataclass(frozen=True)
class Comparison:
    """A command over the ground's crawl, writing to a folder of its own, and the highest ratio that meets the target."""

    name: str
    command: Callable[[Ground, Path], Sequence[str]]
    most: float | None = None


def floor(ground: Ground, out: Path) -> Sequence[str]:
    """Return the command that everything is a multiple of; it writes nothing."""
    del out
    return [sys.executable, "-m", "bench.floor", *map(str, ground.warcs)]


def run(recipe: str, *options: str) -> Callable[[Ground, Path], Sequence[str]]:
    """Return what makes the command that runs a recipe of bench/recipes into a new pool."""

    def command(ground: Ground, out: Path) -> Sequence[str]:
        places = ["--source", str(ground.crawl), "--out", str(out / "pool"), "--saved", str(out / "saved")]
        return [*DCLM, "run", str(RECIPES / recipe), *places, *options]

    return command


FLOOR = Comparison("floor", floor)
COMPARISONS = (
    FLOOR,
    Comparison("extract, inline", run("extract.yaml", "--executor", "inline"), most=1.25),
)
