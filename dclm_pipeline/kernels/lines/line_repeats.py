"""Lines and paragraphs that a page has had before: parts of the kernel in `rules`.

Each is told by 64 bits of hash, and the hashes are sorted, so that no choice of lines makes a page slow. Whoever wants
two lines of their own page to be taken for one can make them.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import SPACE, character_at
from dclm_pipeline.kernels.compiled import copy_row, part
from dclm_pipeline.kernels.lines.line_table import START, STOP
from dclm_pipeline.kernels.words.folding import folded

_BASIS, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x9FB21C651E98DF25)
_FEED = np.uint64(10)
_HALF = np.uint64(32)


@part
def _mixed(value: np.uint64, code: np.uint64) -> np.uint64:
    value = (value ^ code) * _PRIME
    return value ^ (value >> _HALF)


@part
def _hash_lines(
    text: NDArray[np.uint8],
    lines: NDArray[np.int64],
    first: int,
    last: int,
    exact: bool,
    small: NDArray[np.int32],
    classes: NDArray[np.uint16],
) -> tuple[np.uint64, bool]:
    """Return the hash of some lines and whether there is nothing in them; unless `exact`, in small letters, trimmed."""
    value = solid = _BASIS
    begun = False
    for line in range(first, last):
        if line > first and (begun or exact):
            value = _mixed(value, _FEED)
            if exact:
                begun, solid = True, value
        i, stop = lines[line, START], lines[line, STOP]
        while i < stop:
            code, i = character_at(text, i, stop)
            if exact:
                begun = True
                value = solid = _mixed(value, np.uint64(code))
                continue
            space = classes[np.uintp(code)] & SPACE != 0
            if space and not begun:
                continue
            value = _mixed(value, np.uint64(folded(code, small)))
            if not space:
                begun, solid = True, value
    return solid, not begun


@part
def _paragraph_end(lines: NDArray[np.int64], first: int, count: int) -> int:
    """Return the place behind the last line of a paragraph: an empty line follows it that is not the page's last."""
    last = first + 1
    while last < count and not (last + 1 < count and lines[last, START] == lines[last, STOP]):
        last += 1
    return last


@part
def drop_repeats(
    text: NDArray[np.uint8],
    lines: NDArray[np.int64],
    count: int,
    paragraphs: bool,
    exact: bool,
    small: NDArray[np.int32],
    classes: NDArray[np.uint16],
) -> int:
    """Drop lines, or paragraphs parted by empty lines, that were there before; return how many lines are left."""
    hashes = np.empty(count, np.uint64)
    firsts = np.empty(count + 1, np.int64)
    solid = np.empty(count, np.bool_)
    units, first = 0, 0
    while first < count:
        last = _paragraph_end(lines, first, count) if paragraphs else first + 1
        hashes[units], empty = _hash_lines(text, lines, first, last, exact, small, classes)
        solid[units] = not empty
        firsts[units] = first
        units += 1
        # The empty line between paragraphs is of neither.
        first = last + 1 if paragraphs else last
    firsts[units] = first
    order = np.argsort(hashes[:units], kind="mergesort")
    repeated = np.zeros(units, np.bool_)
    for place in range(1, units):
        here, before = order[place], order[place - 1]
        repeated[here] = hashes[here] == hashes[before] and solid[here]
    kept = 0
    for unit in range(units):
        if repeated[unit]:
            continue
        first, last = firsts[unit], firsts[unit + 1]
        if paragraphs:
            last -= 1
            if unit > 0:
                first -= 1  # the empty line before it
        for line in range(first, last):
            copy_row(lines, line, lines, kept)
            kept += 1
    return kept
