"""`python -m bench.language`: what telling languages costs and how well it agrees with the library, on real pages.

Needs DCLM_TEST_DATA, and for the first table the library `fasttext`. Of each way the fastest of some rounds is shown, in
pages for each CPU second of one core.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
from fastwarc.warc import ArchiveIterator, WarcRecordType
from numpy.typing import NDArray

from bench.__main__ import table
from dclm_pipeline.arrow import Array
from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.stages.decode import Decode
from dclm_pipeline.stages.extract import Extract
from dclm_pipeline.stages.language import DEFAULT_MODEL, Language
from dclm_pipeline.stages.screen_language import ScreenLanguage
from dclm_pipeline.step import Batch

THRESHOLD, LEAST = 0.65, 0.01
# As many as a guarded worker is fed at a time.
BATCH = 32
Answer = TypeVar("Answer")


class Told(NamedTuple):
    """A language for each page, and its score."""

    languages: list[str | None]
    scores: NDArray[np.float64]

    def decisions(self) -> list[tuple[str | None, bool]]:
        """Return what the rest of a recipe sees."""
        return [(name, bool(score > THRESHOLD)) for name, score in zip(self.languages, self.scores, strict=True)]


def real_pages() -> Batch:
    """Return the pages of $DCLM_TEST_DATA/dev, decoded and extracted."""
    bodies, labels = [], []
    for warc in sorted((Path(os.environ["DCLM_TEST_DATA"]) / "dev").glob("*.warc.gz")):
        with warc.open("rb") as stream:
            for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True):
                bodies.append(record.reader.read())
                labels.append(record.http_charset)
    columns: list[Array] = [pa.array(bodies, pa.large_binary()), pa.array(labels, pa.string())]
    html = Decode().columns(pa.RecordBatch.from_arrays(columns, names=["body", "http_charset"])).arrays["html"]
    text = Extract().columns(pa.RecordBatch.from_arrays([html], names=["html"])).arrays["text"]
    return pa.RecordBatch.from_arrays([html, text], names=["html", "text"])


def fastest(rounds: int, work: Callable[[], Answer]) -> tuple[float, Answer]:
    """Return the least CPU seconds that some work took, and its answer."""
    work()
    seconds = []
    for _ in range(rounds):
        begun = time.process_time()
        answer = work()
        seconds.append(time.process_time() - begun)
    return min(seconds), answer


def by_library(texts: Sequence[str], newline: str) -> Callable[[], Told]:
    """Return what asks the library, one whole page after the other, with something in the place of newlines."""
    import fasttext

    model = fasttext.load_model(str(FetchedAssets().path(DEFAULT_MODEL)))

    def ask() -> Told:
        found = [model.predict(text.replace("\n", newline)) for text in texts]
        names = [labels[0].removeprefix("__label__") for labels, _ in found]
        return Told(list(names), np.array([scores[0] for _, scores in found], np.float64))

    return ask


def by_step(step: Language, pages: Batch) -> Callable[[], Told]:
    """Return what asks our step, a batch after the other."""
    opened = step.open(FetchedAssets())

    def ask() -> Told:
        names: list[str | None] = []
        scores = []
        for begin in range(0, pages.num_rows, BATCH):
            arrays = opened.columns(pages.slice(begin, BATCH)).arrays
            names += arrays["language"].to_pylist()
            scores.append(np.asarray(arrays["language_score"].fill_null(0.0).to_numpy(), np.float64))
        return Told(names, np.concatenate(scores))

    return ask


def language_rows(pages: Batch, rounds: int) -> list[tuple[str, ...]]:
    """Return speed of, and agreement between, the library and our step."""
    texts = [text for text in pages["text"].to_pylist() if text]
    kept = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])
    rows: list[tuple[str, ...]] = [
        ("", "pages/s", "times the library", f"same (language, score > {THRESHOLD})"),
    ]
    profiles: tuple[tuple[Literal["plain", "dclm"], str], ...] = (("plain", " "), ("dclm", ""))
    for profile, newline in profiles:
        base, truth = fastest(rounds, by_library(texts, newline))
        rows.append((f"{profile}: library, whole page", f"{len(texts) / base:,.0f}", "1.0", ""))
        for way, prefix in (("whole page", 0), ("prefix first", Language().prefix)):
            seconds, told = fastest(rounds, by_step(Language(profile=profile, prefix=prefix), kept))
            same = np.mean([one == other for one, other in zip(told.decisions(), truth.decisions(), strict=True)])
            speed = f"{len(texts) / seconds:,.0f}", f"{base / seconds:.1f}"
            rows.append((f"{profile}: language, {way}", *speed, f"{same:.2%}"))
    return rows


def screen_rows(pages: Batch, rounds: int) -> list[tuple[str, ...]]:
    """Return speed of the screen, what it drops, and what it loses of the pages whose text is English."""
    told = Language(languages=("en",)).open(FetchedAssets()).columns(pages).arrays["languages_score"]
    english = np.asarray(told.fill_null(0.0).to_numpy(), np.float64) > THRESHOLD
    opened = ScreenLanguage().open(FetchedAssets())

    def ask() -> NDArray[np.float64]:
        parts = [opened.columns(pages.slice(begin, BATCH)) for begin in range(0, pages.num_rows, BATCH)]
        return np.concatenate([np.asarray(part.arrays["screen_score"].to_numpy(), np.float64) for part in parts])

    seconds, scores = fastest(rounds, ask)
    dropped = scores < LEAST
    return [
        ("", "pages/s", "English", "kept of these", "dropped of all", "dropped of others"),
        (
            "screen_language",
            f"{pages.num_rows / seconds:,.0f}",
            f"{english.sum():,} of {pages.num_rows:,}",
            f"{1 - dropped[english].mean():.2%}",
            f"{dropped.mean():.1%}",
            f"{dropped[~english].mean():.1%}",
        ),
    ]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.language", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each way is tried (default 3)")
    rounds = parser.parse_args().rounds
    if not os.environ.get("DCLM_TEST_DATA"):
        print("bench.language: set DCLM_TEST_DATA to a folder with real pages in dev/", file=sys.stderr)
        return 2
    pages = real_pages()
    if find_spec("fasttext") is None:
        print("bench.language: without the library fasttext there is nothing to compare with", file=sys.stderr)
    else:
        print(table(language_rows(pages, rounds)))
    print(table(screen_rows(pages, rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
