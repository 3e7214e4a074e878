"""Boosted trees of one small depth: what they answer. Knows nothing of what the features mean, and of how they grow.

Trees are symmetric: all rows of a level are asked the same question, so a tree of depth d has d questions and 2^d leaves,
and many rows are asked at once. A question that parts nothing is one to which everything answers no.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import copied, kernel, part

_ROWS = 64


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
    """Write rows down feature by feature, eight rows at a time: what is read is near, and so is what is written."""
    whole = rows - rows % 8
    for first in range(0, whole, 8):
        for feature in range(features.shape[1]):
            own = turned[feature]
            for row in range(first, first + 8):
                own[row] = features[begin + row, feature]
    for feature in range(features.shape[1]):
        for row in range(whole, rows):
            turned[feature, row] = features[begin + row, feature]


@part
def _answer_six(turned: Values, asked: NDArray[np.int16], thresholds: Values, places: NDArray[np.int32]) -> None:
    """Find the leaf of each row in a tree of six levels: all questions at once, so that no place is written twice."""
    one, two, three = turned[asked[0]], turned[asked[1]], turned[asked[2]]
    four, five, six = turned[asked[3]], turned[asked[4]], turned[asked[5]]
    most_one, most_two, most_three = thresholds[0], thresholds[1], thresholds[2]
    most_four, most_five, most_six = thresholds[3], thresholds[4], thresholds[5]
    for row in range(_ROWS):
        places[row] = (
            np.int32(one[row] > most_one) << 5
            | np.int32(two[row] > most_two) << 4
            | np.int32(three[row] > most_three) << 3
            | np.int32(four[row] > most_four) << 2
            | np.int32(five[row] > most_five) << 1
            | np.int32(six[row] > most_six)
        )


@part
def _answer(turned: Values, asked: NDArray[np.int16], thresholds: Values, places: NDArray[np.int32]) -> None:
    """Find the leaf of each row in a tree of any depth."""
    places[:] = 0
    for level in range(asked.size):
        # One question for all rows: vector code without a branch.
        own, threshold = turned[asked[level]], thresholds[level]
        for row in range(_ROWS):
            places[row] = 2 * places[row] + np.int32(own[row] > threshold)


@kernel(void(_READ, _ASKED, _READ, _READ, types.float32[::1]))
def _ask(features: Values, asked: NDArray[np.int16], thresholds: Values, leaves: Values, out: Values) -> None:
    turned = np.zeros((features.shape[1], _ROWS), np.float32)
    places, sums = np.zeros(_ROWS, np.int32), np.zeros(_ROWS, np.float32)
    for begin in range(0, features.shape[0], _ROWS):
        rows = min(_ROWS, features.shape[0] - begin)
        _turn(features, begin, rows, turned)
        sums[:] = 0
        for tree in range(asked.shape[0]):
            if asked.shape[1] == 6:
                _answer_six(turned, asked[tree], thresholds[tree], places)
            else:
                _answer(turned, asked[tree], thresholds[tree], places)
            ends = leaves[tree]
            for row in range(_ROWS):
                sums[row] += ends[np.uintp(places[row])]
        copied(sums, 0, rows, out, begin)


def ask(forest: Forest, features: Values) -> Values:
    """Return the sum of what the trees say about each row."""
    out = np.empty(len(features), np.float32)
    _ask(features, forest.asked, forest.thresholds, forest.leaves, out)
    return out


def mean_of(forests: Sequence[Forest]) -> Forest:
    """Return the forest that says the mean of what these say."""
    leaves: Values = np.concatenate([forest.leaves for forest in forests])
    return Forest(
        np.concatenate([forest.asked for forest in forests]),
        np.concatenate([forest.thresholds for forest in forests]),
        np.divide(leaves, len(forests), dtype=np.float32),
    )
