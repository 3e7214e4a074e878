"""Letters without their case, one character for one: what comparing texts regardless of case needs.

Tables by code point, for the running Python's Unicode. Beyond `FOLDED` there is no case and no digit. What a language
does with several letters at once (the German sharp s as SS, a small sigma by its place) is not done.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import part

FOLDED = 0x20000
_DIGIT_ZERO = ord("0")
_SIGMA, _FINAL_SIGMA = ord("σ"), ord("ς")


def _frozen(table: NDArray[np.int32]) -> NDArray[np.int32]:
    table.flags.writeable = False
    return table


def _lowercase() -> NDArray[np.int32]:
    return np.fromiter((ord(chr(code).lower()[0]) for code in range(FOLDED)), np.int32, FOLDED)


@cache
def small_letters() -> NDArray[np.int32]:
    """Return for each code point its small letter; the two small sigmas are one."""
    table = _lowercase()
    table[table == _FINAL_SIGMA] = _SIGMA
    return _frozen(table)


@cache
def plain_letters() -> NDArray[np.int32]:
    """Return for each code point its small letter, and 0 (the character) for a decimal digit of any script."""
    table = _lowercase()
    table[np.fromiter((chr(code).isdecimal() for code in range(FOLDED)), np.bool_, FOLDED)] = _DIGIT_ZERO
    return _frozen(table)


@part
def folded(code: int, table: NDArray[np.int32]) -> int:
    """Return what stands for a code point in a table."""
    return int(table[np.uintp(code)]) if code < table.size else code
