"""MinHash signatures of sets of hashes, and the hashes of their bands.

The permutations are those that datasketch calls `affine32`: the 32 lower bits of a hash, stirred once by the finalizer
of MurmurHash3, times an odd number, plus a number, modulo 2^32. For the same permutations and hashes its signatures
are the same bit for bit, and load into its index. An empty set has the greatest number everywhere.
"""

from functools import cache

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import OFFSETS, kernel, part

_HASHES = types.Array(types.uint64, 1, "C", readonly=True)
_NUMBERS = types.Array(types.uint32, 1, "C", readonly=True)
_SIGNATURES = types.uint32[:, ::1]

NOTHING = np.uint32(0xFFFFFFFF)
_FMIX1, _FMIX2 = np.uint32(0x85EBCA6B), np.uint32(0xC2B2AE35)  # MurmurHash3, Appleby 2011
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_STIR1, _STIR2 = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)


@cache
def permutations_of(seed: int, count: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the odd numbers and the numbers of so many permutations; those of a seed are the same on every machine."""
    places = np.arange(2 * count, dtype=np.uint64) + np.uint64(seed % 2**32) * np.uint64(2**32)
    drawn = stirred(stirred(places + np.uint64(1)) + _PRIME)
    high = (drawn >> np.uint64(32)).astype(np.uint32)
    high[:count] |= np.uint32(1)
    high.flags.writeable = False
    return high[:count], high[count:]


def stirred(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter numbers, one to one (the 64-bit finalizer of MurmurHash3)."""
    values = (values ^ (values >> np.uint64(33))) * _STIR1
    values = (values ^ (values >> np.uint64(33))) * _STIR2
    return values ^ (values >> np.uint64(33))


@part
def _scattered(value: np.uint64) -> np.uint32:
    """Return the lower half of a hash, stirred by the 32-bit finalizer of MurmurHash3."""
    low = np.uint32(value & np.uint64(0xFFFFFFFF))
    low = np.uint32(low ^ (low >> np.uint32(16)))
    low = np.uint32(low * _FMIX1)
    low = np.uint32(low ^ (low >> np.uint32(13)))
    low = np.uint32(low * _FMIX2)
    return np.uint32(low ^ (low >> np.uint32(16)))


@kernel(void(OFFSETS, _HASHES, _NUMBERS, _NUMBERS, _SIGNATURES))
def _sign_rows(
    rows: NDArray[np.int64],
    hashes: NDArray[np.uint64],
    odd: NDArray[np.uint32],
    added: NDArray[np.uint32],
    signatures: NDArray[np.uint32],
) -> None:
    count = odd.size
    for row in range(signatures.shape[0]):
        least = signatures[row]
        for k in range(count):
            least[k] = NOTHING
        i, stop = rows[row], rows[row + 1]
        # Four hashes at a time: permutations and least numbers are fetched, and those stored, a quarter as often.
        while i + 4 <= stop:
            one, two = _scattered(hashes[i]), _scattered(hashes[i + 1])
            three, four = _scattered(hashes[i + 2]), _scattered(hashes[i + 3])
            for k in range(count):
                times, plus = odd[k], added[k]
                left = min(np.uint32(np.uint32(times * one) + plus), np.uint32(np.uint32(times * two) + plus))
                right = min(np.uint32(np.uint32(times * three) + plus), np.uint32(np.uint32(times * four) + plus))
                least[k] = min(least[k], min(left, right))
            i += 4
        while i < stop:
            value = _scattered(hashes[i])
            for k in range(count):
                least[k] = min(least[k], np.uint32(np.uint32(odd[k] * value) + added[k]))
            i += 1


def signatures_of(
    rows: NDArray[np.int64],
    hashes: NDArray[np.uint64],
    permutations: tuple[NDArray[np.uint32], NDArray[np.uint32]],
) -> NDArray[np.uint32]:
    """Return a line of least numbers for each row, whose hashes stand from `rows[i]` to `rows[i + 1]`."""
    odd, added = permutations
    signatures = np.empty((len(rows) - 1, len(odd)), np.uint32)
    _sign_rows(rows, hashes, odd, added, signatures)
    return signatures


def bands_of(signatures: NDArray[np.uint32], bands: int, rows: int) -> NDArray[np.uint64]:
    """Return a hash for each of the first bands of each signature; equal ones of two bands are no more likely."""
    used = signatures[:, : bands * rows].reshape(-1, bands, rows).astype(np.uint64)
    value = np.broadcast_to(stirred(np.arange(1, bands + 1, dtype=np.uint64) * _PRIME), used.shape[:2])
    for place in range(rows):
        value = stirred((value ^ used[:, :, place]) * _PRIME)
    return np.ascontiguousarray(value)
