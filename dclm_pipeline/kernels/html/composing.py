"""Text from chosen blocks: paragraphs, headings, lists, tables and code, plain or as Markdown.

Cells of a row of short cells stand in one line, parted by tabs (or as a table of Markdown); a table whose cells are long
is laid out with tables, and becomes paragraphs. Code keeps its lines and its indentation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import copied, kernel, part, stamp
from dclm_pipeline.kernels.html import blocks, elements, flow, opening
from dclm_pipeline.kernels.html.blocks import BLOCK, ELEMENT, TEXT, Blocks
from dclm_pipeline.kernels.html.elements import element
from dclm_pipeline.kernels.html.flow import FIRST, FLAGS, LAST_BYTE, OWNER, PRE, QUOTE, WORDS
from dclm_pipeline.kernels.html.opening import ELEMENT_KIND, PARENT
from dclm_pipeline.kernels.strings import Strings

PLAIN, MARKDOWN = 0, 1

_LI, _UL, _OL, _TABLE, _DT, _DD, _BODY, _H1 = map(element, ("li", "ul", "ol", "table", "dt", "dd", "body", "h1"))
_CELL, _HEADING = elements.CELL, elements.HEADING
_SORTS = elements.sorts()
_LONGEST_CELL = 40  # words
_DEEPEST_LIST = 8
_MOST_AROUND = 64  # bytes that a block can get beside its own
_FENCE = np.frombuffer(b"```", np.uint8)
_RULE = np.frombuffer(b" --- |", np.uint8)
_PIPE, _BACKSLASH = 124, 92

Table = NDArray[np.int32]
Bytes = NDArray[np.uint8]


@part
def _around(elements: Table, here: int, sort: int, kind: int) -> int:
    """Return the nearest element of a sort or kind that is here or around it, within one table; -1 where none is."""
    while here >= 0:
        own = elements[here, ELEMENT_KIND]
        if _SORTS[own] & sort or own == kind:
            return here
        if own == _TABLE:
            return -1
        here = int(elements[here, PARENT])
    return -1


@part
def _list_depth(elements: Table, here: int) -> int:
    depth = 0
    while here >= 0 and depth < _DEEPEST_LIST:
        own = elements[here, ELEMENT_KIND]
        depth += own in (_UL, _OL)
        here = int(elements[here, PARENT])
    return max(depth, 1)


@part
def _spell(out: Bytes, n: int, number: int) -> int:
    size, rest = 1, number
    while rest >= 10:
        rest //= 10
        size += 1
    for i in range(size - 1, -1, -1):
        out[n + i] = 48 + number % 10
        number //= 10
    return n + size


@part
def _repeat(out: Bytes, n: int, byte: int, times: int) -> int:
    for i in range(times):
        out[n + i] = byte
    return n + times


@part
def _end_row(out: Bytes, n: int, cells: int, first: bool) -> int:
    """End a row of a table of Markdown; below the first one stands the line that makes it a table."""
    out[n], out[n + 1] = 32, 124
    n += 2
    if first:
        out[n], out[n + 1] = 10, 124
        n += 2
        for _ in range(cells):
            n = copied(_RULE, 0, 6, out, n)
    return n


@part
def _compose(
    text: Bytes,
    blocks: Table,
    elements: Table,
    kept: NDArray[np.bool_],
    form: int,
    bullets: bool,
    numbers: Table,
    out: Bytes,
    n: int,
) -> int:
    numbers[: elements.shape[0]] = 0
    for j in range(elements.shape[0]):
        if elements[j, ELEMENT_KIND] == _LI:
            # Of a list, how many items there were; of an item, which it is.
            parent = elements[j, PARENT]
            numbers[parent] += 1
            numbers[j] = numbers[parent]
    begin = n
    last_item, last_cell, last_row, last_kind, last_short = -1, -1, -1, -1, False
    row_open, first_row, cells = False, False, 0
    for i in range(blocks.shape[0]):
        if not kept[i]:
            continue
        owner, says = blocks[i, OWNER], blocks[i, FLAGS]
        kind = elements[owner, ELEMENT_KIND]
        item = _around(elements, owner, 0, _LI)
        cell = _around(elements, owner, _CELL, -1)
        row = elements[cell, PARENT] if cell >= 0 else -1
        short = cell >= 0 and blocks[i, WORDS] <= _LONGEST_CELL and not says & PRE
        beside = short and last_short and row == last_row and cell != last_cell
        below = short and last_short and row != last_row and elements[row, PARENT] == elements[last_row, PARENT]
        if row_open and not beside:
            n = _end_row(out, n, cells, first_row)
            row_open = False
        if n > begin:
            if beside:
                n = _repeat(out, n, 9, 1) if form == PLAIN else _repeat(out, n, 32, 1)
                if form == MARKDOWN:
                    out[n], out[n + 1] = 124, 32
                    n += 2
            elif below or (item >= 0 and last_item >= 0) or (kind in (_DT, _DD) and last_kind in (_DT, _DD)):
                n = _repeat(out, n, 10, 1)
            else:
                n = _repeat(out, n, 10, 2)
        if form == MARKDOWN and short and not beside:
            out[n], out[n + 1] = 124, 32
            n += 2
            row_open, first_row, cells = True, not below, 0
        cells += short
        if form == MARKDOWN and says & QUOTE:
            out[n], out[n + 1] = 62, 32
            n += 2
        if item >= 0 and bullets:
            depth = _list_depth(elements, item)
            if item != last_item:
                n = _repeat(out, n, 32, 2 * (depth - 1))
                parent = elements[item, PARENT]
                if parent >= 0 and elements[parent, ELEMENT_KIND] == _OL:
                    n = _spell(out, n, numbers[item])
                    out[n], out[n + 1] = 46, 32
                else:
                    out[n], out[n + 1] = 45, 32
                n += 2
            elif not says & PRE:
                n = _repeat(out, n, 32, 2 * depth)
        if form == MARKDOWN and _SORTS[kind] & _HEADING and not short:
            n = _repeat(out, n, 35, 1 + kind - _H1)
            n = _repeat(out, n, 32, 1)
        fenced = form == MARKDOWN and says & PRE
        if fenced:
            n = copied(_FENCE, 0, 3, out, n)
            out[n] = 10
            n += 1
        size = blocks[i, LAST_BYTE] - blocks[i, FIRST]
        first = blocks[i, FIRST]
        for k in range(size):
            byte = text[first + k]
            # A cell is one line.
            if row_open and byte == _PIPE:
                out[n] = _BACKSLASH
                n += 1
            out[n] = 32 if short and (byte == 10 or byte == 9) else byte
            n += 1
        if fenced:
            out[n] = 10
            n = copied(_FENCE, 0, 3, out, n + 1)
        last_item, last_cell, last_row, last_kind, last_short = item, cell, row, kind, short
    if row_open:
        n = _end_row(out, n, cells, first_row)
    return n


_TABLE_TYPE = types.Array(types.int32, 2, "C", readonly=True)
_COMPOSE = void(
    types.int64[:, ::1],
    types.Array(types.uint8, 1, "C", readonly=True),
    _TABLE_TYPE,
    _TABLE_TYPE,
    types.Array(types.boolean, 1, "C", readonly=True),
    types.int64,
    types.boolean,
    types.int64[::1],
    types.uint8[::1],
)
_Compose: TypeAlias = Callable[..., None]


def _make(parts: int) -> _Compose:
    @kernel(_COMPOSE)
    def compose_rows(
        rows: NDArray[np.int64],
        text: Bytes,
        blocks: Table,
        elements: Table,
        kept: NDArray[np.bool_],
        form: int,
        bullets: bool,
        ends: NDArray[np.int64],
        out: Bytes,
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        most = 1
        for row in range(rows.shape[0] - 1):
            most = max(most, rows[row + 1, ELEMENT] - rows[row, ELEMENT])
        numbers = np.zeros(most, np.int32)
        n = 0
        for row in range(rows.shape[0] - 1):
            n = _compose(
                text[rows[row, TEXT] :],
                blocks[rows[row, BLOCK] : rows[row + 1, BLOCK]],
                elements[rows[row, ELEMENT] : rows[row + 1, ELEMENT]],
                kept[rows[row, BLOCK] :],
                form,
                bullets,
                numbers,
                out,
                n,
            )
            ends[row + 1] = n

    return compose_rows


_compose_rows = _make(stamp(blocks, elements, flow, opening))


@dataclass(frozen=True)
class Manner:
    """How text is written down: plain or as Markdown, with bullets and numbers before items or without."""

    markdown: bool = False
    bullets: bool = True


def compose(pages: Blocks, kept: NDArray[np.bool_], manner: Manner) -> Strings:
    """Return the text of the blocks that are kept, page by page."""
    ends = np.zeros(len(pages.rows), np.int64)
    size = int((pages.blocks[kept, LAST_BYTE] - pages.blocks[kept, FIRST]).sum(dtype=np.int64))
    if manner.markdown:
        size += int(np.count_nonzero(pages.text == _PIPE))
    out = np.empty(size + _MOST_AROUND * (int(kept.sum()) + 1), np.uint8)
    form = MARKDOWN if manner.markdown else PLAIN
    _compose_rows(pages.rows, pages.text, pages.blocks, pages.elements, kept, form, manner.bullets, ends, out)
    return ends, out[: ends[-1]]
