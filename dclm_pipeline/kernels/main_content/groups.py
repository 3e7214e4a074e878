"""Numbers about each block from beyond its own surroundings: blocks that look or read alike, and the heart of the page.

Alike are blocks whose element and the one around it have the same kinds and marks: paragraphs of one article, teasers of
one list. The heart is the element that holds the most prose right inside it. Linear in blocks and elements: what is
looked up is given up after a few tries, and taken for alike what fell beside it.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import looking
from dclm_pipeline.kernels.compiled import BYTES, kernel, part, stamp
from dclm_pipeline.kernels.html import blocks, elements, flow, opening
from dclm_pipeline.kernels.html.blocks import BLOCK, ELEMENT, TEXT, Blocks
from dclm_pipeline.kernels.html.elements import element
from dclm_pipeline.kernels.html.flow import CHARACTERS, FIRST, LAST_BYTE, LINKED, OWNER, SOURCE, STOPS, WORDS
from dclm_pipeline.kernels.html.opening import ELEMENT_KIND, LOOK, PARENT
from dclm_pipeline.kernels.looking import hash_stretch

GROUPS = tuple(
    str.split(
        "twins twins_before heads_before alike_blocks alike_words alike_share alike_linked alike_stops heart_up heart_steps heart_share "
        "heart_linked since_h1 h1_before linked_before linked_after dense_before dense_after"
    )
)
WIDTH = len(GROUPS)

_H1 = element("h1")
_MOST_TRIES = 24
_HEAD, _TAIL = 40, 16  # bytes of a text by which it is known
_PROSE = 10  # words
_FAR = 500
_DECAY = np.float32(0.8)

Table = NDArray[np.int32]
Values = NDArray[np.float32]


@part
def slot_of(slots: Table, key: int) -> int:
    """Return the place of a key in a table with room for twice as many as there are; of a new one the count is 0."""
    mask = slots.shape[0] - 1
    place = (key ^ key >> 15) & mask
    for _ in range(_MOST_TRIES):
        if slots[place, 0] < 0:
            slots[place, 0], slots[place, 1], slots[place, 2] = 0, key, 0
            return int(place)
        if slots[place, 1] == key:
            return int(place)
        place = (place + 1) & mask
    return int((place - 1) & mask)


@part
def look_of(elements: Table, j: int) -> int:
    """Return a number that elements share which look alike, and lie in ones that do."""
    around = max(elements[j, PARENT], 0)
    return int((elements[j, LOOK] * 31 + elements[around, LOOK]) & 0x7FFFFFFF)


@part
def measure_ways(elements: Table, heart: int, ways: Table) -> None:
    """Say of each element how far up from the heart, and from itself, the two have met."""
    ways[: elements.shape[0], :] = -1
    lift = 0
    while heart >= 0:
        ways[heart, 0], ways[heart, 1] = lift, 0
        lift += 1
        heart = int(elements[heart, PARENT])
    for j in range(1, elements.shape[0]):
        if ways[j, 0] < 0:
            around = elements[j, PARENT]
            ways[j, 0], ways[j, 1] = ways[around, 0], ways[around, 1] + 1


@part
def _head_of(text: NDArray[np.uint8], first: int, last: int) -> int:
    """Return a number that texts share which begin alike."""
    return hash_stretch(7, text, first, min(first + _HEAD, last)) & 0x7FFFFFFF


@part
def known_by(text: NDArray[np.uint8], first: int, last: int) -> int:
    """Return a number that equal texts share, and hardly any others."""
    known = ((last - first) * 1000003 + _head_of(text, first, last)) & 0x7FFFFFFF
    return hash_stretch(known, text, max(last - _TAIL, first), last) & 0x7FFFFFFF


@part
def _compare(
    text: NDArray[np.uint8],
    blocks: Table,
    elements: Table,
    slots: Table,
    alike: Values,
    places: Table,
    out: Values,
    k: int,
) -> None:
    """Count texts that are there twice; sum up blocks that look alike."""
    n = blocks.shape[0]
    slots[:, 0] = -1
    for i in range(n):
        place = slot_of(slots, known_by(text, blocks[i, FIRST], blocks[i, LAST_BYTE]))
        out[i, k + 1] = slots[place, 2]
        slots[place, 2] += 1
        places[i] = place
    for i in range(n):
        out[i, k] = slots[places[i], 2]
    slots[:, 0] = -1
    for i in range(n):
        out[i, k + 2] = 0
        if blocks[i, LAST_BYTE] - blocks[i, FIRST] >= _HEAD:
            place = slot_of(slots, _head_of(text, blocks[i, FIRST], blocks[i, LAST_BYTE]))
            out[i, k + 2] = slots[place, 2]
            slots[place, 2] += 1
    k += 3
    slots[:, 0] = -1
    whole = np.float32(1)
    for i in range(n):
        place = slot_of(slots, look_of(elements, blocks[i, OWNER]))
        if slots[place, 2] == 0:
            alike[place] = 0
        slots[place, 2] += 1
        places[i] = place
        alike[place, 0] += blocks[i, WORDS]
        alike[place, 1] += blocks[i, CHARACTERS]
        alike[place, 2] += blocks[i, LINKED]
        alike[place, 3] += blocks[i, STOPS]
        whole += blocks[i, WORDS]
    for i in range(n):
        own, count = alike[places[i]], slots[places[i], 2]
        out[i, k], out[i, k + 1], out[i, k + 2] = count, own[0] / np.float32(count), own[0] / whole
        out[i, k + 3] = own[2] / max(own[1], np.float32(1))
        out[i, k + 4] = own[3] / max(own[0], np.float32(1))


@part
def _find_heart(blocks: Table, elements: Table, sums: Values) -> int:
    """Sum up words, words in links and prose of each element; return the one with the most prose right inside it."""
    sums[: elements.shape[0]] = 0
    for i in range(blocks.shape[0]):
        b, owner = blocks[i], blocks[i, OWNER]
        words, linked = np.float32(b[WORDS]), np.float32(b[LINKED]) / np.float32(max(b[CHARACTERS], 1))
        sums[owner, 0] += words
        sums[owner, 1] += words * linked
        if words >= _PROSE and linked < 0.5:
            sums[max(elements[owner, PARENT], 0), 2] += words
    heart = 0
    for j in range(elements.shape[0] - 1, 0, -1):
        around = elements[j, PARENT]
        sums[around, 0] += sums[j, 0]
        sums[around, 1] += sums[j, 1]
    for j in range(elements.shape[0]):
        if sums[j, 2] > sums[heart, 2]:
            heart = j
    return heart


@part
def _walk(blocks: Table, elements: Table, heart: int, sums: Values, ways: Table, out: Values, k: int) -> None:
    n = blocks.shape[0]
    measure_ways(elements, heart, ways)
    # Of each step up from the heart, what is in the element there.
    shares = np.zeros((ways[0, 0] + 1, 2), np.float32)
    up = heart
    for lift in range(ways[0, 0] + 1):
        shares[lift, 0] = sums[up, 0] / max(sums[0, 0], np.float32(1))
        shares[lift, 1] = sums[up, 1] / max(sums[up, 0], np.float32(1))
        up = max(elements[up, PARENT], 0)
    since, titles = _FAR, 0
    linked, dense = np.float32(0), np.float32(0)
    source = 0
    for i in range(n):
        owner = blocks[i, OWNER]
        lift = ways[owner, 0]
        out[i, k], out[i, k + 1] = lift, ways[owner, 1]
        out[i, k + 2], out[i, k + 3] = shares[lift, 0], shares[lift, 1]
        if elements[owner, ELEMENT_KIND] == _H1:
            since = 0
            titles += 1
        out[i, k + 4], out[i, k + 5] = since, titles
        since = min(since + 1, _FAR)
        out[i, k + 6], out[i, k + 8] = linked, dense
        size = np.float32(max(blocks[i, CHARACTERS], 1))
        linked = _DECAY * linked + (1 - _DECAY) * np.float32(blocks[i, LINKED]) / size
        dense = _DECAY * dense + (1 - _DECAY) * size / np.float32(max(blocks[i, SOURCE] - source, 0) + 1)
        source = blocks[i, SOURCE]
    linked, dense = np.float32(0), np.float32(0)
    for i in range(n - 1, -1, -1):
        out[i, k + 7], out[i, k + 9] = linked, dense
        size = np.float32(max(blocks[i, CHARACTERS], 1))
        source = blocks[i - 1, SOURCE] if i else 0
        linked = _DECAY * linked + (1 - _DECAY) * np.float32(blocks[i, LINKED]) / size
        dense = _DECAY * dense + (1 - _DECAY) * size / np.float32(max(blocks[i, SOURCE] - source, 0) + 1)


_TABLE = types.Array(types.int32, 2, "C", readonly=True)
_GROUP = void(
    types.int64[:, ::1], BYTES, _TABLE, _TABLE, types.int32[:, ::1], types.float32[:, ::1], types.int64, types.float32[:, ::1]
)  # fmt: skip
_Group: TypeAlias = Callable[..., None]


def _make(parts: int) -> _Group:
    @kernel(_GROUP)
    def group_rows(
        rows: NDArray[np.int64],
        text: NDArray[np.uint8],
        blocks: Table,
        elements: Table,
        slots: Table,
        alike: Values,
        first: int,
        out: Values,
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        most, many = 1, 1
        for row in range(rows.shape[0] - 1):
            most = max(most, rows[row + 1, ELEMENT] - rows[row, ELEMENT])
            many = max(many, rows[row + 1, BLOCK] - rows[row, BLOCK])
        sums, ways = np.empty((most, 3), np.float32), np.empty((most, 2), np.int32)
        places = np.empty(many, np.int32)
        for row in range(rows.shape[0] - 1):
            begin, end = rows[row, BLOCK], rows[row + 1, BLOCK]
            if begin == end:
                continue
            own = elements[rows[row, ELEMENT] : rows[row + 1, ELEMENT]]
            mine, room = blocks[begin:end], out[begin:end]
            size = slots_for(end - begin)
            _compare(text[rows[row, TEXT] :], mine, own, slots[:size], alike, places, room, first)
            heart = _find_heart(mine, own, sums)
            _walk(mine, own, heart, sums, ways, room, first + 8)

    return group_rows


@part
def slots_for(count: int) -> int:
    """Return how many slots a table for so many keys has."""
    size = 64
    while size < 2 * count:
        size *= 2
    return size


_group_rows = _make(stamp(blocks, elements, flow, looking, opening))


def make_slots(pages: Blocks, column: int) -> Table:
    """Return room for the slots of any page, were all blocks or elements its own: what is not used costs nothing."""
    return np.empty((1 << max(6, int(2 * pages.rows[-1, column]).bit_length()), 3), np.int32)


def compare_blocks(pages: Blocks, out: Values, first: int) -> None:
    """Write what groups say of each block into the columns of `out` from `first` on."""
    slots = make_slots(pages, BLOCK)
    alike = np.empty((len(slots), 4), np.float32)
    _group_rows(pages.rows, pages.text, pages.blocks, pages.elements, slots, alike, first, out)
