"""`python -m bench.defects`: on how many real pages each defect of the reference matters, and which setting mends it.

Needs DCLM_TEST_DATA: the 1,599 pages of its folder oracle. A page counts where the step that does as the reference does
and the mended one leave different texts, or decide otherwise. What is printed stands in docs/defects.md.
"""

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.trusted_texts import lines_of
from dclm_pipeline.arrow import Array
from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.sources.addresses import site_of
from dclm_pipeline.stages.language import Language
from dclm_pipeline.stages.line_filter import LineFilter
from dclm_pipeline.stages.repetition import Repetition
from dclm_pipeline.stages.rewrite import RewriteText
from dclm_pipeline.stages.signals import Signals
from dclm_pipeline.stages.url_filter import UrlFilter
from dclm_pipeline.step import Annotates, Batch, Keeps, Rewrites, Step

ENGLISH_SCORE = 0.65
LEAST_WORDS, LEAST_STOP_WORDS = 50, 2
# A quote or bracket behind a blank, and a letter or digit behind it.
OPENED = re.compile(r"(?:^|(?<=\s))[\"'“‘„«‚‹(\[{]+[^\W_]")
MOST_LINES, MOST_LINE_CHARACTERS = 0.30, 0.20
Mask = NDArray[np.bool_]


class Defect(NamedTuple):
    """What the reference does, which setting does otherwise, and on which of some pages that matters."""

    does: str
    mended: str
    matters: Callable[[Batch], Mask]


def texts_by(step: Step, pages: Batch) -> Array:
    """Return the texts that a step leaves of pages."""
    opened = step.open(FetchedAssets())
    if not isinstance(opened, Rewrites):
        raise TypeError(f"{step.kind} leaves no texts")
    return opened.text(pages)


def numbers_by(step: Step, pages: Batch) -> Mapping[str, NDArray[np.float64]]:
    """Return the numbers that a step adds to pages, 0 where unknown."""
    return {
        name: np.asarray(array.cast(pa.float64()).fill_null(0.0).to_numpy(zero_copy_only=False), np.float64)
        for name, array in columns_by(step, pages).items()
        if not pa.types.is_string(array.type)
    }


def columns_by(step: Step, pages: Batch) -> Mapping[str, Array]:
    """Return the columns that a step adds to pages."""
    opened = step.open(FetchedAssets())
    if not isinstance(opened, Annotates):
        raise TypeError(f"{step.kind} adds no columns")
    return opened.columns(pages).arrays


def kept_by(step: Step, pages: Batch) -> Mask:
    """Return which pages a step keeps."""
    opened = step.open(FetchedAssets())
    if not isinstance(opened, Keeps):
        raise TypeError(f"{step.kind} keeps and drops nothing")
    return np.asarray(opened.keep(pages).to_numpy(zero_copy_only=False), np.bool_)


def other_texts(one: Step, other: Step) -> Callable[[Batch], Mask]:
    """Return what tells where two steps leave different texts."""

    def compare(pages: Batch) -> Mask:
        pairs = zip(texts_by(one, pages).to_pylist(), texts_by(other, pages).to_pylist(), strict=True)
        return np.array([mine != theirs for mine, theirs in pairs], np.bool_)

    return compare


def lines(**rule: object) -> LineFilter:
    """Return the filter of lines with one rule."""
    return LineFilter.model_validate({"rules": [rule]})


def banned_behind_www(pages: Batch) -> Mask:
    """Tell which pages a list of their own domains leaves, if hosts are compared as the reference does."""
    hosts = [urlsplit(str(url)).hostname or "" for url in pages["url"].to_pylist()]
    sites = tuple(sorted({site_of(host) for host in hosts if host}))
    by_host = kept_by(UrlFilter(by="host", ignored=("www",), terms=sites), pages)
    by_domain = kept_by(UrlFilter(by="domain", terms=sites), pages)
    behind = np.array([host == f"www.{site_of(host)}" for host in hosts], np.bool_)
    found: Mask = by_host & behind & ~by_domain
    return found


def english(profile: str, pages: Batch) -> Mask:
    """Tell which pages are surely English."""
    step = Language.model_validate({"profile": profile, "prefix": 0})
    columns = columns_by(step, pages)
    scores = np.asarray(columns["language_score"].fill_null(0.0).to_numpy(zero_copy_only=False), np.float64)
    names = columns["language"].to_pylist()
    return np.array([name == "en" for name in names], np.bool_) & (scores > ENGLISH_SCORE)


