"""Laying pieces of documents into rows of one length: each into the fullest row that it fits into.

A window of rows stays open. A piece takes the open row whose room is the least that holds it; where there is none, a row
is opened, in place of the fullest one where the window is full. A piece as long as a row is a row. One look at a row's
room is one step for 64 lengths, so a piece costs the same however many rows are open.

Which piece goes where depends on the order of the pieces alone, never on the batches in which they come.
"""

from dataclasses import dataclass, replace

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import BYTES, copied, kernel, part

_BITS = types.Array(types.uint64, 1, "C")
_WIDE = types.Array(types.uint8, 2, "C")
_NUMBERS = types.Array(types.int64, 1, "C")
_READ = types.Array(types.int64, 1, "C", readonly=True)
_NONE = -1

# The places of numbers that last from call to call.
_FREE, _OPENED = 0, 1
# Of room for the rows that pieces may close, two for each piece. Who limits memory counts it, used or not.
_ROOM_BYTES = 32 * 2**20


@part
def _least_room(bits: NDArray[np.uint64], least: int) -> int:
    """Return the least room, from `least` on, that an open row has; -1 where none has it."""
    word = least >> 6
    found = bits[word] >> np.uint64(least & 63) << np.uint64(least & 63)
    while found == np.uint64(0):
        word += 1
        if word >= bits.size:
            return _NONE
        found = bits[word]
    place = word << 6
    while found & np.uint64(1) == np.uint64(0):
        found >>= np.uint64(1)
        place += 1
    return place


@part
def _taken(heads: NDArray[np.int64], following: NDArray[np.int64], bits: NDArray[np.uint64], room: int) -> int:
    """Take the row that was last put among those of a room, and return its slot."""
    slot = heads[room]
    heads[room] = following[slot]
    if heads[room] == _NONE:
        bits[room >> 6] &= ~(np.uint64(1) << np.uint64(room & 63))
    return int(slot)


@part
def _put(
    heads: NDArray[np.int64], following: NDArray[np.int64], bits: NDArray[np.uint64], room: int, slot: int
) -> None:
    """Put a row among those of a room."""
    following[slot] = heads[room]
    heads[room] = slot
    bits[room >> 6] |= np.uint64(1) << np.uint64(room & 63)


@part
def _close(out: NDArray[np.uint8], place: int, row: NDArray[np.uint8], used: int, pad: NDArray[np.uint8]) -> None:
    """Copy a row to where closed rows lie, padding behind what it holds."""
    copied(row, 0, used, out[place], 0)
    for i in range(used, row.size):
        out[place, i] = pad[i % pad.size]


@kernel(
    types.int64(_READ, _READ, BYTES, _WIDE, BYTES, _NUMBERS, _NUMBERS, _BITS, *[_NUMBERS] * 4, _WIDE, *[_NUMBERS] * 3)
)
def _lay(
    sizes: NDArray[np.int64],
    begins: NDArray[np.int64],
    data: NDArray[np.uint8],
    held: NDArray[np.uint8],
    pad: NDArray[np.uint8],
    heads: NDArray[np.int64],
    following: NDArray[np.int64],
    bits: NDArray[np.uint64],
    slots: NDArray[np.int64],
    serials: NDArray[np.int64],
    rooms: NDArray[np.int64],
    numbers: NDArray[np.int64],
    out: NDArray[np.uint8],
    rows: NDArray[np.int64],
    starts: NDArray[np.int64],
    closed: NDArray[np.int64],
) -> int:
    """Give each piece its row and its place there; return how many rows were closed: in `out`, and told in `closed`."""
    length = heads.size - 1
    width = held.shape[1] // length
    count = 0
    for piece in range(sizes.size):
        size = sizes[piece]
        begin = begins[piece]
        if size == length:
            rows[piece] = numbers[_OPENED]
            starts[piece] = 0
            copied(data, begin, begin + size * width, out[count], 0)
            closed[count] = numbers[_OPENED]
            numbers[_OPENED] += 1
            count += 1
            continue
        room = _least_room(bits, size)
        if room >= 0:
            slot = _taken(heads, following, bits, room)
        else:
            if numbers[_FREE] == 0:
                fullest = _taken(heads, following, bits, _least_room(bits, 1))
                _close(out, count, held[fullest], (length - rooms[fullest]) * width, pad)
                closed[count] = serials[fullest]
                count += 1
                slots[0] = fullest
                numbers[_FREE] = 1
            numbers[_FREE] -= 1
            slot = slots[numbers[_FREE]]
            serials[slot] = numbers[_OPENED]
            numbers[_OPENED] += 1
            room = length
        place = (length - room) * width
        copied(data, begin, begin + size * width, held[slot], place)
        rows[piece] = serials[slot]
        starts[piece] = length - room
        rooms[slot] = room - size
        if room == size:
            copied(held[slot], 0, length * width, out[count], 0)
            closed[count] = serials[slot]
            count += 1
            slots[numbers[_FREE]] = slot
            numbers[_FREE] += 1
        else:
            _put(heads, following, bits, room - size, slot)
    return count


