"""Stretches of text made alike: small letters, single blanks, digits as 0; so that hashes of them are the same.

Letter by letter: what turns into several letters when a string is lowered (U+0130) turns into the first of them, and
both small sigmas are one. Blanks are those of `str.isspace`, digits those of `str.isdecimal`, of any script.
"""

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters
from dclm_pipeline.kernels.characters import SPACE, character_at, character_table, put_character
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, borrowed, kernel, stamp
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.kernels.words import folding
from dclm_pipeline.kernels.words.folding import folded, plain_letters, small_letters
from dclm_pipeline.kernels.words.segmentation import TABLE

LETTERS, DIGITS = range(2)
_BLANK = 32
# A letter of two bytes may have a small one of three.
_GROWTH = 2

_LETTERS = types.Array(types.int32, 1, "C", readonly=True)
_ALIKE = void(BYTES, OFFSETS, OFFSETS, TABLE, _LETTERS, types.uint8[::1], types.int64[::1])
_Alike: TypeAlias = Callable[
    [
        NDArray[np.uint8],
        NDArray[np.int64],
        NDArray[np.int64],
        NDArray[np.uint16],
        NDArray[np.int32],
        NDArray[np.uint8],
        NDArray[np.int64],
    ],
    None,
]


def _make(parts: int) -> _Alike:
    @kernel(_ALIKE)
    def make_alike(
        data: NDArray[np.uint8],
        begins: NDArray[np.int64],
        ends: NDArray[np.int64],
        table: NDArray[np.uint16],
        letters: NDArray[np.int32],
        out: NDArray[np.uint8],
        offsets: NDArray[np.int64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, table, letters, out = borrowed(data), borrowed(table), borrowed(letters), borrowed(out)
        n = 0
        offsets[0] = 0
        for k in range(begins.size):
            i, end, first = begins[k], ends[k], n
            between = False
            while i < end:
                code, i = character_at(data, i, end)
                if int(table[code]) & SPACE:
                    between = n > first
                    continue
                if between:
                    out[n] = _BLANK
                    n += 1
                    between = False
                n = put_character(folded(code, letters), out, n)
            offsets[k + 1] = n

    return make_alike


_make_alike = _make(stamp(characters, folding))


@cache
def _letters_and_digits() -> NDArray[np.int32]:
    digits = plain_letters() == ord("0")
    table: NDArray[np.int32] = np.where(digits, np.int32(ord("0")), small_letters())
    table.flags.writeable = False
    return table


def alike(data: NDArray[np.uint8], begins: NDArray[np.int64], ends: NDArray[np.int64], how: int) -> Strings:
    """Return each stretch made alike."""
    out = np.empty(_GROWTH * int((ends - begins).sum()), np.uint8)
    offsets = np.empty(len(begins) + 1, np.int64)
    letters = _letters_and_digits() if how == DIGITS else small_letters()
    _make_alike(data, begins, ends, character_table(), letters, out, offsets)
    return offsets, out[: offsets[-1]]
