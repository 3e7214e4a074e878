"""How Resiliparse 2.0.1 sets the text that it has chosen: white space, margins, lists and the cells of tables.

Text comes in pieces: one begins at each start and end of a block, cell or text field, and where text goes on behind
something deeper. White space is one space within a piece. What a block wants left free before or behind it, and the mark
of an item, is written when the next text is.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import Bytes, Integer, Numbers, at, copied, part
from dclm_pipeline.kernels.document import sorts
from dclm_pipeline.kernels.document.blanks import before_gaps, is_gap, past_gaps

# Settings: whether text keeps its form, and items get marks.
FORMATTED, BULLETS = range(2)
# Where the text begins, ends and must end in what is written, and whether it has become too long.
START, END, MOST, TOO_LONG = range(2, 6)
# What the next text finds before it: lines to leave free, how many lists and rows are open, the mark of an item (0: none),
# and whether that is of an item which has no text yet.
MARGIN, LEVEL, ROWS, MARK, FRESH = range(6, 11)
# The piece: how deep it begins, in how many elements that keep white space, whether it begins a line, whether it is left
# out, written in part, and ends with white space.
DEPTH, LITERAL, IS_BLOCK, UNSEEN, BEGUN, ENDS_IN_GAP = range(11, 17)
FIELDS = 17

_NO_MARK, _BULLET, _FIRST_NUMBER = 0, 1, 2
_NOTHING_YET = 1 << 40
_LONGEST_MARK = 24
_SPACE, _LINE, _TAB = 32, 10, 9


class Page(NamedTuple):
    """A text that is being written; of lists the next number of each (0: bullets), of rows whether they have a cell yet."""

    state: Numbers
    numbers: Numbers
    rows: NDArray[np.bool_]
    out: Bytes


@part
def begin_page(page: Page, most: int) -> None:
    """Begin a text of at most so many bytes where the last one ended."""
    state = page.state
    end = state[END]
    state[START:] = 0
    state[START], state[END], state[MOST], state[DEPTH] = end, end, end + most, _NOTHING_YET


@part
def _has_room(state: Numbers, size: Integer) -> bool:
    if state[END] + size > state[MOST]:
        state[TOO_LONG] = 1
    return bool(state[TOO_LONG] == 0)


@part
def _repeat(byte: int, times: Integer, page: Page) -> None:
    if _has_room(page.state, times):
        n = page.state[END]
        for i in range(times):
            page.out[n + i] = byte
        page.state[END] = n + times


@part
def trim(page: Page) -> None:
    """Take back the white space at the end."""
    page.state[END] = before_gaps(page.out, page.state[START], page.state[END])


@part
def _leave_margin(page: Page) -> None:
    state = page.state
    margin = state[MARGIN]
    if margin == 0:
        return
    state[MARGIN] = 0
    if not (state[FORMATTED] and state[LITERAL] > 0):
        trim(page)
    if state[END] > state[START]:
        _repeat(_LINE if state[FORMATTED] else _SPACE, margin if state[FORMATTED] else 1, page)


@part
def _write_mark(page: Page) -> None:
    """Write the mark of an item."""
    state, out = page.state, page.out
    mark = state[MARK]
    state[MARK] = _NO_MARK
    if mark == _NO_MARK or not _has_room(state, _LONGEST_MARK):
        return
    n = state[END]
    if mark == _BULLET:
        out[n], out[n + 1], out[n + 2] = 0xE2, 0x80, 0xA2
        n += 3
    else:
        number = mark - _FIRST_NUMBER
        place = 1
        while place <= number // 10:
            place *= 10
        while place > 0:
            out[n] = 48 + number // place % 10
            n += 1
            place //= 10
        out[n] = 46
        n += 1
    out[n] = _SPACE
    state[END] = n + 1


@part
def _begin(page: Page) -> None:
    """Write what stands before the text of a piece."""
    state = page.state
    state[BEGUN] = 1
    _leave_margin(page)
    if state[FORMATTED] and state[LEVEL] > 0:
        _repeat(_SPACE, 2 * (state[LEVEL] + (state[BULLETS] and not state[FRESH])), page)
        state[FRESH] = 0
    _write_mark(page)


@part
def add_text(chars: Bytes, i: int, stop: int, page: Page) -> None:
    """Write text of a piece."""
    state, out = page.state, page.out
    if i >= stop or state[UNSEEN]:
        return
    literal = state[FORMATTED] and state[LITERAL] > 0
    if not state[BEGUN]:
        n = state[END]
        if not literal and (state[IS_BLOCK] or (n > state[START] and is_gap(at(out, n - 1)))):
            i = past_gaps(chars, i, stop)
            if i == stop:
                return
        _begin(page)
        state[ENDS_IN_GAP] = 0
    if not _has_room(state, stop - i):
        return
    n = state[END]
    if literal:
        state[END] = copied(chars, i, stop, out, n)
        return
    gap = state[ENDS_IN_GAP] != 0
    for j in range(i, stop):
        byte = at(chars, j)
        now = is_gap(byte)
        if not (now and gap):
            out[n] = _SPACE if now else byte
            n += 1
        gap = now
    state[END], state[ENDS_IN_GAP] = n, gap


@part
def _begin_cell(page: Page) -> None:
    state, rows = page.state, page.rows
    _leave_margin(page)
    if state[ROWS] == 0:
        return
    last = state[ROWS] - 1
    if rows[last]:
        n = state[END]
        if state[FORMATTED]:
            _repeat(_TAB, 2, page)
        elif n > state[START] and not is_gap(at(page.out, n - 1)):
            _repeat(_SPACE, 1, page)
    rows[last] = True


@part
def _note_list(says: int, is_end: bool, page: Page) -> None:
    """Open or close a list, or an item."""
    state, numbers = page.state, page.numbers
    # An item outside of lists opens one, too, and nothing closes that.
    if says & sorts.LIST or state[LEVEL] == 0:
        if is_end:
            state[LEVEL], state[FRESH], state[MARK] = max(0, state[LEVEL] - 1), 0, _NO_MARK
        else:
            numbers[state[LEVEL]] = says & sorts.ORDERED != 0
            state[LEVEL] += 1
    if says & sorts.ITEM and state[BULLETS]:
        last = state[LEVEL] - 1
        number = numbers[last]
        state[MARK] = number + _FIRST_NUMBER if number else _BULLET
        if number and not is_end:
            numbers[last] = number + 1
        state[FRESH] = not is_end


@part
def begin_piece(says: int, depth: int, is_end: bool, page: Page) -> None:
    """Begin a piece at the start or end of an element of which `sorts` say this."""
    state = page.state
    state[DEPTH], state[UNSEEN], state[BEGUN] = depth, 0, 0
    state[IS_BLOCK] = says & sorts.BLOCK
    if says == 0:
        return
    if says & sorts.LITERAL:
        state[LITERAL] = max(0, state[LITERAL] - 1) if is_end else state[LITERAL] + 1
    if says & sorts.ROW:
        if is_end:
            state[ROWS] = max(0, state[ROWS] - 1)
        else:
            page.rows[state[ROWS]] = False
            state[ROWS] += 1
    if says & sorts.CELL:
        if is_end:
            state[UNSEEN] = 1
            return
        _begin_cell(page)
    if state[FORMATTED] and says & (sorts.LIST | sorts.ITEM):
        _note_list(says, is_end, page)
    if says & sorts.BLOCK:
        big = says & sorts.BIG != 0
        if says & sorts.BREAK:
            state[MARGIN] += 1
        else:
            state[MARGIN] = max(state[MARGIN], 2 if big and state[LITERAL] == 0 else 1)
