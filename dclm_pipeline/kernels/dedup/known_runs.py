"""Runs of words of known texts, by their hashes: where each stands, and in which item.

A text with fewer words than a run takes, but enough of them, is one run as a whole. Runs that stand in too many places
tell nothing of any one of them and are left out. Sorted by hash, with a directory over the highest bits; 64 bytes a
word, about. Two runs of one hash are compared word by word when the table is made, and the later is left out where
they differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, compiled, interning
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, kernel, part, stamp
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.kernels.words import folding, ngrams, small_words
from dclm_pipeline.kernels.words.folding import small_letters
from dclm_pipeline.kernels.words.ngrams import roll
from dclm_pipeline.kernels.words.small_words import LETTERS, same_words, small_words_of

HASHES = types.Array(types.uint64, 1, "C", readonly=True)
_HASH, _PLACE, _LENGTH = range(3)
_SAME = void(BYTES, OFFSETS, OFFSETS, LETTERS, OFFSETS, OFFSETS, OFFSETS, types.uint8[::1])
_Roll: TypeAlias = Callable[[NDArray[np.uint64], int, int], int]
_Same: TypeAlias = Callable[
    [
        NDArray[np.uint8],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int32],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.uint8],
    ],
    None,
]


@dataclass(frozen=True)
class KnownRuns:
    """Runs of known texts: run r has `hashes[r]` and stands at the places from `starts[r]` to `starts[r + 1]`.

    A place is a word (of all), of an `item`; `counts` says which of a run's places is the first in its item. `lengths`
    are those that runs have, `totals` how many different runs each item has.
    """

    data: NDArray[np.uint8]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    starts: NDArray[np.int64]
    words: NDArray[np.int64]
    items: NDArray[np.int64]
    counts: NDArray[np.uint8]
    directory: NDArray[np.int64]
    shift: int
    lengths: NDArray[np.int64]
    totals: NDArray[np.int64]


def _make_roll(parts: int) -> _Roll:
    @kernel(types.int64(types.uint64[::1], types.int64, types.int64))
    def roll_hashes(hashes: NDArray[np.uint64], count: int, n: int) -> int:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return 0
        return roll(hashes, count, n)

    return roll_hashes


_roll = _make_roll(stamp(interning, ngrams))


def _make(parts: int) -> _Same:
    @kernel(_SAME)
    def compare_runs(
        data: NDArray[np.uint8],
        begins: NDArray[np.int64],
        ends: NDArray[np.int64],
        letters: NDArray[np.int32],
        first: NDArray[np.int64],
        other: NDArray[np.int64],
        lengths: NDArray[np.int64],
        same: NDArray[np.uint8],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        for k in range(first.size):
            alike = True
            for w in range(lengths[k]):
                one, two = first[k] + w, other[k] + w
                alike &= same_words(data, begins[one], ends[one], data, begins[two], ends[two], letters)
            same[k] = alike

    return compare_runs


_compare_runs = _make(stamp(characters, compiled, folding, ngrams, small_words))


@part
def find_run(hashes: NDArray[np.uint64], directory: NDArray[np.int64], shift: int, value: np.uint64) -> int:
    """Return the number of the run with a hash; -1 where there is none."""
    bucket = np.int64(value >> np.uint64(shift))
    for r in range(directory[bucket], directory[bucket + 1]):
        if hashes[r] == value:
            return int(r)
    return -1


def _runs_of_length(
    hashes: NDArray[np.uint64], rows: NDArray[np.int64], n: int, texts: NDArray[np.bool_]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the hash and the first word of each run of so many words within one of the chosen texts."""
    rolled = hashes.copy()
    count = _roll(rolled, len(rolled), n)
    text = np.repeat(np.arange(len(rows) - 1), np.diff(rows))[:count]
    place = np.arange(count)
    inside = place + n <= rows[1:][text] if count else np.zeros(0, np.bool_)
    wanted = np.flatnonzero(inside & texts[text])
    return rolled[wanted], wanted


def known_runs(strings: Strings, item_of: NDArray[np.int64], n: int, shortest: int, most_places: int) -> KnownRuns:
    """Return the runs of `n` words of texts, each of which belongs to an item; those of an item follow each other."""
    found = small_words_of(strings)
    sizes = np.diff(found.rows)
    own = np.where(sizes >= n, n, np.where(sizes >= shortest, sizes, 0))
    pieces = [(_runs_of_length(found.hashes, found.rows, int(k), own == k), int(k)) for k in np.unique(own[own > 0])]
    hashes = np.concatenate([np.empty(0, np.uint64), *(piece[_HASH] for piece, _ in pieces)])
    words = np.concatenate([np.empty(0, np.int64), *(piece[_PLACE] for piece, _ in pieces)])
    lengths = np.concatenate([np.empty(0, np.int64), *(np.full(len(piece[0]), k, np.int64) for piece, k in pieces)])
    order = np.lexsort((words, hashes))
    hashes, words, lengths = hashes[order], words[order], lengths[order]
    first = _first_places(hashes)
    few = np.bincount(first, minlength=len(first))[first] <= most_places if len(first) else np.zeros(0, np.bool_)
    kept = few & (lengths[first] == lengths)
    others = np.flatnonzero(kept & (first != np.arange(len(first))))
    same = np.empty(len(others), np.uint8)
    one, two = words[first[others]], words[others]
    _compare_runs(strings[1], found.begins, found.ends, small_letters(), one, two, lengths[others], same)
    kept[others[same == 0]] = False
    hashes, words = hashes[kept], words[kept]
    text = np.searchsorted(found.rows, words, side="right") - 1
    items = item_of[text]
    first = _first_places(hashes)
    starts = np.append(np.flatnonzero(first == np.arange(len(first))), len(first))
    counts = np.ones(len(first), np.uint8)
    counts[1:] = (first[1:] != first[:-1]) | (items[1:] != items[:-1])
    bits = max(1, len(starts).bit_length())
    shift = 64 - bits
    unique = hashes[starts[:-1]]
    directory = np.searchsorted(unique >> np.uint64(shift), np.arange(2**bits + 1, dtype=np.uint64)).astype(np.int64)
    return KnownRuns(
        strings[1],
        found.begins,
        found.ends,
        unique,
        starts,
        words,
        items,
        counts,
        directory,
        shift,
        np.unique(own[own > 0]).astype(np.int64),
        np.bincount(items[counts == 1], minlength=int(item_of.max(initial=-1)) + 1).astype(np.int64),
    )


def _first_places(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return for each of sorted hashes the place of the first that is equal."""
    begins = np.ones(len(hashes), np.bool_)
    begins[1:] = hashes[1:] != hashes[:-1]
    places: NDArray[np.int64] = np.flatnonzero(begins)[np.cumsum(begins) - 1]
    return places
