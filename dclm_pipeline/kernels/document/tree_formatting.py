"""Formatting that is misnested: opened again, at most three alike, and taken apart where a block lies inside.

The list of active formatting elements and the adoption agency algorithm of the HTML standard (13.2.4.3, 13.2.6.4.7) as
parts of kernels.
"""

from dclm_pipeline.kernels.compiled import Bytes, Integer, Numbers, part, routine
from dclm_pipeline.kernels.document import tree_elements
from dclm_pipeline.kernels.document.tree_elements import SCOPE, SPECIAL, TEMPLATE
from dclm_pipeline.kernels.document.tree_rows import (
    ATTRIBUTES,
    ATTRIBUTES_END,
    BEFORE,
    BITS_HERE,
    CODE,
    FIRST,
    FORMAT,
    FORMATS,
    HANDED_BACK,
    KIND,
    LISTED,
    NEXT,
    NODE,
    OPEN,
    PLACE,
    START,
    STATE,
    STATUS,
    STOP,
    TAG_END,
    TOP,
    WORK,
    Table,
    close_to,
    find_place,
    link,
    new_row,
    place_of,
    push,
    remove_open,
    unlink,
    unlist,
)
from dclm_pipeline.kernels.html.tokens import scan_attributes

_BITS = tree_elements.BITS
_ALIKE = 3
_REPAIRS = 8
_DEEP = 3


@part
def _copy_of(nodes: Table, facts: Numbers, node: Integer) -> int:
    """Return a new element that is like one, linked to nothing."""
    kind, start, stop = int(nodes[node, KIND]), int(nodes[node, START]), int(nodes[node, STOP])
    copy = new_row(nodes, facts, kind, start, stop, OPEN | LISTED)
    for field in (TAG_END, ATTRIBUTES, ATTRIBUTES_END):
        nodes[copy, field] = nodes[node, field]
    return copy


@part
def is_waiting(nodes: Table, stacks: Table, place: Integer) -> bool:
    """Tell whether the formatting at a place of the list was closed, and is no marker."""
    node = stacks[place, FORMAT]
    return bool(node >= 0 and nodes[node, STATE] & OPEN == 0)


@routine
def reopen(nodes: Table, stacks: Table, facts: Numbers) -> None:
    """Open again the formatting that was closed with the blocks around it."""
    count = facts[FORMATS]
    place = count
    while place > 0 and is_waiting(nodes, stacks, place - 1):
        place -= 1
    for i in range(place, count):
        node = stacks[i, FORMAT]
        find_place(nodes, stacks, facts, facts[TOP] - 1)
        copy = _copy_of(nodes, facts, node)
        nodes[node, STATE] &= ~LISTED
        link(nodes, facts[PLACE], facts[BEFORE], copy)
        here = int(nodes[copy, KIND])
        push(nodes, stacks, facts, copy, here, int(_BITS[here]))
        stacks[i, FORMAT] = copy


@part
def _likeness(chars: Bytes, nodes: Table, one: Integer, other: Integer) -> int:
    """Tell whether the attributes of two elements are the same: 1 yes, 0 no, 2 perhaps."""
    begin, end = int(nodes[one, STOP]), int(nodes[one, TAG_END])
    other_begin, other_end = int(nodes[other, STOP]), int(nodes[other, TAG_END])
    i, j = begin, other_begin
    same = end - i == other_end - j
    while same and i < end:
        same = chars[i] == chars[j]
        i += 1
        j += 1
    if same:
        return 1
    _, count, _ = scan_attributes(chars, begin, end)
    _, other_count, _ = scan_attributes(chars, other_begin, other_end)
    if count != other_count:
        return 0
    return 2 if count else 1


@routine
def list_formatting(chars: Bytes, nodes: Table, stacks: Table, facts: Numbers, node: Integer) -> None:
    """List a formatting element that was opened; of those that are all alike the first is forgotten."""
    alike, doubtful, earliest = 0, 0, 0
    place = facts[FORMATS] - 1
    while place >= 0 and stacks[place, FORMAT] >= 0:
        if nodes[stacks[place, FORMAT], KIND] == nodes[node, KIND]:
            likeness = _likeness(chars, nodes, stacks[place, FORMAT], node)
            facts[WORK] += nodes[node, TAG_END] - nodes[node, START]
            if likeness == 1:
                alike += 1
                earliest = place
            doubtful += likeness == 2
        place -= 1
    facts[WORK] += facts[FORMATS] - place
    if doubtful and alike + doubtful >= _ALIKE:
        facts[STATUS] = HANDED_BACK
    if alike >= _ALIKE:
        unlist(nodes, stacks, facts, earliest)
    stacks[facts[FORMATS], FORMAT] = node
    facts[FORMATS] += 1
    nodes[node, STATE] |= LISTED


