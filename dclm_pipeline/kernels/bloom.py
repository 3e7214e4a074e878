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

from dclm_pipeline.kernels import (
    blocked,
    characters,
    compiled,
    copying,
    interning,
    ngrams,
    pieces,
    segmentation,
    verdicts,
)
from dclm_pipeline.kernels.characters import character_table
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, borrowed, kernel, stamp
from dclm_pipeline.kernels.copying import copy_bytes
from dclm_pipeline.kernels.ngrams import find_tokens, roll, run_hash, stretch_number
from dclm_pipeline.kernels.pieces import next_line_feed
from dclm_pipeline.kernels.segmentation import TABLE
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.kernels.verdicts import (
    AT_LENGTH,
    AT_MODE,
    AT_SHORTEST,
    BOTH,
    DOCUMENT,
    FACTS,
    GONE,
    OLD_BOTH,
    REMOVED,
    RUNS,
    SEEN,
    SUBSTRING,
    Marks,
    Numbers,
    Words,
    by_document,
    by_paragraph,
    by_substring,
    is_seen,
)

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
_Sweep: TypeAlias = Callable[
    [
        NDArray[np.int64],
        NDArray[np.uint8],
        NDArray[np.uint16],
        Numbers,
        float,
        Words,
        NDArray[np.int32],
        Words,
        Marks,
        NDArray[np.int32],
        Words,
        Marks,
        NDArray[np.uint8],
        NDArray[np.int64],
        NDArray[np.int64],
        Numbers,
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
        mode, length, least = how[AT_MODE], how[AT_LENGTH], how[AT_SHORTEST]
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
                cuts, more = by_substring(words, how, share, hashes, found, seen, parts, told)
                added[0] += more
                place = 0
                for s in range(cuts):
                    first, last = int(parts[0, s]), int(parts[1, s])
                    # What stands behind a stretch goes with it; of the last one, what stands before.
                    until = begins[first] if last < found or first == 0 else ends[first - 1]
                    n = copy_bytes(data, start + place, start + until, out, n)
                    place = begins[last] if last < found else stop - start
                n = copy_bytes(data, start + place, stop, out, n)
                told[GONE] = cuts == 1 and parts[0, 0] == 0 and parts[1, 0] == found
                out_offsets[row + 1] = n
                continue
            if mode in (DOCUMENT, BOTH):
                added[0] += by_document(words, how, share, hashes, found, seen, parts, count, wholes, gone, told)
            else:
                added[0] += by_paragraph(words, how, share, hashes, seen, parts, count, wholes, gone, told)
                if mode == OLD_BOTH and is_seen(mode, told[SEEN], told[RUNS], share):
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
                    n = copy_bytes(data, begin, start + parts[0, p + 1], out, n)
                told[GONE] = told[REMOVED] > 0 and left == 0
            out_offsets[row + 1] = n

    return sweep


_sweep = _make(stamp(blocked, characters, compiled, copying, interning, ngrams, pieces, segmentation, verdicts))


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
