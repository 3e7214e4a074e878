"""Runs of words as 64-bit hashes: what near duplicates are told by.

A word's hash is that of its bytes; a run's hash is made of those of its words, one step a word however long the run.
A text that has words, but fewer than a run takes, is one run as a whole; a text without words has none. Knows words as
Unicode or blanks part them, as they stand or in lower case, letter by letter: what turns into several letters when a
string is lowered (U+0130) turns into the first. 64 bits are for telling runs apart, not for secrets: whoever wants two
runs to collide can make them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, compiled, interning
from dclm_pipeline.kernels.characters import ALNUM, CODES, UNSPACED, character_at, character_table, put_character
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, borrowed, eight_at, kernel, part, stamp
from dclm_pipeline.kernels.interning import mixed, tail_at
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.kernels.words import pieces, segmentation
from dclm_pipeline.kernels.words.pieces import find_between_blanks
from dclm_pipeline.kernels.words.segmentation import TABLE, find_words, most_words

UNICODE, BLANKS = 0, 1
_CAPITALS = types.Array(types.int32, 1, "C", readonly=True)
_HASHES = types.uint64[::1]

# Odd, so that no word is lost from a run; any odd number with scattered bits does.
_BASE = np.uint64(0x9FB21C651E98DF25)
_ONE = np.uint64(1)
_NONE = np.uint64(0)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_HIGH = np.uint64(0x8080808080808080)
_A_UP = np.uint64(0x3F3F3F3F3F3F3F3F)  # 128 - "A" in each byte
_Z_UP = np.uint64(0x2525252525252525)  # 127 - "Z"
_CASE = np.uint64(2)
# A letter of two bytes may have a small one of three.
_GROWTH = 2

_SHINGLE = void(
    OFFSETS,
    BYTES,
    TABLE,
    _CAPITALS,
    types.int64,
    types.int64,
    types.int64,
    types.int64,
    types.int64[:, ::1],
    types.uint8[::1],
    types.int64[::1],
    _HASHES,
    _HASHES,
    _HASHES,
    types.int64[::1],
)
_Shingle: TypeAlias = Callable[
    [
        NDArray[np.int64],
        NDArray[np.uint8],
        NDArray[np.uint16],
        NDArray[np.int32],
        int,
        int,
        int,
        int,
        NDArray[np.int64],
        NDArray[np.uint8],
        NDArray[np.int64],
        NDArray[np.uint64],
        NDArray[np.uint64],
        NDArray[np.uint64],
        NDArray[np.int64],
    ],
    None,
]


@cache
def small_letters() -> NDArray[np.int32]:
    """Return for each code point that of its small letter, or itself."""
    table = np.fromiter((ord(chr(code).lower()[0]) for code in range(CODES)), np.int32, CODES)
    table.flags.writeable = False
    return table


@part
def lowered(eight: np.uint64) -> np.uint64:
    """Return eight ASCII characters in lower case; bytes of others are left as they are."""
    plain = eight & ~_HIGH
    capital = (plain + _A_UP) & ~(plain + _Z_UP) & ~eight & _HIGH
    return eight | capital >> _CASE


@part
def stretch(data: NDArray[np.uint8], i: int, end: int) -> np.uint64:
    """Return the hash of a stretch of bytes."""
    value = np.uint64(end - i)
    while end - i > 8:
        value = mixed(value ^ eight_at(data, i))
        i += 8
    return mixed((value * _BASE) ^ tail_at(data, i, end - i))


@part
def word_hash(
    data: NDArray[np.uint8], i: int, end: int, small: NDArray[np.int32], lower: int, room: NDArray[np.uint8]
) -> np.uint64:
    """Return the hash of a word; `room` holds its small letters where it is not ASCII."""
    if lower == 0:
        return stretch(data, i, end)
    # As if all were ASCII, which is told meanwhile: a look at each byte before would cost as much again.
    value, seen, j = np.uint64(end - i), np.uint64(0), i
    while end - j > 8:
        eight = eight_at(data, j)
        seen |= eight
        value = mixed(value ^ lowered(eight))
        j += 8
    eight = tail_at(data, j, end - j)
    if (seen | eight) & _HIGH == _NONE:
        return mixed((value * _BASE) ^ lowered(eight))
    n = 0
    while i < end:
        code, i = character_at(data, i, end)
        n = put_character(int(small[code]), room, n)
    return stretch(room, 0, n)


@part
def split_unspaced(
    data: NDArray[np.uint8],
    count: int,
    table: NDArray[np.uint16],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    to_begins: NDArray[np.int64],
    to_ends: NDArray[np.int64],
) -> int:
    """Make each character of a script without blanks a word of its own; return how many words there are."""
    n = 0
    for k in range(count):
        i, stop = begins[k], ends[k]
        begin = i
        while i < stop:
            code, after = character_at(data, i, stop)
            bits = int(table[code])
            if bits & UNSPACED and bits & ALNUM:
                if begin < i:
                    to_begins[n], to_ends[n] = begin, i
                    n += 1
                to_begins[n], to_ends[n] = i, after
                n += 1
                begin = after
            i = after
        if begin < stop:
            to_begins[n], to_ends[n] = begin, stop
            n += 1
    return n


def _make(parts: int) -> _Shingle:
    @kernel(_SHINGLE)
    def shingle_rows(
        offsets: NDArray[np.int64],
        data: NDArray[np.uint8],
        table: NDArray[np.uint16],
        small: NDArray[np.int32],
        n: int,
        words: int,
        lower: int,
        unspaced: int,
        spans: NDArray[np.int64],
        room: NDArray[np.uint8],
        rows: NDArray[np.int64],
        hashes: NDArray[np.uint64],
        sequence: NDArray[np.uint64],
        wholes: NDArray[np.uint64],
        counts: NDArray[np.int64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, table, small, room = borrowed(data), borrowed(table), borrowed(small), borrowed(room)
        hashes, sequence = borrowed(hashes), borrowed(sequence)
        oldest = _ONE  # what the first word of a run weighs
        for _ in range(n - 1):
            oldest *= _BASE
        found = 0
        for row in range(offsets.size - 1):
            rows[row] = found
            start, stop = offsets[row], offsets[row + 1]
            begins, ends = spans[0], spans[1]
            if words == UNICODE:
                count = find_words(data, start, stop, table, begins, ends, spans[2])
            else:
                count = find_between_blanks(data, start, stop, table, begins, ends)
            if unspaced:
                count = split_unspaced(data, count, table, begins, ends, spans[3], spans[4])
                begins, ends = spans[3], spans[4]
            run, whole = np.uint64(0), np.uint64(count)
            for k in range(count):
                value = word_hash(data, begins[k], ends[k], small, lower, room)
                sequence[k] = value
                whole = mixed(whole ^ value)
                if k >= n:
                    run -= sequence[k - n] * oldest
                run = run * _BASE + value
                if k >= n - 1:
                    hashes[found] = mixed(run)
                    found += 1
            if 0 < count < n:
                hashes[found] = whole
                found += 1
            wholes[row] = whole
            counts[row] = count
        rows[offsets.size - 1] = found

    return shingle_rows


_shingle_rows = _make(stamp(characters, compiled, interning, pieces, segmentation))


@dataclass(frozen=True)
class Shingles:
    """The runs of a batch, those of row i from `rows[i]` to `rows[i + 1]` in their order, with repetitions.

    `wholes` tells texts apart by their words in order: texts with equal words have the same number. `words` says how
    many there are.
    """

    rows: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    wholes: NDArray[np.uint64]
    words: NDArray[np.int64]


def shingles_of(
    strings: Strings,
    n: int,
    words: Literal["unicode", "blanks"] = "unicode",
    lower: bool = True,
    unspaced: bool = False,
) -> Shingles:
    """Return the runs of `n` words of each row; `unspaced` takes characters of scripts without blanks for words."""
    offsets, data = strings
    longest = int(np.diff(offsets).max(initial=0))
    # Characters of scripts without blanks have three bytes, so that splitting words at them makes no more than blanks do.
    most = most_words(longest) + 1
    spans = np.empty((5 if unspaced else 3, most), np.int64)
    rows = np.empty(len(offsets), np.int64)
    hashes = np.empty(most_words(int(offsets[-1] - offsets[0])) + len(offsets), np.uint64)
    sequence = np.empty(most, np.uint64)
    wholes, counts = np.empty(len(offsets) - 1, np.uint64), np.empty(len(offsets) - 1, np.int64)
    _shingle_rows(
        offsets,
        data,
        character_table(),
        small_letters(),
        n,
        UNICODE if words == "unicode" else BLANKS,
        int(lower),
        int(unspaced),
        spans,
        np.empty(_GROWTH * longest + 16, np.uint8),
        rows,
        hashes,
        sequence,
        wholes,
        counts,
    )
    return Shingles(rows, hashes[: rows[-1]], wholes, counts)
