"""The rows that a page's tree is built of, the stack of open elements and the list of formatting, as parts of kernels.

A row is a node, linked to its neighbours, as nodes are moved while a tree is built; text is one slice of the page or
several, of which those behind the first are rows of their own. Knows nothing of which tag does what.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import Integer, Numbers, part
from dclm_pipeline.kernels.document import tree_elements
from dclm_pipeline.kernels.document.tree_elements import (
    FOSTERS,
    MATH,
    SVG,
    TABLE,
    TEMPLATE,
    P,
)

Table: TypeAlias = NDArray[np.int32]

# What a node is, where it is no element.
TEXT, COMMENT, DOCTYPE, DOCUMENT, PIECE = -1, -2, -3, -4, -5

# Columns of nodes. Of text the slice is from START to STOP, and further pieces are between FIRST and LAST; of an element
# the name is there. Attributes are rows of a table of their own.
KIND, STATE, PARENT, FIRST, LAST, NEXT, PREVIOUS, START, STOP, TAG_END, ATTRIBUTES, ATTRIBUTES_END = range(12)
NODE_FIELDS = 12
# Bits of STATE: is on the stack, is in the list of formatting; references in the text are read. SVG and MATH are there too.
OPEN, LISTED, REFERENCES = 1, 2, 4

# Columns of the stack: the node, its number with SVG or MATH, its bits. Beside it lie the list of formatting (-1 is a
# marker) and that of the modes of open templates.
NODE, CODE, BITS_HERE, FORMAT, TEMPLATE_MODE = range(5)
STACK_FIELDS = 5

# What is known of a page while it is read. The first five are those of the token that is looked at.
(
    NAME,
    NAME_END,
    TOKEN_END,
    TOKEN_ATTRIBUTES,
    TOKEN_ATTRIBUTES_END,
    MODE,
    TOP,
    FORMATS,
    NODES,
    ATTRIBUTE_ROWS,
    FORM_NODE,
    HEAD_NODE,
    BODY_NODE,
    PARAGRAPHS,
    QUIRKS,
    FOSTER,
    TEMPLATES,
    WORK,
    PENDING,
    PENDING_END,
    VISIBLE,
    STATUS,
    PLACE,
    BEFORE,
    RAW_NODE,
    USED,
) = range(26)
FACTS = 26

BUILT, HANDED_BACK = 0, 1

_BITS, _SVG_BITS, _MATH_BITS = tree_elements.BITS, tree_elements.SVG_BITS, tree_elements.MATH_BITS


@part
def new_row(nodes: Table, facts: Numbers, kind: Integer, start: Integer, stop: Integer, state: Integer) -> int:
    """Return a new row that is linked to nothing."""
    node = facts[NODES]
    facts[NODES] = node + 1
    nodes[node, KIND], nodes[node, STATE], nodes[node, PARENT] = kind, state, -1
    nodes[node, FIRST], nodes[node, LAST], nodes[node, NEXT], nodes[node, PREVIOUS] = -1, -1, -1, -1
    nodes[node, START], nodes[node, STOP], nodes[node, TAG_END] = start, stop, stop
    nodes[node, ATTRIBUTES], nodes[node, ATTRIBUTES_END] = 0, 0
    return int(node)


@part
def link(nodes: Table, parent: Integer, before: Integer, node: Integer) -> None:
    """Put a node before a child, or (-1) behind all."""
    last = nodes[before, PREVIOUS] if before >= 0 else nodes[parent, LAST]
    nodes[node, PARENT], nodes[node, NEXT], nodes[node, PREVIOUS] = parent, before, last
    if last >= 0:
        nodes[last, NEXT] = node
    else:
        nodes[parent, FIRST] = node
    if before >= 0:
        nodes[before, PREVIOUS] = node
    else:
        nodes[parent, LAST] = node


@part
def unlink(nodes: Table, node: Integer) -> None:
    """Take a node out of where it lies, if anywhere."""
    parent, behind, last = nodes[node, PARENT], nodes[node, NEXT], nodes[node, PREVIOUS]
    if parent < 0:
        return
    if last >= 0:
        nodes[last, NEXT] = behind
    else:
        nodes[parent, FIRST] = behind
    if behind >= 0:
        nodes[behind, PREVIOUS] = last
    else:
        nodes[parent, LAST] = last
    nodes[node, PARENT], nodes[node, NEXT], nodes[node, PREVIOUS] = -1, -1, -1


@part
def find(stacks: Table, facts: Numbers, wanted: Integer, walls: Integer, wall: Integer, other: Integer) -> int:
    """Return the place of the innermost open element of a number that no wall hides, or -1."""
    place = facts[TOP] - 1
    while place >= 0:
        code = stacks[place, CODE]
        if code == wanted:
            break
        if stacks[place, BITS_HERE] & walls or code in (wall, other):
            place = -1
            break
        place -= 1
    facts[WORK] += facts[TOP] - place
    return int(place)


@part
def close_to(nodes: Table, stacks: Table, facts: Numbers, place: Integer) -> None:
    """Close the element at a place of the stack and all inside."""
    for i in range(place, facts[TOP]):
        nodes[stacks[i, NODE], STATE] &= ~OPEN
        facts[PARAGRAPHS] -= stacks[i, CODE] == P
    facts[TOP] = place


@part
def remove_open(nodes: Table, stacks: Table, facts: Numbers, place: Integer) -> None:
    """Take one element out of the stack, which is no paragraph; what is inside stays open."""
    nodes[stacks[place, NODE], STATE] &= ~OPEN
    facts[TOP] -= 1
    for i in range(place, facts[TOP]):
        stacks[i, NODE], stacks[i, CODE], stacks[i, BITS_HERE] = (
            stacks[i + 1, NODE],
            stacks[i + 1, CODE],
            stacks[i + 1, BITS_HERE],
        )
    facts[WORK] += facts[TOP] - place


@part
def place_of(stacks: Table, facts: Numbers, node: Integer) -> int:
    """Return the place of an open node in the stack."""
    place = facts[TOP] - 1
    while place > 0 and stacks[place, NODE] != node:
        place -= 1
    facts[WORK] += facts[TOP] - place
    return int(place)


@part
def unlist(nodes: Table, stacks: Table, facts: Numbers, place: Integer) -> None:
    """Take an entry out of the list of formatting."""
    nodes[stacks[place, FORMAT], STATE] &= ~LISTED
    facts[FORMATS] -= 1
    for i in range(place, facts[FORMATS]):
        stacks[i, FORMAT] = stacks[i + 1, FORMAT]
    facts[WORK] += facts[FORMATS] - place


@part
def clear_to_marker(nodes: Table, stacks: Table, facts: Numbers) -> None:
    """Forget the formatting that was opened since the last marker, and the marker."""
    while facts[FORMATS] > 0:
        facts[FORMATS] -= 1
        node = stacks[facts[FORMATS], FORMAT]
        if node < 0:
            return
        nodes[node, STATE] &= ~LISTED


@part
def find_place(nodes: Table, stacks: Table, facts: Numbers, target: Integer) -> None:
    """Note where a node goes that is to be put into the element at a place of the stack: perhaps before a table."""
    facts[PLACE], facts[BEFORE] = stacks[target, NODE], -1
    if not facts[FOSTER] or not stacks[target, BITS_HERE] & FOSTERS:
        return
    i = facts[TOP] - 1
    while i > 1 and stacks[i, CODE] != TEMPLATE and stacks[i, CODE] != TABLE:
        i -= 1
    facts[WORK] += facts[TOP] - i
    facts[PLACE] = stacks[i, NODE]
    if stacks[i, CODE] == TABLE:
        table = stacks[i, NODE]
        if nodes[table, PARENT] >= 0:
            facts[PLACE], facts[BEFORE] = nodes[table, PARENT], table
        else:
            facts[PLACE] = stacks[i - 1, NODE]


@part
def put_text(nodes: Table, facts: Numbers, start: Integer, stop: Integer, state: Integer) -> None:
    """Put a slice of text where `find_place` said, to the text that lies there if there is one."""
    last = nodes[facts[BEFORE], PREVIOUS] if facts[BEFORE] >= 0 else nodes[facts[PLACE], LAST]
    if last < 0 or nodes[last, KIND] != TEXT:
        link(nodes, facts[PLACE], facts[BEFORE], new_row(nodes, facts, TEXT, start, stop, state))
        return
    piece = nodes[last, LAST] if nodes[last, LAST] >= 0 else last
    if nodes[piece, STOP] == start and nodes[piece, STATE] | REFERENCES == state | REFERENCES:
        nodes[piece, STOP] = stop
        nodes[piece, STATE] |= state
        return
    added = new_row(nodes, facts, PIECE, start, stop, state)
    if piece == last:
        nodes[last, FIRST] = added
    else:
        nodes[piece, NEXT] = added
    nodes[last, LAST] = added


@part
def open_row(
    nodes: Table, stacks: Table, facts: Numbers, here: Integer, space: Integer, said: bool, empty: bool
) -> int:
    """Put a new element where one goes and open it, unless it is to stay empty; return its node."""
    find_place(nodes, stacks, facts, facts[TOP] - 1)
    node = new_row(nodes, facts, here, 0, 0, space)
    if said:
        nodes[node, START], nodes[node, STOP], nodes[node, TAG_END] = facts[NAME], facts[NAME_END], facts[TOKEN_END]
        nodes[node, ATTRIBUTES], nodes[node, ATTRIBUTES_END] = facts[TOKEN_ATTRIBUTES], facts[TOKEN_ATTRIBUTES_END]
    link(nodes, facts[PLACE], facts[BEFORE], node)
    if not empty:
        bits = _SVG_BITS[here] if space == SVG else _MATH_BITS[here] if space == MATH else _BITS[here]
        push(nodes, stacks, facts, node, here + space, int(bits))
    return node


@part
def push(nodes: Table, stacks: Table, facts: Numbers, node: Integer, code: Integer, bits: Integer) -> None:
    """Lay a node upon the stack."""
    top = facts[TOP]
    stacks[top, NODE], stacks[top, CODE], stacks[top, BITS_HERE] = node, code, bits
    nodes[node, STATE] |= OPEN
    facts[PARAGRAPHS] += code == P
    facts[TOP] = top + 1
