"""What is tied together, over edges that lie in many partitions: one step of many, for the edges around some nodes.

A node is three numbers, and the one that is less in their order is a parent. The edges around a node stand together,
first those to its parents, the least parent first, then those to its children, then those to children that have no
other edge: they are `settled`, and no one else speaks for them. Each step ties all that a node knows to its least
parent. A node without a parent all of whose children are settled is the root of all that is tied together: that is
told once, and nothing of it is handed on. Paths shrink by half in each step.

Settled means: when a node has one parent and no children of its own, it says so to the parent and keeps nothing. Who
holds settled children speaks for them, and hands them on to its own parent as settled.
"""

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import kernel, part

NODE = 3
TO_PARENT, TO_CHILD, TO_SETTLED = 0, 1, 2
# What comes of an edge: rows that go on to its child, to its parent, or to its parent as settled; or the answer.
AT_CHILD, AT_PARENT, SETTLED, ANSWER = 0, 1, 2, 3

_NODES = types.Array(types.uint64, 2, "C", readonly=True)
_SIDES = types.Array(types.uint8, 1, "C", readonly=True)


@part
def before(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> bool:
    """Tell whether one node is less than another."""
    for k in range(NODE):
        if one[k] != other[k]:
            return bool(one[k] < other[k])
    return False


@part
def same(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> bool:
    """Tell whether two nodes are one."""
    return bool(one[0] == other[0] and one[1] == other[1] and one[2] == other[2])


@part
def _copy_node(node: NDArray[np.uint64], into: NDArray[np.uint64]) -> None:
    # Number by number: to compile what assigns a whole row takes seconds.
    for k in range(NODE):
        into[k] = node[k]


@part
def _tell(
    what: int,
    child: NDArray[np.uint64],
    parent: NDArray[np.uint64],
    n: int,
    whats: NDArray[np.uint8],
    children: NDArray[np.uint64],
    parents: NDArray[np.uint64],
) -> int:
    whats[n] = what
    _copy_node(child, children[n])
    _copy_node(parent, parents[n])
    return n + 1


@part
def _tie(
    one: NDArray[np.uint64],
    other: NDArray[np.uint64],
    n: int,
    whats: NDArray[np.uint8],
    children: NDArray[np.uint64],
    parents: NDArray[np.uint64],
) -> int:
    """Hand on an edge to both of its ends."""
    if same(one, other):
        return n
    if before(one, other):
        one, other = other, one
    n = _tell(AT_CHILD, one, other, n, whats, children, parents)
    return _tell(AT_PARENT, one, other, n, whats, children, parents)


@kernel(
    types.int64(
        _NODES,
        _NODES,
        _SIDES,
        types.uint64[:, ::1],
        types.int64[::1],
        types.boolean,
        types.uint8[::1],
        types.uint64[:, ::1],
        types.uint64[:, ::1],
    )
)
def _step(
    owners: NDArray[np.uint64],
    others: NDArray[np.uint64],
    sides: NDArray[np.uint8],
    carried: NDArray[np.uint64],
    state: NDArray[np.int64],
    ends: bool,
    whats: NDArray[np.uint8],
    children: NDArray[np.uint64],
    parents: NDArray[np.uint64],
) -> int:
    # carried: the node at hand, its least parent, the other end of the edge before; state: is there a node at hand, has
    # it a parent, has it a single edge so far, of which side was the edge before, has it unsettled children.
    owner, least, last = carried[0], carried[1], carried[2]
    n = 0
    for i in range(sides.size + (1 if ends else 0)):
        fresh = i == sides.size or state[0] == 0 or not same(owners[i], owner)
        if fresh:
            if state[0] and state[2]:
                n = _tell(SETTLED, owner, least, n, whats, children, parents)
            if i == sides.size:
                state[0] = 0
                break
            _copy_node(owners[i], owner)
            state[0], state[1], state[2], state[3], state[4] = 1, 0, 0, -1, 0
        side = sides[i]
        other = others[i]
        if not fresh and state[3] == side and same(other, last):
            continue
        if side == TO_PARENT:
            if state[1] == 0:
                _copy_node(other, least)
                state[1], state[2] = 1, 1
            else:
                if state[2]:
                    n = _tie(owner, least, n, whats, children, parents)
                    state[2] = 0
                n = _tie(other, least, n, whats, children, parents)
        elif state[1]:
            if side == TO_CHILD:
                if state[2]:
                    n = _tie(owner, least, n, whats, children, parents)
                    state[2] = 0
                n = _tie(other, least, n, whats, children, parents)
            else:
                n = _tell(SETTLED, other, least, n, whats, children, parents)
        elif side == TO_CHILD:
            state[4] = 1  # the child speaks for this edge
        elif state[4]:
            n = _tell(SETTLED, other, owner, n, whats, children, parents)
        else:
            if state[3] != TO_SETTLED:
                n = _tell(ANSWER, owner, owner, n, whats, children, parents)
            n = _tell(ANSWER, other, owner, n, whats, children, parents)
        _copy_node(other, last)
        state[3] = side
    return n


class Stepping:
    """Edges around nodes as they come by, the node at hand carried from run to run."""

    def __init__(self) -> None:
        self._carried = np.zeros((3, NODE), np.uint64)
        self._state = np.zeros(5, np.int64)

    def step(
        self, owners: NDArray[np.uint64], others: NDArray[np.uint64], sides: NDArray[np.uint8], *, ends: bool = False
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint64], NDArray[np.uint64]]:
        """Return what comes of edges: what it is, the child and the parent. The last run `ends` the node at hand."""
        most = 4 * len(sides) + 4
        whats = np.empty(most, np.uint8)
        children, parents = np.empty((most, NODE), np.uint64), np.empty((most, NODE), np.uint64)
        n = _step(owners, others, sides, self._carried, self._state, ends, whats, children, parents)
        return whats[:n], children[:n], parents[:n]
