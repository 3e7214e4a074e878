"""A page's tree laid out flat, in the order of the page, as a part of kernels: the last step of building it."""

from typing import NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import put_character
from dclm_pipeline.kernels.compiled import Bytes, Integer, Numbers, at, part, routine
from dclm_pipeline.kernels.document.tree_elements import MATH, SVG, TEMPLATE
from dclm_pipeline.kernels.document.tree_rows import (
    ATTRIBUTE_ROWS,
    ATTRIBUTES,
    ATTRIBUTES_END,
    FIRST,
    HANDED_BACK,
    KIND,
    NEXT,
    PARENT,
    PREVIOUS,
    QUIRKS,
    REFERENCES,
    START,
    STATE,
    STATUS,
    STOP,
    TEXT,
    USED,
    Table,
)
from dclm_pipeline.kernels.html.references import AMPERSAND, References, read_reference
from dclm_pipeline.kernels.html.tokens import next_byte

# Attributes that are kept, by their numbers.
ATTRIBUTE_NAMES = [
    "class",
    "id",
    "rel",
    "itemprop",
    "role",
    "style",
    "hidden",
    "aria-hidden",
    "aria-expanded",
    "data-ad",
    "data-advertisement",
    "data-text-ad",
    "alt",
    "href",
    "type",
    "value",
    "placeholder",
    "lang",
]
(
    CLASS,
    ID,
    REL,
    ITEMPROP,
    ROLE,
    STYLE,
    HIDDEN,
    ARIA_HIDDEN,
    ARIA_EXPANDED,
    DATA_AD,
    DATA_ADVERTISEMENT,
    DATA_TEXT_AD,
    ALT,
    HREF,
    TYPE,
    VALUE,
    PLACEHOLDER,
    LANG,
) = range(18)
KEPT = 18

_ROOM = 16
_FOREIGN = SVG | MATH


class Tree(NamedTuple):
    """The tree of one page, one entry a node in the order of the page; what is behind the count is left from others.

    The first is the document. A node's first child is the next one, if that is below its `stop`, the first place that is
    not in it; so is its next sibling. Text and values are slices of `chars`. Children of templates are left out.
    """

    tag: NDArray[np.int32]
    parent: NDArray[np.int32]
    stop: NDArray[np.int32]
    depth: NDArray[np.int32]
    foreign: NDArray[np.int32]
    text_start: NDArray[np.int32]
    text_stop: NDArray[np.int32]
    attribute_start: NDArray[np.int32]
    attribute_stop: NDArray[np.int32]
    attribute_name: NDArray[np.int32]
    value_start: NDArray[np.int32]
    value_stop: NDArray[np.int32]
    chars: NDArray[np.uint8]
    page: NDArray[np.int32]


TREE = types.NamedTuple((*[types.int32[::1]] * 12, types.uint8[::1], types.int32[::1]), Tree)
NODE_COUNT, BODY, QUIRKY = range(3)  # of `page`; the last two are the place of the body or -1, and quirks mode or 0


@routine
def reference_at(chars: Bytes, i: int, stop: int, attribute: bool, known: References) -> tuple[int, int, int]:
    """Return what `read_reference` does: long as it is, it is wanted in three places."""
    return read_reference(chars, i, stop, attribute, known)


@routine
def _decode(chars: Bytes, i: int, stop: int, attribute: bool, known: References, facts: Numbers) -> None:
    """Write a slice behind all others, its character references read."""
    n = int(facts[USED])
    # `&nLt;`, of five bytes, stands for six: no reference grows by more.
    if n + (stop - i) * 5 // 4 + _ROOM > chars.size:
        facts[STATUS] = HANDED_BACK
        return
    while i < stop:
        byte = at(chars, i)
        if byte != AMPERSAND:
            chars[n] = byte
            n += 1
            i += 1
            continue
        code, second, i = reference_at(chars, i, stop, attribute, known)
        n = put_character(code, chars, n)
        if second:
            n = put_character(second, chars, n)
    facts[USED] = n


@part
def _decode_values(tree: Tree, known: References, facts: Numbers) -> None:
    for k in range(facts[ATTRIBUTE_ROWS]):
        start, stop = int(tree.value_start[k]), int(tree.value_stop[k])
        if next_byte(tree.chars, start, stop, AMPERSAND) < stop:
            begun = facts[USED]
            _decode(tree.chars, start, stop, True, known, facts)
            tree.value_start[k], tree.value_stop[k] = begun, facts[USED]


@part
def _lay_text(nodes: Table, node: Integer, tree: Tree, n: Integer, known: References, facts: Numbers) -> None:
    start, stop, piece = int(nodes[node, START]), int(nodes[node, STOP]), nodes[node, FIRST]
    if piece >= 0 or nodes[node, STATE] & REFERENCES:
        start = facts[USED]
        piece = node
        while piece >= 0:
            begin, end = int(nodes[piece, START]), int(nodes[piece, STOP])
            if nodes[piece, STATE] & REFERENCES:
                _decode(tree.chars, begin, end, False, known, facts)
            else:
                used = facts[USED]
                size = end - begin
                if used + size > tree.chars.size:
                    facts[STATUS] = HANDED_BACK
                    return
                for j in range(size):
                    tree.chars[used + j] = tree.chars[begin + j]
                facts[USED] = used + size
            piece = nodes[node, FIRST] if piece == node else nodes[piece, NEXT]
        stop = facts[USED]
    tree.text_start[n], tree.text_stop[n] = start, stop


@part
def lay_flat(nodes: Table, facts: Numbers, body: Integer, whole: bool, known: References, tree: Tree) -> None:
    """Lay the nodes out; the children of templates too, if the whole is asked for."""
    _decode_values(tree, known, facts)
    tree.page[BODY] = -1
    node, n, depth, above = 0, 0, 0, -1
    while node >= 0:
        kind = nodes[node, KIND]
        if node == body:
            tree.page[BODY] = n
        tree.tag[n], tree.parent[n], tree.depth[n] = kind, above, depth
        foreign = nodes[node, STATE] & _FOREIGN if kind >= 0 else 0
        tree.foreign[n] = foreign
        tree.attribute_start[n], tree.attribute_stop[n] = nodes[node, ATTRIBUTES], nodes[node, ATTRIBUTES_END]
        if kind == TEXT:
            _lay_text(nodes, node, tree, n, known, facts)
        else:
            tree.text_start[n] = tree.text_stop[n] = 0
        # Where the node lies now, for those inside.
        nodes[node, PREVIOUS] = n
        n += 1
        child = -1 if kind == TEXT else nodes[node, FIRST]
        if child >= 0 and (kind != TEMPLATE or foreign or whole):
            above = n - 1
            depth += 1
            node = child
            continue
        while node >= 0:
            tree.stop[nodes[node, PREVIOUS]] = n
            behind = nodes[node, NEXT]
            if behind >= 0:
                node = behind
                break
            node = nodes[node, PARENT]
            depth -= 1
            above = tree.parent[above] if above >= 0 else -1
    tree.page[NODE_COUNT], tree.page[QUIRKY] = n, facts[QUIRKS]
