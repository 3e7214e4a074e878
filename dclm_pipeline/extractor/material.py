"""Labelled pages as numbers: their blocks, how much of each is wanted, and how much each counts."""

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.extractor.labels import Page, single_blanks, words_of
from dclm_pipeline.kernels.html.blocks import Blocks, cut_pages
from dclm_pipeline.kernels.html.flow import FIRST, LAST_BYTE
from dclm_pipeline.kernels.strings import views

FOLDS = 5
_RUN = 3  # words that must follow one another as in the expected text
_COMPANY = 50  # words to both sides
_REFERENCE_WEIGHT = 0.5  # of a page whose text is what another extractor gives
# Of a block that is known by a phrase, as a share of a page. With 0.1 one in a hundred more of the unwanted phrases goes,
# and F1 is 0.005 lower, by cross-validation over the same draw.
_PHRASE_WEIGHT = 0.04
_SHORTEST_PART = 15  # letters of a block that is looked for in a phrase


@dataclass(frozen=True)
class Example:
    """A page in blocks: the words of each, the share of them that is wanted, and what the block counts."""

    page: Page
    blocks: Blocks
    words: list[list[str]]
    wanted: NDArray[np.float64]
    weights: NDArray[np.float64]

    @cached_property
    def texts(self) -> list[str]:
        """Return the text of each block."""
        return texts_of(self.blocks)

    @property
    def fold(self) -> int:
        """Return which part of a cross-validation the page is in: all pages of a domain are in one."""
        return zlib.crc32(self.page.domain.encode()) % FOLDS

    @property
    def size(self) -> int:
        """Return how many blocks there are."""
        return len(self.blocks.blocks)


def texts_of(blocks: Blocks) -> list[str]:
    """Return the text of each block of one page."""
    return [
        blocks.text[begin:end].tobytes().decode()
        for begin, end in zip(blocks.blocks[:, FIRST], blocks.blocks[:, LAST_BYTE], strict=True)
    ]


def examples_of(pages: Sequence[Page]) -> list[Example]:
    """Cut pages into blocks and say what is wanted; pages without any text are left out."""
    examples = [_example(page) for page in pages]
    return [example for example in examples if example.size]


def _example(page: Page) -> Example:
    blocks = cut_pages(views(pa.array([page.html], pa.large_string())), noscript=False)
    texts = texts_of(blocks)
    words = list(map(words_of, texts))
    if page.kind == "snippets":
        wanted, weights = _by_phrases(page, list(map(single_blanks, texts)))
    else:
        wanted, weights = _by_text(page, words)
    return Example(page, blocks, words, wanted, weights)


def _by_text(page: Page, words: Sequence[Sequence[str]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Say which share of each block lies in the expected text, three words in a row at least, or as a whole line.

    What is expected once is found once: of copies on the page (menus, quotes, folds) the one among most of the rest.
    """
    expected = words_of(page.text)
    runs = Counter(zip(*(expected[i:] for i in range(_RUN)), strict=False))
    lines = Counter(tuple(words_of(line)) for line in page.text.splitlines())
    flat = [word for block in words for word in block]
    there = list(zip(*(flat[i:] for i in range(_RUN)), strict=False))
    sizes = np.array([len(block) for block in words], np.int64)
    ends = np.cumsum(sizes)
    known = np.zeros(len(flat), np.bool_)
    for place in [i for i, run in enumerate(there) if run in runs]:
        known[place : place + _RUN] = True
    company = _company(known)
    found = np.zeros(len(flat), np.bool_)
    for place in np.argsort(-company[: len(there)], kind="stable").tolist():
        if runs.get(there[place], 0):
            runs[there[place]] -= 1
            found[place : place + _RUN] = True
    shares = [found[end - size : end].mean() if size else 0.0 for size, end in zip(sizes, ends, strict=True)]
    wanted: NDArray[np.float64] = np.array(shares)
    full = np.flatnonzero(sizes)
    for block in full[np.argsort(-company[(ends - sizes)[full]], kind="stable")].tolist():
        line = tuple(words[block])
        if lines.get(line, 0):
            lines[line] -= 1
            wanted[block] = 1.0
    weights: NDArray[np.float64] = sizes.astype(np.float64)
    whole = weights.sum()
    return wanted, weights / whole * (1.0 if page.full else _REFERENCE_WEIGHT) if whole else weights


def _company(known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return of each word how many around it are known, in a few steps: of copies in equal company the first counts."""
    sums = np.concatenate([[0], np.cumsum(known)])
    places = np.arange(len(known))
    low, high = np.maximum(places - _COMPANY, 0), np.minimum(places + _COMPANY + 1, len(known))
    steps: NDArray[np.float64] = np.rint(4 * (sums[high] - sums[low]) / np.maximum(high - low, 1))
    return steps


def _by_phrases(page: Page, texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Say of the blocks that hold a known phrase, or lie in one, whether they are wanted; of others nothing."""
    wanted, weights = np.zeros(len(texts)), np.zeros(len(texts))
    for i, text in enumerate(texts):
        if any(phrase in text or (len(text) > _SHORTEST_PART and text in phrase) for phrase in page.wanted):
            wanted[i], weights[i] = 1.0, _PHRASE_WEIGHT
        elif any(phrase in text for phrase in page.unwanted):
            weights[i] = _PHRASE_WEIGHT
    return wanted, weights


@dataclass(frozen=True)
class Found:
    """What an extracted text is worth: shares of its words, or of a page's known phrases."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Return the harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def judge_words(expected: Counter[str], words: Counter[str]) -> Found:
    """Compare two bags of words."""
    common = (expected & words).total()
    return Found(common / words.total() if words else 0.0, common / expected.total() if expected else 0.0)
