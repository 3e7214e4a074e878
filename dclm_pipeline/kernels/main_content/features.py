"""Numbers about each block of a page, for the model that says what is main content: its own, and those around it.

All from what `blocks` wrote down; the text is not looked at again. What the words in classes and names weigh was
learned, and is handed in. Linear in blocks and elements.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import kernel, part, stamp
from dclm_pipeline.kernels.html import attributes, blocks, elements, flow, opening
from dclm_pipeline.kernels.html.blocks import BLOCK, ELEMENT, MARK, Blocks
from dclm_pipeline.kernels.html.elements import element
from dclm_pipeline.kernels.html.flow import (
    BOLD,
    BREAKS,
    CAPITALS,
    CHARACTERS,
    COMMAS,
    DEPTH,
    DIGITS,
    FIRST_MARK,
    FLAGS,
    IMAGES,
    LAST,
    LAST_MARK,
    LAST_WORD,
    LETTERS,
    LINES,
    LINKED,
    LINKS,
    OWNER,
    SOURCE,
    STOPS,
    WORDS,
)
from dclm_pipeline.kernels.html.opening import ELEMENT_KIND, LOOK, MARKS_BEGIN, MARKS_END, PARENT
from dclm_pipeline.kernels.main_content import groups
from dclm_pipeline.kernels.main_content.groups import make_slots, slot_of, slots_for

_BITS = str.split(
    "hidden pre article main nav header footer aside form table list quote button figure details address heading dialog"
)
_FLAGGED = len(_BITS)
_MARKS = 16 + _FLAGGED
_AROUND = (-3, -2, -1, 1, 2, 3)
_LEVELS = 4
FEATURES = (
    *str.split(
        "words characters linked letters capitals digits stops commas bold links lines images breaks last depth kind"
    ),
    *(f"in {bit}" for bit in _BITS),
    *str.split(
        "own_marks own_words least_word heading_words mark_0 mark_1 mark_2 mark_3 marks_sum marks_least marks_most"
    ),
    *str.split("blocks_before words_before from_begin from_end density alike siblings"),
    *(f"{name}_{level}" for level in range(_LEVELS) for name in ("words_in", "linked_in", "blocks_in", "share_in")),
    *str.split("page_words page_blocks page_linked page_prose page_longest page_headings"),
    *str.split("heading_distance heading_level prose_before prose_after long_before long_after largest_before"),
    *(f"{name}{offset:+}" for offset in _AROUND for name in ("words", "linked", "stops", "kind", "mark", "said")),
)
WIDTH = len(FEATURES)

# Kinds in an order that a tree can cut: prose, headings, items, cells, containers.
_ORDER = str.split(
    "p pre blockquote figcaption h1 h2 h3 h4 h5 h6 dt dd li td th caption summary legend div section article main body "
    "center form address header footer nav aside button"
)
_RANKS = np.full(elements.KINDS, len(_ORDER), np.float32)
for _rank, _name in enumerate(_ORDER):
    _RANKS[element(_name)] = _rank
_HEADINGS = elements.sorts() & elements.HEADING
_H1 = element("h1")
_FIRST_BIT = 2  # HIDDEN
_LONG = 25  # words, of what is likely prose
_DECAY = np.float32(0.8)

Table = NDArray[np.int32]
Values = NDArray[np.float32]


@part
def _share(some: float, all: float) -> np.float32:
    return np.float32(some / all) if all > 0 else np.float32(0)


@part
def _gather(blocks: Table, elements: Table, sums: Values) -> None:
    """Sum the words, words in links and blocks in each element."""
    sums[:, :] = 0
    for i in range(blocks.shape[0]):
        owner = blocks[i, OWNER]
        sums[owner, 0] += blocks[i, WORDS]
        sums[owner, 1] += blocks[i, WORDS] * _share(blocks[i, LINKED], blocks[i, CHARACTERS])
        sums[owner, 2] += 1
    for j in range(elements.shape[0] - 1, 0, -1):
        parent = elements[j, PARENT]
        for k in range(3):
            sums[parent, k] += sums[j, k]


@part
def _weigh(elements: Table, marks: Table, weights: Values, weighed: Values) -> None:
    """Say of each element what its own marks weigh, and the sum, least and most of those around it."""
    for j in range(elements.shape[0]):
        total = np.float32(0)
        for k in range(elements[j, MARKS_BEGIN], elements[j, MARKS_END]):
            total += weights[marks[k]]
        parent = elements[j, PARENT]
        weighed[j, 0] = total
        if parent < 0:
            weighed[j, 1] = weighed[j, 2] = weighed[j, 3] = total
        else:
            weighed[j, 1] = weighed[parent, 1] + total
            weighed[j, 2] = min(weighed[parent, 2], total)
            weighed[j, 3] = max(weighed[parent, 3], total)


@part
def _look(elements: Table, j: int, side: int) -> int:
    if side == 0:
        return int(elements[j, LOOK])
    return int((elements[j, LOOK] * 31 + elements[j, PARENT] + 7) & 0x7FFFFFFF)


@part
def _count_looks(elements: Table, slots: Table, places: NDArray[np.int32], looks: Values) -> None:
    """Count the elements that look alike on the page, and side by side."""
    for side in range(2):
        slots[:, 0] = -1
        for j in range(elements.shape[0]):
            places[j] = slot_of(slots, _look(elements, j, side))
            slots[places[j], 2] += 1
        for j in range(elements.shape[0]):
            looks[j, side] = slots[places[j], 2]


@part
def _describe(
    blocks: Table,
    elements: Table,
    marks: Table,
    weights: Values,
    sums: Values,
    weighed: Values,
    looks: Values,
    out: Values,
) -> None:
    n = blocks.shape[0]
    words, longest, prose, headings, largest = 0, 0, 0, 0, 0
    for i in range(n):
        many = blocks[i, WORDS]
        words += many
        headings += _HEADINGS[elements[blocks[i, OWNER], ELEMENT_KIND]] != 0
        if 3 * blocks[i, LINKED] < blocks[i, CHARACTERS]:
            if many >= _LONG:
                prose += many
            if many > longest:
                longest, largest = many, i
    linked = _share(sums[0, 1], words)
    before, since, level = 0, 100, 0
    prose_before, long_before = np.float32(0), 100
    source = 0
    heading = np.float32(0)
    for i in range(n):
        b = blocks[i]
        owner = b[OWNER]
        kind = elements[owner, ELEMENT_KIND]
        many, size = b[WORDS], b[CHARACTERS]
        o = out[i]
        o[0], o[1] = many, size
        o[2], o[3] = _share(b[LINKED], size), _share(b[LETTERS], size)
        o[4], o[5] = _share(b[CAPITALS], size), _share(b[DIGITS], size)
        o[6], o[7] = _share(b[STOPS], many), _share(b[COMMAS], many)
        o[8] = _share(b[BOLD], size)
        o[9], o[10] = (b[LINKS]), (b[LINES])
        o[11], o[12] = (b[IMAGES]), (b[BREAKS])
        last = b[LAST]
        o[13] = 2 if last in (46, 33, 63, 0x3002, 0x2026, 34, 0x201D, 0xFF01, 0xFF1F) else 1 if last in (58, 44) else 0
        o[14] = b[DEPTH]
        o[15] = _RANKS[kind]
        j = 16
        for bit in range(_FIRST_BIT, _FIRST_BIT + _FLAGGED):
            o[j] = b[FLAGS] >> bit & 1
            j += 1
        total = np.float32(0)
        for k in range(b[FIRST_MARK], b[LAST_MARK]):
            total += weights[marks[k]]
        said, least = np.float32(0), np.float32(0)
        for k in range(b[LAST_MARK], b[LAST_WORD]):
            said += weights[marks[k]]
            least = min(least, weights[marks[k]])
        if _HEADINGS[kind]:
            heading = said
        o[j], o[j + 1], o[j + 2], o[j + 3] = total, said, least, heading
        j += 4
        around = owner
        for step in range(_LEVELS):
            o[j + step] = weighed[around, 0]
            around = max(elements[around, PARENT], 0)
        j += _LEVELS
        o[j], o[j + 1], o[j + 2] = weighed[owner, 1], weighed[owner, 2], weighed[owner, 3]
        j += 3
        o[j], o[j + 1] = _share(i, n), _share(before, words)
        o[j + 2], o[j + 3] = (i), (n - 1 - i)
        o[j + 4] = _share(size, b[SOURCE] - source + 1)
        o[j + 5], o[j + 6] = (looks[owner, 0]), (looks[owner, 1])
        j += 7
        around = owner
        for _ in range(_LEVELS):
            o[j], o[j + 1] = (sums[around, 0]), _share(sums[around, 1], sums[around, 0])
            o[j + 2], o[j + 3] = (sums[around, 2]), _share(sums[around, 0], words)
            j += 4
            around = max(elements[around, PARENT], 0)
        o[j], o[j + 1], o[j + 2] = (words), (n), linked
        o[j + 3], o[j + 4], o[j + 5] = _share(prose, words), (longest), (headings)
        j += 6
        if _HEADINGS[kind]:
            since, level = 0, 1 + kind - _H1
        o[j], o[j + 1] = since, level
        o[j + 2] = prose_before
        o[j + 4] = long_before
        o[j + 6] = i - largest
        since = min(since + 1, 100)
        good = many * (1 - o[2])
        prose_before = _DECAY * prose_before + (1 - _DECAY) * np.float32(min(good, 100))
        long_before = 0 if good >= _LONG else min(long_before + 1, 100)
        before += many
        source = b[SOURCE]
    j = WIDTH - 6 * len(_AROUND) - 7
    prose_after, long_after = np.float32(0), 100
    for i in range(n - 1, -1, -1):
        out[i, j + 3] = prose_after
        out[i, j + 5] = long_after
        good = blocks[i, WORDS] * (1 - out[i, 2])
        prose_after = _DECAY * prose_after + (1 - _DECAY) * np.float32(min(good, 100))
        long_after = 0 if good >= _LONG else min(long_after + 1, 100)
    j += 7
    for i in range(n):
        k = j
        for offset in _AROUND:
            other = i + offset
            if 0 <= other < n:
                out[i, k], out[i, k + 1], out[i, k + 2] = out[other, 0], out[other, 2], out[other, 6]
                out[i, k + 3], out[i, k + 4] = out[other, 15], out[other, _MARKS + 8]
                out[i, k + 5] = out[other, _MARKS + 1]
            else:
                out[i, k : k + 6] = -1
            k += 6


_TABLE = types.Array(types.int32, 2, "C", readonly=True)
_LIST = types.Array(types.int32, 1, "C", readonly=True)
_WEIGHTS = types.Array(types.float32, 1, "C", readonly=True)
_DESCRIBE = void(types.int64[:, ::1], _TABLE, _TABLE, _LIST, _WEIGHTS, types.int32[:, ::1], types.float32[:, ::1])
_Describe: TypeAlias = Callable[[NDArray[np.int64], Table, Table, Table, Values, Table, Values], None]


def _make(parts: int) -> _Describe:
    @kernel(_DESCRIBE)
    def describe_rows(
        rows: NDArray[np.int64],
        blocks: Table,
        elements: Table,
        marks: Table,
        weights: Values,
        slots: Table,
        out: Values,
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        most = 0
        for row in range(rows.shape[0] - 1):
            most = max(most, rows[row + 1, ELEMENT] - rows[row, ELEMENT])
        sums, weighed = np.empty((most, 3), np.float32), np.empty((most, 4), np.float32)
        places, looks = np.empty(most, np.int32), np.empty((most, 2), np.float32)
        for row in range(rows.shape[0] - 1):
            own = elements[rows[row, ELEMENT] : rows[row + 1, ELEMENT]]
            mine = blocks[rows[row, BLOCK] : rows[row + 1, BLOCK]]
            said = marks[rows[row, MARK] : rows[row + 1, MARK]]
            room = slots_for(own.shape[0])
            _gather(mine, own, sums)
            _weigh(own, said, weights, weighed)
            _count_looks(own, slots[:room], places, looks)
            _describe(mine, own, said, weights, sums, weighed, looks, out[rows[row, BLOCK] :])

    return describe_rows


_describe_rows = _make(stamp(attributes, blocks, elements, flow, groups, opening))


def describe(pages: Blocks, weights: NDArray[np.float32], room: int = 0) -> NDArray[np.float32]:
    """Return the features of each block, given what each mark weighs, and room for as many more."""
    out = np.empty((len(pages.blocks), WIDTH + room), np.float32)
    slots = make_slots(pages, ELEMENT)
    _describe_rows(pages.rows, pages.blocks, pages.elements, pages.marks, weights, slots, out)
    return out
