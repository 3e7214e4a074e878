"""What a folded model says of texts: the probability of each label, a whole batch at once.

Agrees with fastText on one line a text, where words end, what the token for the end of a line means, which words are
labels; but for the 0.00001 that fastText adds to every probability it reports. Additions are of longer floats in an
order that the text alone decides, so that they are nearer to the truth than fastText's and the same on every processor.

With `LINES` a text is first made one line as DCLM does it: blanks of any sort go at both ends, and what Python takes for
the end of a line (a few characters more than fastText takes for a blank) is a blank.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, compiled
from dclm_pipeline.kernels.characters import character_at
from dclm_pipeline.kernels.compiled import (
    BYTES,
    OFFSETS,
    at,
    borrowed,
    fetch_ahead,
    float_at,
    hold,
    kernel,
    part,
    stamp,
)
from dclm_pipeline.kernels.fasttext import folded
from dclm_pipeline.kernels.fasttext import rows as fasttext_rows
from dclm_pipeline.kernels.fasttext.folded import Folded, finish_key, key_start, key_step, shift_of
from dclm_pipeline.kernels.fasttext.rows import (
    BUCKET,
    COLUMNS,
    END_HASH,
    HASH_START,
    LONGEST,
    PENDING,
    RUN,
    add_rows,
    between_brackets,
    bucket_row,
    hash_step,
    is_end,
    is_label,
    note_pieces,
    signed,
)
from dclm_pipeline.kernels.fasttext.words import BITS
from dclm_pipeline.kernels.strings import Strings

PLAIN, LINES = 0, 1

_RUN_FACTOR = np.uint64(116049371)
# Words that are looked up together: while one is waited for, others are fetched.
_BLOCK = 256
_LEAST_BY_FLOATS = np.uint64(2**13)
# Tables up to this size are taken out of the file: numpy asks for large pages of memory, files have small ones, and half
# of the time went by until the processor knew where a page was.
_MOST_TAKEN = 1 << 28
# What `str.isspace` holds of beyond ASCII.
_BLANKS = np.array([0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000], np.int32)

# Of each byte, in a plain text and in one of lines: 0 goes into a word, 1 is a blank, 2 may begin one of several bytes.
_ENDS_WORD = np.zeros((2, 256), np.uint8)
_ENDS_WORD[:, [0, *range(9, 14), 32]] = 1
_ENDS_WORD[LINES, 28:31] = 1
_ENDS_WORD[LINES, [0xC2, 0xE2]] = 2

_FLOATS = types.Array(types.float32, 1, "C", readonly=True)
_FLOATS_2 = types.Array(types.float32, 2, "C", readonly=True)
_INT64 = types.Array(types.int64, 1, "C", readonly=True)
_INT32 = types.Array(types.int32, 1, "C", readonly=True)
_KEYS = types.Array(types.uint64, 1, "C", readonly=True)
_SCORE = void(
    *(OFFSETS, BYTES, types.int64),  # offsets, data, lines
    *(_INT64, _FLOATS, _KEYS, _KEYS, _INT32, types.int64),  # numbers, end, label_keys, keys, places, shift
    *(_FLOATS_2, _INT32, BITS, _INT32, _INT32, BYTES, _FLOATS),  # sums, counts, bits, before, kept, rows, none
    *(types.uint8[::1], types.float64[:, ::1]),  # room, scores
)


@part
def _blank_width(data: NDArray[np.uint8], i: int, stop: int, lines: int) -> int:
    """Return the bytes of the blank at a place; none where there is none."""
    sort = _ENDS_WORD[lines, at(data, i)]
    if sort < 2:
        return int(sort)
    if at(data, i) == 0xC2:
        return 2 if i + 1 < stop and at(data, i + 1) == 0x85 else 0
    return 3 if i + 2 < stop and at(data, i + 1) == 0x80 and at(data, i + 2) & 0xFE == 0xA8 else 0


@part
def _is_space(code: int) -> bool:
    return code == 32 or 9 <= code <= 13 or 28 <= code <= 31 or (code >= 0x85 and code in _BLANKS)


@part
def first_word(data: NDArray[np.uint8], i: int, stop: int) -> int:
    """Return where the blanks of any sort end that a text begins with."""
    while i < stop:
        code, after = character_at(data, i, stop)
        if not _is_space(code):
            break
        i = after
    return i


@part
def last_word(data: NDArray[np.uint8], i: int, stop: int) -> int:
    """Return where the blanks of any sort begin that a text ends with."""
    while stop > i:
        place = stop - 1
        while place > i and at(data, place) & 0xC0 == 0x80:
            place -= 1
        code, _ = character_at(data, place, stop)
        if not _is_space(code):
            break
        stop = place
    return stop


@part
def _read_words(
    data: NDArray[np.uint8],
    i: int,
    stop: int,
    lines: int,
    n: int,
    hashes: NDArray[np.uint64],
    keys: NDArray[np.uint64],
    begins: NDArray[np.int64],
    stops: NDArray[np.int64],
) -> tuple[int, int, bool]:
    """Note words from a place on, behind `n` others; return where they end, how many there are, and if a line ended."""
    while n < hashes.size:
        while i < stop:
            width = _blank_width(data, i, stop, lines)
            if width == 0:
                break
            i += width
        begin, value, key = i, HASH_START, key_start()
        while i < stop:
            byte = at(data, i)
            if _ENDS_WORD[lines, byte] != 0 and _blank_width(data, i, stop, lines) > 0:
                break
            value = hash_step(value, byte)
            key = key_step(key, byte)
            i += 1
        begins[n], stops[n] = begin, i
        if i == begin or is_end(data, begin, i):
            # The token that ends a line: where the text does, or written out in it.
            hashes[n] = signed(END_HASH)
            return i, n, True
        hashes[n], keys[n] = signed(value), finish_key(key)
        n += 1
    return i, n, False


@part
def _find(key: np.uint64, keys: NDArray[np.uint64], places: NDArray[np.int32], shift: int) -> int:
    """Return the number of a key, -1 where there is none; behind the keys there are four of nothing."""
    top = key >> np.uint64(shift)
    first, end = np.int64(places[top]), np.int64(places[top + np.uint64(1)])
    # All four are looked at, as a wrong guess at whether to look on would cost more.
    found = first if keys[first] == key else np.int64(-1)
    found = first + 1 if keys[first + 1] == key else found
    found = first + 2 if keys[first + 2] == key else found
    found = first + 3 if keys[first + 3] == key else found
    if found < 0 and first + 4 < end:
        # By halves, as whoever writes a model may have all its keys begin alike.
        low, high = first + 4, end - 1
        while low < high:
            middle = (low + high) >> 1
            if keys[middle] < key:
                low = middle + 1
            else:
                high = middle
        found = low if keys[low] == key else np.int64(-1)
    return int(found) if found < end else -1


@part
def _fetch_words(
    words: NDArray[np.uint64],
    begin: int,
    end: int,
    keys: NDArray[np.uint64],
    sums: NDArray[np.float32],
    places: NDArray[np.int32],
    shift: int,
) -> None:
    """Have what is known of words come nearer."""
    for j in range(begin, end):
        fetch_ahead(places, words[j] >> np.uint64(shift))
    for j in range(begin, end):
        first = places[words[j] >> np.uint64(shift)]
        if first < sums.shape[0]:
            fetch_ahead(keys, first)
            fetch_ahead(sums, first * sums.shape[1])


@part
def _rest(value: np.uint64, divisor: np.uint64) -> int:
    """Return what is left of a division, which takes longer than all else here unless floats do it."""
    if divisor < _LEAST_BY_FLOATS:
        left = np.int64(value % divisor)
    else:
        # Off by one at most, as quotients have no more bits than floats.
        whole = np.uint64(np.float64(value) / np.float64(divisor))
        left = np.int64(value - whole * divisor)
        if left < 0:
            left += np.int64(divisor)
        elif left >= np.int64(divisor):
            left -= np.int64(divisor)
    return int(left)


def _make(parts: int) -> Callable[..., None]:
    @kernel(_SCORE)
    def score_rows(
        offsets: NDArray[np.int64],
        data: NDArray[np.uint8],
        lines: int,
        numbers: NDArray[np.int64],
        end: NDArray[np.float32],
        label_keys: NDArray[np.uint64],
        keys: NDArray[np.uint64],
        places: NDArray[np.int32],
        shift: int,
        sums: NDArray[np.float32],
        counts: NDArray[np.int32],
        bits: NDArray[np.uint64],
        before: NDArray[np.int32],
        kept: NDArray[np.int32],
        rows: NDArray[np.uint8],
        none: NDArray[np.float32],
        room: NDArray[np.uint8],
        scores: NDArray[np.float64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, numbers, end, label_keys = borrowed(data), borrowed(numbers), borrowed(end), borrowed(label_keys)
        keys, places, sums, counts = borrowed(keys), borrowed(places), borrowed(sums), borrowed(counts)
        bits, before, kept, rows = borrowed(bits), borrowed(before), borrowed(kept), borrowed(rows)
        none, room = borrowed(none), borrowed(room)
        columns, run, buckets = numbers[COLUMNS], numbers[RUN], np.uint64(numbers[BUCKET])
        size = _BLOCK + run
        own_hashes, own_keys = np.empty(size, np.uint64), np.empty(size, np.uint64)
        own_begins, own_stops = np.empty(size, np.int64), np.empty(size, np.int64)
        own_runs, own_there = np.empty(size, np.uint64), np.empty(size, np.int64)
        own_total, own_pieces = np.zeros(columns, np.float64), np.zeros((1, columns), np.float32)
        own_pending = np.empty(PENDING, np.int64)
        hashes, words, begins, stops = (
            borrowed(own_hashes),
            borrowed(own_keys),
            borrowed(own_begins),
            borrowed(own_stops),
        )
        runs, there = borrowed(own_runs), borrowed(own_there)
        total, pieces, pending = borrowed(own_total), borrowed(own_pieces), borrowed(own_pending)
        for row in range(scores.shape[0]):
            i, stop = offsets[row], offsets[row + 1]
            if lines == LINES:
                i = first_word(data, i, stop)
                stop = last_word(data, i, stop)
            total[:] = 0
            added, carried = 0, 0
            ended = False
            while not ended:
                i, n, ended = _read_words(data, i, stop, lines, carried, hashes, words, begins, stops)
                if ended and end.size > 0:
                    added += 1
                    for d in range(columns):
                        total[d] += end[d]
                _fetch_words(words, carried, n, keys, sums, places, shift)
                left = carried
                for j in range(carried, n):
                    found = _find(words[j], keys, places, shift)
                    if found >= 0:
                        added += counts[found] if counts.size > 0 else 1
                        for d in range(columns):
                            total[d] += sums[found, d]
                    else:
                        label = is_label(data, begins[j], stops[j])
                        for k in range(label_keys.size):
                            label = label or label_keys[k] == words[j]
                        if label:
                            continue
                        if numbers[LONGEST] > 0:
                            pieces[:] = 0
                            length = between_brackets(room, data, begins[j], stops[j])
                            place = 0
                            while place < length:
                                noted, place = note_pieces(
                                    pending, 0, room, place, length, False, numbers, bits, before, kept
                                )
                                add_rows(pieces[0], pending, noted, numbers, rows, none, none, pieces)
                                added += noted
                            for d in range(columns):
                                total[d] += pieces[0, d]
                    hashes[left] = hashes[j]
                    left += 1
                if ended:
                    hashes[left] = hashes[n]
                    left += 1
                # Runs begin where all their words are there.
                starts = left if ended else max(left - (run - 1), 0)
                for j in range(starts):
                    runs[j] = hashes[j]
                for more in range(1, run):
                    whole_runs = min(starts, left - more)
                    for j in range(whole_runs):
                        runs[j] = runs[j] * _RUN_FACTOR + hashes[j + more]
                        there[j] = bucket_row(_rest(runs[j], buckets), numbers, bits, before, kept)
                        fetch_ahead(rows, max(there[j], 0) * columns * 4)
                    for j in range(whole_runs):
                        if there[j] >= 0:
                            added += 1
                            for d in range(columns):
                                total[d] += float_at(rows, (there[j] * columns + d) * 4)
                carried = left - starts
                for j in range(carried):
                    hashes[j] = hashes[starts + j]
            labels = columns + 1
            if added == 0:
                for d in range(labels):
                    scores[row, d] = np.nan
                continue
            most = 0.0
            for d in range(columns):
                total[d] /= added
                most = max(most, total[d])
            whole = math.exp(-most)
            scores[row, 0] = whole
            for d in range(columns):
                scores[row, d + 1] = math.exp(total[d] - most)
                whole += scores[row, d + 1]
            for d in range(labels):
                scores[row, d] /= whole
        hold(own_hashes, own_keys, own_begins, own_stops, own_runs, own_there, own_total, own_pieces, own_pending)

    return score_rows


_score_rows = _make(stamp(characters, compiled, fasttext_rows, folded))


class Scorer:
    """A folded model with what finds its words."""

    def __init__(self, model: Folded) -> None:
        if model.sums.nbytes + model.rows.nbytes <= _MOST_TAKEN:
            model = replace(model, sums=np.array(model.sums), rows=np.array(model.rows))
        self.model = model
        self._places = model.places()
        self._keys = np.append(model.keys, np.zeros(4, np.uint64))

    def scores(self, strings: Strings, lines: int = LINES) -> NDArray[np.float64]:
        """Return the probability of each label for each text, no numbers where nothing of it is known to the model."""
        offsets, data = strings
        model = self.model
        scores = np.empty((len(offsets) - 1, len(model.labels)), np.float64)
        longest = int(np.diff(offsets).max(initial=0)) if model.numbers[LONGEST] > 0 else 0
        _score_rows(
            offsets,
            data,
            lines,
            model.numbers,
            model.end,
            model.label_keys,
            self._keys,
            self._places,
            shift_of(len(model.keys)),
            model.sums,
            model.counts,
            *model.kept,
            model.rows.reshape(-1).view(np.uint8),
            np.empty(0, np.float32),
            np.empty(longest + 2, np.uint8),
            scores,
        )
        return scores
