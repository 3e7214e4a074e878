"""The room that a page's tree is built in, and what is taken into it first: the page itself, and attributes of its tags."""

from typing import NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import Bytes, Integer, Numbers, at, borrowed, copied, part, routine
from dclm_pipeline.kernels.document.tree_elements import INITIAL, SCOPE, SPECIAL
from dclm_pipeline.kernels.document.tree_flat import ATTRIBUTE_NAMES, HREF, KEPT, Tree
from dclm_pipeline.kernels.document.tree_rows import (
    ATTRIBUTE_ROWS,
    ATTRIBUTES,
    ATTRIBUTES_END,
    BODY_NODE,
    DOCUMENT,
    FACTS,
    FORM_NODE,
    HANDED_BACK,
    HEAD_NODE,
    MODE,
    NODE_FIELDS,
    PENDING,
    RAW_NODE,
    STACK_FIELDS,
    STATUS,
    TOKEN_ATTRIBUTES,
    TOKEN_ATTRIBUTES_END,
    USED,
    Table,
    new_row,
    push,
)
from dclm_pipeline.kernels.html import attributes, references, tags

# Asked for while a tree is built, and not kept.
_ASKED = ["color", "face", "size", "encoding", "xlink:href"]
COLOURS = 7 << KEPT
ENCODING, LINK = KEPT + 3, KEPT + 4
KEPT_BITS = (1 << KEPT) - 1
KNOWN = attributes.names_of(ATTRIBUTE_NAMES + _ASKED)
LEAST_ROOM = 1024
# Beyond, places among the characters, of which there may be more than twice as many, would not fit into 32 bits; with much to spare.
LONGEST = 2**28


class Ground(NamedTuple):
    """What a tree is built on, and the tables that it is built by; `scratch` makes it."""

    nodes: NDArray[np.int32]
    stacks: NDArray[np.int32]
    facts: NDArray[np.int64]
    found: NDArray[np.int64]
    words: NDArray[np.uint64]
    kinds: NDArray[np.int64]
    known: references.References


GROUND = types.NamedTuple(
    (
        types.int32[:, ::1],
        types.int32[:, ::1],
        types.int64[::1],
        types.int64[:, ::1],
        types.uint64[:, ::1],
        types.int64[::1],
        references.REFERENCES,
    ),
    Ground,
)


def _columns(size: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    return np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int32)


