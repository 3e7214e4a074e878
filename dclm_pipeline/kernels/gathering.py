"""Gathering long values out of many pieces of memory: each is copied once, to where it belongs.

Arrow takes rows of one piece at a time, so that rows of many are copied three times: out of their piece, behind those of
the others, and into their order. Knows bytes; not what they mean.
"""

from collections.abc import Sequence

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, copied, kernel
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.room import ROOMS

_NUMBERS = types.Array(types.int64, 1, "C", readonly=True)


@kernel(types.void(OFFSETS, BYTES, _NUMBERS, _NUMBERS, _NUMBERS, types.Array(types.uint8, 1, "C")))
def _copy(
    offsets: NDArray[np.int64],
    data: NDArray[np.uint8],
    rows: NDArray[np.int64],
    places: NDArray[np.int64],
    begins: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """Copy the values of `rows` to where the rows of the outcome at `places` begin."""
    for i in range(rows.size):
        start, end = offsets[rows[i]], offsets[rows[i] + 1]
        copied(data, start, end, out, begins[places[i]])


def gather(
    pieces: Sequence[Strings], rows: Sequence[NDArray[np.int64]], places: Sequence[NDArray[np.int64]]
) -> Strings:
    """Return some rows of each piece, each at its place in the outcome; the places of all are 0, 1, 2 and so on."""
    count = sum(map(len, places))
    begins = np.zeros(count + 1, np.int64)
    for (offsets, _), here, there in zip(pieces, rows, places, strict=True):
        begins[there + 1] = offsets[here + 1] - offsets[here]
    np.cumsum(begins, out=begins)
    out = ROOMS.of(int(begins[-1]))
    for (offsets, data), here, there in zip(pieces, rows, places, strict=True):
        _copy(offsets, data, here, there, begins, out)
    return begins, out
