"""Blocks that a page says twice: of what is kept, a paragraph that an earlier one said word for word goes.

Quotes of a post below it, copies for small screens, teasers of what follows. Short blocks may come again (answers,
refrains, cells), and so may code. Linear in blocks and text; where the table is crowded a repeat may stay, but nothing
goes that was not said before: texts are compared byte by byte.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numba import boolean, int32, int64, types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import looking
from dclm_pipeline.kernels.compiled import BYTES, kernel, part, stamp
from dclm_pipeline.kernels.html import blocks, flow
from dclm_pipeline.kernels.html.blocks import BLOCK, TEXT, Blocks
from dclm_pipeline.kernels.html.flow import FIRST, FLAGS, LAST_BYTE, PRE, WORDS
from dclm_pipeline.kernels.main_content import groups
from dclm_pipeline.kernels.main_content.groups import Table, known_by, make_slots, slot_of, slots_for

LEAST_WORDS = 8

_Drop: TypeAlias = Callable[..., None]


@part
def _same_text(text: NDArray[np.uint8], one: int, other: int, size: int) -> bool:
    for k in range(size):  # noqa: SIM110 - the compiler knows no generators
        if text[one + k] != text[other + k]:
            return False
    return True


def _make(parts: int) -> _Drop:
    @kernel(void(int64[:, ::1], BYTES, types.Array(int32, 2, "C", readonly=True), types.int32[:, ::1], boolean[::1]))
    def drop_rows(
        rows: NDArray[np.int64], text: NDArray[np.uint8], blocks: Table, slots: Table, kept: NDArray[np.bool_]
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        for row in range(rows.shape[0] - 1):
            begin, end = rows[row, BLOCK], rows[row + 1, BLOCK]
            own = text[rows[row, TEXT] :]
            room = slots[: slots_for(end - begin)]
            room[:, 0] = -1
            for i in range(begin, end):
                if not kept[i] or blocks[i, WORDS] < LEAST_WORDS or blocks[i, FLAGS] & PRE:
                    continue
                first, last = blocks[i, FIRST], blocks[i, LAST_BYTE]
                place = slot_of(room, known_by(own, first, last))
                if room[place, 2] == 0:
                    room[place, 2] = i - begin + 1
                    continue
                before = begin + room[place, 2] - 1
                if blocks[before, LAST_BYTE] - blocks[before, FIRST] == last - first:
                    kept[i] = not _same_text(own, first, blocks[before, FIRST], last - first)

    return drop_rows


_drop_rows = _make(stamp(blocks, flow, groups, looking))


def drop_repeats(pages: Blocks, kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which blocks stay of those that are kept."""
    stay = kept.copy()
    _drop_rows(pages.rows, pages.text, pages.blocks, make_slots(pages, BLOCK), stay)
    return stay
