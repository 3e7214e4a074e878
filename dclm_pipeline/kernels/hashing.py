"""128-bit hashes of whole strings, for telling equal texts from unequal ones.

MurmurHash3 (x64, 128 bits; Appleby 2011), seed 0, over the bytes of each row. Not for secrets: whoever wants two texts
to collide can make them.
"""

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, kernel, part

_C1 = np.uint64(0x87C37B91114253D5)
_C2 = np.uint64(0x4CF5AD432745937F)
_FMIX1 = np.uint64(0xFF51AFD7ED558CCD)
_FMIX2 = np.uint64(0xC4CEB9FE1A85EC53)
_FIVE = np.uint64(5)
_ADD1 = np.uint64(0x52DCE729)
_ADD2 = np.uint64(0x38495AB5)


@part
def _rotate(value: np.uint64, bits: np.uint64) -> np.uint64:
    return (value << bits) | (value >> (np.uint64(64) - bits))


@part
def _finish(value: np.uint64) -> np.uint64:
    value ^= value >> np.uint64(33)
    value *= _FMIX1
    value ^= value >> np.uint64(33)
    value *= _FMIX2
    return value ^ (value >> np.uint64(33))


@part
def _little(data: NDArray[np.uint8], start: int, count: int) -> np.uint64:
    value = np.uint64(0)
    for i in range(count):
        value |= np.uint64(data[start + i]) << np.uint64(8 * i)
    return value


@kernel(void(BYTES, OFFSETS, OFFSETS, types.uint64[::1], types.uint64[::1]))
def _hash_stretches(
    data: NDArray[np.uint8],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    high: NDArray[np.uint64],
    low: NDArray[np.uint64],
) -> None:
    for row in range(high.size):
        start, stop = begins[row], ends[row]
        one, two = np.uint64(0), np.uint64(0)
        place = start
        while place + 16 <= stop:
            k1, k2 = _little(data, place, 8), _little(data, place + 8, 8)
            one ^= _rotate(k1 * _C1, np.uint64(31)) * _C2
            one = (_rotate(one, np.uint64(27)) + two) * _FIVE + _ADD1
            two ^= _rotate(k2 * _C2, np.uint64(33)) * _C1
            two = (_rotate(two, np.uint64(31)) + one) * _FIVE + _ADD2
            place += 16
        left = stop - place
        if left > 8:
            two ^= _rotate(_little(data, place + 8, left - 8) * _C2, np.uint64(33)) * _C1
        if left > 0:
            one ^= _rotate(_little(data, place, min(left, 8)) * _C1, np.uint64(31)) * _C2
        length = np.uint64(stop - start)
        one ^= length
        two ^= length
        one += two
        two += one
        one, two = _finish(one), _finish(two)
        one += two
        two += one
        high[row], low[row] = one, two


def hash_rows(offsets: NDArray[np.int64], data: NDArray[np.uint8]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the two halves of each row's hash."""
    return hash_stretches(data, offsets[:-1], offsets[1:])


def hash_stretches(
    data: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the two halves of the hash of each stretch."""
    high, low = np.empty(len(begins), np.uint64), np.empty(len(begins), np.uint64)
    _hash_stretches(data, begins, ends, high, low)
    return high, low