@part
def listed_place(nodes: Table, stacks: Table, facts: Numbers, here: Integer) -> int:
    """Return the place in the list of the last formatting element of a kind since the last marker, or -1."""
    place = facts[FORMATS] - 1
    while place >= 0:
        node = stacks[place, FORMAT]
        if node < 0:
            return -1
        if nodes[node, KIND] == here:
            return int(place)
        place -= 1
    return -1


@part
def _format_place(stacks: Table, facts: Numbers, node: Integer) -> int:
    place = facts[FORMATS] - 1
    while place > 0 and stacks[place, FORMAT] != node:
        place -= 1
    facts[WORK] += facts[FORMATS] - place
    return int(place)


@part
def _wrap(nodes: Table, stacks: Table, facts: Numbers, formatting: Integer, inner: Integer) -> tuple[int, int]:
    """Copy the formatting between two places of the stack around the block at the inner one.

    Returns the outermost node, and where in the list the copy of the formatting element goes (-1: where that was).
    """
    block = int(stacks[inner, NODE])
    last, bookmark, count = block, -1, 0
    while inner > 0:
        count += 1
        inner -= 1
        node = int(stacks[inner, NODE])
        if node == formatting:
            break
        place = _format_place(stacks, facts, node) if nodes[node, STATE] & LISTED else -1
        if place < 0 or count > _DEEP:
            if place >= 0:
                unlist(nodes, stacks, facts, place)
            remove_open(nodes, stacks, facts, inner)
            continue
        copy = _copy_of(nodes, facts, node)
        nodes[node, STATE] &= ~(OPEN | LISTED)
        stacks[place, FORMAT] = stacks[inner, NODE] = copy
        if last == block:
            bookmark = place + 1
        unlink(nodes, last)
        link(nodes, copy, -1, last)
        last = copy
    unlink(nodes, last)
    return int(last), bookmark


@routine
def adopt(nodes: Table, stacks: Table, facts: Numbers, here: Integer) -> bool:
    """End the last formatting element of a kind; blocks that began inside it stay open, and it is copied into them.

    Tells whether there is one, or an element of the kind was closed.
    """
    top = facts[TOP] - 1
    if stacks[top, CODE] == here and not nodes[stacks[top, NODE], STATE] & LISTED:
        close_to(nodes, stacks, facts, top)
        return True
    for _ in range(_REPAIRS):
        listed = listed_place(nodes, stacks, facts, here)
        facts[WORK] += facts[FORMATS] - listed
        if listed < 0:
            return False
        formatting = int(stacks[listed, FORMAT])
        if not nodes[formatting, STATE] & OPEN:
            unlist(nodes, stacks, facts, listed)
            return True
        place = place_of(stacks, facts, formatting)
        block, walled = -1, False
        for i in range(facts[TOP] - 1, place, -1):
            walled |= stacks[i, BITS_HERE] & SCOPE != 0
            if stacks[i, BITS_HERE] & SPECIAL:
                block = i
        if walled:
            return True
        if block < 0:
            close_to(nodes, stacks, facts, place)
            unlist(nodes, stacks, facts, listed)
            return True
        if stacks[block, CODE] == TEMPLATE:
            facts[STATUS] = HANDED_BACK
            return True
        furthest = int(stacks[block, NODE])
        outermost, bookmark = _wrap(nodes, stacks, facts, formatting, block)
        if bookmark < 0:
            bookmark = listed
        find_place(nodes, stacks, facts, place - 1)
        link(nodes, facts[PLACE], facts[BEFORE], outermost)
        copy = _copy_of(nodes, facts, formatting)
        child = int(nodes[furthest, FIRST])
        while child >= 0:
            behind = int(nodes[child, NEXT])
            unlink(nodes, child)
            link(nodes, copy, -1, child)
            child = behind
            facts[WORK] += 1
        link(nodes, furthest, -1, copy)
        unlist(nodes, stacks, facts, listed)
        bookmark = min(bookmark, facts[FORMATS])
        for i in range(facts[FORMATS], bookmark, -1):
            stacks[i, FORMAT] = stacks[i - 1, FORMAT]
        stacks[bookmark, FORMAT] = copy
        facts[FORMATS] += 1
        remove_open(nodes, stacks, facts, place)
        block = place_of(stacks, facts, furthest) + 1
        for i in range(facts[TOP], block, -1):
            stacks[i, NODE], stacks[i, CODE], stacks[i, BITS_HERE] = (
                stacks[i - 1, NODE],
                stacks[i - 1, CODE],
                stacks[i - 1, BITS_HERE],
            )
        stacks[block, NODE], stacks[block, CODE], stacks[block, BITS_HERE] = copy, here, _BITS[here]
        facts[TOP] += 1
    return True
