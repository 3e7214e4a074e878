"""Parts of texts, as places: where their first characters end, and which hold nothing that could be a word."""

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, kernel
from dclm_pipeline.kernels.strings import Strings


@kernel(void(OFFSETS, BYTES, types.int64, types.int64, types.int64[::1]))
def _cut_rows(
    offsets: NDArray[np.int64], data: NDArray[np.uint8], most: int, passed: int, stops: NDArray[np.int64]
) -> None:
    for row in range(stops.size):
        i, stop = offsets[row], offsets[row + 1]
        if stop - i > most:
            left = most
            while i < stop:
                if data[i] & 0xC0 != 0x80 and data[i] != passed:
                    if left == 0:
                        break
                    left -= 1
                i += 1
            stop = i
        stops[row] = stop


def first_characters(strings: Strings, most: int, passed: int = -1) -> NDArray[np.int64]:
    """Return where the first so many characters of each row end, not counting a byte that is `passed` over."""
    offsets, data = strings
    stops = np.empty(len(offsets) - 1, np.int64)
    _cut_rows(offsets, data, most, passed, stops)
    return stops


@kernel(void(OFFSETS, BYTES, types.boolean[::1]))
def _mark_wordless(offsets: NDArray[np.int64], data: NDArray[np.uint8], marks: NDArray[np.bool_]) -> None:
    for row in range(marks.size):
        found = False
        for i in range(offsets[row], offsets[row + 1]):
            byte = data[i]
            mark = 33 <= byte <= 47 or 58 <= byte <= 64 or 91 <= byte <= 96 or 123 <= byte <= 126
            if not (mark or byte == 32 or 9 <= byte <= 13):
                found = True
                break
        marks[row] = not found


def wordless_rows(strings: Strings) -> NDArray[np.bool_]:
    """Tell which rows hold nothing but ASCII punctuation and ASCII blanks."""
    offsets, data = strings
    marks = np.empty(len(offsets) - 1, np.bool_)
    _mark_wordless(offsets, data, marks)
    return marks
