"""How alike sets of hashes are: the exact share of what two of them have in common (Jaccard)."""

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import OFFSETS, copied, kernel, part

_HASHES = types.Array(types.uint64, 1, "C", readonly=True)
_PLACES = types.Array(types.int64, 1, "C", readonly=True)
_FLAGS = types.Array(types.boolean, 1, "C", readonly=True)
_CROWD = 64


@part
def sort_scattered(
    hashes: NDArray[np.uint64], ordered: NDArray[np.uint64], places: NDArray[np.int64], bits: np.uint64
) -> bool:
    """Put hashes in order, those that begin with the same `bits` bits first side by side, then each among its few.

    Gives up, and says so, where one beginning has too many: scattered hashes never have.
    """
    down = np.uint64(64) - bits
    places[:] = 0
    for i in range(hashes.size):
        places[np.int64(hashes[i] >> down)] += 1
    begin = np.int64(0)
    for k in range(places.size):
        count = places[k]
        if count > _CROWD:
            return False
        places[k] = begin
        begin += count
    for i in range(hashes.size):
        beginning = np.int64(hashes[i] >> down)
        ordered[places[beginning]] = hashes[i]
        places[beginning] += 1
    for i in range(1, hashes.size):
        value = ordered[i]
        j = i
        while j > 0 and ordered[j - 1] > value:
            ordered[j] = ordered[j - 1]
            j -= 1
        ordered[j] = value
    return True


@kernel(void(OFFSETS, _HASHES, types.int64[::1], types.uint64[::1], types.uint64[::1], types.int64[::1]))
def _sort_rows(
    rows: NDArray[np.int64],
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    sets: NDArray[np.uint64],
    room: NDArray[np.uint64],
    places: NDArray[np.int64],
) -> None:
    n = 0
    for row in range(rows.size - 1):
        offsets[row] = n
        own = hashes[rows[row] : rows[row + 1]]
        bits = np.uint64(1)
        while (1 << bits) < own.size:
            bits += np.uint64(1)
        ordered = room[: own.size]
        if not sort_scattered(own, ordered, places[: 1 << bits], bits):
            copied(np.sort(own), 0, own.size, ordered, 0)
        for i in range(ordered.size):
            if i == 0 or ordered[i] != ordered[i - 1]:
                sets[n] = ordered[i]
                n += 1
    offsets[rows.size - 1] = n


def sets_of(rows: NDArray[np.int64], hashes: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Return the hashes of each row, ascending and each once, and where the rows begin."""
    offsets, sets = np.empty(len(rows), np.int64), np.empty(len(hashes), np.uint64)
    longest = int(np.diff(rows).max(initial=0))
    _sort_rows(rows, hashes, offsets, sets, np.empty(longest, np.uint64), np.empty(2 * longest + 2, np.int64))
    return offsets, sets[: offsets[-1]]


@part
def shared(offsets: NDArray[np.int64], sets: NDArray[np.uint64], one: int, other: int) -> int:
    """Count what two sets have in common."""
    i, end = offsets[one], offsets[one + 1]
    j, stop = offsets[other], offsets[other + 1]
    count = 0
    while i < end and j < stop:
        left, right = sets[i], sets[j]
        count += left == right
        i += left <= right
        j += right <= left
    return count


@kernel(
    types.int64(
        OFFSETS,
        OFFSETS,
        _HASHES,
        _FLAGS,
        _PLACES,
        types.float64,
        types.int64[::1],
        types.int64[::1],
        types.float64[::1],
    )
)
def _compare_rows(
    bounds: NDArray[np.int64],
    offsets: NDArray[np.int64],
    sets: NDArray[np.uint64],
    leads: NDArray[np.bool_],
    carried: NDArray[np.int64],
    threshold: float,
    ones: NDArray[np.int64],
    others: NDArray[np.int64],
    similarities: NDArray[np.float64],
) -> int:
    n = 0
    for group in range(bounds.size - 1):
        start, stop = bounds[group], bounds[group + 1]
        new = start + (carried[0] if group == 0 else 0)
        for i in range(start, stop):
            if not leads[i]:
                continue
            for j in range(max(new, i + 1), stop):
                size, other = offsets[i + 1] - offsets[i], offsets[j + 1] - offsets[j]
                if min(size, other) / max(size, other, 1) < threshold:
                    continue
                common = shared(offsets, sets, i, j)
                similarity = common / max(size + other - common, 1)
                if similarity >= threshold:
                    ones[n], others[n], similarities[n] = i, j, similarity
                    n += 1
    return n


def similar_pairs(
    bounds: NDArray[np.int64],
    offsets: NDArray[np.int64],
    sets: NDArray[np.uint64],
    leads: NDArray[np.bool_],
    carried: int,
    threshold: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return pairs of rows of one group, the first of which leads, whose sets are alike, and how much.

    Those that lead stand first in their group. The first `carried` rows have been compared with each other before.
    """
    sizes = np.diff(bounds)
    leaders = np.add.reduceat(leads.astype(np.int64), bounds[:-1]) if len(sizes) else sizes
    most = int((leaders * sizes).sum())
    ones, others = np.empty(most, np.int64), np.empty(most, np.int64)
    similarities = np.empty(most, np.float64)
    n = _compare_rows(
        bounds, offsets, sets, leads, np.array([carried], np.int64), threshold, ones, others, similarities
    )
    return ones[:n], others[:n], similarities[:n]


@kernel(void(OFFSETS, _HASHES, _PLACES, _PLACES, types.float64[::1]))
def _compare_pairs(
    offsets: NDArray[np.int64],
    sets: NDArray[np.uint64],
    ones: NDArray[np.int64],
    others: NDArray[np.int64],
    similarities: NDArray[np.float64],
) -> None:
    for n in range(ones.size):
        one, other = ones[n], others[n]
        common = shared(offsets, sets, one, other)
        all_runs = offsets[one + 1] - offsets[one] + offsets[other + 1] - offsets[other] - common
        similarities[n] = common / max(all_runs, 1)


def similarities_of(
    offsets: NDArray[np.int64], sets: NDArray[np.uint64], ones: NDArray[np.int64], others: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return how alike the sets of each pair are."""
    similarities = np.empty(len(ones), np.float64)
    _compare_pairs(offsets, sets, ones, others, similarities)
    return similarities


@kernel(void(OFFSETS, _PLACES, types.int64[::1]))
def _join_rows(bounds: NDArray[np.int64], earlier: NDArray[np.int64], joined: NDArray[np.int64]) -> None:
    for row in range(joined.size):
        joined[row] = row
        for i in range(bounds[row], bounds[row + 1]):
            if joined[earlier[i]] == earlier[i]:
                joined[row] = earlier[i]
                break


def joined_rows(rows: int, ones: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return whom each row joins, of which some are alike: the first that stays and is like it; itself where it stays.

    Of a pair the one comes before the other.
    """
    order = np.lexsort((ones, others))
    bounds = np.searchsorted(others[order], np.arange(rows + 1)).astype(np.int64)
    joined = np.empty(rows, np.int64)
    _join_rows(bounds, ones[order], joined)
    return joined
