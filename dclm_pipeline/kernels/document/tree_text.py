"""Text, raw text and comments of a page: where they end, and where in its tree they go, as parts of kernels."""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import Bytes, Integer, Numbers, at, eight_at, low_zeros, part, routine
from dclm_pipeline.kernels.document import tree_rows
from dclm_pipeline.kernels.document.tree_doctype import asks_for_quirks
from dclm_pipeline.kernels.document.tree_elements import (
    AFTER_BODY,
    AFTER_HEAD,
    BEFORE_HTML,
    COLGROUP,
    IN_COLUMN_GROUP,
    IN_HEAD,
    IN_TABLE,
    INITIAL,
    SCRIPT,
    TEXTAREA,
    TITLE,
)
from dclm_pipeline.kernels.document.tree_flat import reference_at
from dclm_pipeline.kernels.document.tree_foreign import is_foreign
from dclm_pipeline.kernels.document.tree_formatting import reopen
from dclm_pipeline.kernels.document.tree_modes import LETTERS
from dclm_pipeline.kernels.document.tree_rows import (
    BEFORE,
    CODE,
    COMMENT,
    DOCTYPE,
    FOSTER,
    HANDED_BACK,
    MODE,
    NAME,
    NAME_END,
    NEXT,
    NODE,
    PENDING,
    PENDING_END,
    PIECE,
    PLACE,
    QUIRKS,
    RAW_NODE,
    REFERENCES,
    STATE,
    STATUS,
    STOP,
    TOP,
    VISIBLE,
    Table,
    close_to,
    find_place,
    link,
    new_row,
    put_text,
)
from dclm_pipeline.kernels.html import attributes, references, tokens

_HIGHEST, _EACH = np.uint64(0x8080808080808080), np.uint64(0x0101010101010101)
_BRACKETS, _AMPERSANDS = np.uint64(0x3C3C3C3C3C3C3C3C), np.uint64(0x2626262626262626)
_NONE = np.uint64(0)


def _word(letters: str) -> NDArray[np.uint8]:
    return np.frombuffer(letters.encode(), np.uint8).copy()


HIDDEN_WORD, HTML_WORD, XHTML_WORD = map(_word, ("hidden", "text/html", "application/xhtml+xml"))
_DOCTYPE_WORD = _word("doctype")


@part
def text_end(chars: Bytes, i: int, stop: int) -> tuple[int, bool]:
    """Return the place of the next opening angle bracket, or the end, and whether an ampersand is before it."""
    referring = False
    while i + 8 <= stop:
        eight = eight_at(chars, i)
        brackets, ampersands = eight ^ _BRACKETS, eight ^ _AMPERSANDS
        found = (brackets - _EACH) & ~brackets & _HIGHEST
        referred = (ampersands - _EACH) & ~ampersands & _HIGHEST
        if found != _NONE:
            # What seems to be found above the first is not; what is asked is what lies below it.
            first = found & (~found + np.uint64(1))
            return i + (low_zeros(found) >> 3), referring or (referred & (first - np.uint64(1))) != _NONE
        referring |= referred != _NONE
        i += 8
    while i < stop and at(chars, i) != 60:
        referring |= at(chars, i) == 38
        i += 1
    return i, referring


@routine
def blank_end(chars: Bytes, i: int, stop: int, known: references.References) -> int:
    """Return where white space at a place ends, also where it is written as references."""
    while i < stop:
        if tokens.is_blank(at(chars, i)):
            i += 1
        elif at(chars, i) == 38:
            code, second, behind = reference_at(chars, i, stop, False, known)
            if not (code == 13 or tokens.is_blank(code)) or second:
                break
            i = behind
        else:
            break
    return i


@part
def is_word(chars: Bytes, i: int, stop: int, word: Bytes, facts: Numbers) -> bool:
    """Tell whether a value is a word, in letters of any case; one with references hands the page back."""
    if tokens.next_byte(chars, i, stop, 38) < stop:
        facts[STATUS] = HANDED_BACK
    return attributes.is_text(chars, i, stop, word)


@part
def holds_word(chars: Bytes, i: int, stop: int, word: Bytes) -> bool:
    """Tell whether a word, in letters of any case, is anywhere in a slice."""
    while i + word.size <= stop:
        if attributes.is_text(chars, i, i + word.size, word):
            return True
        i += 1
    return False


@routine
def past_newline(chars: Bytes, i: int, stop: int, known: references.References) -> int:
    """Return the place behind a newline at a place, if there is one, also where it is written as a reference."""
    if i < stop and at(chars, i) == 10:
        return i + 1
    if i < stop and at(chars, i) == 38:
        code, _, behind = reference_at(chars, i, stop, False, known)
        if code == 10:
            return behind
    return i


