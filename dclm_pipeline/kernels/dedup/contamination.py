"""What of known texts stands in a document: shared runs of words, the share of an item, the longest stretch in common.

A run is looked up by its hash and then compared word by word. The longest stretch is followed from run to run: each
place of a known text remembers where in the document it was met last. Time is linear in the document's words times the
places that a run may have; memory is 40 bytes a word of the longest document.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, compiled, interning
from dclm_pipeline.kernels.characters import character_table
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, borrowed, kernel, part, stamp
from dclm_pipeline.kernels.dedup import known_runs
from dclm_pipeline.kernels.dedup.known_runs import HASHES, KnownRuns, find_run
from dclm_pipeline.kernels.interning import mixed, slots_for, table_size
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.kernels.words import folding, ngrams, segmentation, small_words
from dclm_pipeline.kernels.words.folding import small_letters
from dclm_pipeline.kernels.words.ngrams import roll
from dclm_pipeline.kernels.words.segmentation import TABLE, find_words, most_words
from dclm_pipeline.kernels.words.small_words import LETTERS, same_words, small_hash

COLLISION, OVERLAP, JACCARD = range(3)
# What is told of each document: the worst item (-1: none), its longest stretch, how many items are in it.
ITEM, STRETCH, ITEMS = range(3)
FACTS = 3
_METHOD, _LONGEST, _CUT, _AROUND, _LENGTH = range(5)
_COUNT, _RUN, _STAMP, _BAD = range(4)
_ONE = np.uint64(1)
_I64 = types.int64[::1]
_FIND = void(
    OFFSETS, BYTES, TABLE, LETTERS, _I64, types.float64,
    BYTES, OFFSETS, OFFSETS, HASHES, OFFSETS, OFFSETS, OFFSETS, BYTES, OFFSETS, types.int64, OFFSETS, OFFSETS,
    types.int64[:, ::1], types.int64[:, ::1], _I64, _I64, _I64,
    types.int64[:, ::1], types.uint64[::1], types.uint64[::1], types.uint64[::1], types.int32[::1],
    types.int64[:, ::1], types.float64[::1], types.uint8[::1], _I64,
)  # fmt: skip
_Find: TypeAlias = Callable[..., None]
_Numbers: TypeAlias = NDArray[np.int64]
_Bytes: TypeAlias = NDArray[np.uint8]
_Hashes: TypeAlias = NDArray[np.uint64]


@dataclass(frozen=True)
class Rule:
    """When an item is in a document, and what is cut out then.

    By `COLLISION`: one run is. By `OVERLAP`: so much of its runs are, or a stretch of so many words. By `JACCARD`: of
    all runs of either so much is in both. `cut` takes out the runs shared with such items, and so many words `around`.
    """

    method: int
    share: float
    longest: int
    cut: bool
    around: int


@dataclass(frozen=True)
class Contamination:
    """What is told of each document, the share of its worst item, and what is left of its text where it was cut."""

    facts: NDArray[np.int64]
    shares: NDArray[np.float64]
    texts: Strings


class Searcher:
    """Known runs, and what is remembered of where they were met last."""

    def __init__(self, known: KnownRuns) -> None:
        self._known = known
        self._of_items = np.zeros((4, len(known.totals)), np.int64)
        self._of_words = np.full((2, len(known.begins) + 1), -1, np.int64)
        self._of_runs = np.full(len(known.hashes), -1, np.int64)
        self._met = np.empty(len(known.totals), np.int64)
        # The document's number, and the place of its first word among all that were looked at.
        self._clock = np.array([1, 1], np.int64)

    def search(self, strings: Strings, rule: Rule, length: int) -> Contamination:
        """Look for known runs in each text."""
        offsets, data = strings
        rows = len(offsets) - 1
        longest = int(np.diff(offsets).max(initial=0))
        most = most_words(longest) + 2
        how = np.array([rule.method, rule.longest, rule.cut, rule.around, length], np.int64)
        slots = np.empty(slots_for(most) if rule.method == JACCARD else 1, np.uint64)
        facts, shares = np.zeros((rows, FACTS), np.int64), np.zeros(rows, np.float64)
        out = np.empty(int(offsets[-1] - offsets[0]) if rule.cut else 1, np.uint8)
        out_offsets = np.zeros(rows + 1, np.int64)
        known = self._known
        _find(
            offsets, data, character_table(), small_letters(), how, rule.share,
            known.data, known.begins, known.ends, known.hashes, known.starts, known.words, known.items, known.counts,
            known.directory, known.shift, known.lengths, known.totals,
            self._of_items, self._of_words, self._of_runs, self._met, self._clock,
            np.empty((3, most), np.int64), np.empty(most, np.uint64), np.empty(most, np.uint64), slots,
            np.empty(most + 1, np.int32), facts, shares, out, out_offsets,
        )  # fmt: skip
        return Contamination(facts, shares, (out_offsets, out[: out_offsets[-1]]))


@part
def _is_known(
    data: NDArray[np.uint8],
    spans: _Numbers,
    i: int,
    length: int,
    known: NDArray[np.uint8],
    begins: _Numbers,
    ends: _Numbers,
    word: int,
    letters: NDArray[np.int32],
    sure: int,
) -> bool:
    """Tell whether a run is a known one, word by word; of the first `sure` words it is known that they are."""
    for w in range(sure, length):
        one, two = i + w, word + w
        if not same_words(data, spans[0, one], spans[1, one], known, begins[two], ends[two], letters):
            return False
    return True


@part
def _count_different(hashes: NDArray[np.uint64], count: int, slots: NDArray[np.uint64]) -> int:
    """Return how many different hashes there are."""
    size = table_size(count)
    slots[:size] = 0
    last = np.uint64(size - 1)
    n = 0
    for k in range(count):
        value = hashes[k] | _ONE
        slot = mixed(value) & last
        while slots[slot] != np.uint64(0) and slots[slot] != value:
            slot = (slot + _ONE) & last
        n += slots[slot] == np.uint64(0)
        slots[slot] = value
    return n


def _make(parts: int) -> _Find:
    @kernel(_FIND)
    def find(
        offsets: _Numbers,
        data: _Bytes,
        table: NDArray[np.uint16],
        letters: NDArray[np.int32],
        how: _Numbers,
        share: float,
        known: _Bytes,
        begins: _Numbers,
        ends: _Numbers,
        hashes: _Hashes,
        starts: _Numbers,
        words: _Numbers,
        items: _Numbers,
        counts: _Bytes,
        directory: _Numbers,
        shift: int,
        lengths: _Numbers,
        totals: _Numbers,
        of_items: _Numbers,
        of_words: _Numbers,
        of_runs: _Numbers,
        met: _Numbers,
        clock: _Numbers,
        spans: _Numbers,
        own: _Hashes,
        runs: _Hashes,
        slots: _Hashes,
        cover: NDArray[np.int32],
        facts: _Numbers,
        shares: NDArray[np.float64],
        out: _Bytes,
        out_offsets: _Numbers,
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, table, letters, known = borrowed(data), borrowed(table), borrowed(letters), borrowed(known)
        spans, own, runs = borrowed(spans), borrowed(own), borrowed(runs)
        method = how[_METHOD]
        n = 0
        for row in range(offsets.size - 1):
            start, stop = offsets[row], offsets[row + 1]
            count = find_words(data, start, stop, table, spans[0], spans[1], spans[2])
            for k in range(count):
                own[k] = small_hash(data, spans[0, k], spans[1, k], letters)
            facts[row, ITEM] = -1
            document, base = clock[0], clock[1]
            clock[0] += 1
            clock[1] += count + 1
            touched = 0
            different = 0
            # The second time round, what is shared with items that are in the document is marked.
            for pass_ in range(2):
                for which in range(lengths.size):
                    length = lengths[which]
                    for k in range(count):
                        runs[k] = own[k]
                    amount = roll(runs, count, length)
                    if method == JACCARD and pass_ == 0 and length == how[_LENGTH]:
                        different = _count_different(runs, amount, slots)
                    for i in range(amount):
                        run = find_run(hashes, directory, shift, runs[i])
                        if run < 0:
                            continue
                        place = words[starts[run]]
                        # Where the run before stood just before this one, all words but the last were compared.
                        sure = length - 1 if place > 0 and of_words[0, place - 1] == base + i - 1 else 0
                        if not _is_known(data, spans, i, length, known, begins, ends, place, letters, sure):
                            continue
                        if pass_ == 1:
                            for p in range(starts[run], starts[run + 1]):
                                if of_items[_BAD, items[p]] == document:
                                    cover[max(0, i - how[_AROUND])] += 1
                                    cover[min(count, i + length + how[_AROUND])] -= 1
                                    break
                            for p in range(starts[run + 1] - 1, starts[run] - 1, -1):
                                of_words[0, words[p]] = base + i
                            continue
                        fresh = of_runs[run] != document
                        of_runs[run] = document
                        for p in range(starts[run + 1] - 1, starts[run] - 1, -1):
                            word, item = words[p], items[p]
                            stretch = length
                            if word > 0 and of_words[0, word - 1] == base + i - 1:
                                stretch = of_words[1, word - 1] + 1
                            of_words[0, word], of_words[1, word] = base + i, stretch
                            if of_items[_STAMP, item] != document:
                                of_items[_STAMP, item] = document
                                of_items[_COUNT, item], of_items[_RUN, item] = 0, 0
                                met[touched] = item
                                touched += 1
                            of_items[_RUN, item] = max(of_items[_RUN, item], stretch)
                            if fresh:
                                of_items[_COUNT, item] += counts[p]
                if pass_ == 1 or touched == 0:
                    break
                best, worst, found = -1.0, False, 0
                for t in range(touched):
                    item = met[t]
                    shared, stretch = of_items[_COUNT, item], of_items[_RUN, item]
                    part_of = shared / totals[item]
                    if method == JACCARD:
                        part_of = shared / max(different + totals[item] - shared, 1)
                    bad = method == COLLISION or part_of >= share or (method == OVERLAP and stretch >= how[_LONGEST])
                    if bad:
                        of_items[_BAD, item] = document
                        found += 1
                    chosen = facts[row, ITEM]
                    better = bad and not worst
                    if bad == worst:
                        better = part_of > best or (
                            part_of == best
                            and (stretch > facts[row, STRETCH] or (stretch == facts[row, STRETCH] and item < chosen))
                        )
                    if better:
                        best, worst = part_of, bad
                        facts[row, ITEM], facts[row, STRETCH] = item, stretch
                facts[row, ITEMS] = found
                shares[row] = best
                if found == 0 or not how[_CUT]:
                    break
                cover[: count + 1] = 0
                # What the first time round remembers of its last words must not be taken for the second's.
                base = clock[1]
                clock[1] += count + 1
            if how[_CUT]:
                place, depth, within = start, 0, False
                if facts[row, ITEMS] > 0:
                    for k in range(count):
                        depth += cover[k]
                        if depth > 0 and not within:
                            until = spans[0, k]
                            for j in range(place, until):
                                out[n + j - place] = data[j]
                            n += until - place
                        elif depth == 0 and within:
                            place = spans[0, k]
                        within = depth > 0
                    if within:
                        place = stop
                for j in range(place, stop):
                    out[n + j - place] = data[j]
                n += stop - place
                out_offsets[row + 1] = n

    return find


_find = _make(stamp(characters, compiled, folding, interning, known_runs, ngrams, segmentation, small_words))
