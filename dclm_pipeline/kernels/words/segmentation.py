"""Words as Unicode parts them (UAX #29), found over a whole batch.

A word is a segment that begins with a letter or digit (`str.isalnum`): blanks, punctuation and symbols between words
are none. The rules are those of the standard, WB3 to WB16, without tailoring: scripts without blanks fall apart into
single characters.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters
from dclm_pipeline.kernels.characters import (
    ALNUM,
    BREAK,
    PICTURE,
    SPACE,
    WORD_BREAKS,
    character_at,
    character_table,
    letter_run,
)
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, at, borrowed, kernel, part, stamp
from dclm_pipeline.kernels.strings import Strings

TABLE = types.Array(types.uint16, 1, "C", readonly=True)

_CR, _LF, _NEWLINE, _EXTEND, _ZWJ, _REGIONAL, _FORMAT, _KATAKANA, _HEBREW, _LETTER = map(
    WORD_BREAKS.index,
    ("CR", "LF", "Newline", "Extend", "ZWJ", "Regional_Indicator", "Format", "Katakana", "Hebrew_Letter", "ALetter"),
)
_UNDERSCORE = 95
# What uniseg 0.8.0 says of characters of Unicode 15.0 that version 17.0 has in another class.
_CLASSES_OF_UNISEG = (
    ("Other", (0xB8, 0x19DA)),
    ("Format", (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)),
    ("MidNum", (0xFE10, 0xFE14)),
)
_SINGLE, _DOUBLE, _MID_BOTH, _MID_LETTER, _MID_NUMBER, _NUMERIC, _JOINER, _BLANK = map(
    WORD_BREAKS.index,
    ("Single_Quote", "Double_Quote", "MidNumLet", "MidLetter", "MidNum", "Numeric", "ExtendNumLet", "WSegSpace"),
)


_FIND = void(OFFSETS, BYTES, TABLE, types.int64[::1], types.int64[::1], types.int64[::1], types.int64[::1])
_Find: TypeAlias = Callable[
    [
        NDArray[np.int64],
        NDArray[np.uint8],
        NDArray[np.uint16],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int64],
    ],
    None,
]


@part
def _ignored(kind: int) -> bool:
    return kind in (_EXTEND, _FORMAT, _ZWJ)


@part
def _joins(left: int, right: int) -> bool:
    """Tell whether two classes are of one segment, whatever follows (WB3d, WB5, WB8 to WB10, WB13)."""
    if left in (_LETTER, _HEBREW):
        return right in (_LETTER, _HEBREW, _NUMERIC, _JOINER)
    if left == _NUMERIC:
        return right in (_NUMERIC, _LETTER, _HEBREW, _JOINER)
    if left == _KATAKANA:
        return right in (_KATAKANA, _JOINER)
    if left == _JOINER:
        return right in (_JOINER, _LETTER, _HEBREW, _NUMERIC, _KATAKANA)
    return False


@part
def _bridges(left: int, middle: int, right: int) -> bool:
    """Tell whether a mark between two classes is of their segment (WB6, WB7, WB7b, WB7c, WB11, WB12)."""
    if left == _NUMERIC:
        return right == _NUMERIC and (middle in (_MID_NUMBER, _MID_BOTH, _SINGLE))
    if left == _HEBREW and right == _HEBREW and middle == _DOUBLE:
        return True
    return (
        (left in (_LETTER, _HEBREW)) and (right in (_LETTER, _HEBREW)) and (middle in (_MID_LETTER, _MID_BOTH, _SINGLE))
    )


@part
def segment_end(
    data: NDArray[np.uint8], i: int, stop: int, table: NDArray[np.uint16], last: int, count: int
) -> tuple[int, int]:
    """Return where the segment ends of which characters before `i` are known, and how many characters it has.

    `last` are the bits of its last character, of which there were `count`.
    """
    kind = last & BREAK
    if kind in (_CR, _LF, _NEWLINE):
        if kind == _CR and i < stop and data[i] == 10:
            return i + 1, count + 1
        return i, count
    before = kind  # of the last character that counts
    if _ignored(before):
        before = 0
    joined = kind == _ZWJ
    flags = 1  # of a pair, at most
    blank = kind == _BLANK
    while i < stop:
        code, after = character_at(data, i, stop)
        bits = int(table[code])
        kind = bits & BREAK
        if _ignored(kind):
            # WB4: they belong to what they follow.
            joined = kind == _ZWJ
            blank = False
            i = after
            count += 1
            continue
        if joined and bits & PICTURE:  # WB3c
            before, joined = kind, False
        elif blank and kind == _BLANK:  # WB3d
            before = kind
        elif before == _REGIONAL and kind == _REGIONAL and flags == 1:  # WB15, WB16
            flags = 2
            joined = False
        elif _joins(before, kind):
            before, joined = kind, False
        else:
            # Marks that may stand within: what follows them decides.
            if not (kind in (_SINGLE, _DOUBLE) or _MID_BOTH <= kind <= _MID_NUMBER):
                return i, count
            j, more = after, 1
            right = 0
            while j < stop:
                next_code, behind = character_at(data, j, stop)
                right = int(table[next_code]) & BREAK
                if not _ignored(right):
                    break
                j = behind
                more += 1
            if j < stop and _bridges(before, kind, right):
                # Up to the mark and what it carries; the loop takes what follows.
                i = j
                count += more
                code, after = character_at(data, i, stop)
                before, joined = right, False
            elif before == _HEBREW and kind == _SINGLE:  # WB7a
                before, joined = kind, False
            else:
                return i, count
        i = after
        count += 1
        blank = kind == _BLANK
    return i, count


@part
def is_alnum(bits: int) -> bool:
    """Tell whether a character is a letter or digit."""
    return bits & ALNUM != 0


@part
def word_end(data: NDArray[np.uint8], i: int, stop: int, table: NDArray[np.uint16]) -> tuple[int, int]:
    """Return where the segment that begins at `i` ends, and how many characters it has."""
    code, after = character_at(data, i, stop)
    last = int(table[code])
    count = 1
    if code >= 0x80 or last & ALNUM == 0:
        return segment_end(data, after, stop, table, last, count)
    # Letters and digits of ASCII, by far the most: what joins them is known without looking at rules.
    while after < stop:
        end, _ = letter_run(data, after, stop)
        if end > after:
            count += end - after
            after = end
            last = int(table[at(data, end - 1)])
            if end == stop:
                break
        code = at(data, after)
        if code >= 0x80:
            return segment_end(data, after, stop, table, last, count)
        bits = int(table[code])
        if bits & ALNUM or code == _UNDERSCORE:
            after += 1
            count += 1
            last = bits
            continue
        kind = bits & BREAK
        if _SINGLE <= kind <= _MID_NUMBER and after + 1 < stop:
            right = at(data, after + 1)
            if right >= 0x80:
                return segment_end(data, after, stop, table, last, count)
            if _bridges(last & BREAK, kind, int(table[right]) & BREAK):
                after += 2
                count += 2
                last = int(table[right])
                continue
        return after, count
    return after, count


@part
def find_words(
    data: NDArray[np.uint8],
    i: int,
    stop: int,
    table: NDArray[np.uint16],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> int:
    """Write down where each word begins and ends and how many characters it has; return how many there are.

    The arrays hold `most_words` of the bytes at least.
    """
    n = 0
    while i < stop:
        code = at(data, i)
        if code < 0x80 and int(table[code]) & ALNUM == 0 and code != _UNDERSCORE:
            # Parted from what follows, be it ASCII; the marks that stick to it are not.
            i += 1
            if i >= stop or at(data, i) < 0x80:
                continue
            i, _ = segment_end(data, i, stop, table, int(table[code]), 1)
            continue
        end, count = word_end(data, i, stop, table)
        code, _ = character_at(data, i, stop)
        if is_alnum(int(table[code])):
            begins[n], ends[n], lengths[n] = i, end, count
            n += 1
        i = end
    return n


@part
def find_segments(
    data: NDArray[np.uint8],
    i: int,
    stop: int,
    table: NDArray[np.uint16],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> int:
    """Write down every segment that does not begin with a blank, marks between words too; as many as bytes at most."""
    n = 0
    while i < stop:
        end, count = word_end(data, i, stop, table)
        code, _ = character_at(data, i, stop)
        if int(table[code]) & SPACE == 0:
            begins[n], ends[n], lengths[n] = i, end, count
            n += 1
        i = end
    return n


def most_words(size: int) -> int:
    """Return how many words so many bytes can hold: of neighbours without a blank between one has two bytes at least."""
    return size * 2 // 3 + 1


def _make(parts: int) -> _Find:
    @kernel(_FIND)
    def find_rows(
        offsets: NDArray[np.int64],
        data: NDArray[np.uint8],
        table: NDArray[np.uint16],
        rows: NDArray[np.int64],
        begins: NDArray[np.int64],
        ends: NDArray[np.int64],
        lengths: NDArray[np.int64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, table = borrowed(data), borrowed(table)
        n = 0
        for row in range(offsets.size - 1):
            rows[row] = n
            n += find_words(data, offsets[row], offsets[row + 1], table, begins[n:], ends[n:], lengths[n:])
        rows[offsets.size - 1] = n

    return find_rows


_find_rows = _make(stamp(characters))


@cache
def table_of_uniseg() -> NDArray[np.uint16]:
    """Return what each character is to uniseg 0.8.0, whose words DCLM counts: its rules know four classes not at all.

    So apostrophes and quotation marks never stick to what is beside them, nor do letters of Hebrew or joiners of width
    zero: `don't` is two words.
    """
    table = character_table().copy()
    for name, codes in _CLASSES_OF_UNISEG:
        table[list(codes)] = table[list(codes)] & ~np.uint16(BREAK) | np.uint16(WORD_BREAKS.index(name))
    table[np.isin(table & BREAK, (_SINGLE, _DOUBLE, _HEBREW, _ZWJ))] &= ~np.uint16(BREAK)
    table.flags.writeable = False
    return table


@dataclass(frozen=True)
class Words:
    """The words of a batch, those of row i from `rows[i]` to `rows[i + 1]`: their bytes, and characters."""

    rows: NDArray[np.int64]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    lengths: NDArray[np.int64]


def words_of(strings: Strings, table: NDArray[np.uint16] | None = None) -> Words:
    """Find the words of each row, after the standard or by another table; takes 24 bytes a word, for which there must be room."""
    offsets, data = strings
    rows = np.empty(len(offsets), np.int64)
    most = most_words(int(offsets[-1] - offsets[0])) + len(offsets)
    begins, ends, lengths = (np.empty(most, np.int64) for _ in range(3))
    known = character_table() if table is None else table
    _find_rows(offsets, data, known, rows, begins, ends, lengths)
    n = rows[-1]
    return Words(rows, begins[:n], ends[:n], lengths[:n])
