"""Which elements are open, what ends without a word, and what is written down of each: parts of the kernel in `blocks`.

A stack of bounded height. Elements that lie within a line are not on it, unless they are hidden. What a start or end tag
ends follows the rules of the HTML standard (13.2.6) as far as text depends on them.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import at, part
from dclm_pipeline.kernels.html import attributes, elements, flow
from dclm_pipeline.kernels.html.attributes import bucket_of_kind, hides, write_words
from dclm_pipeline.kernels.html.elements import BLOCK, BREAKOUT, CELL, CLOSES_P, CUSTOM, INLINE, PASSED, ROWS, SCOPE
from dclm_pipeline.kernels.html.elements import RAW as RAW_TEXT
from dclm_pipeline.kernels.html.elements import UNSEEN as UNSEEN_ELEMENT
from dclm_pipeline.kernels.html.elements import VOID as VOID_ELEMENT
from dclm_pipeline.kernels.html.elements import element as e
from dclm_pipeline.kernels.html.flow import (
    COUNTS,
    ELEMENTS,
    FOREIGN,
    HEIGHT,
    HIDDEN,
    IMAGES,
    INNERMOST,
    LINK,
    LINK_END,
    LINKS,
    MARKED,
    MARKS,
    OPENED,
    OVERFLOW,
    POSITION,
    SHOWN,
    STRONG,
    UNSEEN,
    Bytes,
    Numbers,
    Table,
    break_block,
    break_line,
)
from dclm_pipeline.kernels.html.metadata import (
    DATE,
    FROM_ELEMENT,
    LANGUAGE,
    TIME_RANK,
    note_link,
    note_meta,
    note_value,
)
from dclm_pipeline.kernels.html.open_elements import KIND, NAME, SAYS, WRITTEN, find, find_in_table, find_item, pop

MOST_DEPTH = 256

# Columns of elements: the one around it, its kind, its marks, and a number that elements with the same class share.
PARENT, ELEMENT_KIND, MARKS_BEGIN, MARKS_END, LOOK = range(5)
ELEMENT_FIELDS = 5

_SORTS = elements.sorts()
_A, _BR, _HR, _IMG, _META, _LINK, _HTML, _TIME = map(e, ("a", "br", "hr", "img", "meta", "link", "html", "time"))
_B, _STRONG, _P, _LI, _DD, _DT, _TR, _TABLE = map(e, ("b", "strong", "p", "li", "dd", "dt", "tr", "table"))
_SVG, _MATH, _FOREIGN_OBJECT, _ANNOTATION, _ANNOTATION_XML, _BODY, _DIALOG, _NOSCRIPT, _BUTTON = map(
    e, ("svg", "math", "foreignobject", "annotation", "annotation-xml", "body", "dialog", "noscript", "button")
)
_OL, _UL, _DIV, _ADDRESS, _IMAGE, _TEMPLATE = map(e, ("ol", "ul", "div", "address", "image", "template"))
_HEADING = elements.HEADING
_TRUE = np.frombuffer(b"true", np.uint8)

_SAYS = np.zeros(elements.KINDS, np.int64)
for _names, _bit in (
    ("pre listing", flow.PRE),
    ("article", flow.ARTICLE),
    ("main", flow.MAIN),
    ("nav menu", flow.NAV),
    ("header hgroup", flow.HEADER),
    ("footer", flow.FOOTER),
    ("aside", flow.ASIDE),
    ("form fieldset", flow.FORM),
    ("table", flow.TABLE),
    ("ul ol dl dir", flow.LIST),
    ("blockquote", flow.QUOTE),
    ("button", flow.BUTTON),
    ("figure", flow.FIGURE),
    ("details", flow.DETAILS),
    ("address", flow.ADDRESS),
    ("h1 h2 h3 h4 h5 h6", flow.HEADING),
    ("dialog", flow.DIALOG),
    ("svg", flow.UNSEEN | flow.FOREIGN),
    ("math", flow.FOREIGN),
):
    for _name in _names.split():
        if _name != "listing":
            _SAYS[e(_name)] = _bit
for _kind in range(elements.KINDS):
    if _SORTS[_kind] & UNSEEN_ELEMENT:
        _SAYS[_kind] |= UNSEEN


@part
def begin_page(stack: Numbers, state: Numbers, written: Table, shown: int) -> None:
    """Begin with nothing open but the page."""
    state[:] = 0
    state[SHOWN] = shown
    state[HEIGHT] = 1
    state[ELEMENTS] = 1
    stack[0, KIND], stack[0, NAME], stack[0, SAYS], stack[0, WRITTEN] = _BODY, 0, 0, 0
    written[0, PARENT], written[0, ELEMENT_KIND], written[0, LOOK] = -1, _BODY, 0
    written[0, MARKS_BEGIN] = written[0, MARKS_END] = 0


@part
def _name_hash(data: Bytes, name: int, behind: int) -> int:
    hashed = 1
    for i in range(name, behind):
        hashed = (hashed * 31 + (at(data, i) | 32)) & 0x7FFFFFFF
    return hashed


@part
def _is_hidden(data: Bytes, kind: int, seen: int, found: Numbers) -> bool:
    if seen >> attributes.HIDDEN & 1 or (kind == _DIALOG and not seen >> attributes.OPEN & 1):
        return True
    if seen >> attributes.ARIA & 1 and attributes.is_text(
        data, found[attributes.ARIA, 0], found[attributes.ARIA, 1], _TRUE
    ):
        return True
    return seen >> attributes.STYLE & 1 != 0 and hides(data, found[attributes.STYLE, 0], found[attributes.STYLE, 1])


_MARKED_BY = 1 << attributes.CLASS | 1 << attributes.ID | 1 << attributes.ROLE | 1 << attributes.ITEMPROP


@part
def _mark(data: Bytes, seen: int, found: Numbers, state: Numbers, marks: NDArray[np.int32]) -> None:
    """Write down the words that say what an element is for."""
    n = state[MARKS]
    most = n + attributes.MOST_WORDS
    for attribute, seed in (
        (attributes.ROLE, 11),
        (attributes.ITEMPROP, 13),
        (attributes.CLASS, 7),
        (attributes.ID, 7),
    ):
        if seen >> attribute & 1:
            n = write_words(data, found[attribute, 0], found[attribute, 1], seed, marks, n, most)
    state[MARKS] = n


@part
def _push(
    data: Bytes,
    kind: int,
    name: int,
    behind: int,
    seen: int,
    found: Numbers,
    hidden: bool,
    stack: Numbers,
    state: Numbers,
    written: Table,
    marks: NDArray[np.int32],
) -> None:
    height = state[HEIGHT]
    if height > MOST_DEPTH:
        state[OVERFLOW] += 1
        return
    says = state[OPENED] & ~FOREIGN if kind == _FOREIGN_OBJECT else state[OPENED] | _SAYS[kind]
    if hidden:
        says |= HIDDEN
    if kind == _NOSCRIPT and not state[SHOWN]:
        says |= UNSEEN
    hashed = 0
    if kind == CUSTOM:
        hashed = _name_hash(data, name, behind)
    if not says & UNSEEN:
        n = state[ELEMENTS]
        begin = state[MARKS]
        marks[begin] = bucket_of_kind(kind)
        state[MARKS] += 1
        if seen & _MARKED_BY:
            _mark(data, seen, found, state, marks)
        look = 0
        for i in range(begin, state[MARKS]):
            look = (look * 31 + marks[i]) & 0x7FFFFFFF
        written[n, PARENT], written[n, ELEMENT_KIND], written[n, LOOK] = state[INNERMOST], kind, look
        written[n, MARKS_BEGIN], written[n, MARKS_END] = begin, state[MARKS]
        if not _SORTS[kind] & INLINE:
            state[MARKED] = state[MARKS]
        state[INNERMOST] = n
        state[ELEMENTS] += 1
    stack[height, KIND], stack[height, NAME], stack[height, SAYS] = kind, hashed, says
    stack[height, WRITTEN] = state[INNERMOST]
    state[OPENED] = says
    state[COUNTS + kind] += 1
    state[HEIGHT] = height + 1


@part
def _end_unsaid(stack: Numbers, state: Numbers, kind: int, sort: int) -> None:
    """Close what a start tag ends without a word."""
    if sort & CLOSES_P:
        place = find(stack, state, _P, 0, SCOPE)
        if place:
            pop(stack, state, place)
    place = 0
    if kind == _LI:
        place = find_item(stack, state, _LI, _LI)
    elif kind in (_DD, _DT):
        place = find_item(stack, state, _DD, _DT)
    elif sort & CELL:
        place = find_in_table(stack, state, CELL, kind)
    elif kind == _TR:
        place = find_in_table(stack, state, CELL, _TR)
    elif sort & ROWS:
        place = find_in_table(stack, state, CELL | ROWS, _TR)
    elif kind == _BUTTON:
        place = find(stack, state, _BUTTON, 0, SCOPE)
    elif sort & _HEADING and _SORTS[stack[state[HEIGHT] - 1, KIND]] & _HEADING:
        place = state[HEIGHT] - 1
    if place:
        pop(stack, state, place)


@part
def _start_inline(
    data: Bytes, kind: int, seen: int, found: Numbers, state: Numbers, marks: NDArray[np.int32], meta: Numbers
) -> None:
    if kind == _A:
        state[LINK] = seen >> attributes.HREF & 1
        state[LINKS] += state[LINK]
        if state[LINK_END] == state[POSITION] and state[LINK]:
            # Links side by side, told apart by their looks, are two words.
            state[flow.GAP] |= 1
            state[flow.IN_WORD] = 0
    elif kind in (_B, _STRONG):
        state[STRONG] += 1
    elif kind == _TIME and seen >> attributes.DATETIME & 1:
        note_value(meta, DATE, TIME_RANK, found[attributes.DATETIME, 0], found[attributes.DATETIME, 1])
    if seen & _MARKED_BY:
        _mark(data, seen, found, state, marks)


@part
def open_element(
    data: Bytes,
    kind: int,
    name: int,
    behind: int,
    closed: bool,
    seen: int,
    found: Numbers,
    stack: Numbers,
    state: Numbers,
    text: Bytes,
    blocks: Table,
    written: Table,
    marks: NDArray[np.int32],
    meta: Numbers,
) -> None:
    """Do what a start tag asks for."""
    sort = _SORTS[kind]
    if state[OPENED] & FOREIGN:
        if not sort & BREAKOUT:
            if kind in (_SVG, _MATH, _FOREIGN_OBJECT, _ANNOTATION, _ANNOTATION_XML) and not closed:
                _push(data, kind, name, behind, 0, found, False, stack, state, written, marks)
            return
        height = state[HEIGHT]
        while height > 1 and stack[height - 1, SAYS] & FOREIGN:
            height -= 1
        pop(stack, state, height)
    if kind == _META:
        note_meta(data, seen, found, meta)
    elif kind == _LINK:
        note_link(data, seen, found, meta)
    elif kind == _HTML and seen >> attributes.LANG & 1:
        note_value(meta, LANGUAGE, FROM_ELEMENT, found[attributes.LANG, 0], found[attributes.LANG, 1])
    elif kind == _BR:
        break_line(state, text, blocks, marks)
    elif kind in (_IMG, _IMAGE):
        state[IMAGES] += 1
    if sort & (PASSED | RAW_TEXT):
        return
    if not state[OPENED] & UNSEEN and (sort & BLOCK or sort & CLOSES_P):
        break_block(state, text, blocks, marks)
    _end_unsaid(stack, state, kind, sort)
    if sort & VOID_ELEMENT:
        return
    if (kind in (_SVG, _MATH)) and closed:
        return
    hidden = _is_hidden(data, kind, seen, found)
    if sort & INLINE:
        if not state[OPENED] & UNSEEN:
            _start_inline(data, kind, seen, found, state, marks, meta)
        if not hidden and not state[OPENED] & HIDDEN:
            return
    _push(data, kind, name, behind, seen, found, hidden, stack, state, written, marks)


@part
def _parts_text(stack: Numbers, state: Numbers, height: int) -> bool:
    """Tell whether a block ends with what is closed above a height."""
    for i in range(height, state[HEIGHT]):  # noqa: SIM110 - the compiler knows no generators
        if _SORTS[stack[i, KIND]] & BLOCK:
            return True
    return False


@part
def close_element(
    data: Bytes,
    kind: int,
    name: int,
    behind: int,
    stack: Numbers,
    state: Numbers,
    text: Bytes,
    blocks: Table,
    marks: Table,
) -> None:
    """Do what an end tag asks for."""
    sort = _SORTS[kind]
    if kind == _BR:
        break_line(state, text, blocks, marks)
        return
    if kind == _A and not state[OPENED] & UNSEEN:
        if state[LINK]:
            state[LINK_END] = state[POSITION]
        state[LINK] = 0
    elif (kind in (_B, _STRONG)) and state[STRONG] and not state[OPENED] & UNSEEN:
        state[STRONG] -= 1
    if sort & (VOID_ELEMENT | RAW_TEXT | PASSED):
        return
    if sort & BLOCK and not state[OPENED] & UNSEEN:
        break_block(state, text, blocks, marks)
        state[STRONG] = 0
    if state[OVERFLOW] and not sort & INLINE:
        state[OVERFLOW] -= 1
        return
    place = 0
    if sort & _HEADING:
        for i in range(state[HEIGHT] - 1, 0, -1):
            around = _SORTS[stack[i, KIND]]
            if around & _HEADING:
                place = i
                break
            if around & SCOPE:
                break
    elif kind in (_TABLE, _TR) or sort & (CELL | ROWS):
        if state[COUNTS + kind]:
            for i in range(state[HEIGHT] - 1, 0, -1):
                if stack[i, KIND] == kind:
                    place = i
                    break
                if stack[i, KIND] == _TABLE or stack[i, KIND] == _TEMPLATE:
                    break
    elif kind == _LI:
        place = find(stack, state, _LI, 0, SCOPE)
    else:
        place = find(stack, state, kind, _name_hash(data, name, behind) if kind == CUSTOM else 0, SCOPE)
        if sort & SCOPE and not place:
            # Its own kind is a wall to others, never to itself.
            place = find(stack, state, kind, 0, 0)
    if place:
        if not sort & BLOCK and not state[OPENED] & UNSEEN and _parts_text(stack, state, place):
            break_block(state, text, blocks, marks)
        pop(stack, state, place)
