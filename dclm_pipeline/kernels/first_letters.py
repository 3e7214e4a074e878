"""Words as fastText parts them, counted where their first character is a letter or digit.

Parted by ASCII blanks and NUL; so a word in quotes or brackets is none, and text without blanks is one.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters
from dclm_pipeline.kernels.characters import ALNUM, character_at, character_table
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, at, borrowed, kernel, stamp
from dclm_pipeline.kernels.strings import Strings

_Count: TypeAlias = Callable[[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint16], NDArray[np.int64]], None]


def _make(parts: int) -> _Count:
    @kernel(void(OFFSETS, BYTES, types.Array(types.uint16, 1, "C", readonly=True), types.int64[::1]))
    def count_rows(
        offsets: NDArray[np.int64], data: NDArray[np.uint8], classes: NDArray[np.uint16], counts: NDArray[np.int64]
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data = borrowed(data)
        for row in range(counts.size):
            words, between = 0, True
            stop = offsets[row + 1]
            for i in range(offsets[row], stop):
                byte = at(data, i)
                blank = byte == 32 or 9 <= byte <= 13 or byte == 0
                if between and not blank:
                    code, _ = character_at(data, i, stop)
                    words += classes[np.uintp(code)] & ALNUM != 0
                between = blank
            counts[row] = words

    return count_rows


_count_rows = _make(stamp(characters))


def count_first_letters(strings: Strings) -> NDArray[np.int64]:
    """Return for each row the words that begin with a letter or digit."""
    offsets, data = strings
    counts = np.empty(len(offsets) - 1, np.int64)
    _count_rows(offsets, data, character_table(), counts)
    return counts
