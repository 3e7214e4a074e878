"""Words regardless of case, as 64-bit hashes and compared letter by letter: parts of kernels, and a batch at once.

Words are those of UAX #29 that begin with a letter or digit. Case is dropped letter by letter, as `folding` says.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, interning
from dclm_pipeline.kernels.characters import character_at, character_table
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, borrowed, kernel, part, stamp
from dclm_pipeline.kernels.interning import mixed
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.kernels.words import folding, segmentation
from dclm_pipeline.kernels.words.folding import folded, small_letters
from dclm_pipeline.kernels.words.segmentation import TABLE, find_words, most_words

LETTERS = types.Array(types.int32, 1, "C", readonly=True)
_FIND = void(
    OFFSETS,
    BYTES,
    TABLE,
    LETTERS,
    types.int64[::1],
    types.int64[::1],
    types.int64[::1],
    types.int64[::1],
    types.uint64[::1],
)
_Find: TypeAlias = Callable[
    [
        NDArray[np.int64],
        NDArray[np.uint8],
        NDArray[np.uint16],
        NDArray[np.int32],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.uint64],
    ],
    None,
]
_PRIME = np.uint64(0x100000001B3)


@part
def small_hash(data: NDArray[np.uint8], i: int, end: int, letters: NDArray[np.int32]) -> np.uint64:
    """Return the hash of a word; words that differ in case alone have the same."""
    value = np.uint64(0)
    while i < end:
        code = int(data[np.uintp(i)])
        if code < 0x80:
            i += 1
        else:
            code, i = character_at(data, i, end)
        value = (value ^ np.uint64(folded(code, letters))) * _PRIME
        value ^= value >> np.uint64(29)
    return mixed(value)


@part
def same_words(
    data: NDArray[np.uint8],
    i: int,
    end: int,
    other: NDArray[np.uint8],
    j: int,
    other_end: int,
    letters: NDArray[np.int32],
) -> bool:
    """Tell whether two words are the same but for their case."""
    while i < end and j < other_end:
        code, i = character_at(data, i, end)
        other_code, j = character_at(other, j, other_end)
        if folded(code, letters) != folded(other_code, letters):
            return False
    return i >= end and j >= other_end


@dataclass(frozen=True)
class SmallWords:
    """The words of a batch, those of row i from `rows[i]` to `rows[i + 1]`: where they lie, and their hashes."""

    rows: NDArray[np.int64]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    hashes: NDArray[np.uint64]


def _make(parts: int) -> _Find:
    @kernel(_FIND)
    def find_small_words(
        offsets: NDArray[np.int64],
        data: NDArray[np.uint8],
        table: NDArray[np.uint16],
        letters: NDArray[np.int32],
        rows: NDArray[np.int64],
        begins: NDArray[np.int64],
        ends: NDArray[np.int64],
        lengths: NDArray[np.int64],
        hashes: NDArray[np.uint64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, table, letters = borrowed(data), borrowed(table), borrowed(letters)
        n = 0
        for row in range(offsets.size - 1):
            rows[row] = n
            found = find_words(data, offsets[row], offsets[row + 1], table, begins[n:], ends[n:], lengths[n:])
            for k in range(n, n + found):
                hashes[k] = small_hash(data, begins[k], ends[k], letters)
            n += found
        rows[offsets.size - 1] = n

    return find_small_words


_find_small_words = _make(stamp(characters, folding, interning, segmentation))


def small_words_of(strings: Strings) -> SmallWords:
    """Find the words of each row; takes 32 bytes a word, for which there must be room."""
    offsets, data = strings
    rows = np.empty(len(offsets), np.int64)
    most = most_words(int(offsets[-1] - offsets[0])) + len(offsets)
    begins, ends, lengths = (np.empty(most, np.int64) for _ in range(3))
    hashes = np.empty(most, np.uint64)
    _find_small_words(offsets, data, character_table(), small_letters(), rows, begins, ends, lengths, hashes)
    n = rows[-1]
    return SmallWords(rows, begins[:n].copy(), ends[:n].copy(), hashes[:n].copy())
