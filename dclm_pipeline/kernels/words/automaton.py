"""An automaton that knows a list of terms (Aho and Corasick 1975), built from their last characters to their first.

Read backwards, a text shows at each character the longest term that begins there; that is what `matching` looks for.
Works on symbols, small numbers that stand for the characters of the terms; 0 stands for all others.
States are numbered by their depth. The first have a whole row of transitions each, as many as fit into `DENSE` cells; what
lies deeper keeps its own transitions in a hash table, and falls back to the longest ending that another term begins with.
About 30 bytes for each character of all terms, and 16 MiB at most beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import kernel

DENSE = 1 << 22
# Kernels of `matching` are compiled with these two; whoever changes them changes something there, too.
MULTIPLIER = 0x9E3779B97F4A7C15
EMPTY = -1

INTS = types.Array(types.int32, 1, "C", readonly=True)
LONGS = types.Array(types.int64, 1, "C", readonly=True)
_BUILT = types.UniTuple(types.int32[::1], 3)

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@dataclass(frozen=True)
class Automaton:
    """Transitions and what is found: row of `rows` (or `keys` and `targets`, then `back`), and the term of each state.

    `found` is the deepest of a state and those that it falls back to at which a term ends, 0 for none; `term` is the term
    that ends at a state, -1 for none.
    """

    symbols: int
    dense: int
    rows: Ints
    keys: Longs
    targets: Ints
    back: Ints
    term: Ints
    found: Ints


@kernel(types.Tuple((types.int32[::1], types.int32[::1], types.int32[::1]))(LONGS, INTS))
def _grow(offsets: Longs, symbols: Ints) -> tuple[Ints, Ints, Ints]:
    """Return parent, symbol and term of each state of a tree over sorted terms, level by level."""
    most = symbols.size + 1
    parent, symbol, term = np.zeros(most, np.int32), np.zeros(most, np.int32), np.full(most, -1, np.int32)
    low, high, depth = np.zeros(most, np.int32), np.zeros(most, np.int32), np.zeros(most, np.int32)
    high[0] = offsets.size - 1
    states, state = 1, 0
    while state < states:
        i = low[state]
        while i < high[state]:
            place = offsets[i] + depth[state]
            if place == offsets[i + 1]:
                term[state] = i
                i += 1
                continue
            begin = i
            while i < high[state] and symbols[offsets[i] + depth[state]] == symbols[place]:
                i += 1
            parent[states], symbol[states], depth[states] = state, symbols[place], depth[state] + 1
            low[states], high[states] = begin, i
            states += 1
        state += 1
    return parent[:states].copy(), symbol[:states].copy(), term[:states].copy()


@kernel(_BUILT(INTS, INTS, INTS, types.int64, types.int64, types.int64[::1], types.int32[::1]))
def _link(
    parent: Ints, symbol: Ints, term: Ints, symbols: int, dense: int, keys: Longs, targets: Ints
) -> tuple[Ints, Ints, Ints]:
    """Fill the hash table; return the rows of the first states, and for each state where it falls back to and `found`."""
    states = parent.size
    back, found = np.zeros(states, np.int32), np.zeros(states, np.int32)
    rows = np.zeros(dense * symbols, np.int32)
    mask = keys.size - 1
    for state in range(1, states):
        if parent[state] >= dense:
            key = np.int64(parent[state]) * symbols + symbol[state]
            place = np.int64((np.uint64(key) * np.uint64(MULTIPLIER)) >> np.uint64(32)) & mask
            while keys[place] != EMPTY:
                place = (place + 1) & mask
            keys[place], targets[place] = key, state
    # A row is that of the state it falls back to, which is less deep and so was done before, but for its own children.
    child = 1
    for state in range(states):
        if 0 < state < dense:
            for k in range(symbols):
                rows[state * symbols + k] = rows[back[state] * symbols + k]
        while child < states and parent[child] == state:
            here = back[state]
            target = 0
            if state > 0:
                while here >= dense:
                    key = np.int64(here) * symbols + symbol[child]
                    place = np.int64((np.uint64(key) * np.uint64(MULTIPLIER)) >> np.uint64(32)) & mask
                    while keys[place] != EMPTY and keys[place] != key:
                        place = (place + 1) & mask
                    if keys[place] == key:
                        target = targets[place]
                        break
                    here = back[here]
                if here < dense:
                    target = rows[here * symbols + symbol[child]]
            back[child] = target
            found[child] = child if term[child] >= 0 else found[target]
            child += 1
        if state < dense:
            for other in range(child - 1, 0, -1):
                if parent[other] != state:
                    break
                rows[state * symbols + symbol[other]] = other
    return rows, back, found


def build_automaton(terms: Sequence[Sequence[int]], symbols: int) -> Automaton:
    """Return the automaton of terms, each a sequence of symbols from 1 to `symbols` - 1: sorted, different, not empty."""
    offsets = np.zeros(len(terms) + 1, np.int64)
    np.cumsum([len(term) for term in terms], out=offsets[1:])
    flat = np.fromiter((symbol for term in terms for symbol in term), np.int32, offsets[-1])
    parent, symbol, term = _grow(offsets, flat)
    dense = max(min(len(parent), DENSE // symbols), 1)
    sparse = int(np.count_nonzero(parent[1:] >= dense))
    slots = 1 << (2 * sparse).bit_length()
    keys, targets = np.full(slots, EMPTY, np.int64), np.zeros(slots, np.int32)
    rows, back, found = _link(parent, symbol, term, symbols, dense, keys, targets)
    return Automaton(symbols, dense, rows, keys, targets, back, term, found)