@part
def trim_text(
    chars: Bytes, start: int, stop: int, nodes: Table, stacks: Table, facts: Numbers, known: references.References
) -> int:
    """Drop blanks before the body, or put them where they stand; return where text begins that means something."""
    mode = facts[MODE]
    if mode > AFTER_HEAD and mode != IN_COLUMN_GROUP:
        return start
    behind = blank_end(chars, start, stop, known)
    if behind > start and mode >= IN_HEAD:
        find_place(nodes, stacks, facts, facts[TOP] - 1)
        put_text(nodes, facts, start, behind, REFERENCES)
    return behind


@part
def have_text_wait(nodes: Table, facts: Numbers, start: Integer, stop: Integer, state: Integer) -> None:
    """Have text wait for the end of all text that lies together in a table."""
    piece = new_row(nodes, facts, PIECE, start, stop, state)
    if facts[PENDING] < 0:
        facts[PENDING] = piece
    else:
        nodes[facts[PENDING_END], NEXT] = piece
    facts[PENDING_END] = piece


@routine
def put_waiting_text(nodes: Table, stacks: Table, facts: Numbers) -> None:
    """Put text that waited in a table: before it where it is more than blanks."""
    if facts[VISIBLE]:
        facts[FOSTER] = 1
        reopen(nodes, stacks, facts)
    find_place(nodes, stacks, facts, facts[TOP] - 1)
    piece = facts[PENDING]
    while piece >= 0:
        start, stop = int(nodes[piece, tree_rows.START]), int(nodes[piece, STOP])
        put_text(nodes, facts, start, stop, int(nodes[piece, STATE]))
        piece = nodes[piece, NEXT]
    facts[FOSTER], facts[VISIBLE], facts[PENDING] = 0, 0, -1


@routine
def read_raw_text(
    chars: Bytes, i: int, size: int, here: int, nodes: Table, facts: Numbers, known: references.References
) -> int:
    """Put what lies in an element of raw text into it; return the place behind its end tag."""
    name, behind = facts[NAME], facts[NAME_END]
    end = tokens.raw_end(chars, i, size, name, behind - name, here == SCRIPT)
    state = 0
    if here in (TITLE, TEXTAREA):
        state = REFERENCES if tokens.next_byte(chars, i, end, 38) < end else 0
    if here == TEXTAREA:
        i = past_newline(chars, i, end, known)
    if end > i:
        facts[PLACE], facts[BEFORE] = facts[RAW_NODE], -1
        put_text(nodes, facts, i, end, state)
    facts[RAW_NODE] = -1
    if end < size:
        end, _, _ = tokens.scan_attributes(chars, end + 2 + behind - name, size)
    return end if end >= 0 else size


@routine
def read_declaration(chars: Bytes, i: int, size: int, nodes: Table, stacks: Table, facts: Numbers) -> int:
    """Put a comment, or what is taken for one, or a document type; return the place behind it."""
    second = at(chars, i + 1)
    if second == 33 and i + 3 < size and at(chars, i + 2) == 45 and at(chars, i + 3) == 45:
        end = tokens.comment_end(chars, i + 4, size)
    else:
        end = tokens.next_byte(chars, i + 2, size, 62)
        if second == 33 and i + 9 <= size and attributes.is_text(chars, i + 2, i + 9, _DOCTYPE_WORD):
            if facts[MODE] == INITIAL:
                facts[QUIRKS] = end >= size or asks_for_quirks(chars, i + 9, end)
                facts[MODE] = BEFORE_HTML
                link(nodes, 0, -1, new_row(nodes, facts, DOCTYPE, 0, 0, 0))
            elif facts[MODE] == IN_COLUMN_GROUP and stacks[facts[TOP] - 1, CODE] == COLGROUP:
                # Lexbor takes it for something that belongs elsewhere.
                close_to(nodes, stacks, facts, facts[TOP] - 1)
                facts[MODE] = IN_TABLE
            return min(end + 1, size)
        if second == 63 and end >= size:
            # An instruction that never ends is nothing, but not each that looks like one is one.
            facts[STATUS] = HANDED_BACK
        end = min(end + 1, size)
    comment = new_row(nodes, facts, COMMENT, 0, 0, 0)
    mode = facts[MODE]
    if is_foreign(stacks, facts, LETTERS, 0) or (mode > BEFORE_HTML and mode < AFTER_BODY):
        find_place(nodes, stacks, facts, facts[TOP] - 1)
        link(nodes, facts[PLACE], facts[BEFORE], comment)
    else:
        link(nodes, int(stacks[1, NODE]) if mode == AFTER_BODY else 0, -1, comment)
    return end
