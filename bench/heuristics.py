"""`python -m bench.heuristics`: what everything after extraction costs, beside extraction itself, on the same real pages.

Needs DCLM_TEST_DATA. All in one process and on one core, taking turns; of each the fastest of some rounds is shown, in
CPU seconds, MB of text for each of them, and as a share of what Resiliparse needs to extract the pages.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path

import pyarrow as pa

from bench.__main__ import table
from bench.language import fastest, real_pages
from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.in_memory import apply_steps
from dclm_pipeline.recipe import load_recipe
from dclm_pipeline.stages.extract import Extract
from dclm_pipeline.step import Annotates, Barrier, Step, Sweep

PIPELINES = Path(__file__).parents[1] / "pipelines"
RECIPES = ("dclm-baseline", "refinedweb", "fineweb", "c4", "gopher")
# Rows that a worker is fed at a time behind a saved step.
ROWS = 512
ALL = ", all after extraction"


def after_extraction(recipe: str) -> list[Step]:
    """Return the steps of a shipped recipe that come behind `extract` and look at one text at a time."""
    steps = load_recipe(PIPELINES / f"{recipe}.yaml").steps
    kinds = [step.kind for step in steps]
    return list(takewhile(lambda step: not isinstance(step, Barrier | Sweep), steps[kinds.index("extract") + 1 :]))


def chain(steps: Sequence[Step], texts: pa.Table) -> Callable[[], int]:
    """Return what takes texts through steps, and says how many are left."""
    return lambda: apply_steps(tuple(steps), texts, 0, FetchedAssets(), ROWS)[0].num_rows


def words(texts: pa.Table) -> Callable[[], int]:
    """Return what finds the words of all texts, and counts them."""
    from dclm_pipeline.kernels.strings import views
    from dclm_pipeline.kernels.words.segmentation import words_of

    strings = views(texts["text"].combine_chunks())
    return lambda: len(words_of(strings).begins)


def annotate(step: Step, texts: pa.Table) -> Callable[[], int]:
    """Return what asks one step for its columns, and says how many there are."""
    opened = step.open(FetchedAssets())
    assert isinstance(opened, Annotates)
    batches = texts.to_batches(max_chunksize=ROWS)
    return lambda: sum(len(opened.columns(batch).arrays) for batch in batches)


def rows(rounds: int) -> list[tuple[str, ...]]:
    """Return the table."""
    from dclm_pipeline.stages.repetition import Repetition
    from dclm_pipeline.stages.signals import Signals

    pages = real_pages()
    html = pages.select(["html"])
    texts = pa.table({"text": pages["text"]})
    size = sum(len(text.encode()) for text in pages["text"].to_pylist() if text)
    works: dict[str, Callable[[], int]] = {
        "words, UAX #29": words(texts),
        "signals, all": annotate(Signals(), texts),
        "repetition": annotate(Repetition(), texts),
    } | {f"{recipe}{ALL}": chain(after_extraction(recipe), texts) for recipe in RECIPES}
    extraction, _ = fastest(1, lambda: Extract().columns(html))
    found: list[tuple[str, ...]] = [
        ("", "CPU s", "MB/s", "of extraction", "left"),
        ("extract", f"{extraction:.2f}", "", "100 %", ""),
    ]
    opening = {f"{recipe}{ALL}": chain(after_extraction(recipe), texts.slice(0, 0)) for recipe in RECIPES}
    for name, work in works.items():
        seconds, left = fastest(rounds, work)
        if name in opening:  # done once a worker, not once a text
            seconds -= fastest(rounds, opening[name])[0]
        share = f"{seconds / extraction:.1%}"
        found.append((name, f"{seconds:.3f}", f"{size / seconds / 1e6:.0f}", share, f"{left:,}" if "," in name else ""))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.heuristics", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is done; the fastest counts")
    settings = parser.parse_args()
    if not os.environ.get("DCLM_TEST_DATA"):
        sys.exit("DCLM_TEST_DATA is not set: this needs real pages")
    print(table(rows(settings.rounds)))


if __name__ == "__main__":
    main()
