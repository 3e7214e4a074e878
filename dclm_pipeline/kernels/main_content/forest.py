"""Boosted trees of one small depth: what they answer. Knows nothing of what the features mean, and of how they grow.

Trees are symmetric: all rows of a level are asked the same question, so a tree of depth d has d questions and 2^d leaves,
and many rows are asked at once. A question that parts nothing is one to which everything answers no.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import copied, kernel, part, stamp
from dclm_pipeline.kernels.main_content import leaves
from dclm_pipeline.kernels.main_content.leaves import WIDE, answer_trees, turn_square

_ROWS, _LEVELS = leaves.ROWS, leaves.LEVELS

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Forest:
    """Trees: the feature and the threshold of each level's question, and what each leaf adds."""

    asked: NDArray[np.int16]
    thresholds: NDArray[np.float32]
    leaves: NDArray[np.float32]


_READ = types.Array(types.float32, 2, "C", readonly=True)
_ASKED = types.Array(types.int16, 2, "C", readonly=True)


@part
def _turn(features: Values, begin: int, rows: int, turned: Values) -> None:
    """Write rows down feature by feature."""
    whole = rows - rows % WIDE if features.shape[1] >= WIDE else 0
    for first in range(0, whole, WIDE):
        for feature in range(0, features.shape[1], WIDE):
            # The last square begins where it ends with the features: some are written twice.
            turn_square(features, begin + first, turned, first, min(feature, features.shape[1] - WIDE))
    for feature in range(features.shape[1]):
        for row in range(whole, rows):
            turned[feature, row] = features[begin + row, feature]


@part
def _answer(turned: Values, asked: NDArray[np.int16], thresholds: Values, places: NDArray[np.int32]) -> None:
    """Find the leaf of each row in a tree of any depth."""
    places[:] = 0
    for level in range(asked.size):
        # One question for all rows: vector code without a branch.
        own, threshold = turned[asked[level]], thresholds[level]
        for row in range(_ROWS):
            places[row] = 2 * places[row] + np.int32(own[row] > threshold)


def _make(parts: int) -> Callable[..., None]:
    @kernel(void(_READ, _ASKED, _READ, _READ, types.float32[::1]))
    def ask_rows(features: Values, asked: NDArray[np.int16], thresholds: Values, leaves: Values, out: Values) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        turned = np.zeros((features.shape[1], _ROWS), np.float32)
        places, sums = np.zeros(_ROWS, np.int32), np.zeros(_ROWS, np.float32)
        for begin in range(0, features.shape[0], _ROWS):
            rows = min(_ROWS, features.shape[0] - begin)
            _turn(features, begin, rows, turned)
            if asked.shape[1] == _LEVELS:
                answer_trees(turned, asked, thresholds, leaves, sums)
            else:
                sums[:] = 0
                for tree in range(asked.shape[0]):
                    _answer(turned, asked[tree], thresholds[tree], places)
                    ends = leaves[tree]
                    for row in range(_ROWS):
                        sums[row] += ends[np.uintp(places[row])]
            copied(sums, 0, rows, out, begin)

    return ask_rows


_ask_rows = _make(stamp(leaves))


def ask(forest: Forest, features: Values) -> Values:
    """Return the sum of what the trees say about each row."""
    out = np.empty(len(features), np.float32)
    _ask_rows(features, forest.asked, forest.thresholds, forest.leaves, out)
    return out


def mean_of(forests: Sequence[Forest]) -> Forest:
    """Return the forest that says the mean of what these say."""
    leaves: Values = np.concatenate([forest.leaves for forest in forests])
    return Forest(
        np.concatenate([forest.asked for forest in forests]),
        np.concatenate([forest.thresholds for forest in forests]),
        np.divide(leaves, len(forests), dtype=np.float32),
    )
