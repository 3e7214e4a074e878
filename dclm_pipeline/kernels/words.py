"""Counts over text, all of them from one scan: words, characters, lines, letters, digits.

Exact on any Unicode, by the tables of the running Python's `unicodedata`; another Python may know more letters.
Bytes must be valid UTF-8, as Arrow promises of its strings; a string cut short by a lie is read no further than its end.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, kernel
from dclm_pipeline.kernels.strings import Strings

_WORDS, _CHARACTERS, _LINE_FEEDS, _LETTERS, _DIGITS, _WORD_CHARACTERS = range(6)
_COUNTS = 6

_SPACE, _LETTER, _DIGIT = 1, 2, 4
_LINE_FEED = 10
# Beyond the third plane there are no letters, digits or blanks; a test looks at all of Unicode.
_TABLED = 0x40000


@cache
def character_classes() -> NDArray[np.uint8]:
    """Return for each code point whether `str.isspace`, `str.isalpha`, `str.isdigit` (bits 1, 2, 4)."""
    characters = list(map(chr, range(_TABLED)))
    spaces = np.fromiter(map(str.isspace, characters), np.uint8, _TABLED)
    letters = np.fromiter(map(str.isalpha, characters), np.uint8, _TABLED)
    digits = np.fromiter(map(str.isdigit, characters), np.uint8, _TABLED)
    table: NDArray[np.uint8] = spaces * _SPACE | letters * _LETTER | digits * _DIGIT
    table.flags.writeable = False
    return table


@kernel(void(OFFSETS, BYTES, BYTES, types.int64[:, ::1]))
def _count_rows(
    offsets: NDArray[np.int64], data: NDArray[np.uint8], classes: NDArray[np.uint8], counts: NDArray[np.int64]
) -> None:
    for row in range(counts.shape[0]):
        i, stop = offsets[row], offsets[row + 1]
        words, characters, feeds, letters, digits, solid = 0, 0, 0, 0, 0, 0
        between = True
        while i < stop:
            code = np.int64(data[i])
            more = 0
            if code >= 0x80:
                more = 1 if code < 0xE0 else 2 if code < 0xF0 else 3
                code &= 0x3F >> more
                for j in range(i + 1, min(i + 1 + more, stop)):
                    code = code << 6 | np.int64(data[j]) & 0x3F
            i += 1 + more
            kind = classes[code] if code < classes.size else 0
            characters += 1
            feeds += code == _LINE_FEED
            letters += kind & _LETTER != 0
            digits += kind & _DIGIT != 0
            space = kind & _SPACE != 0
            solid += not space
            words += between and not space
            between = space
        counts[row, _WORDS] = words
        counts[row, _CHARACTERS] = characters
        counts[row, _LINE_FEEDS] = feeds
        counts[row, _LETTERS] = letters
        counts[row, _DIGITS] = digits
        counts[row, _WORD_CHARACTERS] = solid


@dataclass(frozen=True)
class TextCounts:
    """What was counted, one number a row. Words are what `str.split` gives; their characters are all but the blanks."""

    words: NDArray[np.int64]
    characters: NDArray[np.int64]
    line_feeds: NDArray[np.int64]
    letters: NDArray[np.int64]
    digits: NDArray[np.int64]
    word_characters: NDArray[np.int64]


def count_text(strings: Strings) -> TextCounts:
    """Count what is in each row."""
    offsets, data = strings
    counts = np.empty((len(offsets) - 1, _COUNTS), np.int64)
    _count_rows(offsets, data, character_classes(), counts)
    return TextCounts(*counts.T)
