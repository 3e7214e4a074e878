"""How much of a text repeats itself: lines, paragraphs, runs of two to ten words.

The thirteen numbers of Rae et al. 2021 (table A1) in three readings that differ on up to one page in eleven, which those
who published them call the same: `DCLM`, `DATATROVE` and `DOLMA`. In all, runs are compared word by word, never by a
hash alone.

A run of n words can only repeat where the runs of n - 1 words within do; so each length looks at what the one before
has left, and the whole costs little more than finding the words.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, compiled, interning
from dclm_pipeline.kernels.characters import character_table
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, borrowed, kernel, part, stamp
from dclm_pipeline.kernels.interning import slots_for
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.kernels.words import pieces, recurring, segmentation
from dclm_pipeline.kernels.words.pieces import (
    blanks_begin,
    blanks_end,
    count_characters,
    find_between_blanks,
    keep_filled,
    split_text,
    strip_pieces,
)
from dclm_pipeline.kernels.words.recurring import bits_for, number_pairs, number_pieces, number_words
from dclm_pipeline.kernels.words.segmentation import TABLE, find_segments, find_words, most_words, table_of_uniseg

# Words are those of uniseg 0.8.0 that begin with a letter or digit; every copy counts, the first too; shares are of what
# words hold.
DCLM = 0
# Marks are words too; only later copies count, and copies that overlap count once; shares are of all characters.
DATATROVE = 1
# Words are parted by blanks; every copy counts, runs that overlap each in full; shares of lines are of what words hold.
DOLMA = 2

LINES, PARAGRAPHS, LINE_CHARACTERS, PARAGRAPH_CHARACTERS = range(4)
TOP = 4  # and the two behind it: runs of 2, 3, 4 words
DUPLICATES = 7  # and the five behind it: runs of 5 to 10 words
_LONGEST = 10
SHARES = 13

_SPANS = types.int64[:, ::1]
_WORK = types.int32[:, ::1]
_FIND = void(
    *(OFFSETS, BYTES, TABLE, types.int64, _SPANS, _WORK),
    *(types.uint64[::1], types.int32[::1], types.uint8[::1], types.float64[:, ::1]),
)
_Find: TypeAlias = Callable[
    [
        NDArray[np.int64],
        NDArray[np.uint8],
        NDArray[np.uint16],
        int,
        NDArray[np.int64],
        NDArray[np.int32],
        NDArray[np.uint64],
        NDArray[np.int32],
        NDArray[np.uint8],
        NDArray[np.float64],
    ],
    None,
]


@part
def _share(some: int, all: int) -> float:
    return float(some / all) if all else 0.0


@part
def _pieces(
    data: NDArray[np.uint8],
    start: int,
    stop: int,
    table: NDArray[np.uint16],
    reading: int,
    feeds: int,
    characters: int,
    spans: NDArray[np.int64],
    work: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    slots: NDArray[np.int32],
) -> tuple[float, float]:
    """Return the shares of pieces, and of their characters, that are there more than once; where there is none, no number."""
    begins, ends, numbers, counts = spans[0], spans[1], work[0], work[2]
    if reading == DATATROVE and feeds > 1:
        start = blanks_end(data, start, stop, table)
        stop = blanks_begin(data, start, stop, table)
    count = split_text(data, start, stop, feeds, begins, ends)
    if reading == DCLM:
        count = strip_pieces(data, count, table, begins, ends)
    elif reading == DOLMA:
        count = keep_filled(data, count, table, begins, ends)
    if count == 0:
        return np.nan, np.nan
    number_pieces(data, begins, ends, count, hashes, slots, numbers, counts)
    copies, copied, held = 0, 0, 0
    for k in range(count):
        size = count_characters(data, begins[k], ends[k])
        held += size
        first = int(numbers[k])
        if first != k if reading == DATATROVE else counts[first] > 1:
            copies += 1
            copied += size
    return _share(copies, count), _share(copied, held if reading == DCLM else characters)


@part
def _top(
    reading: int,
    n: int,
    words: int,
    found: int,
    until: NDArray[np.int64],
    places: NDArray[np.int32],
    numbers: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> int:
    """Return the characters of all copies of the run that occurs most often."""
    # Of runs that occur as often the longest counts, or the first.
    blanks = n - 1 if reading == DATATROVE else 0
    often, size = 1, 0
    if reading != DCLM and words >= n:
        size = until[n] + blanks
    for c in range(found):
        i = int(places[c])
        if numbers[i] != i:
            continue
        characters = until[i + n] - until[i] + blanks
        if counts[i] > often or (reading == DCLM and counts[i] == often and characters > size):
            often, size = int(counts[i]), characters
    return int(often * size)


@part
def _duplicated(
    reading: int,
    n: int,
    found: int,
    until: NDArray[np.int64],
    places: NDArray[np.int32],
    numbers: NDArray[np.int32],
    counts: NDArray[np.int32],
) -> int:
    """Return the characters within runs that occur more than once."""
    total, behind = 0, 0
    for c in range(found):
        i = int(places[c])
        if reading == DOLMA:
            total += until[i + n] - until[i]
        elif reading == DCLM:
            total += until[i + n] - until[max(i, behind)]
            behind = i + n
        elif i >= behind:
            # Walked from the front; a copy is stepped over, a first occurrence is gone into.
            if counts[numbers[i]] < 0:
                total += until[i + n] - until[i]
                behind = i + n
            else:
                counts[numbers[i]] = -1
    return int(total)


@part
def _held_by_runs(n: int, words: int, until: NDArray[np.int64]) -> int:
    """Return the characters of all runs, those of words in several runs as often."""
    total = 0
    for i in range(words - n + 1):
        total += until[i + n] - until[i]
    return int(total)


@part
def _runs(
    data: NDArray[np.uint8],
    words: int,
    reading: int,
    characters: int,
    spans: NDArray[np.int64],
    work: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    slots: NDArray[np.int32],
    marks: NDArray[np.uint8],
    shares: NDArray[np.float64],
) -> None:
    begins, ends, until = spans[0], spans[1], spans[2]
    counts, places = work[2], work[3]
    found = number_words(data, begins, ends, words, hashes, slots, marks, work[0], counts, places)
    total = 0
    for k in range(words):
        # From the length of each word to the lengths of all before it.
        length = until[k]
        until[k] = total
        total += length
    until[words] = total
    whole = characters if reading == DATATROVE else total
    if reading == DOLMA and total:
        shares[LINE_CHARACTERS] /= total
    for n in range(2, _LONGEST + 1):
        # The keys of pairs take the room of the hashes, which nobody needs any more.
        shorter, longer = work[n % 2], work[(n + 1) % 2]
        found = number_pairs(places, found, shorter, hashes, slots, marks, longer, counts)
        if n <= 4:
            shares[TOP + n - 2] = _share(_top(reading, n, words, found, until, places, longer, counts), whole)
        else:
            part = _duplicated(reading, n, found, until, places, longer, counts)
            shares[DUPLICATES + n - 5] = _share(part, _held_by_runs(n, words, until) if reading == DOLMA else whole)


def _make(parts: int) -> _Find:
    @kernel(_FIND)
    def find_repetition(
        offsets: NDArray[np.int64],
        data: NDArray[np.uint8],
        table: NDArray[np.uint16],
        reading: int,
        spans: NDArray[np.int64],
        work: NDArray[np.int32],
        hashes: NDArray[np.uint64],
        slots: NDArray[np.int32],
        marks: NDArray[np.uint8],
        shares: NDArray[np.float64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, table, spans, work = borrowed(data), borrowed(table), borrowed(spans), borrowed(work)
        hashes, slots, marks, shares = borrowed(hashes), borrowed(slots), borrowed(marks), borrowed(shares)
        for row in range(shares.shape[0]):
            start, stop, out = offsets[row], offsets[row + 1], shares[row]
            # Who takes shares of what words hold does not know that yet.
            size = count_characters(data, start, stop) if reading == DATATROVE else 1
            out[LINES], out[LINE_CHARACTERS] = _pieces(
                data, start, stop, table, reading, 1, size, spans, work, hashes, slots
            )
            if reading == DOLMA:
                out[PARAGRAPHS], out[PARAGRAPH_CHARACTERS] = np.nan, np.nan
            else:
                out[PARAGRAPHS], out[PARAGRAPH_CHARACTERS] = _pieces(
                    data, start, stop, table, reading, 2, size, spans, work, hashes, slots
                )
            if reading == DATATROVE:
                words = find_segments(data, start, stop, table, spans[0], spans[1], spans[2])
            elif reading == DOLMA:
                words = find_between_blanks(data, start, stop, table, spans[0], spans[1])
                for k in range(words):
                    spans[2, k] = count_characters(data, spans[0, k], spans[1, k])
            else:
                words = find_words(data, start, stop, table, spans[0], spans[1], spans[2])
            _runs(data, words, reading, size, spans, work, hashes, slots, marks, out)

    return find_repetition


_find_repetition = _make(stamp(characters, compiled, interning, pieces, recurring, segmentation))


def find_repetition(strings: Strings, reading: int) -> NDArray[np.float64]:
    """Return the thirteen shares of each row; not a number where there is no line, and so nothing to take a share of.

    Of paragraphs `DOLMA` knows nothing.
    """
    offsets, data = strings
    shares = np.zeros((len(offsets) - 1, SHARES), np.float64)
    longest = int(np.diff(offsets).max(initial=0))
    # Lines are parted by a byte, words by less.
    most = max(longest if reading == DATATROVE else most_words(longest), longest // 2 + 1) + 2
    spans, work = np.empty((3, most), np.int64), np.empty((4, most), np.int32)
    hashes, slots = np.empty(most, np.uint64), np.empty(slots_for(most), np.int32)
    marks = np.empty(1 << bits_for(most), np.uint8)
    table = table_of_uniseg() if reading == DCLM else character_table()
    _find_repetition(offsets, data, table, reading, spans, work, hashes, slots, marks, shares)
    return shares
