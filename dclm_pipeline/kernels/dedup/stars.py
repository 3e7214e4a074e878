"""Which documents stay: one after the other in keep order, each unless it is like an earlier one that stays.

Only documents that go are remembered, in a table of a fixed size; when it is full, the rest of what is tied together is
handed on, with what is known by then, and goes on where this left off.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels import compiled, interning
from dclm_pipeline.kernels.compiled import copy_row, kernel, part, stamp
from dclm_pipeline.kernels.dedup import components
from dclm_pipeline.kernels.dedup.components import NODE, before, same
from dclm_pipeline.kernels.interning import mixed, slots_for

# What ties a document to an earlier one: they are alike, have the same words, or are alike and the earlier one stays.
ALIKE, COPY, STAYS = 0, 1, 2

_PLACE = 2  # of the numbers of a node the one that no two share
_ONE = np.uint64(1)
_NODES = types.Array(types.uint64, 2, "C", readonly=True)
_HASHES = types.Array(types.uint64, 1, "C", readonly=True)
_TIES = types.Array(types.uint8, 1, "C", readonly=True)
_NUMBERS = types.Array(types.float64, 1, "C", readonly=True)
_DECIDE = types.UniTuple(types.int64, 2)(
    *(_HASHES, _NODES, _NODES, _TIES, _NUMBERS),
    *(types.int64[::1], types.uint64[:, ::1], types.int64[::1], types.uint64[:, ::1], types.uint64[:, ::1]),
    *(types.float64[::1], types.int64[::1], types.uint64[:, ::1], types.float64[::1], types.uint8[::1]),
)
_Decide: TypeAlias = Callable[
    [
        NDArray[np.uint64],
        NDArray[np.uint64],
        NDArray[np.uint64],
        NDArray[np.uint8],
        NDArray[np.float64],
        NDArray[np.int64],
        NDArray[np.uint64],
        NDArray[np.int64],
        NDArray[np.uint64],
        NDArray[np.uint64],
        NDArray[np.float64],
        NDArray[np.int64],
        NDArray[np.uint64],
        NDArray[np.float64],
        NDArray[np.uint8],
    ],
    tuple[int, int],
]
# In the state of a walk: is there a component at hand, how many that go are remembered, is there room for no more.
_BEGUN, _COUNT, _FULL = range(3)


@part
def _look_up(place: np.uint64, slots: NDArray[np.int64], gone: NDArray[np.uint64]) -> int:
    """Return where a document is remembered; less than 0 where it is not: then the slot in which it would be."""
    last = np.uint64(slots.size - 1)
    slot = mixed(place + _ONE) & last
    while True:
        found = slots[slot] - 1
        if found < 0:
            return -1 - int(slot)
        if gone[found, _PLACE] == place:
            return int(found)
        slot = (slot + _ONE) & last


@part
def _forget(count: int, slots: NDArray[np.int64], gone: NDArray[np.uint64]) -> None:
    """Empty the table, in as many steps as there is in it."""
    last = np.uint64(slots.size - 1)
    for known in range(count):
        slot = mixed(gone[known, _PLACE] + _ONE) & last
        while slots[slot] != 0:
            slots[slot] = 0
            slot = (slot + _ONE) & last


def _make(parts: int) -> _Decide:
    @kernel(_DECIDE)
    def decide_rows(
        components: NDArray[np.uint64],
        nodes: NDArray[np.uint64],
        leaders: NDArray[np.uint64],
        ties: NDArray[np.uint8],
        similarities: NDArray[np.float64],
        state: NDArray[np.int64],
        at_hand: NDArray[np.uint64],
        slots: NDArray[np.int64],
        gone: NDArray[np.uint64],
        joined: NDArray[np.uint64],
        joined_similarities: NDArray[np.float64],
        rows: NDArray[np.int64],
        out_leaders: NDArray[np.uint64],
        out_similarities: NDArray[np.float64],
        out_ties: NDArray[np.uint8],
    ) -> tuple[int, int]:
        # at_hand: the component, and the last document decided before the table was full. Told are first
        # those that go, from the front of `rows`, then what is handed on, from its end.
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return 0, 0
        go, left = 0, rows.size
        i = 0
        while i < components.size:
            if state[_BEGUN] == 0 or at_hand[0, 0] != components[i]:
                _forget(state[_COUNT], slots, gone)
                at_hand[0, 0] = components[i]
                state[_BEGUN], state[_COUNT], state[_FULL] = 1, 0, 0
            stop = i + 1
            while stop < components.size and components[stop] == components[i] and same(nodes[stop], nodes[i]):
                stop += 1
            for j in range(i, stop):
                undecided = state[_FULL] == 1 and before(at_hand[1], leaders[j])
                known = -1
                if ties[j] != STAYS and not undecided:
                    known = _look_up(leaders[j, _PLACE], slots, gone)
                if known >= 0 and ties[j] == ALIKE:
                    continue  # the other one goes itself
                if state[_FULL]:
                    left -= 1
                    n = left
                else:
                    n = go
                rows[n] = j
                out_ties[n] = ties[j] if undecided else STAYS
                if known >= 0:
                    # Where the first with the same words goes, its copies go.
                    copy_row(joined, known, out_leaders, n)
                    out_similarities[n] = joined_similarities[known]
                else:
                    copy_row(leaders, j, out_leaders, n)
                    out_similarities[n] = similarities[j]
                if state[_FULL]:
                    continue
                count = state[_COUNT]
                slot = _look_up(nodes[i, _PLACE], slots, gone)
                if slot < 0:
                    copy_row(nodes, i, gone, count)
                    copy_row(out_leaders, n, joined, count)
                    joined_similarities[count] = out_similarities[n]
                    slots[-1 - slot] = count + 1
                    state[_COUNT] = count + 1
                    if count + 1 == gone.shape[0]:
                        state[_FULL] = 1
                        copy_row(nodes, i, at_hand, 1)
                go += 1
                break
            i = stop
        return go, left

    return decide_rows


_decide_rows = _make(stamp(compiled, components, interning))


@dataclass(frozen=True)
class Decided:
    """Rows of documents of which something is known: which, the leader, how alike they are, and what ties them."""

    rows: NDArray[np.int64]
    leaders: NDArray[np.uint64]
    similarities: NDArray[np.float64]
    ties: NDArray[np.uint8]


class Deciding:
    """A walk through components, each in keep order; it remembers `most` documents that go."""

    def __init__(self, most: int) -> None:
        self._state = np.zeros(3, np.int64)
        self._at_hand = np.zeros((2, NODE), np.uint64)
        self._slots = np.zeros(slots_for(most), np.int64)
        self._gone, self._joined = np.empty((most, NODE), np.uint64), np.empty((most, NODE), np.uint64)
        self._similarities = np.empty(most, np.float64)

    def decide(
        self,
        components: NDArray[np.uint64],
        nodes: NDArray[np.uint64],
        leaders: NDArray[np.uint64],
        ties: NDArray[np.uint8],
        similarities: NDArray[np.float64],
    ) -> tuple[Decided, Decided]:
        """Return the documents that go, and what is handed on. Rows of one document stand together, leaders in order."""
        rows = np.empty(len(ties), np.int64)
        out_leaders = np.empty((len(ties), NODE), np.uint64)
        out_similarities, out_ties = np.empty(len(ties), np.float64), np.empty(len(ties), np.uint8)
        go, left = _decide_rows(
            components,
            nodes,
            leaders,
            ties,
            similarities,
            self._state,
            self._at_hand,
            self._slots,
            self._gone,
            self._joined,
            self._similarities,
            rows,
            out_leaders,
            out_similarities,
            out_ties,
        )
        parts = [(rows[part], out_leaders[part], out_similarities[part], out_ties[part]) for part in _parts(go, left)]
        gone, handed_on = (Decided(*part) for part in parts)
        return gone, handed_on


def _parts(go: int, left: int) -> tuple[slice, slice]:
    return slice(0, go), slice(left, None)
