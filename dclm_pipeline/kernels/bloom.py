"""Deduplication by a Bloom filter of runs of tokens: what was seen before, in texts taken one after the other.

What is kept goes into the filter, and so decides about what comes later: the order of texts matters, and only it.
Paragraphs are the stretches from one line feed to the next; each begins with the line feed that parts it from the one
before. Costs 17 bytes a token and 17 a paragraph of the longest text, beside the filter.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import blocked, characters, compiled, interning, ngrams, pieces, segmentation
from dclm_pipeline.kernels.blocked import block_of, fetch_ahead, holds, put
from dclm_pipeline.kernels.characters import character_table
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, borrowed, kernel, part, stamp
from dclm_pipeline.kernels.ngrams import find_tokens, roll, run_hash, stretch_number
from dclm_pipeline.kernels.pieces import next_line_feed
from dclm_pipeline.kernels.segmentation import TABLE
from dclm_pipeline.kernels.strings import Strings

PARAGRAPH, DOCUMENT, BOTH, SUBSTRING, OLD_BOTH = range(5)
# What is told of each text.
RUNS, SEEN, REMOVED, GONE = range(4)
FACTS = 4
_BLOCKS, _PROBES, _LENGTH, _SHORTEST, _MODE, _LEAST = range(6)
_AHEAD = 24  # runs between asking the memory for a line and looking at it

_SWEEP = void(
    OFFSETS,
    BYTES,
    TABLE,
    types.int64[::1],
    types.float64,
    types.uint64[::1],
    types.int32[:, ::1],
    types.uint64[::1],
    types.uint8[::1],
    types.int32[:, ::1],
    types.uint64[::1],
    types.uint8[::1],
    types.uint8[::1],
    types.int64[::1],
    types.int64[:, ::1],
    types.int64[::1],
)
_Words: TypeAlias = NDArray[np.uint64]
_Places: TypeAlias = NDArray[np.int32]
_Marks: TypeAlias = NDArray[np.uint8]
_Numbers: TypeAlias = NDArray[np.int64]
_Sweep: TypeAlias = Callable[
    [
        NDArray[np.int64],
        NDArray[np.uint8],
        NDArray[np.uint16],
        _Numbers,
        float,
        _Words,
        NDArray[np.int32],
        _Words,
        _Marks,
        NDArray[np.int32],
        _Words,
        _Marks,
        NDArray[np.uint8],
        NDArray[np.int64],
        NDArray[np.int64],
        _Numbers,
    ],
    None,
]


@dataclass(frozen=True)
class Rule:
    """How texts are compared: runs of `length` tokens, or all of a unit that has at least `shortest`.

    A unit goes where at least `share` of its runs were seen (more than that in the mode `OLD_BOTH`); in the mode
    `SUBSTRING` stretches of at least `least` tokens go of which that share lies in such runs.
    """

    mode: int
    length: int
    shortest: int
    share: float
    least: int


@dataclass(frozen=True)
class Swept:
    """What is left of each text, and four numbers of each: its runs, those seen, units removed, whether all of it went."""

    texts: Strings
    facts: NDArray[np.int64]
    added: int


@part
def _count_seen(words: _Words, how: _Numbers, hashes: _Words, begin: int, end: int, seen: _Marks) -> int:
    """Look up runs, whose marks say afterwards which were seen; return how many."""
    blocks, probes = how[_BLOCKS], how[_PROBES]
    count = 0
    for k in range(begin, min(begin + _AHEAD, end)):
        fetch_ahead(words, np.intp(block_of(hashes[k], blocks)))
    for k in range(begin, end):
        if k + _AHEAD < end:
            fetch_ahead(words, np.intp(block_of(hashes[k + _AHEAD], blocks)))
        seen[k] = holds(words, blocks, probes, hashes[k])
        count += seen[k]
    return count


@part
def _put_all(words: _Words, how: _Numbers, hashes: _Words, begin: int, end: int) -> int:
    added = 0
    for k in range(begin, end):
        added += put(words, how[_BLOCKS], how[_PROBES], hashes[k])
    return added


@part
def _is_seen(mode: int, seen: int, runs: int, share: float) -> bool:
    """Tell whether so many of the runs of a unit were seen that it goes; one without runs stays."""
    if runs == 0:
        return False
    return seen / runs > share if mode == OLD_BOTH else seen / runs >= share


@part
def _by_paragraph(
    words: _Words,
    how: _Numbers,
    share: float,
    hashes: _Words,
    seen: _Marks,
    parts: _Places,
    count: int,
    wholes: _Words,
    gone: _Marks,
    told: _Numbers,
) -> int:
    """Mark the paragraphs that go, and put what the others hold into the filter, one after the other."""
    length, mode, added = how[_LENGTH], how[_MODE], 0
    for p in range(count):
        begin, end = int(parts[1, p]), int(parts[1, p + 1])
        tokens = end - begin
        known, runs = 0, 0
        if tokens >= length:
            runs = tokens - length + 1
            known = _count_seen(words, how, hashes, begin, begin + runs, seen)
        elif tokens >= how[_SHORTEST]:
            runs = 1
            known = int(holds(words, how[_BLOCKS], how[_PROBES], wholes[p]))
        told[RUNS] += runs
        told[SEEN] += known
        gone[p] = _is_seen(mode, known, runs, share)
        told[REMOVED] += gone[p]
        if gone[p] or runs == 0:
            continue
        if tokens >= length:
            added += _put_all(words, how, hashes, begin, begin + runs)
        else:
            added += put(words, how[_BLOCKS], how[_PROBES], wholes[p])
    return added


@part
def _by_document(
    words: _Words,
    how: _Numbers,
    share: float,
    hashes: _Words,
    tokens: int,
    seen: _Marks,
    parts: _Places,
    count: int,
    wholes: _Words,
    gone: _Marks,
    told: _Numbers,
) -> int:
    """Mark a text that goes; where it stays, put what it holds into the filter, or go through its paragraphs."""
    length = how[_LENGTH]
    runs, known = max(0, tokens - length + 1), 0
    if runs > 0:
        known = _count_seen(words, how, hashes, 0, runs, seen)
    elif tokens >= how[_SHORTEST]:
        runs = 1
        known = int(holds(words, how[_BLOCKS], how[_PROBES], wholes[count]))
    told[RUNS], told[SEEN] = runs, known
    if _is_seen(how[_MODE], known, runs, share):
        told[GONE] = 1
        return 0
    added = 0
    if how[_MODE] == BOTH:
        added += _by_paragraph(words, how, share, hashes, seen, parts, count, wholes, gone, told)
        told[RUNS], told[SEEN] = runs, known
        # Runs that begin in one paragraph and end in another, where all that they touch has stayed.
        last = -1  # of the paragraphs that went, the last that a run may touch
        final, p = 0, 0
        for k in range(tokens - length + 1):
            while k >= parts[1, p + 1]:
                p += 1
            while final < count and k + length > parts[1, final]:
                if gone[final] and parts[1, final + 1] > parts[1, final]:
                    last = final
                final += 1
            if last < p and k + length > parts[1, p + 1]:
                added += put(words, how[_BLOCKS], how[_PROBES], hashes[k])
        if tokens < length and runs == 1 and told[REMOVED] == 0:
            added += put(words, how[_BLOCKS], how[_PROBES], wholes[count])
        return added
    if tokens >= length:
        return added + _put_all(words, how, hashes, 0, runs)
    if runs == 1:
        added += put(words, how[_BLOCKS], how[_PROBES], wholes[count])
    return added


@part
def _by_substring(
    words: _Words,
    how: _Numbers,
    share: float,
    hashes: _Words,
    tokens: int,
    seen: _Marks,
    spans: _Places,
    told: _Numbers,
) -> tuple[int, int]:
    """Write down which stretches of tokens go; return how many, and by how much the filter grew."""
    length, added = how[_LENGTH], 0
    runs = max(0, tokens - length + 1)
    known = _count_seen(words, how, hashes, 0, runs, seen)
    told[RUNS], told[SEEN] = runs, known
    # Spans: begin, end, and how many of the tokens between lie in runs that were seen.
    n = 0
    for k in range(runs):
        if not seen[k]:
            continue
        if n > 0 and k <= spans[1, n - 1]:
            spans[2, n - 1] += k + length - spans[1, n - 1]
            spans[1, n - 1] = k + length
        else:
            spans[0, n], spans[1, n], spans[2, n] = k, k + length, length
            n += 1
    # Joined forward, then backward, as long as enough of what is joined was seen.
    kept = 0
    for s in range(n):
        if kept > 0 and spans[2, kept - 1] + spans[2, s] >= share * (spans[1, s] - spans[0, kept - 1]):
            spans[1, kept - 1] = spans[1, s]
            spans[2, kept - 1] += spans[2, s]
        else:
            spans[0, kept], spans[1, kept], spans[2, kept] = spans[0, s], spans[1, s], spans[2, s]
            kept += 1
    first = kept
    for s in range(kept - 1, -1, -1):
        if first < kept and spans[2, first] + spans[2, s] >= share * (spans[1, first] - spans[0, s]):
            spans[0, first] = spans[0, s]
            spans[2, first] += spans[2, s]
        else:
            first -= 1
            spans[0, first], spans[1, first], spans[2, first] = spans[0, s], spans[1, s], spans[2, s]
    n = 0
    for s in range(first, kept):
        if spans[1, s] - spans[0, s] >= how[_LEAST]:
            spans[0, n], spans[1, n] = spans[0, s], spans[1, s]
            n += 1
    told[REMOVED] = n
    # Runs that lie in what stays, whole.
    following = 0
    k = 0
    while k < runs:
        if following < n and k + length > spans[0, following]:
            k = int(spans[1, following])
            following += 1
            continue
        added += put(words, how[_BLOCKS], how[_PROBES], hashes[k])
        k += 1
    return n, added


@part
def _copy(data: NDArray[np.uint8], i: int, end: int, out: NDArray[np.uint8], n: int) -> int:
    for j in range(i, end):
        out[n + j - i] = data[j]
    return n + max(0, end - i)


def _make(parts_of: int) -> _Sweep:
    @kernel(_SWEEP)
    def sweep(
        offsets: NDArray[np.int64],
        data: NDArray[np.uint8],
        table: NDArray[np.uint16],
        how: NDArray[np.int64],
        share: float,
        words: NDArray[np.uint64],
        tokens: NDArray[np.int32],
        hashes: NDArray[np.uint64],
        seen: NDArray[np.uint8],
        parts: NDArray[np.int32],
        wholes: NDArray[np.uint64],
        gone: NDArray[np.uint8],
        out: NDArray[np.uint8],
        out_offsets: NDArray[np.int64],
        facts: NDArray[np.int64],
        added: NDArray[np.int64],
    ) -> None:
        if parts_of < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, table, words, tokens, hashes = (
            borrowed(data),
            borrowed(table),
            borrowed(words),
            borrowed(tokens),
            borrowed(hashes),
        )
        mode, length, least = how[_MODE], how[_LENGTH], how[_SHORTEST]
        begins, ends = tokens[0], tokens[1]
        n = 0
        out_offsets[0] = 0
        for row in range(offsets.size - 1):
            start, stop = offsets[row], offsets[row + 1]
            told = facts[row]
            count, found, i = 0, 0, start
            while True:
                # The first line feed parts nothing from what is before it: there a paragraph may be empty.
                feed = next_line_feed(data, i + (count > 0), stop)
                parts[0, count], parts[1, count] = i - start, found
                found = find_tokens(data, start, i, feed, table, begins, ends, found)
                gone[count] = 0
                count += 1
                if feed >= stop:
                    break
                i = feed
            parts[0, count], parts[1, count] = stop - start, found
            for k in range(found):
                hashes[k] = stretch_number(data, start + begins[k], start + ends[k])
            if least < length:
                for p in range(count):
                    if least <= parts[1, p + 1] - parts[1, p] < length:
                        wholes[p] = run_hash(hashes, parts[1, p], parts[1, p + 1])
                if found < length:
                    wholes[count] = run_hash(hashes, 0, found)
            roll(hashes, found, length)
            if mode == SUBSTRING:
                cuts, more = _by_substring(words, how, share, hashes, found, seen, parts, told)
                added[0] += more
                place = 0
                for s in range(cuts):
                    first, last = int(parts[0, s]), int(parts[1, s])
                    # What stands behind a stretch goes with it; of the last one, what stands before.
                    until = begins[first] if last < found or first == 0 else ends[first - 1]
                    n = _copy(data, start + place, start + until, out, n)
                    place = begins[last] if last < found else stop - start
                n = _copy(data, start + place, stop, out, n)
                told[GONE] = cuts == 1 and parts[0, 0] == 0 and parts[1, 0] == found
                out_offsets[row + 1] = n
                continue
            if mode in (DOCUMENT, BOTH):
                added[0] += _by_document(words, how, share, hashes, found, seen, parts, count, wholes, gone, told)
            else:
                added[0] += _by_paragraph(words, how, share, hashes, seen, parts, count, wholes, gone, told)
                if mode == OLD_BOTH and _is_seen(mode, told[SEEN], told[RUNS], share):
                    told[GONE] = 1
            left = 0
            if not told[GONE]:
                before = n
                for p in range(count):
                    if gone[p]:
                        continue
                    left += parts[1, p + 1] - parts[1, p]
                    begin = start + parts[0, p]
                    if mode != OLD_BOTH and n == before and p > 0 and gone[0]:
                        begin += 1  # the line feed that parted it from a paragraph that went
                    n = _copy(data, begin, start + parts[0, p + 1], out, n)
                told[GONE] = told[REMOVED] > 0 and left == 0
            out_offsets[row + 1] = n

    return sweep


_sweep = _make(stamp(blocked, characters, compiled, interning, ngrams, pieces, segmentation))


def sweep(strings: Strings, rule: Rule, words: NDArray[np.uint64], probes: int) -> Swept:
    """Take texts through a filter, which changes; texts that went as a whole are empty."""
    offsets, data = strings
    rows = len(offsets) - 1
    longest = int(np.diff(offsets).max(initial=0))
    how = np.array([len(words) // blocked.WORDS, probes, rule.length, rule.shortest, rule.mode, rule.least], np.int64)
    tokens, parts = np.empty((2, longest + 1), np.int32), np.empty((3, longest + 2), np.int32)
    hashes, seen = np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.uint8)
    wholes, gone = np.empty(longest + 2, np.uint64), np.empty(longest + 2, np.uint8)
    out, out_offsets = np.empty(int(offsets[-1] - offsets[0]), np.uint8), np.empty(rows + 1, np.int64)
    facts, added = np.zeros((rows, FACTS), np.int64), np.zeros(1, np.int64)
    _sweep(
        offsets,
        data,
        character_table(),
        how,
        rule.share,
        words,
        tokens,
        hashes,
        seen,
        parts,
        wholes,
        gone,
        out,
        out_offsets,
        facts,
        added,
    )
    return Swept((out_offsets, out[: out_offsets[-1]]), facts, int(added[0]))
