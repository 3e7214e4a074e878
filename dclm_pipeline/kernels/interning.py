"""Equal stretches of bytes get equal numbers: a table of what a text has held so far, as parts of kernels.

Exact: stretches are compared byte by byte before they count as equal. The number of a stretch is that of its first
occurrence. Tables are of the caller's, cleared for each text, and twice as large as what they hold.
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


@part
def table_size(count: int) -> int:
    """Return the size of a table for so many: a power of two, less than half full."""
    size = 16
    while size < 2 * count:
        size *= 2
    return size


@part
def number_stretches(
    data: NDArray[np.uint8],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    count: int,
    hashes: NDArray[np.uint64],
    slots: NDArray[np.int32],
    numbers: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> None:
    """Give each stretch the place of its first equal one, and write there how often it occurs."""
    size = table_size(count)
    slots[:size] = 0
    last = np.uint64(size - 1)
    for k in range(count):
        begin, length = begins[k], ends[k] - begins[k]
        value = stretch_hash(data, begin, ends[k])
        hashes[k] = value
        slot = mixed(value + np.uint64(length)) & last
        while True:
            found = int(slots[slot]) - 1
            if found < 0:
                slots[slot] = k + 1
                numbers[k] = k
                counts[k] = 1
                break
            if (
                hashes[found] == value
                and ends[found] - begins[found] == length
                and (length <= 8 or same_stretch(data, begins[found], begin, length))
            ):
                numbers[k] = found
                counts[found] += 1
                break
            slot = (slot + np.uint64(1)) & last


@part
def number_pairs(
    places: NDArray[np.int32],
    candidates: int,
    shorter: NDArray[np.int32],
    keys: NDArray[np.uint64],
    slots: NDArray[np.int32],
    numbers: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> int:
    """Number the runs one longer than those of `shorter`, where both runs within occur more than once.

    `places` holds, ascending, where those begin, and is narrowed to where the longer runs occur more than once; returns
    how many that are. Exact: two runs are equal where the two runs within them are.
    """
    size = table_size(candidates)
    slots[:size] = 0
    last = np.uint64(size - 1)
    n = 0
    for c in range(candidates - 1):
        i = int(places[c])
        if places[c + 1] != i + 1:
            continue
        key = np.uint64(shorter[i]) << _SHIFT | np.uint64(shorter[i + 1])
        slot = mixed(key) & last
        while True:
            found = int(slots[slot]) - 1
            if found < 0:
                slots[slot] = i + 1
                keys[i] = key
                numbers[i] = i
                counts[i] = 1
                break
            if keys[found] == key:
                numbers[i] = found
                counts[found] += 1
                break
            slot = (slot + np.uint64(1)) & last
        places[n] = i
        n += 1
    kept = 0
    for c in range(n):
        i = int(places[c])
        if counts[numbers[i]] > 1:
            places[kept] = i
            kept += 1
    return kept
