"""Runs of tokens as 64-bit hashes, each one step from the one before, as parts of kernels.

Tokens are the segments of UAX #29 that hold anything but white space: words, and marks between them. White space is
what Unicode calls so, which is what `str.isspace` says less four control characters. 64 bits tell runs apart; they are
not for secrets: whoever wants two runs to collide can make them.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import SPACE, character_at
from dclm_pipeline.kernels.compiled import part
from dclm_pipeline.kernels.interning import mixed, stretch_hash
from dclm_pipeline.kernels.words.segmentation import word_end

# Odd, so that no token is lost from a run; any odd number with scattered bits does.
_BASE = np.uint64(0xD1342543DE82EF95)
_LENGTH = np.uint64(0x9E3779B97F4A7C15)
_CONTROLS, _LAST_CONTROL = 0x1C, 0x1F


@part
def is_white(code: int, bits: int) -> bool:
    """Tell whether a character is white space to Unicode."""
    return bits & SPACE != 0 and not _CONTROLS <= code <= _LAST_CONTROL


@part
def _holds_more(data: NDArray[np.uint8], i: int, end: int, table: NDArray[np.uint16]) -> bool:
    """Tell whether anything in a stretch is not white space."""
    while i < end:
        code, i = character_at(data, i, end)
        if not is_white(code, int(table[code])):
            return True
    return False


@part
def find_tokens(
    data: NDArray[np.uint8],
    start: int,
    i: int,
    stop: int,
    table: NDArray[np.uint16],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    n: int,
) -> int:
    """Write down, from place `n` on, where each token between `i` and `stop` lies behind `start`; return the next place."""
    while i < stop:
        end, _ = word_end(data, i, stop, table)
        if _holds_more(data, i, end, table):
            begins[n], ends[n] = i - start, end - start
            n += 1
        i = end
    return n


@part
def stretch_number(data: NDArray[np.uint8], begin: int, end: int) -> np.uint64:
    """Return the hash of a token."""
    return mixed(stretch_hash(data, begin, end) + np.uint64(end - begin) * _LENGTH)


@part
def power(exponent: int) -> np.uint64:
    """Return the weight of the first of so many tokens and one more."""
    value = np.uint64(1)
    for _ in range(exponent):
        value *= _BASE
    return value


@part
def run_hash(hashes: NDArray[np.uint64], begin: int, end: int) -> np.uint64:
    """Return the hash of a run as a whole."""
    value = np.uint64(0)
    for k in range(begin, end):
        value = value * _BASE + hashes[k]
    return mixed(value + np.uint64(end - begin) * _LENGTH)


@part
def roll(hashes: NDArray[np.uint64], count: int, n: int) -> int:
    """Put in place of the hash of each token that of the run of `n` that begins with it; return how many runs there are."""
    if count < n:
        return 0
    length = np.uint64(n) * _LENGTH
    weight = power(n - 1)
    value = np.uint64(0)
    for k in range(n):
        value = value * _BASE + hashes[k]
    for k in range(count - n):
        first = hashes[k]
        hashes[k] = mixed(value + length)
        value = (value - first * weight) * _BASE + hashes[k + n]
    hashes[count - n] = mixed(value + length)
    return count - n + 1
