"""The dictionary of a fastText model: its entries where they lie in the file, a table to find them, and their sums.

Knows nothing of the rest of the file. A word's sum is what its own row and those of its pieces add up to; having it
ahead spares most of the work on texts in languages that the model knows.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import compiled
from dclm_pipeline.kernels.compiled import BYTES, borrowed, kernel, stamp
from dclm_pipeline.kernels.fasttext import rows as fasttext_rows
from dclm_pipeline.kernels.fasttext.rows import (
    COLUMNS,
    PENDING,
    WORDS,
    add_rows,
    between_brackets,
    find_word,
    hash_word,
    note_pieces,
)

# Around a word in a file: a NUL behind it, how often it was met, whether it is a word or a label.
LEAST_ENTRY = 10
END_OF_LINE = b"</s>"
# Entries side by side in the table that finds words, half of which is free: nobody who looks for a word passes more. Of
# four million words of any sort 61 were the most; who writes a file can have all of them in one row, as the hash is known.
MOST_PASSED = 256
CROWDED = -(1 << 62)


class Kept(NamedTuple):
    """Which buckets have rows, where most have none: a bit for each, how many bits are set before each 64, and the rows."""

    bits: NDArray[np.uint64]
    before: NDArray[np.int32]
    rows: NDArray[np.int32]

    @staticmethod
    def of(buckets: NDArray[np.int64], rows: NDArray[np.int64], size: int) -> "Kept":
        """Return where the rows of some of so many buckets are, given these buckets, sorted, and the row of each."""
        bits = np.zeros((size >> 6) + 1, np.uint64)
        np.bitwise_or.at(bits, buckets >> 6, np.uint64(1) << (buckets & 63).astype(np.uint64))
        before = np.searchsorted(buckets, np.arange(len(bits)) << 6).astype(np.int32)
        # One more: what a bucket without a row reads is thrown away.
        return Kept(bits, before, np.append(rows, 0).astype(np.int32))

    @staticmethod
    def all() -> "Kept":
        """Return what stands where all buckets have rows, and is not looked at."""
        return Kept(np.zeros(1, np.uint64), np.zeros(1, np.int32), np.zeros(1, np.int32))

    @property
    def buckets(self) -> NDArray[np.int64]:
        """Return the buckets that have rows, in order."""
        return np.flatnonzero(np.unpackbits(self.bits.astype("<u8").view(np.uint8), bitorder="little"))


class Entries(NamedTuple):
    """Where words and labels lie in a file, how often each was met, and whether it is a label; and how to find them."""

    starts: NDArray[np.int64]
    lengths: NDArray[np.int32]
    counts: NDArray[np.int64]
    labels: NDArray[np.bool_]
    hashes: NDArray[np.uint32]
    slots: NDArray[np.int32]


_FIND = types.int64(
    BYTES,
    types.int64,
    types.int64[::1],
    types.int32[::1],
    types.int64[::1],
    types.boolean[::1],
)


@kernel(_FIND)
def _find_entries(
    file: NDArray[np.uint8],
    place: int,
    starts: NDArray[np.int64],
    lengths: NDArray[np.int32],
    counts: NDArray[np.int64],
    labels: NDArray[np.bool_],
) -> int:
    """Return the place behind the last entry, -1 where the file ends before, -2 - i where entry i is of no known sort."""
    for i in range(starts.size):
        starts[i] = place
        while place < file.size and file[place] != 0:
            place += 1
        if place + LEAST_ENTRY > file.size or place - starts[i] > 0x7FFFFFFF:
            return -1
        lengths[i] = place - starts[i]
        count = np.uint64(0)
        for j in range(8):
            count |= np.uint64(file[place + 1 + j]) << np.uint64(8 * j)
        counts[i] = np.int64(count)
        if file[place + 9] > 1:
            return -2 - i
        labels[i] = file[place + 9] == 1
        place += LEAST_ENTRY
    return place


_Index: TypeAlias = Callable[
    [NDArray[np.uint8], NDArray[np.int64], NDArray[np.int32], NDArray[np.uint32], NDArray[np.int32]], bool
]
_Sum: TypeAlias = Callable[..., None]
_FLOATS = types.Array(types.float32, 1, "C", readonly=True)
_INT64 = types.Array(types.int64, 1, "C", readonly=True)
_INT32 = types.Array(types.int32, 1, "C", readonly=True)
BITS = types.Array(types.uint64, 1, "C", readonly=True)


def _make_index(parts: int) -> _Index:
    @kernel(types.boolean(BYTES, types.int64[::1], types.int32[::1], types.uint32[::1], types.int32[::1]))
    def index(
        file: NDArray[np.uint8],
        starts: NDArray[np.int64],
        lengths: NDArray[np.int32],
        hashes: NDArray[np.uint32],
        slots: NDArray[np.int32],
    ) -> bool:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return False
        file, starts, lengths = borrowed(file), borrowed(starts), borrowed(lengths)
        hashes, slots = borrowed(hashes), borrowed(slots)
        mask = slots.size - 1
        for i in range(starts.size):
            stop = starts[i] + lengths[i]
            value = hash_word(file, starts[i], stop)
            hashes[i] = value
            # Of equal entries fastText finds the last.
            known = find_word(file, starts[i], stop, value, file, starts, lengths, hashes, slots)
            slot, passed = value & mask, 0
            while slots[slot] >= 0 and slots[slot] != known:
                slot = (slot + 1) & mask
                passed += 1
            if passed > MOST_PASSED:
                return False
            slots[slot] = i
        # Words that are not there pass whatever stands side by side, though every entry may be where it belongs.
        row = 0
        for slot in range(slots.size + MOST_PASSED + 1):
            row = row + 1 if slots[slot & mask] >= 0 else 0
            if row > MOST_PASSED:
                return False
        return True

    return index


def _make_sum(parts: int) -> _Sum:
    @kernel(
        void(
            *(BYTES, _INT64, _INT32, _INT64),
            *(BITS, _INT32, _INT32, BYTES, _FLOATS, _FLOATS, types.int64),
            *(types.uint8[::1], types.int64[::1], types.float32[:, ::1], types.int32[::1]),
        )
    )
    def sum_words(
        file: NDArray[np.uint8],
        starts: NDArray[np.int64],
        lengths: NDArray[np.int32],
        numbers: NDArray[np.int64],
        bits: NDArray[np.uint64],
        before: NDArray[np.int32],
        kept: NDArray[np.int32],
        rows: NDArray[np.uint8],
        centroids: NDArray[np.float32],
        norms: NDArray[np.float32],
        end_of_line: int,
        room: NDArray[np.uint8],
        pending: NDArray[np.int64],
        sums: NDArray[np.float32],
        counts: NDArray[np.int32],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        file, numbers, kept, rows = borrowed(file), borrowed(numbers), borrowed(kept), borrowed(rows)
        centroids, norms, room, sums = borrowed(centroids), borrowed(norms), borrowed(room), borrowed(sums)
        bits, before, pending = borrowed(bits), borrowed(before), borrowed(pending)
        for word in range(numbers[WORDS]):
            pending[0], noted, added = word, 1, 0
            if word != end_of_line:
                length = between_brackets(room, file, starts[word], starts[word] + lengths[word])
                place = 0
                while place < length:
                    noted, place = note_pieces(pending, noted, room, place, length, False, numbers, bits, before, kept)
                    if place < length:
                        add_rows(sums[word], pending, noted, numbers, rows, centroids, norms, sums)
                        added += noted
                        noted = 0
            add_rows(sums[word], pending, noted, numbers, rows, centroids, norms, sums)
            counts[word] = added + noted

    return sum_words


_index = _make_index(stamp(compiled, fasttext_rows))
_sum_words = _make_sum(stamp(compiled, fasttext_rows))


def find_entries(file: NDArray[np.uint8], place: int, size: int) -> tuple[Entries, int]:
    """Read so many entries; return them and the place behind them.

    Or instead of it what `_find_entries` says of those that are bad, or CROWDED where they can be found by long searches
    alone.
    """
    starts, lengths = np.empty(size, np.int64), np.empty(size, np.int32)
    counts, labels = np.empty(size, np.int64), np.empty(size, np.bool_)
    hashes = np.empty(size, np.uint32)
    slots = np.full(1 << (2 * size + 1).bit_length(), -1, np.int32)
    behind = _find_entries(file, place, starts, lengths, counts, labels)
    if behind >= 0 and not _index(file, starts, lengths, hashes, slots):
        behind = CROWDED
    return Entries(starts, lengths, counts, labels, hashes, slots), behind


def sum_words(
    file: NDArray[np.uint8],
    entries: Entries,
    numbers: NDArray[np.int64],
    kept: Kept,
    rows: NDArray[np.uint8],
    centroids: NDArray[np.float32],
    norms: NDArray[np.float32],
    end_of_line: int,
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return what the rows of each known word add up to, and how many they are."""
    words = int(numbers[WORDS])
    sums = np.zeros((words, numbers[COLUMNS]), np.float32)
    counts = np.zeros(words, np.int32)
    room = np.empty(int(entries.lengths.max(initial=0)) + 2, np.uint8)
    _sum_words(
        file,
        entries.starts,
        entries.lengths,
        numbers,
        *kept,
        rows,
        centroids,
        norms,
        end_of_line,
        room,
        np.empty(PENDING, np.int64),
        sums,
        counts,
    )
    return sums, counts