def scratch(longest: int) -> tuple[Tree, Ground]:
    """Return room for the tree of a page of so many bytes, if it is not an odd one, and of any shorter, up to `LONGEST`."""
    longest = min(longest, LONGEST)
    nodes, values = longest // 4 + LEAST_ROOM, longest // 3 + LEAST_ROOM
    tree = Tree(
        *_columns(nodes),
        *_columns(nodes),
        *_columns(nodes),
        *_columns(values),
        # The page, and all its text and values once more, each of them a quarter longer at most.
        chars=np.empty(longest * 9 // 4 + LEAST_ROOM, np.uint8),
        page=np.zeros(3, np.int32),
    )
    words, kinds = tags.lookup_all()
    ground = Ground(
        np.empty((nodes, NODE_FIELDS), np.int32),
        np.empty((nodes, STACK_FIELDS), np.int32),
        np.zeros(FACTS, np.int64),
        np.zeros((len(ATTRIBUTE_NAMES) + len(_ASKED), 2), np.int64),
        words,
        kinds,
        references.references(),
    )
    return tree, ground


@part
def lent(tree: Tree, ground: Ground) -> tuple[Tree, Ground]:
    """Return the same arrays without their owners, for a kernel that was handed them."""
    slots, begins, letters, codes = ground.known
    return Tree(
        borrowed(tree.tag),
        borrowed(tree.parent),
        borrowed(tree.stop),
        borrowed(tree.depth),
        borrowed(tree.foreign),
        borrowed(tree.text_start),
        borrowed(tree.text_stop),
        borrowed(tree.attribute_start),
        borrowed(tree.attribute_stop),
        borrowed(tree.attribute_name),
        borrowed(tree.value_start),
        borrowed(tree.value_stop),
        borrowed(tree.chars),
        borrowed(tree.page),
    ), Ground(
        borrowed(ground.nodes),
        borrowed(ground.stacks),
        borrowed(ground.facts),
        borrowed(ground.found),
        borrowed(ground.words),
        borrowed(ground.kinds),
        (borrowed(slots), borrowed(begins), borrowed(letters), borrowed(codes)),
    )


@part
def take_page(data: Bytes, i: int, stop: int, chars: Bytes) -> int:
    """Copy a page, every sort of newline as one; return how long it is then, -1 where it holds a NUL."""
    odd, returns = False, False
    for j in range(i, stop):
        odd |= at(data, j) == 0
        returns |= at(data, j) == 13
    if odd:
        return -1
    if not returns:
        return copied(data, i, stop, chars, 0)
    n = 0
    for j in range(i, stop):
        byte = at(data, j)
        # Of a return and a line feed the latter is kept.
        if byte != 13 or j + 1 >= stop or at(data, j + 1) != 10:
            chars[n] = 10 if byte == 13 else byte
            n += 1
    return n


@part
def begin_page(ground: Ground, size: int) -> None:
    facts, nodes, stacks = ground.facts, ground.nodes, ground.stacks
    for i in range(FACTS):
        facts[i] = 0
    facts[FORM_NODE] = facts[HEAD_NODE] = facts[BODY_NODE] = facts[PENDING] = facts[RAW_NODE] = -1
    facts[MODE], facts[USED] = INITIAL, size
    push(nodes, stacks, facts, new_row(nodes, facts, DOCUMENT, 0, 0, 0), 0, SPECIAL | SCOPE)


@part
def name_link(ground: Ground, seen: int) -> int:
    """Take the address of a link in SVG or MathML for its `href`, if none is before it; return the bits that are seen."""
    if seen >> LINK & 1 and not (seen >> HREF & 1 and ground.found[HREF, 0] < ground.found[LINK, 0]):
        ground.found[HREF, 0], ground.found[HREF, 1] = ground.found[LINK, 0], ground.found[LINK, 1]
        return seen | 1 << HREF
    return seen


@part
def note_attributes(ground: Ground, tree: Tree, seen: int) -> None:
    """Write down the attributes of a tag that are kept."""
    facts = ground.facts
    n = facts[ATTRIBUTE_ROWS]
    facts[TOKEN_ATTRIBUTES] = n
    for number in range(KEPT):
        if seen >> number & 1:
            tree.attribute_name[n] = number
            tree.value_start[n], tree.value_stop[n] = ground.found[number, 0], ground.found[number, 1]
            n += 1
    facts[ATTRIBUTE_ROWS] = facts[TOKEN_ATTRIBUTES_END] = n


@routine
def merge_attributes(nodes: Table, facts: Numbers, tree: Tree, node: Integer) -> None:
    """Give the attributes of a tag to an element that is open already, as far as it has none of their names."""
    had = 0
    for k in range(nodes[node, ATTRIBUTES], nodes[node, ATTRIBUTES_END]):
        had |= 1 << tree.attribute_name[k]
    fresh = 0
    for k in range(facts[TOKEN_ATTRIBUTES], facts[TOKEN_ATTRIBUTES_END]):
        fresh += not had >> tree.attribute_name[k] & 1
    if fresh == 0:
        return
    # They lie together behind all others: what is new of the tag, then a copy of what was there.
    begin = n = facts[TOKEN_ATTRIBUTES]
    for k in range(begin, facts[TOKEN_ATTRIBUTES_END]):
        if not had >> tree.attribute_name[k] & 1:
            tree.attribute_name[n] = tree.attribute_name[k]
            tree.value_start[n], tree.value_stop[n] = tree.value_start[k], tree.value_stop[k]
            n += 1
    if n + KEPT > tree.value_stop.size:
        facts[STATUS] = HANDED_BACK
        return
    for k in range(nodes[node, ATTRIBUTES], nodes[node, ATTRIBUTES_END]):
        tree.attribute_name[n] = tree.attribute_name[k]
        tree.value_start[n], tree.value_stop[n] = tree.value_start[k], tree.value_stop[k]
        n += 1
    nodes[node, ATTRIBUTES], nodes[node, ATTRIBUTES_END] = begin, n
    facts[ATTRIBUTE_ROWS] = n
