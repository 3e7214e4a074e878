"""Which of the patterns of `pattern_words` match somewhere in a string of bytes, all found in one pass, a bit for each.

As parts of kernels, for strings that lie in pieces: look through a class; `ended` tells what matches in the class alone; from
the same state look at a blank, then through the id, and `ended` tells what matches in both as one string. About 1.2 ns a
byte. Nothing matches in an empty string.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import BYTES, Bytes, at, borrowed, part
from dclm_pipeline.kernels.document.pattern_automaton import build
from dclm_pipeline.kernels.document.pattern_words import PATTERNS

# The state at the start of a string.
START = 0
_BITS = {name: 1 << number for number, name in enumerate(PATTERNS)}
# A state's row has room for so many sorts of bytes: a power of two, as that spares a multiplication for each byte.
_ROW, _ROW_BITS = 64, 6


class Tables(NamedTuple):
    """An automaton, its rows laid end to end; arrays as in `pattern_automaton.Automaton`."""

    sorts: NDArray[np.uint8]
    ways: NDArray[np.uint16]
    found: NDArray[np.int32]
    found_at_end: NDArray[np.int32]


_FOUND = types.Array(types.int32, 1, "C", readonly=True)
TABLES = types.NamedTuple((BYTES, types.Array(types.uint16, 1, "C", readonly=True), _FOUND, _FOUND), Tables)


def bits(*names: str) -> int:
    """Return the bits of patterns, by their names in `PATTERNS`."""
    return sum(map(_BITS.__getitem__, names))


@cache
def tables() -> Tables:
    """Return what `look_through` looks up, read-only; takes 30 ms to make."""
    automaton = build(PATTERNS)
    ways = np.zeros((len(automaton.ways), _ROW), np.uint16)
    ways[:, : automaton.ways.shape[1]] = automaton.ways
    made = Tables(automaton.sorts, ways.ravel(), automaton.found, automaton.found_at_end)
    for array in made:
        array.flags.writeable = False
    return made


@part
def lent(known: Tables) -> Tables:
    """Return the same tables without their owners, for a kernel to hand to these parts; see `borrowed`."""
    return Tables(borrowed(known.sorts), borrowed(known.ways), borrowed(known.found), borrowed(known.found_at_end))


@part
def look_at(byte: int, state: int, found: int, known: Tables) -> tuple[int, int]:
    """Return the state behind a byte, and what has been found up to there."""
    state = int(known.ways[np.uintp(state << _ROW_BITS | int(known.sorts[np.uintp(byte)]))])
    return state, found | int(known.found[np.uintp(state)])


@part
def look_through(data: Bytes, i: int, stop: int, state: int, found: int, known: Tables) -> tuple[int, int]:
    """Return the state behind a stretch of a string, and what has been found up to there."""
    while i < stop:
        state, found = look_at(at(data, i), state, found, known)
        i += 1
    return state, found


@part
def ended(state: int, found: int, known: Tables) -> int:
    """Return what has been found in a string that ends here."""
    return found | int(known.found_at_end[np.uintp(state)])
