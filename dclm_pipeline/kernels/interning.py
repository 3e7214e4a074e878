"""Numbers of stretches of bytes, for tables of what a text has held so far, as parts of kernels.

Equal stretches have equal numbers; whether those of equal numbers are equal, `same_stretch` tells.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import at, eight_at, part

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(32)
_EIGHT = np.uint64(8)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@part
def mixed(value: np.uint64) -> np.uint64:
    """Return a number whose lower bits depend on all bits of another."""
    value *= _PRIME
    value ^= value >> _SHIFT
    value *= _PRIME
    return value ^ (value >> _SHIFT)


@part
def tail_at(data: NDArray[np.uint8], i: int, count: int) -> np.uint64:
    """Return the bytes from a place on as a number, eight at most; never reads behind the array."""
    if i + 8 <= data.size:
        eight: np.uint64 = eight_at(data, i)
        return eight if count >= 8 else eight & ~(_ALL << (_EIGHT * np.uint64(count)))
    value = np.uint64(0)
    for j in range(min(count, 8)):
        value |= np.uint64(at(data, i + j)) << (_EIGHT * np.uint64(j))
    return value


@part
def stretch_hash(data: NDArray[np.uint8], i: int, end: int) -> np.uint64:
    """Return a number of a stretch: equal ones have the same, and of those up to eight bytes long only equal ones."""
    value = np.uint64(0)
    while end - i > 8:
        value = mixed(value ^ eight_at(data, i))
        i += 8
    return value ^ tail_at(data, i, end - i)


@part
def same_stretch(data: NDArray[np.uint8], one: int, other: int, size: int) -> bool:
    """Tell whether as many bytes at two places are the same."""
    while size > 8:
        if eight_at(data, one) != eight_at(data, other):
            return False
        one, other, size = one + 8, other + 8, size - 8
    return bool(tail_at(data, one, size) == tail_at(data, other, size))


def slots_for(count: int) -> int:
    """Return the size of a table for so many: a power of two, less than half full."""
    size = 16
    while size < 2 * count:
        size *= 2
    return size


# The same inside a kernel: what Python asks for need not be compiled by every worker.
table_size = part(slots_for)
