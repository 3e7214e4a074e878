"""How boosted trees are grown of rows that are known. Knows nothing of what the features mean.

Growing is arithmetic in a fixed order: the same rows give the same trees. Features are first cut into few stretches,
which takes as long as growing a hundred trees, so what is cut can be grown from many times.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import kernel, part
from dclm_pipeline.kernels.main_content.forest import Forest, Values

BINS = 64

Bent = NDArray[np.float64]
Sums = NDArray[np.float64]


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


@dataclass(frozen=True)
class Binned:
    """Features as numbers of the stretches that they lie in, a line each, and where the stretches end."""

    edges: Sequence[NDArray[np.float32]]
    numbers: NDArray[np.uint8]

    def of(self, rows: NDArray[np.bool_]) -> "Binned":
        """Return some of the rows."""
        return Binned(self.edges, np.ascontiguousarray(self.numbers[:, rows]))

    def beside(self, other: "Binned") -> "Binned":
        """Return the features of both, these first."""
        return Binned([*self.edges, *other.edges], np.concatenate([self.numbers, other.numbers]))


def bin_features(features: Values) -> Binned:
    """Cut each feature between values of about equally many rows."""
    shares = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = [np.unique(np.quantile(features[:, i], shares, method="lower")) for i in range(features.shape[1])]
    numbers = np.empty(features.shape[::-1], np.uint8)
    for feature, places in enumerate(edges):
        numbers[feature] = np.searchsorted(places, features[:, feature], side="left")
    return Binned(edges, numbers)


def grow(features: Values, wanted: NDArray[np.float64], weights: NDArray[np.float64], growth: Growth) -> Forest:
    """Grow a forest whose sum, as log odds, says how likely a row is wanted."""
    return grow_binned(bin_features(features), wanted, weights, growth)


def grow_binned(binned: Binned, wanted: NDArray[np.float64], weights: NDArray[np.float64], growth: Growth) -> Forest:
    """Grow a forest of features that are cut already."""
    random = np.random.default_rng(growth.seed)
    width, count = binned.numbers.shape
    asked = np.zeros((growth.trees, growth.depth), np.int16)
    thresholds = np.full((growth.trees, growth.depth), np.inf, np.float32)
    leaves = np.zeros((growth.trees, 1 << growth.depth), np.float32)
    odds = np.zeros(count, np.float64)
    for tree in range(growth.trees):
        likely = 1 / (1 + np.exp(-odds))
        seen = np.flatnonzero(random.random(count) < growth.rows).astype(np.int32)
        bent = np.stack([weights * (likely - wanted), weights * (likely * (1 - likely))], 1)
        allowed: NDArray[np.bool_] = np.less(random.random(width), growth.features)
        cuts = np.empty(growth.depth, np.uint8)
        _grow(
            binned.numbers, seen, bent, allowed, growth.depth, growth.calm, growth.rate, asked[tree], cuts,
            leaves[tree], odds,
        )  # fmt: skip
        for question, (feature, cut) in enumerate(zip(asked[tree], cuts, strict=True)):
            edges = binned.edges[feature]
            thresholds[tree, question] = edges[cut] if cut < len(edges) else np.inf
    return Forest(asked, thresholds, leaves)
