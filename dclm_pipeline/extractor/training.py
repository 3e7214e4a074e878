"""Making a model of labelled pages. The same pages give the same model, byte for byte.

What marks weigh is an average over domains, not pages, so that no site teaches its own names; and what a forest sees of
them was learned on other domains, as it will be later. So is what the second look sees of the first.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.extractor.material import FOLDS, Example
from dclm_pipeline.kernels.html.attributes import BUCKETS
from dclm_pipeline.kernels.html.blocks import Blocks
from dclm_pipeline.kernels.html.flow import FIRST_MARK, LAST_WORD, OWNER
from dclm_pipeline.kernels.html.opening import MARKS_BEGIN, MARKS_END, PARENT
from dclm_pipeline.kernels.main_content.context import look_around
from dclm_pipeline.kernels.main_content.forest import Forest, ask, mean_of
from dclm_pipeline.kernels.main_content.growing import Binned, Growth, bin_features, grow_binned
from dclm_pipeline.kernels.main_content.judging import FIRST_WIDTH, GRAIN, Model, described, score

Log = Callable[[str], None]
Values = NDArray[np.float32]

_CALM = 4  # domains that say nothing, of each mark
# Of one draw. What rows and features a tree sees is drawn, and the mean of several draws errs less than any of them.
FIRST = Growth(trees=50, rate=0.35, features=0.3, rows=0.35)
SECOND = Growth(trees=120, rate=0.16, features=0.3, rows=0.35)
DRAWS = 3


@dataclass(frozen=True)
class Evidence:
    """What one page says of marks: how much more is wanted where a mark is than on the page as a whole."""

    marks: NDArray[np.int64]
    more: NDArray[np.float64]


def evidence_of(example: Example) -> Evidence:
    """Look at the marks of a page."""
    blocks, elements, marks = example.blocks.blocks, example.blocks.elements, example.blocks.marks
    weights, wanted = example.weights, example.wanted
    inside = np.zeros((len(elements), 2))
    np.add.at(inside, blocks[:, OWNER], np.stack([weights * wanted, weights], 1))
    for place in range(len(elements) - 1, 0, -1):
        inside[elements[place, PARENT]] += inside[place]
    sums = np.zeros((BUCKETS, 2))
    for element in np.flatnonzero(inside[:, 1]):
        sums[np.unique(marks[elements[element, MARKS_BEGIN] : elements[element, MARKS_END]])] += inside[element]
    for block in np.flatnonzero(weights):
        own = np.unique(marks[blocks[block, FIRST_MARK] : blocks[block, LAST_WORD]])
        sums[own] += weights[block] * wanted[block], weights[block]
    there = np.flatnonzero(sums[:, 1])
    whole = weights.sum()
    usual = (weights * wanted).sum() / whole if whole else 0.0
    return Evidence(there, sums[there, 0] / sums[there, 1] - usual)


def weigh_marks(examples: Iterable[Example], evidence: Iterable[Evidence]) -> Values:
    """Return what each mark weighs, as the average over domains."""
    domains: dict[str, list[Evidence]] = {}
    for example, own in zip(examples, evidence, strict=True):
        domains.setdefault(example.page.domain, []).append(own)
    more, count = np.zeros(BUCKETS), np.zeros(BUCKETS)
    for pages in domains.values():
        own_more, own_count = np.zeros(BUCKETS), np.zeros(BUCKETS)
        for page in pages:
            own_more[page.marks] += page.more
            own_count[page.marks] += 1
        there = own_count > 0
        more[there] += own_more[there] / own_count[there]
        count += there
    weights = _CALM * more / (count + _CALM)
    grained: Values = (np.rint(weights / GRAIN) * GRAIN).astype(np.float32)
    return grained


def train(examples: Sequence[Example], log: Log) -> Model:
    """Make a model of examples."""
    return _train(examples, list(map(evidence_of, examples)), log)


def cross_validate(examples: Sequence[Example], log: Log) -> list[Values]:
    """Return the scores of the blocks of each example, by a model that has seen no page of its domain's fold."""
    evidence = list(map(evidence_of, examples))
    scores: list[Values] = [np.empty(0, np.float32)] * len(examples)
    for fold in range(FOLDS):
        seen = [i for i, example in enumerate(examples) if example.fold != fold]
        if not seen or len(seen) == len(examples):
            continue
        model = _train([examples[i] for i in seen], [evidence[i] for i in seen], log)
        for i, example in enumerate(examples):
            if example.fold == fold:
                scores[i] = score(example.blocks, model)
        log(f"fold {fold + 1} of {FOLDS}: learned from {len(seen)} pages")
    return scores


