"""What occurs more than once: pieces, words and runs of words get equal numbers where they are equal, as parts of kernels.

Exact: bytes are compared before they count as equal, and two runs are equal where the two runs within them are. The
number of a piece is the place of its first occurrence. Tables are of the caller's, cleared for each text, and larger
than what they hold.

Most words and runs of a text occur once, and nobody asks for their numbers. A table of bytes, so large that few share
one, says which certainly do, before the others are compared.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import eight_at, high_product, part
from dclm_pipeline.kernels.interning import mixed, same_stretch, stretch_hash, table_size, tail_at

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(32)
# No bytes of UTF-8: no text makes the second factor nothing, nor the first one at its beginning.
_FIRST, _SECOND = np.uint64(0xF8A2D1C3FEB5E6FF), np.uint64(0xFFC1F9D5A4FBE7C0)
# Bytes of the table that tells what occurs once, for each that is looked at.
_MARKS = 8


def bits_for(count: int) -> int:
    """Return how many bits the places in a table of marks have, for so many."""
    bits = 6
    while 1 << bits < _MARKS * count:
        bits += 1
    return bits


mark_bits = part(bits_for)


@part
def _mark_of(value: np.uint64, bits: int) -> np.uintp:
    return np.uintp(value * _PRIME >> np.uint64(64 - bits))


@part
def _note(marks: NDArray[np.uint8], place: np.uintp) -> None:
    """Mark a place: 1 what came once, more what came again."""
    marks[place] = (np.int64(marks[place]) << 1 | 1) & 0xFF


@part
def _long_hash(data: NDArray[np.uint8], i: int, end: int) -> np.uint64:
    """Return a number that equal stretches have in common, sixteen bytes at a time: for those that are long."""
    value = np.uint64(0)
    while end - i > 8:
        one = eight_at(data, i) ^ value ^ _FIRST
        other = tail_at(data, i + 8, end - i - 8) ^ _SECOND
        value = one * other ^ high_product(one, other)
        i += 16
    return value if end <= i else value ^ tail_at(data, i, end - i)


@part
def number_pieces(
    data: NDArray[np.uint8],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    count: int,
    hashes: NDArray[np.uint64],
    slots: NDArray[np.int32],
    numbers: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> None:
    """Give each piece, as long as lines are, the place of its first equal one, and write there how often it occurs."""
    size = table_size(count)
    slots[:size] = 0
    for k in range(count):
        hashes[k] = _long_hash(data, begins[k], ends[k])
        _number(data, begins, ends, k, hashes, slots, size, numbers, counts)


@part
def _number(
    data: NDArray[np.uint8],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    k: int,
    hashes: NDArray[np.uint64],
    slots: NDArray[np.int32],
    size: int,
    numbers: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> None:
    last = np.uint64(size - 1)
    begin, length, value = begins[k], ends[k] - begins[k], hashes[k]
    slot = mixed(value + np.uint64(length)) & last
    while True:
        found = int(slots[slot]) - 1
        if found < 0:
            slots[slot] = k + 1
            numbers[k] = k
            counts[k] = 1
            return
        if (
            hashes[found] == value
            and ends[found] - begins[found] == length
            and (length <= 8 or same_stretch(data, begins[found], begin, length))
        ):
            numbers[k] = found
            counts[found] += 1
            return
        slot = (slot + np.uint64(1)) & last


@part
def number_words(
    data: NDArray[np.uint8],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    count: int,
    hashes: NDArray[np.uint64],
    slots: NDArray[np.int32],
    marks: NDArray[np.uint8],
    numbers: NDArray[np.int32],
    counts: NDArray[np.int32],
    places: NDArray[np.int32],
) -> int:
    """Give each word that occurs more than once the place of its first equal one; return how many such places there are.

    `places` holds them, ascending; at the first of equal ones `counts` says how many they are.
    """
    bits = mark_bits(count)
    marks[: 1 << bits] = 0
    for k in range(count):
        hashes[k] = stretch_hash(data, begins[k], ends[k])
        _note(marks, _mark_of(hashes[k], bits))
    n = 0
    for k in range(count):
        places[n] = k
        n += marks[_mark_of(hashes[k], bits)] > 1
    size = table_size(n)
    slots[:size] = 0
    for c in range(n):
        _number(data, begins, ends, places[c], hashes, slots, size, numbers, counts)
    return _more_than_once(places, n, numbers, counts)


@part
def _more_than_once(places: NDArray[np.int32], n: int, numbers: NDArray[np.int32], counts: NDArray[np.int32]) -> int:
    kept = 0
    for c in range(n):
        i = places[c]
        places[kept] = i
        kept += counts[numbers[i]] > 1
    return kept


@part
def _pair(shorter: NDArray[np.int32], i: int) -> np.uint64:
    return np.uint64(shorter[i]) << _SHIFT | np.uint64(shorter[i + 1])


@part
def number_pairs(
    places: NDArray[np.int32],
    candidates: int,
    shorter: NDArray[np.int32],
    keys: NDArray[np.uint64],
    slots: NDArray[np.int32],
    marks: NDArray[np.uint8],
    numbers: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> int:
    """Number the runs one longer than those of `shorter`, where both runs within occur more than once.

    `places` holds, ascending, where those begin, and is narrowed to where the longer runs occur more than once; returns
    how many that are.
    """
    neighbours = 0
    for c in range(candidates - 1):
        i = places[c]
        after = places[c + 1]
        places[neighbours] = i
        neighbours += after == i + 1
    bits = mark_bits(neighbours)
    marks[: 1 << bits] = 0
    for c in range(neighbours):
        _note(marks, _mark_of(_pair(shorter, places[c]), bits))
    n = 0
    for c in range(neighbours):
        i = places[c]
        places[n] = i
        n += marks[_mark_of(_pair(shorter, i), bits)] > 1
    size = table_size(n)
    slots[:size] = 0
    last = np.uint64(size - 1)
    for c in range(n):
        i = int(places[c])
        key = _pair(shorter, i)
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
    return _more_than_once(places, n, numbers, counts)
