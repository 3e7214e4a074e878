"""The stack of open elements behind `nesting`: how elements are pushed, found and closed, as parts of kernels.

A row is an open element; above the top lies formatting that waits to be opened again, at the next text or inline
element. Knows nothing of which tag does what.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import Bytes, Numbers, copy_row, part
from dclm_pipeline.kernels.html import tags
from dclm_pipeline.kernels.html.tags import kind

Stack = NDArray[np.int64]

# Columns of the stack.
KIND, NAME, NAME_END, TAG_END, STATE, CHILDREN = range(6)
FIELDS = 6
LISTED, SVG, MATH = 1, 2, 4  # bits of STATE
FOREIGN = SVG | MATH

# What is found out about a page.
DEPTH, ATTRIBUTES, OPTIONS, STEPS = range(4)
# Of use while scanning only: attributes of all `<body>` and `<html>`, the name of the open form (its place and 1, or 0),
# how many rows above the top are formatting that waits, whether the page is in no-quirks mode, how long the text is that
# the next text would be joined to, whether memory was taken since then, what lies in the body itself, and how many open
# elements are paragraphs and formatting.
BODY_ATTRIBUTES, HTML_ATTRIBUTES, FORM, WAITING, STANDARD, JOINED, TAKEN, ROOT_CHILDREN, PARAGRAPHS, OPEN_LISTED = (
    range(4, 14)
)
FACTS = 14

# Steps estimate what a page costs an extractor, in units of about 30 nanoseconds, as measured with Resiliparse 2.0.1.
# An element or text costs one step more for each element around it.
ELEMENT_STEPS = 40
CLONE_STEPS = 75
OPTIONS_A_STEP = 4  # an option is compared with those before it
ATTRIBUTES_A_STEP = 12  # and so is an attribute
SIBLINGS_A_STEP = 25  # a list looks at what lies before it
LETTERS_A_STEP = 16  # text is read again for the elements around it
JUDGED_A_STEP = 4  # letters of a tag that is copied

# The standard runs the repair of misnested formatting eight times at most.
_REPAIRS = 8

FLAGS = tags.flags()
NOTHING = -2  # a kind that no element has

FOREIGN_KIND, GATE, ANNOTATION = kind("#foreign"), kind("#gate"), kind("#annotation")

_SPECIAL, _MARKER = tags.SPECIAL, tags.MARKER


@part
def _lower(byte: int) -> int:
    return byte + 32 if 65 <= byte <= 90 else byte


@part
def is_foreign(stack: Stack, top: int) -> bool:
    """Tell whether a start tag here belongs to SVG or MathML."""
    return top > 0 and bool(stack[top - 1, STATE] & FOREIGN) and stack[top - 1, KIND] != GATE


@part
def find(stack: Stack, top: int, wanted: int, walls: int, wall: int, other_wall: int) -> int:
    """Return the place of the innermost element of a kind that no wall hides, or -1."""
    for i in range(top - 1, -1, -1):
        here = stack[i, KIND]
        if here == wanted:
            return i
        if FLAGS[here] & walls or here in (wall, other_wall):
            return -1
    return -1


@part
def clear(stack: Stack, top: int, place: int, facts: Numbers) -> int:
    """Close all from `place` on; formatting waits, save behind a marker."""
    kept = place
    facts[STEPS] += (top - place) // ATTRIBUTES_A_STEP
    for i in range(place, top + facts[WAITING]):
        if FLAGS[stack[i, KIND]] & _MARKER:
            break
        if stack[i, STATE] & LISTED:
            copy_row(stack, i, stack, kept)
            kept += 1
    facts[WAITING] = kept - place
    return place


@part
def pop(stack: Stack, top: int, place: int, facts: Numbers) -> int:
    """Close the element at `place`, which does not wait, and all inside."""
    stack[place, STATE] &= ~LISTED
    return clear(stack, top, place, facts)


@part
def drop(stack: Stack, top: int, place: int, facts: Numbers) -> int:
    """Close elements that are no formatting, nor hold any."""
    for i in range(facts[WAITING]):
        copy_row(stack, top + i, stack, place + i)
    return place


@part
def remove(stack: Stack, top: int, place: int, facts: Numbers) -> int:
    for i in range(place, top + facts[WAITING] - 1):
        copy_row(stack, i + 1, stack, i)
    return top - 1


@part
def reopen(stack: Stack, top: int, facts: Numbers) -> int:
    """Open what waits; return the new height of the stack."""
    waiting = int(facts[WAITING])
    if waiting:
        facts[STEPS] += waiting * (CLONE_STEPS + top) + waiting * waiting // 2
        for i in range(top, top + waiting):
            # A copy is judged by its class and style once more.
            facts[STEPS] += (stack[i, TAG_END] - stack[i, NAME_END]) // JUDGED_A_STEP
        facts[WAITING] = 0
        facts[OPEN_LISTED] += waiting
    return top + waiting


@part
def adopt(stack: Stack, top: int, place: int, facts: Numbers) -> int:
    """End a formatting element; blocks that began inside it stay open, and it is copied into them."""
    blocks = 0
    for i in range(place + 1, top):
        blocks += FLAGS[stack[i, KIND]] & _SPECIAL != 0
    if blocks == 0:
        return pop(stack, top, place, facts)
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
    facts: Numbers,
) -> int:
    if FLAGS[here] & _MARKER:
        # What waits outside is not opened inside, so it might as well be open.
        top += facts[WAITING]
        facts[WAITING] = 0
    for i in range(top + facts[WAITING], top, -1):
        copy_row(stack, i - 1, stack, i)
    facts[STEPS] += facts[WAITING] // ATTRIBUTES_A_STEP
    stack[top, KIND], stack[top, NAME], stack[top, NAME_END] = here, name, name_end
    stack[top, TAG_END], stack[top, STATE] = tag_end, state
    stack[top, CHILDREN] = 0
    note_leaf(stack, top, facts)
    return top + 1


@part
def note_child(stack: Stack, top: int, facts: Numbers) -> None:
    """Count an element or a text where it lies."""
    if top > 0:
        stack[top - 1, CHILDREN] += 1
    else:
        facts[ROOT_CHILDREN] += 1


@part
def count_siblings(stack: Stack, top: int, facts: Numbers) -> int:
    """Return how many elements and texts lie before a place in the element that is open there."""
    return int(stack[top - 1, CHILDREN] if top > 0 else facts[ROOT_CHILDREN])


@part
def note_leaf(stack: Stack, top: int, facts: Numbers) -> None:
    """Count a new element and its depth; it also parts the text before it from that after it."""
    note_child(stack, top, facts)
    facts[DEPTH] = max(facts[DEPTH], top + 1 + facts[WAITING])
    facts[JOINED] = 0


@part
def same_text(data: Bytes, one: int, one_end: int, other: int, other_end: int) -> bool:
    if one_end - one != other_end - other:
        return False
    while one < one_end and _lower(data[one]) == _lower(data[other]):
        one += 1
        other += 1
    return one == one_end