@dataclass(frozen=True)
class Laid:
    """Where pieces lie: the number of each one's row and its place there; then the numbers of the rows that were
    closed, in that order, and their tokens."""

    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    closed: NDArray[np.int64]
    tokens: NDArray[np.uint8]


class Window:
    """The rows that are open, and how much room each has. Costs a row's bytes and 32 more for each."""

    def __init__(self, length: int, pad: NDArray[np.uint8], rows: int) -> None:
        """Keep at most `rows` rows of `length` tokens open; `pad` is the token that fills what stays empty."""
        self._length = length
        self._pad = pad
        self._held = np.empty((rows, length * len(pad)), np.uint8)
        self._heads = np.full(length + 1, _NONE, np.int64)
        self._following = np.full(rows, _NONE, np.int64)
        self._bits = np.zeros((length >> 6) + 1, np.uint64)
        self._slots = np.arange(rows, dtype=np.int64)[::-1].copy()
        self._serials = np.zeros(rows, np.int64)
        self._rooms = np.zeros(rows, np.int64)
        self._numbers = np.array([rows, 0], np.int64)

    def lay(self, data: NDArray[np.uint8], begins: NDArray[np.int64], sizes: NDArray[np.int64]) -> Laid:
        """Lay pieces of 1 to `length` tokens, which begin at bytes of `data`, into rows, in their order."""
        if len(sizes) and not 0 < int(sizes.min()) <= int(sizes.max()) <= self._length:
            raise ValueError(f"pieces of {sizes.min()} to {sizes.max()} tokens do not fit rows of {self._length}")
        most = max(1, _ROOM_BYTES // (2 * self._held.shape[1]))
        if len(sizes) <= most:
            return self._laid(data, begins, sizes)
        parts: list[Laid] = []
        for at in range(0, len(sizes), most):
            laid = self._laid(data, begins[at : at + most], sizes[at : at + most])
            parts.append(replace(laid, tokens=laid.tokens.copy()))  # less the room for rows that were not closed
        return Laid(
            np.concatenate([part.rows for part in parts]),
            np.concatenate([part.starts for part in parts]),
            np.concatenate([part.closed for part in parts]),
            np.concatenate([part.tokens for part in parts]),
        )

    def _laid(self, data: NDArray[np.uint8], begins: NDArray[np.int64], sizes: NDArray[np.int64]) -> Laid:
        """Lay so many pieces as there is room for."""
        rows, starts = np.empty(len(sizes), np.int64), np.empty(len(sizes), np.int64)
        closed = np.empty(2 * len(sizes), np.int64)
        out = np.empty((2 * len(sizes), self._held.shape[1]), np.uint8)
        state = self._heads, self._following, self._bits, self._slots, self._serials, self._rooms, self._numbers
        count = _lay(sizes, begins, data, self._held, self._pad, *state, out, rows, starts, closed)
        return Laid(rows, starts, closed[:count], out[:count])

    def rest(self) -> Laid:
        """Close all rows, in the order in which they were opened."""
        none = np.empty(0, np.int64)
        still = np.setdiff1d(np.arange(len(self._slots)), self._slots[: self._numbers[_FREE]])
        still = still[np.argsort(self._serials[still])]
        tokens = self._held[still]
        used = (self._length - self._rooms[still]) * len(self._pad)
        padding = np.tile(self._pad, self._length)
        for row, end in zip(tokens, used, strict=True):
            row[end:] = padding[end:]
        return Laid(none, none, self._serials[still], tokens)


def pieces_of(sizes: NDArray[np.int64], length: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Cut documents into pieces of at most `length` tokens; return the document, the place in it and the size of each."""
    counts = -(-sizes // length)
    documents = np.repeat(np.arange(len(sizes)), counts)
    firsts = np.cumsum(counts) - counts
    offsets = (np.arange(len(documents)) - firsts[documents]) * length
    return documents, offsets, np.minimum(length, sizes[documents] - offsets)
