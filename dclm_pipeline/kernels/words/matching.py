"""Where terms of a list stand in texts: which, how many different ones, and at which bytes.

Finds what `re.finditer` finds for the escaped terms, longest first: from left to right the longest term that begins at a
character, then on behind it. With `ignore_case` as `re.IGNORECASE` has it; as whole words between `\\b`, that is where one
side is a letter, digit or underscore of any script and the other is not.

A text is read once, backwards, whatever is in it; the time grows with its length, and with the matches at one place only
as far as terms begin with one another. Holds the matches of one row at a time, and a ring as long as the longest term.
Known gap: terms are compared by code points; accents written apart are not those written together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import folded_codes, word_codes
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, Integer, borrowed, copy_row, kernel, part, stamp
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.kernels.words import automaton as automata
from dclm_pipeline.kernels.words.automaton import (
    EMPTY,
    INTS,
    LONGS,
    MULTIPLIER,
    Automaton,
    Ints,
    Longs,
    build_automaton,
)

_Bytes = NDArray[np.uint8]
_Stack = NDArray[np.int64]

_START, _END, _TERM = range(3)
# Symbols, rows, keys, targets, back, term, found, lengths, codes, whole words: an automaton as kernels see it.
_TABLES = types.Tuple((types.int64, types.int64, INTS, LONGS, INTS, INTS, INTS, INTS, INTS, INTS, types.boolean))
_Tables = tuple[int, int, Ints, Longs, Ints, Ints, Ints, Ints, Ints, Ints, bool]
_Count: TypeAlias = Callable[[NDArray[np.int64], _Bytes, _Tables, _Stack, NDArray[np.int64]], None]
_Find: TypeAlias = Callable[[NDArray[np.int64], _Bytes, _Tables, _Stack, Longs, NDArray[np.int64]], None]


@dataclass(frozen=True)
class Matcher:
    """A list of terms that can be looked for; `terms` are the different ones, by which matches name them."""

    terms: tuple[str, ...]
    tables: _Tables


@dataclass(frozen=True)
class Matches:
    """What stands where: the matches of row r are those from `offsets[r]` to `offsets[r + 1]`, from left to right.

    `starts` and `ends` are bytes, counted from the beginning of the row; `terms` are places in the matcher's terms.
    """

    offsets: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    terms: NDArray[np.int64]


@dataclass(frozen=True)
class TermCounts:
    """How much was found, one number a row: matches, different terms, and the leftmost term (-1: none)."""

    matches: NDArray[np.int64]
    different: NDArray[np.int64]
    first: NDArray[np.int64]


def make_matcher(terms: Sequence[str], *, ignore_case: bool, whole_words: bool) -> Matcher:
    """Return what finds these terms; of those that differ in case alone, where that is ignored, the first stands for all."""
    folded = folded_codes() if ignore_case else np.arange(len(folded_codes()), dtype=np.int32)
    by_codes: dict[tuple[int, ...], str] = {}
    for term in terms:
        if not term:
            raise ValueError("an empty term would be found everywhere; leave it out")
        by_codes.setdefault(tuple(int(folded[ord(character)]) for character in reversed(term)), term)
    alphabet = sorted({code for codes in by_codes for code in codes})
    symbol_of = {code: symbol for symbol, code in enumerate(alphabet, 1)}
    symbols = np.zeros(len(folded), np.int32)
    symbols[alphabet] = np.arange(1, len(alphabet) + 1)
    # One look-up a character tells its symbol and, in the lowest bit, whether words are made of it.
    codes = symbols[folded] << 1 | word_codes()
    ordered = sorted(by_codes)
    automaton = build_automaton([[symbol_of[code] for code in term] for term in ordered], len(alphabet) + 1)
    lengths = np.array([len(term) for term in ordered], np.int32)
    return Matcher(tuple(map(by_codes.__getitem__, ordered)), _tables(automaton, lengths, codes, whole_words))


def _tables(automaton: Automaton, lengths: Ints, codes: Ints, whole_words: bool) -> _Tables:
    return (
        automaton.symbols,
        automaton.dense,
        automaton.rows,
        automaton.keys,
        automaton.targets,
        automaton.back,
        automaton.term,
        automaton.found,
        lengths,
        codes,
        whole_words,
    )


@part
def _symbol_before(data: _Bytes, i: Integer, start: Integer, codes: Ints) -> tuple[Integer, Integer]:
    """Return where the character before a place begins, and its symbol."""
    i -= 1
    code = np.int64(data[np.uintp(i)])
    if code < 0x80:
        return i, codes[np.uintp(code)]
    code &= 0x3F
    shift = 6
    while i > start and shift < 24 and data[i] & 0xC0 == 0x80:
        i -= 1
        code |= (np.int64(data[i]) & 0x3F) << shift
        shift += 6
    # The leading byte has brought its mark along, as far as six bits of it.
    code &= (1 << (5 * (shift // 6) + 1)) - 1
    return i, codes[code] if code < codes.size else 0


@part
def _next_state(
    state: Integer,
    symbol: Integer,
    symbols: Integer,
    dense: Integer,
    rows: Ints,
    keys: Longs,
    targets: Ints,
    back: Ints,
) -> Integer:
    mask = keys.size - 1
    while state >= dense:
        key = state * symbols + symbol
        place = np.int64((np.uint64(key) * np.uint64(MULTIPLIER)) >> np.uint64(32)) & mask
        while keys[place] != EMPTY:
            if keys[place] == key:
                return np.int64(targets[place])
            place = (place + 1) & mask
        state = np.int64(back[state])
    return np.int64(rows[np.uintp(state * symbols + symbol)])


@part
def _match_row(
    data: _Bytes, start: Integer, stop: Integer, tables: _Tables, ring: _Stack, stack: _Stack
) -> tuple[Integer, _Stack]:
    """Put the longest match at each place of a row on a stack, those to the right first; return how many there are."""
    symbols, dense, rows, keys, targets, back, term, found, lengths, codes, whole_words = tables
    # Without this four fifths of the time go into counting references.
    data, codes, rows, keys, targets, back = (
        borrowed(data),
        borrowed(codes),
        borrowed(rows),
        borrowed(keys),
        borrowed(targets),
        borrowed(back),
    )
    found, ring = borrowed(found), borrowed(ring)
    state: Integer = np.int64(0)
    top, i, read = np.int64(0), stop, np.int64(0)
    mask = ring.size - 1
    # The ring holds the ends of the last characters read, and whether a boundary of words is there.
    word_behind = np.int64(0)
    while i > start:
        end = i
        i, symbol = _symbol_before(data, i, start, codes)
        word = np.int64(symbol) & 1
        ring[np.uintp(read & mask)] = end << 1 | (word != word_behind)
        word_behind = word
        read += 1
        state = _next_state(state, np.int64(symbol) >> 1, symbols, dense, rows, keys, targets, back)
        here = np.int64(found[np.uintp(state)])
        if here == 0:
            continue
        if whole_words:
            before = np.int64(0)
            if i > start:
                before = np.int64(_symbol_before(data, i, start, codes)[1] & 1)
            if before == word:
                continue
            while here and not ring[(read - lengths[term[here]]) & mask] & 1:
                here = np.int64(found[back[here]])
            if here == 0:
                continue
        if top == stack.shape[0]:
            larger = np.empty((2 * top, 3), np.int64)
            for k in range(top):
                copy_row(stack, k, larger, k)
            stack = larger
        stack[top, _START] = i - start
        stack[top, _END] = (ring[(read - lengths[term[here]]) & mask] >> 1) - start
        stack[top, _TERM] = term[here]
        top += 1
    return top, stack


def _make_count(parts: int) -> _Count:
    @kernel(void(OFFSETS, BYTES, _TABLES, types.int64[::1], types.int64[:, ::1]))
    def count_rows(
        offsets: NDArray[np.int64], data: _Bytes, tables: _Tables, ring: _Stack, counts: NDArray[np.int64]
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        stack = np.empty((64, 3), np.int64)
        seen = np.full(tables[8].size, -1, np.int64)
        for row in range(counts.shape[0]):
            top, stack = _match_row(data, offsets[row], offsets[row + 1], tables, ring, stack)
            matches, different, first, end = 0, 0, -1, 0
            for place in range(top - 1, -1, -1):
                if stack[place, _START] < end:
                    continue
                end, term = stack[place, _END], stack[place, _TERM]
                if matches == 0:
                    first = term
                matches += 1
                different += seen[term] != row
                seen[term] = row
            counts[row, 0] = matches
            counts[row, 1] = different
            counts[row, 2] = first

    return count_rows


def _make_find(parts: int) -> _Find:
    @kernel(void(OFFSETS, BYTES, _TABLES, types.int64[::1], LONGS, types.int64[:, ::1]))
    def find_rows(
        offsets: NDArray[np.int64],
        data: _Bytes,
        tables: _Tables,
        ring: _Stack,
        begins: Longs,
        matches: NDArray[np.int64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        stack = np.empty((64, 3), np.int64)
        for row in range(begins.size - 1):
            if begins[row] == begins[row + 1]:
                continue
            top, stack = _match_row(data, offsets[row], offsets[row + 1], tables, ring, stack)
            here, end = begins[row], 0
            for place in range(top - 1, -1, -1):
                if stack[place, _START] >= end:
                    end = stack[place, _END]
                    copy_row(stack, place, matches, here)
                    here += 1

    return find_rows


_count_rows = _make_count(stamp(automata))
_find_rows = _make_find(stamp(automata))


def _ring(matcher: Matcher) -> NDArray[np.int64]:
    longest = int(matcher.tables[8].max(initial=1))
    return np.zeros(1 << longest.bit_length(), np.int64)


def count_terms(matcher: Matcher, strings: Strings) -> TermCounts:
    """Count the matches and the different terms in each row."""
    offsets, data = strings
    counts = np.empty((len(offsets) - 1, 3), np.int64)
    _count_rows(offsets, data, matcher.tables, _ring(matcher), counts)
    return TermCounts(*counts.T)


def find_terms(matcher: Matcher, strings: Strings) -> Matches:
    """Return every match of each row; costs a second look at the rows that have one."""
    offsets, data = strings
    begins = np.zeros(len(offsets), np.int64)
    np.cumsum(count_terms(matcher, strings).matches, out=begins[1:])
    matches = np.empty((int(begins[-1]), 3), np.int64)
    _find_rows(offsets, data, matcher.tables, _ring(matcher), begins, matches)
    return Matches(begins, *matches.T)
