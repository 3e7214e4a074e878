"""What bodies hold that text does not, or that decoding must know: control bytes, NUL, ESC, byte order marks; and brackets.

Whether bytes are valid UTF-8 is not told here: Arrow's cast tells that, and faster.
"""

from collections.abc import Callable

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import looking
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, at, count_ones, kernel, stamp
from dclm_pipeline.kernels.looking import AHEAD, below_ahead, equal_ahead
from dclm_pipeline.kernels.strings import Strings

HAS_NUL = 1
HAS_ESCAPE = 2
HAS_MARK = 4

_NONE = np.uint64(0)


def _make_marks(parts: int) -> Callable[[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]], None]:
    @kernel(void(OFFSETS, BYTES, types.uint8[::1]))
    def mark_rows(offsets: NDArray[np.int64], data: NDArray[np.uint8], marks: NDArray[np.uint8]) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        for row in range(marks.size):
            i, stop = offsets[row], offsets[row + 1]
            mark = 0
            if stop - i >= 2:
                little = data[i] == 0xFF and data[i + 1] == 0xFE
                big = data[i] == 0xFE and data[i + 1] == 0xFF
                utf8 = stop - i >= 3 and data[i] == 0xEF and data[i + 1] == 0xBB and data[i + 2] == 0xBF
                if little or big or utf8:
                    mark |= HAS_MARK
            nul, escape = _NONE, _NONE
            while i + AHEAD <= stop:
                nul |= equal_ahead(data, i, 0)
                escape |= equal_ahead(data, i, 0x1B)
                i += AHEAD
            for j in range(i, stop):
                nul |= np.uint64(data[j] == 0)
                escape |= np.uint64(data[j] == 0x1B)
            marks[row] = mark | HAS_NUL * (nul != _NONE) | HAS_ESCAPE * (escape != _NONE)

    return mark_rows


_mark_rows = _make_marks(stamp(looking))


def mark_rows(strings: Strings) -> NDArray[np.uint8]:
    """Return for each row which of `HAS_NUL`, `HAS_ESCAPE` and `HAS_MARK` hold."""
    offsets, data = strings
    marks = np.empty(len(offsets) - 1, np.uint8)
    _mark_rows(offsets, data, marks)
    return marks


def _make_controls(parts: int) -> Callable[[NDArray[np.int64], NDArray[np.uint8], int, NDArray[np.int64]], None]:
    @kernel(void(OFFSETS, BYTES, types.int64, types.int64[::1]))
    def count_controls(
        offsets: NDArray[np.int64], data: NDArray[np.uint8], most: int, counts: NDArray[np.int64]
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        for row in range(counts.size):
            i, stop = offsets[row], min(offsets[row + 1], offsets[row] + most)
            count = 0
            # Tab, line feed, form feed and carriage return (9, 10, 12, 13) are blanks.
            while i + AHEAD <= stop:
                lines = equal_ahead(data, i, 10) | equal_ahead(data, i, 13)
                blanks = lines | equal_ahead(data, i, 9) | equal_ahead(data, i, 12)
                count += count_ones(below_ahead(data, i, 32) & ~blanks)
                i += AHEAD
            for j in range(i, stop):
                byte = data[j]
                count += (byte < 32) & (byte != 9) & (byte != 10) & (byte != 12) & (byte != 13)
            counts[row] = count

    return count_controls


_count_controls = _make_controls(stamp(looking))


def count_controls(strings: Strings, most: int) -> NDArray[np.int64]:
    """Return how many of the first `most` bytes of each row are C0 controls other than HTML's blanks."""
    offsets, data = strings
    counts = np.empty(len(offsets) - 1, np.int64)
    _count_controls(offsets, data, most, counts)
    return counts


def _make_count(parts: int) -> Callable[[NDArray[np.uint8], int, int, int], int]:
    @kernel(types.int64(BYTES, types.int64, types.int64, types.int64))
    def count_between(data: NDArray[np.uint8], i: int, stop: int, byte: int) -> int:
        count = 0
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return count
        while i + AHEAD <= stop:
            count += count_ones(equal_ahead(data, i, byte))
            i += AHEAD
        while i < stop:
            count += at(data, i) == byte
            i += 1
        return count

    return count_between


_count_between = _make_count(stamp(looking))


def count_byte(data: NDArray[np.uint8], begin: int, end: int, byte: int) -> int:
    """Return how often a byte is there from one place to another."""
    return int(_count_between(data, begin, end, byte))
