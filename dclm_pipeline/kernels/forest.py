"""Boosted trees of one small depth: what they answer, and how they are grown. Knows nothing of what the features mean.

A tree of depth d has a place for each of its 2^d - 1 questions, one level after the other, and 2^d leaves; a question
that parts nothing is one to which everything answers no. Growing is exact arithmetic in a fixed order: the same rows
give the same trees.
"""

from dataclasses import dataclass

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import kernel

BINS = 64

Values = NDArray[np.float32]


@dataclass(frozen=True)
class Forest:
    """Trees: the feature and the threshold of each question, and what each leaf adds."""

    asked: NDArray[np.int16]
    thresholds: NDArray[np.float32]
    leaves: NDArray[np.float32]


_READ = types.Array(types.float32, 2, "C", readonly=True)
_ASKED = types.Array(types.int16, 2, "C", readonly=True)


@kernel(void(_READ, _ASKED, _READ, _READ, types.float32[::1]))
def _ask(features: Values, asked: NDArray[np.int16], thresholds: Values, leaves: Values, out: Values) -> None:
    questions = asked.shape[1]
    # Four rows at once: none of them waits for another.
    for row in range(0, features.shape[0] - 3, 4):
        a, b, c, d = np.float32(0), np.float32(0), np.float32(0), np.float32(0)
        for tree in range(asked.shape[0]):
            i, j, k, n = 0, 0, 0, 0
            while i < questions:
                i = 2 * i + 1 + (features[row, asked[tree, i]] > thresholds[tree, i])
                j = 2 * j + 1 + (features[row + 1, asked[tree, j]] > thresholds[tree, j])
                k = 2 * k + 1 + (features[row + 2, asked[tree, k]] > thresholds[tree, k])
                n = 2 * n + 1 + (features[row + 3, asked[tree, n]] > thresholds[tree, n])
            a += leaves[tree, i - questions]
            b += leaves[tree, j - questions]
            c += leaves[tree, k - questions]
            d += leaves[tree, n - questions]
        out[row], out[row + 1], out[row + 2], out[row + 3] = a, b, c, d
    for row in range(features.shape[0] // 4 * 4, features.shape[0]):
        a = np.float32(0)
        for tree in range(asked.shape[0]):
            i = 0
            while i < questions:
                i = 2 * i + 1 + (features[row, asked[tree, i]] > thresholds[tree, i])
            a += leaves[tree, i - questions]
        out[row] = a


def ask(forest: Forest, features: Values) -> Values:
    """Return the sum of what the trees say about each row."""
    out = np.empty(len(features), np.float32)
    _ask(features, forest.asked, forest.thresholds, forest.leaves, out)
    return out


@kernel(
    void(
        types.uint8[:, ::1],
        types.float64[::1],
        types.float64[::1],
        types.boolean[::1],
        types.int64,
        types.float64,
        types.float64,
        types.int32[::1],
        types.int16[::1],
        types.uint8[::1],
        types.float64[::1],
    )
)
def _grow(
    binned: NDArray[np.uint8],
    slopes: NDArray[np.float64],
    bends: NDArray[np.float64],
    allowed: NDArray[np.bool_],
    depth: int,
    least: float,
    calm: float,
    places: NDArray[np.int32],
    asked: NDArray[np.int16],
    cuts: NDArray[np.uint8],
    leaves: NDArray[np.float64],
) -> None:
    """Grow one tree by Newton's steps: `slopes` and `bends` are the derivatives of the loss."""
    rows = binned.shape[1]
    places[:] = 0
    for level in range(depth):
        nodes, first = 1 << level, (1 << level) - 1
        gains = np.zeros(nodes)
        sums = np.zeros((nodes, BINS, 2))
        for j in range(nodes):
            asked[first + j], cuts[first + j] = 0, BINS - 1
        for feature in range(binned.shape[0]):
            if not allowed[feature]:
                continue
            sums[:, :, :] = 0
            own = binned[feature]
            for i in range(rows):
                sums[places[i], own[i], 0] += slopes[i]
                sums[places[i], own[i], 1] += bends[i]
            for j in range(nodes):
                all_slope, all_bend = sums[j, :, 0].sum(), sums[j, :, 1].sum()
                slope, bend = 0.0, 0.0
                before = all_slope * all_slope / (all_bend + calm)
                for cut in range(BINS - 1):
                    slope += sums[j, cut, 0]
                    bend += sums[j, cut, 1]
                    if bend < least or all_bend - bend < least:
                        continue
                    other = all_slope - slope
                    gain = slope * slope / (bend + calm) + other * other / (all_bend - bend + calm) - before
                    if gain > gains[j] + 1e-12:
                        gains[j], asked[first + j], cuts[first + j] = gain, feature, cut
        for i in range(rows):
            j = places[i]
            places[i] = 2 * j + (binned[asked[first + j], i] > cuts[first + j])
    ends = np.zeros((1 << depth, 2))
    for i in range(rows):
        ends[places[i], 0] += slopes[i]
        ends[places[i], 1] += bends[i]
    for j in range(1 << depth):
        leaves[j] = -ends[j, 0] / (ends[j, 1] + calm)


@dataclass(frozen=True)
class Growth:
    """How a forest is grown."""

    trees: int = 160
    depth: int = 5
    rate: float = 0.1
    least: float = 2.0  # weight in each part of a cut
    calm: float = 3.0  # weight of a leaf that says nothing
    features: float = 0.4  # share that a tree may ask about
    rows: float = 0.6  # share that a tree sees
    seed: int = 1


def grow(features: Values, wanted: NDArray[np.float64], weights: NDArray[np.float64], growth: Growth) -> Forest:
    """Grow a forest whose sum, as log odds, says how likely a row is wanted."""
    random = np.random.default_rng(growth.seed)
    edges = _edges(features)
    binned = np.empty(features.shape[::-1], np.uint8)
    for feature, own in enumerate(edges):
        binned[feature] = np.searchsorted(own, features[:, feature], side="left")
    questions = (1 << growth.depth) - 1
    asked = np.zeros((growth.trees, questions), np.int16)
    thresholds = np.full((growth.trees, questions), np.inf, np.float32)
    leaves = np.zeros((growth.trees, questions + 1), np.float32)
    odds: NDArray[np.float64] = np.zeros(len(features), np.float64)
    for tree in range(growth.trees):
        likely: NDArray[np.float64] = 1 / (1 + np.exp(-odds))
        seen = random.random(len(features)) < growth.rows
        own = weights[seen]
        slopes, bends = own * (likely - wanted)[seen], own * (likely * (1 - likely))[seen]
        allowed: NDArray[np.bool_] = np.less(random.random(features.shape[1]), growth.features)
        cuts = np.empty(questions, np.uint8)
        ends = np.empty(questions + 1)
        part = np.ascontiguousarray(binned[:, seen])
        _grow(
            part, slopes, bends, allowed, growth.depth, growth.least, growth.calm, np.empty(len(own), np.int32),
            asked[tree], cuts, ends,
        )  # fmt: skip
        for question, (feature, cut) in enumerate(zip(asked[tree], cuts, strict=True)):
            thresholds[tree, question] = edges[feature][cut] if cut < len(edges[feature]) else np.inf
        leaves[tree] = (growth.rate * ends).astype(np.float32)
        odds = odds + ask(
            Forest(asked[tree : tree + 1], thresholds[tree : tree + 1], leaves[tree : tree + 1]), features
        )
    return Forest(asked, thresholds, leaves)


def _edges(features: Values) -> list[NDArray[np.float32]]:
    """Return where each feature is cut: between values of about equally many rows."""
    shares = np.linspace(0, 1, BINS + 1)[1:-1]
    return [np.unique(np.quantile(features[:, i], shares, method="lower")) for i in range(features.shape[1])]
