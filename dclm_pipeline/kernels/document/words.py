"""Short values of attributes that rules ask for: each with the attributes in which it has a meaning.

A value of up to 16 letters is told from others by two 64-bit words.
"""

import numpy as np

from dclm_pipeline.kernels.compiled import Bytes, at, part
from dclm_pipeline.kernels.document.blanks import before_gaps, past_gaps

ASIDE_REL = 1  # what an element of this relation holds is not content
MAIN_REL = 2
ASIDE_PROPERTY = 4
TRUE = 8
FALSE = 16
ASIDE_ROLE = 32
UNSAID = 64  # a field of this type has nothing to show

_VALUES = {
    ASIDE_REL: "author icon search prev next tag",
    MAIN_REL: "main",
    ASIDE_PROPERTY: "datePublished author url",
    TRUE: "true",
    FALSE: "false",
    ASIDE_ROLE: (
        "alert banner checkbox comment complementary contentinfo dialog img menu menubar menuitem navigation presentation "
        "radio search searchbox separator tab toolbar tooltip"
    ),
    UNSAID: "checkbox color file hidden radio reset",
}
# Elements of these classes are taken for a page's content, if there is one alone.
_CONTENT = "article-body articleBody contentBody article-text main-content postcontent post-content single-post"
SHORTEST_CLASS, LONGEST_CLASS = 11, 12
_LONGEST = 16
_EIGHT = np.uint64(8)
_T, _Y = b"ty"


def _words(value: str) -> list[int]:
    padded = value.encode().ljust(_LONGEST, b"\0")
    return [int.from_bytes(padded[:8], "little"), int.from_bytes(padded[8:], "little")]


_KNOWN = sorted({value for values in _VALUES.values() for value in values.split()})
_MEANINGS = np.array(
    [sum(bit for bit, values in _VALUES.items() if value in values.split()) for value in _KNOWN], np.int64
)
# Values, then classes as they are written, then the same in small letters.
_CLASSES, _LOWERED = len(_KNOWN), len(_KNOWN) + len(_CONTENT.split())
_WORDS = np.array([_words(value) for value in (*_KNOWN, *_CONTENT.split(), *_CONTENT.lower().split())], np.uint64)


@part
def _place(chars: Bytes, i: int, stop: int, first: int, last: int) -> int:
    """Return where a value is in a stretch of the table, counted from its start, or -1; letters are made small for the last."""
    if stop - i > _LONGEST:
        return -1
    low, high = np.uint64(0), np.uint64(0)
    for j in range(stop - i - 1, -1, -1):
        byte = at(chars, i + j)
        if first == _LOWERED and 65 <= byte <= 90:
            byte += 32
        if j < 8:
            low = (low << _EIGHT) | np.uint64(byte)
        else:
            high = (high << _EIGHT) | np.uint64(byte)
    for place in range(first, last):
        if _WORDS[place, 0] == low and _WORDS[place, 1] == high:
            return place - first
    return -1


@part
def meanings_of(chars: Bytes, i: int, stop: int) -> int:
    """Return the bits above of a value, white space around it left out."""
    i = past_gaps(chars, i, stop)
    place = _place(chars, i, before_gaps(chars, i, stop), 0, _CLASSES)
    return int(_MEANINGS[place]) if place >= 0 else 0


@part
def content_class(chars: Bytes, i: int, stop: int, lowered: bool) -> int:
    """Return a bit for the name of a class that stands for content, or 0."""
    # All of them end in one of two letters.
    if at(chars, stop - 1) | 32 not in (_T, _Y):
        return 0
    first = _LOWERED if lowered else _CLASSES
    place = _place(chars, i, stop, first, first + _LOWERED - _CLASSES)
    return 1 << place if place >= 0 else 0
