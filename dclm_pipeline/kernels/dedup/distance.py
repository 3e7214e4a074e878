"""How many bytes must be inserted, deleted or replaced to make one text of another (Levenshtein 1966).

Myers' bit vectors (1999) in blocks of 64 rows, as Hyyro (2003) has them for whole texts. Beginnings and ends in common
are left out first, so nearly equal texts cost next to nothing. What is left costs the product of both lengths over 64,
so longer texts than are asked for are not measured.
"""

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, borrowed, kernel, part
from dclm_pipeline.kernels.strings import Strings

TOO_LONG = -1

_ONE, _ZERO, _LAST = np.uint64(1), np.uint64(0), np.uint64(63)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@part
def _measure(
    one: NDArray[np.uint8],
    i: int,
    rows: int,
    other: NDArray[np.uint8],
    j: int,
    columns: int,
    equal: NDArray[np.uint64],
    plus: NDArray[np.uint64],
    minus: NDArray[np.uint64],
) -> int:
    """Return the distance of two stretches, neither of them empty."""
    blocks = (rows + 63) >> 6
    for byte in range(256):
        for b in range(blocks):
            equal[byte, b] = _ZERO
    for k in range(rows):
        equal[one[i + k], k >> 6] |= _ONE << np.uint64(k & 63)
    for b in range(blocks):
        plus[b], minus[b] = _ALL, _ZERO
    last = _ONE << np.uint64((rows - 1) & 63)
    distance = rows
    for k in range(columns):
        byte = other[j + k]
        up, down = _ONE, _ZERO
        for b in range(blocks):
            same, rise, fall = equal[byte, b], plus[b], minus[b]
            vertical = same | fall
            same |= down
            across = (((same & rise) + rise) ^ rise) | same
            higher = fall | ~(across | rise)
            lower = rise & across
            if b == blocks - 1:
                distance += int((higher & last) != _ZERO) - int((lower & last) != _ZERO)
            next_up, next_down = higher >> _LAST, lower >> _LAST
            higher = (higher << _ONE) | up
            lower = (lower << _ONE) | down
            plus[b] = lower | ~(vertical | higher)
            minus[b] = higher & vertical
            up, down = next_up, next_down
    return distance


@kernel(
    void(
        *(OFFSETS, BYTES, OFFSETS, BYTES, types.int64),  # one, other, most
        *(types.uint64[:, ::1], types.uint64[::1], types.uint64[::1], types.int64[::1]),
    )
)
def _distances(
    one_offsets: NDArray[np.int64],
    one: NDArray[np.uint8],
    other_offsets: NDArray[np.int64],
    other: NDArray[np.uint8],
    most: int,
    equal: NDArray[np.uint64],
    plus: NDArray[np.uint64],
    minus: NDArray[np.uint64],
    distances: NDArray[np.int64],
) -> None:
    one, other = borrowed(one), borrowed(other)
    for row in range(distances.size):
        i, i_end = one_offsets[row], one_offsets[row + 1]
        j, j_end = other_offsets[row], other_offsets[row + 1]
        while i < i_end and j < j_end and one[i] == other[j]:
            i += 1
            j += 1
        while i < i_end and j < j_end and one[i_end - 1] == other[j_end - 1]:
            i_end -= 1
            j_end -= 1
        rows, columns = i_end - i, j_end - j
        if rows == 0 or columns == 0:
            distances[row] = rows + columns
        elif rows > most or columns > most:
            distances[row] = TOO_LONG
        else:
            distances[row] = _measure(one, i, rows, other, j, columns, equal, plus, minus)


def edit_distances(one: Strings, other: Strings, most: int) -> NDArray[np.int64]:
    """Return the distance of each pair; `TOO_LONG` where more than `most` bytes of either are left to be measured."""
    distances = np.empty(len(one[0]) - 1, np.int64)
    longest = min(most, int(np.diff(one[0]).max(initial=0)))
    blocks = (longest + 63) >> 6
    room = np.empty((256, max(blocks, 1)), np.uint64)
    plus, minus = np.empty(max(blocks, 1), np.uint64), np.empty(max(blocks, 1), np.uint64)
    _distances(*one, *other, most, room, plus, minus, distances)
    return distances
