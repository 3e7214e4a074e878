"""A page cut into blocks of text, with numbers about each, from one pass over its bytes; no tree is built.

Text is what the HTML standard would show of it, in the order of the page: blanks are made one (but in `pre`), character
references are read, scripts and the like are passed by. Open elements lie on a stack of at most `MOST_DEPTH`; what is
deeper is read as if it lay in the deepest. Time is linear in the bytes, memory in the tags.

Differs from a parser's tree where tables hold text outside of cells (it stays where it is) and where formatting is
misnested (it has no effect on text). How text is written down is the business of `flow`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, looking, marks
from dclm_pipeline.kernels.bytes import count_byte
from dclm_pipeline.kernels.characters import character_table
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, at, borrowed, kernel, part, stamp
from dclm_pipeline.kernels.html import (
    attributes,
    elements,
    flow,
    metadata,
    open_elements,
    opening,
    references,
    tags,
    tokens,
)
from dclm_pipeline.kernels.html.elements import CUSTOM, RAW, element
from dclm_pipeline.kernels.html.flow import (
    BLOCK_FIELDS,
    FOREIGN,
    OPENED,
    PLACE,
    STATE,
    UNSEEN,
    Bytes,
    Numbers,
    Table,
    add_text,
    break_block,
)
from dclm_pipeline.kernels.html.metadata import TITLE, TITLE_RANK, is_linked_data, note_script, note_value
from dclm_pipeline.kernels.html.open_elements import OPEN_FIELDS
from dclm_pipeline.kernels.html.opening import (
    ELEMENT_FIELDS,
    MOST_DEPTH,
    begin_page,
    close_element,
    open_element,
)
from dclm_pipeline.kernels.html.references import REFERENCES, References
from dclm_pipeline.kernels.html.tokens import (
    after,
    bogus_end,
    comment_end,
    is_cdata,
    is_letter,
    kind_of,
    name_end,
    raw_end,
)
from dclm_pipeline.kernels.strings import Strings

_SCRIPT, _TITLE, _PLAINTEXT, _XMP = map(element, ("script", "title", "plaintext", "xmp"))
_SORTS = elements.sorts()
# What marks a tag can bring at most: words of its attributes, its name, and words of two blocks.
_MARKS_A_TAG = attributes.MOST_WORDS + 1 + 2 * flow.MOST_WORDS
_SLACK = 64


@part
def _cut(
    data: Bytes,
    i: int,
    stop: int,
    words: NDArray[np.uint64],
    kinds: Numbers,
    table: NDArray[np.uint16],
    known: References,
    stack: Numbers,
    found: Numbers,
    state: Numbers,
    text: Bytes,
    blocks: Table,
    elements: Table,
    marks: NDArray[np.int32],
    meta: Numbers,
) -> None:
    start, begun = i, i
    plain = False
    while True:
        if not plain:
            i = tokens.next_bracket(data, i, stop)
        if i > begun and not state[OPENED] & UNSEEN:
            add_text(data, begun, i, plain, state, text, table, known)
        if plain:
            break_block(state, text, blocks, marks)
            plain = False
        if i >= stop:
            return
        # What turns out to be no tag is text from its bracket on.
        begun = i
        i += 1
        ending = i < stop and at(data, i) == 47
        if ending:
            i += 1
        if i < stop and is_letter(at(data, i)):
            name = i
            behind = name_end(data, i, stop)
            here = kind_of(data, name, behind, words, kinds)
            if here == 0:
                for j in range(name, behind):
                    if at(data, j) == 45:
                        here = CUSTOM
            i, closed, seen = attributes.scan_tag(data, behind, stop, found)
            if i < 0:
                return
            state[PLACE] = begun - start
            begun = i
            if ending:
                close_element(data, here, name, behind, stack, state, text, blocks, marks)
                continue
            open_element(
                data, here, name, behind, closed, seen, found, stack, state, text, blocks, elements, marks, meta
            )
            # In SVG and MathML only scripts hold raw text, and end themselves where they say so.
            if _SORTS[here] & RAW and (not state[OPENED] & FOREIGN or (here == _SCRIPT and not closed)):
                end = stop if here == _PLAINTEXT else raw_end(data, i, stop, name, behind - name, here == _SCRIPT)
                if here == _TITLE:
                    note_value(meta, TITLE, TITLE_RANK, i, end)
                elif here == _SCRIPT:
                    if seen >> attributes.TYPE & 1 and is_linked_data(data, found):
                        note_script(meta, i, end)
                elif here in (_XMP, _PLAINTEXT):
                    break_block(state, text, blocks, marks)
                    plain = True
                    i = end
                    continue
                i = begun = end
        elif ending:
            if i < stop:
                i = begun = i + 1 if at(data, i) == 62 else bogus_end(data, i, stop)
        elif i < stop and at(data, i) == 33:
            if i + 2 < stop and at(data, i + 1) == 45 and at(data, i + 2) == 45:
                i = begun = comment_end(data, i + 3, stop)
            elif state[OPENED] & FOREIGN and is_cdata(data, i + 1, stop):
                i = begun = after(data, i + 8, stop, 93, 93, 62)
            else:
                i = begun = bogus_end(data, i, stop)
        elif i < stop and at(data, i) == 63:
            i = begun = bogus_end(data, i, stop)


_I32 = types.int32[:, ::1]
_I64 = types.int64[:, ::1]
_CUT = void(
    OFFSETS,
    BYTES,
    types.uint64[:, ::1],
    types.int64[::1],
    types.Array(types.uint16, 1, "C", readonly=True),
    REFERENCES,
    types.int64,
    _I64,
    types.uint8[::1],
    _I32,
    _I32,
    types.int32[::1],
    types.int64[:, :, ::1],
)
_Cut: TypeAlias = Callable[..., None]
TEXT, BLOCK, ELEMENT, MARK = range(4)


def _make(parts: int) -> _Cut:
    @kernel(_CUT)
    def cut_rows(
        offsets: Numbers,
        data: Bytes,
        words: NDArray[np.uint64],
        kinds: Numbers,
        table: NDArray[np.uint16],
        known: References,
        shown: int,
        rows: Numbers,
        text: Bytes,
        blocks: Table,
        elements: Table,
        marks: NDArray[np.int32],
        meta: Numbers,
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, words, kinds, table = borrowed(data), borrowed(words), borrowed(kinds), borrowed(table)
        known = (borrowed(known[0]), borrowed(known[1]), borrowed(known[2]), borrowed(known[3]))
        stack = np.zeros((MOST_DEPTH + 1, OPEN_FIELDS), np.int64)
        found = np.zeros((attributes.ATTRIBUTES, 2), np.int64)
        state = np.zeros(STATE, np.int64)
        for row in range(offsets.size - 1):
            own_text, own_blocks = borrowed(text[rows[row, TEXT] :]), borrowed(blocks[rows[row, BLOCK] :])
            own_elements, own_marks = borrowed(elements[rows[row, ELEMENT] :]), borrowed(marks[rows[row, MARK] :])
            begin_page(borrowed(stack), borrowed(state), own_elements, shown)
            _cut(
                data,
                offsets[row],
                offsets[row + 1],
                words,
                kinds,
                table,
                known,
                borrowed(stack),
                borrowed(found),
                borrowed(state),
                own_text,
                own_blocks,
                own_elements,
                own_marks,
                borrowed(meta[row]),
            )
            break_block(borrowed(state), own_text, own_blocks, own_marks)
            rows[row + 1, TEXT] = rows[row, TEXT] + state[flow.BEGIN]
            rows[row + 1, BLOCK] = rows[row, BLOCK] + state[flow.BLOCKS]
            rows[row + 1, ELEMENT] = rows[row, ELEMENT] + state[flow.ELEMENTS]
            rows[row + 1, MARK] = rows[row, MARK] + state[flow.MARKS]

    return cut_rows


_cut_rows = _make(
    stamp(
        attributes,
        characters,
        elements,
        flow,
        looking,
        marks,
        metadata,
        open_elements,
        opening,
        references,
        tags,
        tokens,
    )
)


@dataclass(frozen=True)
class Blocks:
    """The blocks of a batch. Of page i: text, blocks, elements and marks from `rows[i]` to `rows[i + 1]`, in columns.

    Places within text, elements and marks count from where those of the page begin. `meta` says of each page and field
    of `metadata` how good a value is (-1: none) and where in the page it lies.
    """

    rows: NDArray[np.int64]
    text: NDArray[np.uint8]
    blocks: NDArray[np.int32]
    elements: NDArray[np.int32]
    marks: NDArray[np.int32]
    meta: NDArray[np.int64]


def cut_pages(html: Strings, noscript: bool) -> Blocks:
    """Cut pages into blocks; takes memory by the brackets in them, which is given back when the answer goes."""
    offsets, data = html
    pages = len(offsets) - 1
    begin, end = int(offsets[0]), int(offsets[-1])
    tags_there = count_byte(data, begin, end, 60) + pages + 1
    rows = np.zeros((pages + 1, 4), np.int64)
    text = np.empty((end - begin) * 6 // 5 + _SLACK * (pages + 1), np.uint8)
    blocks = np.empty((2 * tags_there + pages, BLOCK_FIELDS), np.int32)
    parts = np.empty((tags_there + pages, ELEMENT_FIELDS), np.int32)
    marks = np.empty(_MARKS_A_TAG * (tags_there + pages) + _SLACK, np.int32)
    meta = np.full((pages, len(metadata.FIELDS) + metadata.MOST_SCRIPTS, 3), -1, np.int64)
    words, kinds = elements.names()
    _cut_rows(
        offsets, data, words, kinds, character_table(), references.references(), int(noscript), rows, text, blocks, parts,
        marks, meta,
    )  # fmt: skip
    ends = rows[-1]
    return Blocks(rows, text[: ends[TEXT]], blocks[: ends[BLOCK]], parts[: ends[ELEMENT]], marks[: ends[MARK]], meta)
