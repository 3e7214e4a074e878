"""What Resiliparse takes for white space: space, tab, line feed, vertical tab, form feed and carriage return."""

import numpy as np

from dclm_pipeline.kernels.compiled import Bytes, at, count_ones, eight_at, part

_LOW = np.uint64(0x7F7F7F7F7F7F7F7F)
_HIGH = np.uint64(0x8080808080808080)
_SPACES = np.uint64(0x2020202020202020)
# What added to a byte below 128 sets its highest bit where it is 9 or more, and where it is 14 or more.
_TO_NINE = np.uint64(0x7777777777777777)
_TO_FOURTEEN = np.uint64(0x7272727272727272)
_BYTE, _ALL_BUT_ONE = np.uint64(8), np.uint64(56)


@part
def is_gap(byte: int) -> bool:
    """Tell whether a byte is white space."""
    return byte == 32 or 9 <= byte <= 13


@part
def past_gaps(chars: Bytes, i: int, stop: int) -> int:
    """Return where something else than white space begins."""
    while i < stop and is_gap(at(chars, i)):
        i += 1
    return i


@part
def before_gaps(chars: Bytes, i: int, stop: int) -> int:
    """Return where the white space at the end begins."""
    while stop > i and is_gap(at(chars, stop - 1)):
        stop -= 1
    return stop


@part
def collapsed_length(chars: Bytes, i: int, stop: int) -> int:
    """Return how long a text is with one space in the place of each run of white space."""
    length = stop - i
    before = np.uint64(0)
    while i + 8 <= stop:
        word = eight_at(chars, i)
        spaces = ~((((word ^ _SPACES) & _LOW) + _LOW) | (word ^ _SPACES))
        others = ((word & _LOW) + _TO_NINE) & ~((word & _LOW) + _TO_FOURTEEN) & ~word
        gaps = (spaces | others) & _HIGH
        length -= count_ones(gaps & ((gaps << _BYTE) | before))
        before = gaps >> _ALL_BUT_ONE
        i += 8
    gap = before != 0
    while i < stop:
        now = is_gap(at(chars, i))
        length -= now and gap
        gap = now
        i += 1
    return length
