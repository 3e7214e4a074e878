"""What extracted texts are worth: words against the expected text, and phrases that must and must not be there."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.extractor.labels import Page, single_blanks, words_of
from dclm_pipeline.extractor.material import Example, judge_words
from dclm_pipeline.kernels.html.composing import Manner, compose
from dclm_pipeline.kernels.main_content.judging import choose
from dclm_pipeline.kernels.main_content.repeats import drop_repeats
from dclm_pipeline.stages.extract import Extract

# Bullets and numbers before items are no words of the page.
_MANNER = Manner(bullets=False)
BATCH = 32


@dataclass(frozen=True)
class Verdict:
    """What one extractor made of one page. Of a page whose text is not known there is no precision or recall."""

    page: Page
    text: str
    precision: float | None
    recall: float | None
    f1: float | None
    wanted: int
    unwanted: int


@dataclass(frozen=True)
class Figures:
    """Means over the pages of a group whose text is known, and shares of all phrases of the group."""

    group: str
    pages: int
    f1: float | None
    precision: float | None
    recall: float | None
    wanted_found: float | None
    unwanted_absent: float | None


def judge(page: Page, text: str) -> Verdict:
    """Compare a text with what was expected of a page."""
    plain = single_blanks(text)
    wanted = sum(phrase in plain for phrase in page.wanted)
    unwanted = sum(phrase in plain for phrase in page.unwanted)
    if not page.full:
        return Verdict(page, text, None, None, None, wanted, unwanted)
    found = judge_words(Counter(words_of(page.text)), Counter(words_of(text)))
    return Verdict(page, text, found.precision, found.recall, found.f1, wanted, unwanted)


def texts_of_scores(examples: Sequence[Example], scores: Sequence[NDArray[np.float32]], lean: float) -> list[str]:
    """Return the text of each example whose blocks have these scores."""
    texts = []
    for example, own in zip(examples, scores, strict=True):
        kept = drop_repeats(example.blocks, choose(example.blocks, own, lean))
        _, text = compose(example.blocks, kept, _MANNER)
        texts.append(text.tobytes().decode())
    return texts


def texts_of_step(pages: Sequence[Page], step: Extract) -> list[str]:
    """Return what a step extracts of each page."""
    texts: list[str] = []
    for begin in range(0, len(pages), BATCH):
        html = pa.array([page.html for page in pages[begin : begin + BATCH]], pa.large_string())
        found = step.columns(pa.RecordBatch.from_arrays([html], names=["html"]))
        texts += [text or "" for text in found.arrays["text"].to_pylist()]
    return texts


GROUPS: Mapping[str, Callable[[Page], str]] = {
    "all": lambda page: "",
    "type": lambda page: page.type,
    "language": lambda page: page.language,
    "source": lambda page: page.source,
}


def figures_of(verdicts: Iterable[Verdict]) -> list[Figures]:
    """Return the figures of all pages, and of those of each page type, language and source."""
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        for name, of in GROUPS.items():
            groups[f"{name} {of(verdict.page)}".strip()].append(verdict)
    order = {name: place for place, name in enumerate(GROUPS)}
    names = sorted(groups, key=lambda name: (order[name.partition(" ")[0]], -len(groups[name]), name))
    return [_figures(name, groups[name]) for name in names]


def _figures(group: str, verdicts: Sequence[Verdict]) -> Figures:
    full = [verdict for verdict in verdicts if verdict.f1 is not None]
    snippets = [verdict for verdict in verdicts if verdict.page.kind == "snippets"]
    wanted = sum(len(verdict.page.wanted) for verdict in snippets)
    unwanted = sum(len(verdict.page.unwanted) for verdict in snippets)
    absent = unwanted - sum(verdict.unwanted for verdict in snippets)
    return Figures(
        group,
        len(verdicts),
        _mean([verdict.f1 for verdict in full]),
        _mean([verdict.precision for verdict in full]),
        _mean([verdict.recall for verdict in full]),
        sum(verdict.wanted for verdict in snippets) / wanted if wanted else None,
        absent / unwanted if unwanted else None,
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def worst_of(verdicts: Iterable[Verdict], count: int) -> list[Verdict]:
    """Return the pages with the lowest F1, the lowest first."""
    known = [(verdict.f1, verdict.page.url, verdict) for verdict in verdicts if verdict.f1 is not None]
    return [verdict for _, _, verdict in sorted(known, key=lambda each: each[:2])[:count]]