def _train(examples: Sequence[Example], evidence: Sequence[Evidence], log: Log) -> Model:
    folds = np.array([example.fold for example in examples])
    parts = [np.flatnonzero(folds != fold) for fold in np.unique(folds)]
    if len(parts) < 2:
        parts = [np.arange(len(examples))]
    rows = _Rows(examples)
    numbers = rows.room()
    for seen in parts:
        weights = weigh_marks([examples[i] for i in seen.tolist()], [evidence[i] for i in seen.tolist()])
        for i in _others(seen, len(examples)):
            numbers[rows.of(i)] = described(examples[i].blocks, weights)
    log(f"described {len(numbers)} blocks of {len(examples)} pages")
    own = bin_features(numbers[rows.known, :FIRST_WIDTH])
    everywhere = np.arange(len(examples))
    first, second = [], []
    for draw in range(DRAWS):
        growth = replace(FIRST, seed=FIRST.seed + draw)
        first.append(rows.grow(own, everywhere, growth))
        for seen in parts:
            rough = rows.grow(own, seen, growth)
            for i in _others(seen, len(examples)):
                _look(examples[i].blocks, rough, numbers[rows.of(i)])
        all_of_them = own.beside(bin_features(numbers[rows.known, FIRST_WIDTH:]))
        second.append(rows.grow(all_of_them, everywhere, replace(SECOND, seed=SECOND.seed + draw)))
    return Model(weigh_marks(examples, evidence), mean_of(first), mean_of(second))


def _look(blocks: Blocks, forest: Forest, room: Values) -> None:
    look_around(blocks, ask(forest, np.ascontiguousarray(room)), room, FIRST_WIDTH)


def _others(seen: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return the pages that were not seen; all where every one was."""
    others = np.setdiff1d(np.arange(count), seen)
    return others if len(others) else seen


class _Rows:
    """The blocks of all examples, one after the other; `known` are those of which anything is known."""

    def __init__(self, examples: Sequence[Example]) -> None:
        sizes = [example.size for example in examples]
        self._ends = np.cumsum(sizes)
        self._sizes = sizes
        weights = np.concatenate([example.weights for example in examples])
        self.known: NDArray[np.int64] = np.flatnonzero(weights)
        self._weights = weights[self.known] * (len(self.known) / weights.sum())
        self._wanted = np.concatenate([example.wanted for example in examples])[self.known]
        self._examples = np.repeat(np.arange(len(examples)), sizes)[self.known]

    def of(self, example: int) -> slice:
        """Return where the blocks of an example lie."""
        return slice(self._ends[example] - self._sizes[example], self._ends[example])

    def room(self) -> Values:
        """Return room for the numbers of all."""
        from dclm_pipeline.kernels.main_content import context

        return np.zeros((self._ends[-1], FIRST_WIDTH + context.WIDTH), np.float32)

    def grow(self, binned: Binned, examples: NDArray[np.int64], growth: Growth) -> Forest:
        """Grow a forest on the known blocks of these examples."""
        rows = np.isin(self._examples, examples)
        return grow_binned(binned.of(rows), self._wanted[rows], self._weights[rows], growth)
