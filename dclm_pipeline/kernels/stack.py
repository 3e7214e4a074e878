"""The stack of open elements behind `nesting`: how elements are pushed, found and closed, as parts of kernels.

A row is an open element; above the top lies formatting that waits to be opened again, at the next text or inline
element. Knows nothing of which tag does what.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels import tags
from dclm_pipeline.kernels.compiled import part

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Stack = NDArray[np.int64]

# Columns of the stack.
KIND, NAME, NAME_END, TAG_END, STATE = range(5)
FIELDS = 5
LISTED, SVG, MATH = 1, 2, 4  # bits of STATE
FOREIGN = SVG | MATH

# What is found out about a page. The last two are of use while scanning only: whether a form is open, and how many rows
# above the top of the stack are formatting that waits.
DEPTH, ATTRIBUTES, OPTIONS, STEPS, BODY_ATTRIBUTES, HTML_ATTRIBUTES, FORM, WAITING = range(8)
FACTS = 8

# Steps estimate what a page costs an extractor, in units of about 30 nanoseconds, as measured with Resiliparse 2.0.1.
# An element or text costs one step more for each element around it.
ELEMENT_STEPS = 40
CLONE_STEPS = 75
OPTIONS_A_STEP = 4  # an option is compared with those before it
ATTRIBUTES_A_STEP = 12  # and so is an attribute
LETTERS_A_STEP = 16  # text is read again for the elements around it

# The standard runs the repair of misnested formatting eight times at most.
_REPAIRS = 8

NOTHING = -2  # a kind that no element has

_SPECIAL, _MARKER, _SVG_GATE, _MATH_GATE = tags.SPECIAL, tags.MARKER, tags.SVG_GATE, tags.MATH_GATE


@part
def _lower(byte: int) -> int:
    return byte + 32 if 65 <= byte <= 90 else byte


@part
def is_foreign(stack: Stack, top: int, flags: Numbers) -> bool:
    """Tell whether a start tag here belongs to SVG or MathML."""
    if top == 0:
        return False
    state, flag = stack[top - 1, STATE], flags[stack[top - 1, KIND]]
    return bool((state & SVG != 0 and flag & _SVG_GATE == 0) or (state & MATH != 0 and flag & _MATH_GATE == 0))


@part
def find(stack: Stack, top: int, wanted: int, flags: Numbers, walls: int, wall: int, other_wall: int) -> int:
    """Return the place of the innermost element of a kind that no wall hides, or -1."""
    for i in range(top - 1, -1, -1):
        here = stack[i, KIND]
        if stack[i, STATE] & FOREIGN:
            return -1
        if here == wanted:
            return i
        if flags[here] & walls or here in (wall, other_wall):
            return -1
    return -1


@part
def clear(stack: Stack, top: int, place: int, flags: Numbers, facts: Numbers) -> int:
    """Close all from `place` on; formatting waits, save behind a marker."""
    kept = place
    facts[STEPS] += (top - place) // ATTRIBUTES_A_STEP
    for i in range(place, top + facts[WAITING]):
        if flags[stack[i, KIND]] & _MARKER and stack[i, STATE] & FOREIGN == 0:
            break
        if stack[i, STATE] & LISTED:
            stack[kept] = stack[i]
            kept += 1
    facts[WAITING] = kept - place
    return place


@part
def pop(stack: Stack, top: int, place: int, flags: Numbers, facts: Numbers) -> int:
    """Close the element at `place`, which does not wait, and all inside."""
    stack[place, STATE] &= ~LISTED
    return clear(stack, top, place, flags, facts)


@part
def drop(stack: Stack, top: int, place: int, facts: Numbers) -> int:
    """Close elements that are no formatting, nor hold any."""
    for i in range(facts[WAITING]):
        stack[place + i] = stack[top + i]
    return place


@part
def remove(stack: Stack, top: int, place: int, facts: Numbers) -> int:
    for i in range(place, top + facts[WAITING] - 1):
        stack[i] = stack[i + 1]
    return top - 1


@part
def reopen(top: int, facts: Numbers) -> int:
    """Open what waits; return the new height of the stack."""
    waiting = int(facts[WAITING])
    if waiting:
        facts[STEPS] += waiting * (CLONE_STEPS + top) + waiting * waiting // 2
        facts[WAITING] = 0
    return top + waiting


@part
def adopt(stack: Stack, top: int, place: int, flags: Numbers, facts: Numbers) -> int:
    """End a formatting element; blocks that began inside it stay open, and it is copied into them."""
    blocks = 0
    for i in range(place + 1, top):
        blocks += flags[stack[i, KIND]] & _SPECIAL != 0
    if blocks == 0:
        return pop(stack, top, place, flags, facts)
    facts[STEPS] += min(blocks, _REPAIRS) * (CLONE_STEPS + top - place)
    return remove(stack, top, place, facts) if blocks <= _REPAIRS else top


@part
def push(
    stack: Stack,
    top: int,
    here: int,
    name: int,
    name_end: int,
    tag_end: int,
    state: int,
    flags: Numbers,
    facts: Numbers,
) -> int:
    if flags[here] & _MARKER:
        # What waits outside is not opened inside, so it might as well be open.
        top += facts[WAITING]
        facts[WAITING] = 0
    for i in range(top + facts[WAITING], top, -1):
        stack[i] = stack[i - 1]
    facts[STEPS] += facts[WAITING] // ATTRIBUTES_A_STEP
    stack[top, KIND], stack[top, NAME], stack[top, NAME_END] = here, name, name_end
    stack[top, TAG_END], stack[top, STATE] = tag_end, state
    note_leaf(top, facts)
    return top + 1


@part
def note_leaf(top: int, facts: Numbers) -> None:
    """Count the depth of an element that is, or might be, the last of its line."""
    facts[DEPTH] = max(facts[DEPTH], top + 1 + facts[WAITING])


@part
def same_text(data: Bytes, one: int, one_end: int, other: int, other_end: int) -> bool:
    if one_end - one != other_end - other:
        return False
    while one < one_end and _lower(data[one]) == _lower(data[other]):
        one += 1
        other += 1
    return one == one_end