def other_numbers(one: str, other: str, least: float) -> Callable[[Batch], Mask]:
    """Return what tells where two numbers are on different sides of a bound."""

    def compare(pages: Batch) -> Mask:
        numbers = numbers_by(Signals(only=(one, other)), pages)
        return np.array((numbers[one] >= least) != (numbers[other] >= least), np.bool_)

    return compare


def quoted_words(pages: Batch) -> Mask:
    """Tell which pages have words behind a quote or bracket."""
    return np.array([OPENED.search(str(text)) is not None for text in pages["text"].to_pylist()], np.bool_)


def other_line_repeats(pages: Batch) -> Mask:
    """Tell where the shares of repeated lines pass by one reading and not by the other."""

    def passes(step: Step) -> Mask:
        shares = numbers_by(step, pages)
        few = shares["duplicate_line_share"] <= MOST_LINES
        short = shares["duplicate_line_characters"] <= MOST_LINE_CHARACTERS
        return np.array(few & short, np.bool_)

    other: Mask = passes(Repetition()) != passes(Repetition(profile="datatrove"))
    return other


READ_MORE = {"rule": "phrases", "phrases": ["Read more..."], "place": "suffix", "remove": "match", "most_words": 10}
DEFECTS: Sequence[Defect] = (
    Defect(
        "cuts addresses out of pages alone that begin like a top-level domain; there e-mail addresses and `main.py` too",
        "`rewrite: {urls: mended}`",
        other_texts(RewriteText(urls="dclm"), RewriteText(urls="mended")),
    ),
    Defect(
        "keeps banned domains that are served from `www.` (pages that a list of their own domains would ban)",
        "`url_filter: {by: domain}`",
        banned_behind_www,
    ),
    Defect(
        "finds counters in the plural alone, and none with a word behind it: `1 comment`, `3 likes today`",
        "`counters: {singular: true, words_after: 1}`",
        other_texts(lines(rule="counters"), lines(rule="counters", singular=True, words_after=1)),
    ),
    Defect(
        "takes the dots of `Read more...` for any three characters",
        "`phrases` without `wildcard`",
        other_texts(lines(**READ_MORE, wildcard="."), lines(**READ_MORE)),
    ),
    Defect(
        "deletes newlines before it asks for the language, which glues words (pages that are English to one alone)",
        "`language: {profile: plain}`",
        lambda pages: english("dclm", pages) != english("plain", pages),
    ),
    Defect(
        "does not count words behind a quote or bracket (pages with such words)",
        "`between: {column: word_count}`",
        quoted_words,
    ),
    Defect(
        "the same, where it decides: 50 words by one count alone",
        "`between: {column: word_count}`",
        other_numbers("fasttext_word_count", "word_count", LEAST_WORDS),
    ),
    Defect(
        "counts the first of equal lines as a repeat, and takes shares of what lines hold (pages that pass by one alone)",
        "`repetition: {profile: datatrove}`",
        other_line_repeats,
    ),
    Defect(
        "finds no stop word that a sign stands beside (pages with two by one count alone)",
        "`between: {column: datatrove_stop_word_count}`",
        other_numbers("stop_word_count", "datatrove_stop_word_count", LEAST_STOP_WORDS),
    ),
)


def real_pages(folder: Path) -> Batch:
    """Return the pages of the reference data: address and text."""
    rows = list(lines_of(folder / "oracle" / "dclm.jsonl.gz"))
    return pa.RecordBatch.from_pydict(
        {name: pa.array([row[name] for row in rows], pa.large_string()) for name in ("url", "text")}
    )


def markdown(pages: Batch) -> str:
    """Return the table as docs/defects.md has it."""
    lines = ["| the reference | mended by | pages | share |", "|---|---|---:|---:|"]
    for defect in DEFECTS:
        count = int(defect.matters(pages).sum())
        lines.append(f"| {defect.does} | {defect.mended} | {count:,} | {100 * count / pages.num_rows:.1f} % |")
    return "\n".join(lines)


def main() -> int:
    """Count and print."""
    if not os.environ.get("DCLM_TEST_DATA"):
        print("bench.defects: set DCLM_TEST_DATA to the folder of reference data", file=sys.stderr)
        return 2
    print(markdown(real_pages(Path(os.environ["DCLM_TEST_DATA"]))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
