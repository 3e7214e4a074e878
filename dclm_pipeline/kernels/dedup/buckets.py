"""Who is compared with whom: candidates among the documents that share a bucket.

Documents of a bucket stand in keep order. Those with equal words are one, told by the first of them; of the others
each is a candidate with every one of the first `most`, and with nobody else, so that a bucket costs no more than its
documents times `most`.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import compiled, interning
from dclm_pipeline.kernels.compiled import OFFSETS, kernel, stamp
from dclm_pipeline.kernels.interning import mixed, slots_for, table_size

_HASHES = types.Array(types.uint64, 1, "C", readonly=True)
_PLACES = types.Array(types.int64, 1, "C", readonly=True)
_Seat: TypeAlias = Callable[
    [NDArray[np.int64], NDArray[np.uint64], NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    None,
]


def _make(parts: int) -> _Seat:
    @kernel(void(OFFSETS, _HASHES, types.int32[::1], types.int64[::1], types.int64[::1], types.int64[::1]))
    def seat_rows(
        bounds: NDArray[np.int64],
        wholes: NDArray[np.uint64],
        slots: NDArray[np.int32],
        firsts: NDArray[np.int64],
        seats: NDArray[np.int64],
        sizes: NDArray[np.int64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        for group in range(bounds.size - 1):
            start, stop = bounds[group], bounds[group + 1]
            size = table_size(stop - start)
            slots[:size] = 0
            last = np.uint64(size - 1)
            distinct = 0
            for i in range(start, stop):
                slot = mixed(wholes[i]) & last
                while True:
                    found = start + int(slots[slot]) - 1
                    if found < start:
                        slots[slot] = i - start + 1
                        firsts[i] = i
                        seats[i] = distinct
                        distinct += 1
                        break
                    if wholes[found] == wholes[i]:
                        firsts[i] = found
                        seats[i] = seats[found]
                        break
                    slot = (slot + np.uint64(1)) & last
            for i in range(start, stop):
                sizes[i] = distinct

    return seat_rows


_seat_rows = _make(stamp(compiled, interning))


def seats_of(
    bounds: NDArray[np.int64], wholes: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return for each row of buckets, which begin at `bounds`, the first row with equal words, its seat among those
    with other words, and how many of those its bucket has."""
    rows = len(wholes)
    firsts, seats, sizes = (np.empty(rows, np.int64) for _ in range(3))
    slots = np.empty(slots_for(int(np.diff(bounds).max(initial=0))), np.int32)
    _seat_rows(bounds, wholes, slots, firsts, seats, sizes)
    return firsts, seats, sizes


@kernel(void(OFFSETS, _PLACES, _PLACES, _PLACES, types.int64, types.boolean, OFFSETS, types.int64[::1]))
def _tell_rows(
    bounds: NDArray[np.int64],
    firsts: NDArray[np.int64],
    seats: NDArray[np.int64],
    sizes: NDArray[np.int64],
    most: int,
    earlier: bool,
    offsets: NDArray[np.int64],
    told: NDArray[np.int64],
) -> None:
    leaders = np.empty(most, np.int64)
    for group in range(bounds.size - 1):
        start, stop = bounds[group], bounds[group + 1]
        count = 0
        for i in range(start, stop):
            if firsts[i] == i and count < most:
                leaders[count] = i
                count += 1
        for i in range(start, stop):
            n = offsets[i]
            if firsts[i] != i:
                continue
            for k in range(count):
                if leaders[k] < i or (leaders[k] > i and not earlier):
                    told[n] = leaders[k]
                    n += 1


def candidates_of(
    bounds: NDArray[np.int64],
    firsts: NDArray[np.int64],
    seats: NDArray[np.int64],
    sizes: NDArray[np.int64],
    most: int,
    earlier: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return whom each row is a candidate with, row i from `offsets[i]` to `offsets[i + 1]`: rows of its bucket.

    All of the first `most` but itself, or those `earlier` than itself alone.
    """
    leaders = np.minimum(sizes, most)
    counts = np.minimum(seats, most) if earlier else leaders - (seats < most)
    counts = np.where(firsts == np.arange(len(firsts)), counts, 0)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    told = np.empty(offsets[-1], np.int64)
    _tell_rows(bounds, firsts, seats, sizes, most, earlier, offsets, told)
    return offsets, told
