"""Words as fastText parts them, counted where their first character is a letter or digit.

Parted by ASCII blanks and NUL; so a word in quotes or brackets is none, and text without blanks is one.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters
from dclm_pipeline.kernels.characters import ALNUM, ascii_letters, bytes_between, character_at, character_table
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, at, borrowed, count_ones, eight_at, kernel, low_zeros, stamp
from dclm_pipeline.kernels.strings import Strings

_NONE, _ONE, _EIGHT, _LAST, _BYTE = (np.uint64(number) for number in (0, 1, 8, 63, 128))
_HIGHEST = np.uint64(0x8080808080808080)

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
            i = offsets[row]
            while i + 8 <= stop:
                # Eight bytes together: the highest bit of each says what it is, or what the one before it is.
                eight = eight_at(data, i)
                blanks = bytes_between(eight, 9, 13) | bytes_between(eight, 32, 32) | bytes_between(eight, 0, 0)
                firsts = ~blanks & (blanks << _EIGHT | (_BYTE if between else _NONE))
                plain = ascii_letters(eight) | bytes_between(eight, 48, 57)
                words += count_ones(firsts & plain)
                others = firsts & eight & _HIGHEST
                while others != _NONE:
                    place = low_zeros(others)
                    others &= others - _ONE
                    code, _ = character_at(data, i + (place >> 3), stop)
                    words += classes[np.uintp(code)] & ALNUM != 0
                between = blanks >> _LAST != _NONE
                i += 8
            while i < stop:
                byte = at(data, i)
                blank = byte == 32 or 9 <= byte <= 13 or byte == 0
                if between and not blank:
                    code, _ = character_at(data, i, stop)
                    words += classes[np.uintp(code)] & ALNUM != 0
                between = blank
                i += 1
            counts[row] = words

    return count_rows


_count_rows = _make(stamp(characters))


def count_first_letters(strings: Strings) -> NDArray[np.int64]:
    """Return for each row the words that begin with a letter or digit."""
    offsets, data = strings
    counts = np.empty(len(offsets) - 1, np.int64)
    _count_rows(offsets, data, character_table(), counts)
    return counts
