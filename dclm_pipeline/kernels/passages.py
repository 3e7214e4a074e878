"""Lines and paragraphs of a batch as places, and texts put together again without some of them.

A line is what stands between line feeds, a paragraph what stands between lines that hold nothing but blanks; only those
with anything but blanks count. What parts two of them goes with the first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, copying, pieces
from dclm_pipeline.kernels.characters import character_table
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, borrowed, kernel, stamp
from dclm_pipeline.kernels.copying import copy_bytes
from dclm_pipeline.kernels.pieces import blanks_end, next_line_feed
from dclm_pipeline.kernels.segmentation import TABLE
from dclm_pipeline.kernels.strings import Strings

LINE, PARAGRAPH = range(2)
_LINE_FEED = 10

_FIND = void(OFFSETS, BYTES, TABLE, types.int64, types.int64[::1], types.int64[::1], types.int64[::1])
_Find: TypeAlias = Callable[
    [
        NDArray[np.int64],
        NDArray[np.uint8],
        NDArray[np.uint16],
        int,
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int64],
    ],
    None,
]
_LeaveOut: TypeAlias = Callable[
    [
        NDArray[np.int64],
        NDArray[np.uint8],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.uint8],
        NDArray[np.uint8],
        NDArray[np.int64],
    ],
    None,
]


@dataclass(frozen=True)
class Passages:
    """The lines or paragraphs of a batch, those of row i from `rows[i]` to `rows[i + 1]`, as places in its bytes."""

    rows: NDArray[np.int64]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]


def _make(parts: int) -> _Find:
    @kernel(_FIND)
    def find_passages(
        offsets: NDArray[np.int64],
        data: NDArray[np.uint8],
        table: NDArray[np.uint16],
        unit: int,
        rows: NDArray[np.int64],
        begins: NDArray[np.int64],
        ends: NDArray[np.int64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, table = borrowed(data), borrowed(table)
        n = 0
        for row in range(offsets.size - 1):
            rows[row] = n
            i, stop = offsets[row], offsets[row + 1]
            within = False
            while i < stop:
                feed = next_line_feed(data, i, stop)
                if blanks_end(data, i, feed, table) == feed:
                    within = False
                elif within and unit == PARAGRAPH:
                    ends[n - 1] = feed
                else:
                    begins[n], ends[n] = i, feed
                    n += 1
                    within = True
                i = feed + 1
        rows[offsets.size - 1] = n

    return find_passages


_find_passages = _make(stamp(characters, pieces))


def _make_without(parts: int) -> _LeaveOut:
    @kernel(void(OFFSETS, BYTES, OFFSETS, OFFSETS, OFFSETS, BYTES, types.uint8[::1], types.int64[::1]))
    def leave_out(
        offsets: NDArray[np.int64],
        data: NDArray[np.uint8],
        rows: NDArray[np.int64],
        begins: NDArray[np.int64],
        ends: NDArray[np.int64],
        gone: NDArray[np.uint8],
        out: NDArray[np.uint8],
        out_offsets: NDArray[np.int64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        n = 0
        out_offsets[0] = 0
        for row in range(offsets.size - 1):
            first, last = rows[row], rows[row + 1]
            before = -1  # the passage that was kept before this one
            for k in range(first, last):
                if gone[k]:
                    continue
                if before >= 0:
                    n = copy_bytes(data, ends[before], begins[before + 1], out, n)
                n = copy_bytes(data, offsets[row] if k == first else begins[k], ends[k], out, n)
                before = k
            if first == last or before == last - 1:
                n = copy_bytes(data, offsets[row] if first == last else ends[last - 1], offsets[row + 1], out, n)
            out_offsets[row + 1] = n

    return leave_out


_leave_out = _make_without(stamp(copying))


def passages_of(strings: Strings, unit: int) -> Passages:
    """Find the lines or paragraphs of each row; takes 16 bytes each, for which there must be room."""
    offsets, data = strings
    most = int(np.count_nonzero(data[offsets[0] : offsets[-1]] == _LINE_FEED)) + len(offsets)
    rows, begins, ends = np.empty(len(offsets), np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    _find_passages(offsets, data, character_table(), unit, rows, begins, ends)
    return Passages(rows, begins[: rows[-1]], ends[: rows[-1]])


def leave_out(strings: Strings, passages: Passages, gone: NDArray[np.bool_]) -> Strings:
    """Return texts without the passages that go."""
    offsets, data = strings
    out, out_offsets = np.empty(int(offsets[-1] - offsets[0]), np.uint8), np.empty(len(offsets), np.int64)
    _leave_out(offsets, data, passages.rows, passages.begins, passages.ends, gone.view(np.uint8), out, out_offsets)
    return out_offsets, out[: out_offsets[-1]]
