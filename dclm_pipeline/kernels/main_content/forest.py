"""Boosted trees of one small depth: what they answer, and how they are grown. Knows nothing of what the features mean.

Trees are symmetric: all rows of a level are asked the same question, so a tree of depth d has d questions and 2^d leaves,
and many rows are asked at once. A question that parts nothing is one to which everything answers no. Growing is
arithmetic in a fixed order: the same rows give the same trees.
"""

from dataclasses import dataclass

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import copied, kernel, part

BINS = 64
_ROWS = 64


Values = NDArray[np.float32]
Bent = NDArray[np.float64]
Sums = NDArray[np.float64]


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


@part
def _sum_up(
    own: NDArray[np.uint8], members: NDArray[np.int32], count: int, places: NDArray[np.int32], bent: Bent, sums: Sums
) -> None:
    for k in range(count):
        i = members[k]
        place = sums[places[i], own[i]]
        place[0] += bent[i, 0]
        place[1] += bent[i, 1]


@part
def _split_sums(sums: Sums, behind: int, nodes: int, small: NDArray[np.int32]) -> None:
    """Of each node that was split only the smaller half was summed up: the other half is what is left of the whole."""
    for j in range(nodes):
        few, other = sums[behind + 2 * j + small[j]], sums[behind + 2 * j + 1 - small[j]]
        for cut in range(BINS):
            other[cut, 0] = sums[j, cut, 0] - few[cut, 0]
            other[cut, 1] = sums[j, cut, 1] - few[cut, 1]
    for j in range(2 * nodes):
        for cut in range(BINS):
            sums[j, cut, 0] = sums[behind + j, cut, 0]
            sums[j, cut, 1] = sums[behind + j, cut, 1]


@part
def _add_gains(sums: Sums, nodes: int, calm: float, gains: NDArray[np.float64]) -> None:
    for j in range(nodes):
        own = sums[j]
        all_slope, all_bend = own[:, 0].sum(), own[:, 1].sum()
        slope, bend = 0.0, 0.0
        before = all_slope * all_slope / (all_bend + calm)
        for cut in range(BINS - 1):
            slope += own[cut, 0]
            bend += own[cut, 1]
            other, rest = all_slope - slope, max(all_bend - bend, 0.0)
            gains[cut] += slope * slope / (bend + calm) + other * other / (rest + calm) - before


@kernel(
    void(
        types.uint8[:, ::1],
        types.int32[::1],
        types.float64[:, ::1],
        types.boolean[::1],
        types.int64,
        types.float64,
        types.float64,
        types.int16[::1],
        types.uint8[::1],
        types.float32[::1],
        types.float64[::1],
    )
)
def _grow(
    binned: NDArray[np.uint8],
    seen: NDArray[np.int32],
    bent: Bent,
    allowed: NDArray[np.bool_],
    depth: int,
    calm: float,
    rate: float,
    asked: NDArray[np.int16],
    cuts: NDArray[np.uint8],
    leaves: Values,
    odds: NDArray[np.float64],
) -> None:
    """Grow one tree by Newton's steps, and add what it says to the odds; `bent` are the derivatives of the loss."""
    places = np.zeros(binned.shape[1], np.int32)
    features = np.flatnonzero(allowed)
    behind = 1 << max(depth - 1, 0)
    sums = np.zeros((features.size, 2 * behind, BINS, 2))
    members, count = seen.copy(), seen.size
    small, counts = np.zeros(behind, np.int32), np.zeros(2 * behind, np.int32)
    for level in range(depth):
        nodes = 1 << level
        best = 1e-12
        asked[level], cuts[level] = 0, BINS - 1
        gains = np.zeros(BINS)
        for number in range(features.size):
            own = sums[number]
            if level == 0:
                _sum_up(binned[features[number]], members, count, places, bent, own)
            else:
                own[behind:] = 0
                _sum_up(binned[features[number]], members, count, places, bent, own[behind:])
                _split_sums(own, behind, nodes // 2, small)
            gains[:] = 0
            _add_gains(own, nodes, calm, gains)
            for cut in range(BINS - 1):
                if gains[cut] > best:
                    best, asked[level], cuts[level] = gains[cut], features[number], cut
        answers = binned[asked[level]]
        counts[:] = 0
        for i in range(places.size):
            places[i] = 2 * places[i] + (answers[i] > cuts[level])
        for i in seen:
            counts[places[i]] += 1
        for j in range(nodes):
            small[j] = counts[2 * j + 1] < counts[2 * j]
        count = 0
        for i in seen:
            if places[i] & 1 == small[places[i] >> 1]:
                members[count] = i
                count += 1
    ends = np.zeros((1 << depth, 2))
    for i in seen:
        ends[places[i], 0] += bent[i, 0]
        ends[places[i], 1] += bent[i, 1]
    for j in range(1 << depth):
        leaves[j] = np.float32(-rate * ends[j, 0] / (ends[j, 1] + calm))
    for i in range(places.size):
        odds[i] += leaves[places[i]]


@dataclass(frozen=True)
class Growth:
    """How a forest is grown."""

    trees: int = 200
    depth: int = 6
    rate: float = 0.1
    calm: float = 3.0  # weight of a leaf that says nothing
    features: float = 0.4  # share that a tree may ask about
    rows: float = 0.6  # share that a tree sees
    seed: int = 1


def grow(features: Values, wanted: NDArray[np.float64], weights: NDArray[np.float64], growth: Growth) -> Forest:
    """Grow a forest whose sum, as log odds, says how likely a row is wanted."""
    random = np.random.default_rng(growth.seed)
    edges = _edges(features)
    binned = np.empty(features.shape[::-1], np.uint8)
    for feature, places in enumerate(edges):
        binned[feature] = np.searchsorted(places, features[:, feature], side="left")
    asked = np.zeros((growth.trees, growth.depth), np.int16)
    thresholds = np.full((growth.trees, growth.depth), np.inf, np.float32)
    leaves = np.zeros((growth.trees, 1 << growth.depth), np.float32)
    odds = np.zeros(len(features), np.float64)
    for tree in range(growth.trees):
        likely = 1 / (1 + np.exp(-odds))
        seen = np.flatnonzero(random.random(len(features)) < growth.rows).astype(np.int32)
        bent = np.stack([weights * (likely - wanted), weights * (likely * (1 - likely))], 1)
        allowed: NDArray[np.bool_] = np.less(random.random(features.shape[1]), growth.features)
        cuts = np.empty(growth.depth, np.uint8)
        _grow(
            binned, seen, bent, allowed, growth.depth, growth.calm, growth.rate, asked[tree], cuts, leaves[tree], odds
        )
        for question, (feature, cut) in enumerate(zip(asked[tree], cuts, strict=True)):
            thresholds[tree, question] = edges[feature][cut] if cut < len(edges[feature]) else np.inf
    return Forest(asked, thresholds, leaves)


def _edges(features: Values) -> list[NDArray[np.float32]]:
    """Return where each feature is cut: between values of about equally many rows."""
    shares = np.linspace(0, 1, BINS + 1)[1:-1]
    return [np.unique(np.quantile(features[:, i], shares, method="lower")) for i in range(features.shape[1])]
