"""What a first look at all blocks of a page says about each, as numbers for a second look.

A score is log odds; here it is a likelihood that needs no exponential, so that every machine finds the same.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import kernel, part, stamp
from dclm_pipeline.kernels.html import blocks, elements, flow, opening
from dclm_pipeline.kernels.html.blocks import BLOCK, ELEMENT, Blocks
from dclm_pipeline.kernels.html.flow import OWNER, WORDS
from dclm_pipeline.kernels.html.opening import PARENT
from dclm_pipeline.kernels.main_content import groups
from dclm_pipeline.kernels.main_content.groups import look_of, make_slots, measure_ways, slot_of, slots_for

_REACH = 4
_LEVELS = 5
CONTEXT = (
    "score",
    *(f"score{offset:+}" for offset in range(-_REACH, _REACH + 1) if offset),
    *(f"likely_in_{level}" for level in range(_LEVELS)),
    *str.split("likely_until likely_on_page most_likely likely_before"),
    *str.split("likely_alike best_up best_steps best_share likely_after"),
)
WIDTH = len(CONTEXT)
_NOWHERE = np.float32(-9)
_DECAY = np.float32(0.8)

Table = NDArray[np.int32]
Values = NDArray[np.float32]


@part
def likely(score: float) -> np.float32:
    """Return a number from 0 to 1 that grows with a score, a half at zero."""
    return np.float32(0.5) + np.float32(0.5) * np.float32(score) / (np.float32(1) + np.float32(abs(score)))


@part
def _find_best(elements: Table, sums: Values) -> int:
    """Return the element whose inside holds the most likely words beyond the unlikely ones."""
    best = 0
    for j in range(elements.shape[0]):
        if 2 * sums[j, 0] - sums[j, 1] > 2 * sums[best, 0] - sums[best, 1]:
            best = j
    return best


@part
def _sum_alike(blocks: Table, elements: Table, scores: Values, slots: Table, alike: Values) -> None:
    slots[:, 0] = -1
    for i in range(blocks.shape[0]):
        place = slot_of(slots, look_of(elements, blocks[i, OWNER]))
        if slots[place, 2] == 0:
            alike[place] = 0
        slots[place, 2] += 1
        weight = np.float32(blocks[i, WORDS] + 1)
        alike[place, 0] += weight * likely(scores[i])
        alike[place, 1] += weight


@part
def _look_around(
    blocks: Table,
    elements: Table,
    scores: Values,
    sums: Values,
    ways: Table,
    slots: Table,
    alike: Values,
    out: Values,
    first: int,
) -> None:
    n = blocks.shape[0]
    sums[: elements.shape[0], :] = 0
    most = np.float32(0)
    for i in range(n):
        weight = np.float32(blocks[i, WORDS] + 1)
        own = likely(scores[i])
        most = max(most, own)
        sums[blocks[i, OWNER], 0] += own * weight
        sums[blocks[i, OWNER], 1] += weight
    for j in range(elements.shape[0] - 1, 0, -1):
        sums[elements[j, PARENT], 0] += sums[j, 0]
        sums[elements[j, PARENT], 1] += sums[j, 1]
    best = _find_best(elements, sums)
    measure_ways(elements, best, ways)
    _sum_alike(blocks, elements, scores, slots, alike)
    until, before = np.float32(0), np.float32(0)
    for i in range(n):
        k = first
        out[i, k] = scores[i]
        k += 1
        for offset in range(-_REACH, _REACH + 1):
            if offset:
                out[i, k] = scores[i + offset] if 0 <= i + offset < n else _NOWHERE
                k += 1
        around = blocks[i, OWNER]
        for _ in range(_LEVELS):
            out[i, k] = sums[around, 0] / sums[around, 1]
            k += 1
            around = max(elements[around, PARENT], 0)
        own = likely(scores[i])
        until += own * np.float32(blocks[i, WORDS] + 1)
        out[i, k], out[i, k + 1], out[i, k + 2] = until / sums[0, 0], sums[0, 0] / sums[0, 1], most
        out[i, k + 3] = before
        before = _DECAY * before + (1 - _DECAY) * own
        k += 4
        owner = blocks[i, OWNER]
        place = slot_of(slots, look_of(elements, owner))
        out[i, k] = alike[place, 0] / alike[place, 1]
        out[i, k + 1], out[i, k + 2], out[i, k + 3] = ways[owner, 0], ways[owner, 1], sums[best, 0] / sums[0, 0]
    after = np.float32(0)
    for i in range(n - 1, -1, -1):
        out[i, first + WIDTH - 1] = after
        after = _DECAY * after + (1 - _DECAY) * likely(scores[i])


_TABLE = types.Array(types.int32, 2, "C", readonly=True)
_LOOK = void(
    types.int64[:, ::1],
    _TABLE,
    _TABLE,
    types.float32[::1],
    types.int32[:, ::1],
    types.float32[:, ::1],
    types.int64,
    types.float32[:, ::1],
)
_Look: TypeAlias = Callable[..., None]


def _make(parts: int) -> _Look:
    @kernel(_LOOK)
    def look_rows(
        rows: NDArray[np.int64],
        blocks: Table,
        elements: Table,
        scores: Values,
        slots: Table,
        alike: Values,
        first: int,
        out: Values,
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        most = 1
        for row in range(rows.shape[0] - 1):
            most = max(most, rows[row + 1, ELEMENT] - rows[row, ELEMENT])
        sums, ways = np.zeros((most, 2), np.float32), np.empty((most, 2), np.int32)
        for row in range(rows.shape[0] - 1):
            begin, end = rows[row, BLOCK], rows[row + 1, BLOCK]
            own = elements[rows[row, ELEMENT] : rows[row + 1, ELEMENT]]
            if begin < end:
                room = slots[: slots_for(end - begin)]
                mine = blocks[begin:end]
                _look_around(mine, own, scores[begin:end], sums, ways, room, alike, out[begin:end], first)

    return look_rows


_look_rows = _make(stamp(blocks, elements, flow, groups, opening))


def look_around(pages: Blocks, scores: Values, out: Values, first: int) -> None:
    """Write what the scores say about each block into the columns of `out` from `first` on."""
    slots = make_slots(pages, BLOCK)
    alike = np.empty((len(slots), 2), np.float32)
    _look_rows(pages.rows, pages.blocks, pages.elements, scores, slots, alike, first, out)
