"""Lines, paragraphs and words between blanks, as parts of kernels: where they begin and end, how many characters they have."""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import SPACE, character_at
from dclm_pipeline.kernels.compiled import at, count_ones, eight_at, part

_LINE_FEED = 10
# The lowest bit of each byte, and where the bits are that make a byte one that begins no character: 10......
_LOWEST, _SEVEN, _SIX = np.uint64(0x0101010101010101), np.uint64(7), np.uint64(6)


@part
def count_characters(data: NDArray[np.uint8], i: int, end: int) -> int:
    """Return how many characters begin in a stretch."""
    count = end - i
    while i + 8 <= end:
        eight = eight_at(data, i)
        count -= count_ones(eight >> _SEVEN & ~(eight >> _SIX) & _LOWEST)
        i += 8
    while i < end:
        count -= at(data, i) & 0xC0 == 0x80
        i += 1
    return count


@part
def blanks_end(data: NDArray[np.uint8], i: int, end: int, table: NDArray[np.uint16]) -> int:
    """Return the place of the first character that is no blank."""
    while i < end:
        code, after = character_at(data, i, end)
        if int(table[code]) & SPACE == 0:
            return i
        i = after
    return end


@part
def blanks_begin(data: NDArray[np.uint8], begin: int, i: int, table: NDArray[np.uint16]) -> int:
    """Return the place behind the last character that is no blank."""
    while i > begin:
        j = i - 1
        while j > begin and at(data, j) & 0xC0 == 0x80:
            j -= 1
        code, _ = character_at(data, j, i)
        if int(table[code]) & SPACE == 0:
            return i
        i = j
    return begin


@part
def next_line_feed(data: NDArray[np.uint8], i: int, stop: int) -> int:
    """Return the place of the next line feed, or the end."""
    while i + 32 <= stop:
        # Whole blocks without a branch inside: the compiler makes vector code of it.
        found = False
        for j in range(i, i + 32):
            found |= at(data, j) == _LINE_FEED
        if found:
            break
        i += 32
    while i < stop and at(data, i) != _LINE_FEED:
        i += 1
    return i


@part
def split_text(
    data: NDArray[np.uint8], i: int, stop: int, feeds: int, begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> int:
    """Write down the pieces between runs of so many line feeds or more, empty ones too; return how many there are."""
    n = 0
    begin = i
    while True:
        feed = next_line_feed(data, i, stop)
        i = feed
        while i < stop and at(data, i) == _LINE_FEED:
            i += 1
        if feed == stop or i - feed >= feeds:
            begins[n], ends[n] = begin, feed
            n += 1
            begin = i
        if feed == stop:
            return n


@part
def strip_pieces(
    data: NDArray[np.uint8], count: int, table: NDArray[np.uint16], begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> int:
    """Take the blanks off both ends of each piece, and drop those that are empty; return how many are left."""
    n = 0
    for k in range(count):
        begin = blanks_end(data, begins[k], ends[k], table)
        if begin < ends[k]:
            begins[n], ends[n] = begin, blanks_begin(data, begin, ends[k], table)
            n += 1
    return n


@part
def keep_filled(
    data: NDArray[np.uint8], count: int, table: NDArray[np.uint16], begins: NDArray[np.int64], ends: NDArray[np.int64]
) -> int:
    """Drop the pieces that are blank, and leave the others as they are; return how many are left."""
    n = 0
    for k in range(count):
        if blanks_end(data, begins[k], ends[k], table) < ends[k]:
            begins[n], ends[n] = begins[k], ends[k]
            n += 1
    return n


@part
def find_between_blanks(
    data: NDArray[np.uint8],
    i: int,
    stop: int,
    table: NDArray[np.uint16],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
) -> int:
    """Write down where each stretch without blanks begins and ends; return how many there are."""
    n = 0
    begin = -1
    while i < stop:
        code, after = character_at(data, i, stop)
        if int(table[code]) & SPACE:
            if begin >= 0:
                begins[n], ends[n] = begin, i
                n += 1
                begin = -1
        elif begin < 0:
            begin = i
        i = after
    if begin >= 0:
        begins[n], ends[n] = begin, stop
        n += 1
    return n
