"""Phrases that tell filler, scripts and legal small print, as C4 looks for them; letters of ASCII in any size."""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import at, part
from dclm_pipeline.kernels.words.text_counts import JAVASCRIPT, LOREM_IPSUM, POLICIES

_P, _C, _I, _U, _J = 112, 99, 105, 117, 106


def _bytes(word: str) -> NDArray[np.uint8]:
    return np.frombuffer(word.encode(), np.uint8)


_LOREM, _IPSUM = _bytes("lorem"), _bytes("ipsum")
_PRIVACY, _COOKIE, _POLICY = _bytes("privacy"), _bytes("cookie"), _bytes("policy")
_COOKIES, _USE, _USES, _USE_OF, _TERMS_OF = map(_bytes, ("cookies", "use", "uses", "use of", "terms of"))
_JAVASCRIPT = _bytes("javascript")
SCRIPT_BYTES = _JAVASCRIPT.size


@part
def is_at(data: NDArray[np.uint8], place: int, start: int, stop: int, word: NDArray[np.uint8]) -> bool:
    """Tell whether a word in small letters stands at a place, within bounds."""
    if place < start or place + word.size > stop:
        return False
    for i in range(word.size):
        byte = at(data, place + i)
        if (byte | 0x20 if 65 <= byte <= 90 else byte) != word[i]:
            return False
    return True


@part
def ends_at(data: NDArray[np.uint8], place: int, start: int, word: NDArray[np.uint8]) -> bool:
    """Tell whether a word in small letters ends at a place."""
    return is_at(data, place - word.size, start, place, word)


@part
def note_phrase(data: NDArray[np.uint8], start: int, i: int, stop: int, counts: NDArray[np.int64]) -> None:
    """Count the phrase around the last of its spaces, which is at a place of the text."""
    letter = at(data, i + 1) | 0x20 if i + 1 < stop else 0
    if letter == _I:
        counts[LOREM_IPSUM] += is_at(data, i + 1, start, stop, _IPSUM) and ends_at(data, i, start, _LOREM)
    elif letter == _P:
        if is_at(data, i + 1, start, stop, _POLICY):
            counts[POLICIES] += ends_at(data, i, start, _PRIVACY) or ends_at(data, i, start, _COOKIE)
    elif letter == _C:
        if is_at(data, i + 1, start, stop, _COOKIES):
            used = ends_at(data, i, start, _USE) or ends_at(data, i, start, _USES)
            counts[POLICIES] += used or ends_at(data, i, start, _USE_OF)
    elif letter == _U:
        counts[POLICIES] += is_at(data, i + 1, start, stop, _USE) and ends_at(data, i, start, _TERMS_OF)


@part
def note_script(data: NDArray[np.uint8], start: int, stop: int, counts: NDArray[np.int64]) -> None:
    """Count a word that holds `javascript`."""
    for i in range(start, stop - SCRIPT_BYTES + 1):
        if at(data, i) | 0x20 == _J and is_at(data, i, start, stop, _JAVASCRIPT):
            counts[JAVASCRIPT] += 1
            return
