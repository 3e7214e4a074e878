"""What a line is, beyond its counts: a counter, an unfinished sentence, one with a word too long, one with citations.

Parts of the kernel in `rules`; each looks at one line, from its start to its end, once.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import ALNUM, SPACE, character_at
from dclm_pipeline.kernels.compiled import at, part
from dclm_pipeline.kernels.lines.line_table import start_of
from dclm_pipeline.kernels.lines.phrases import end_of_match
from dclm_pipeline.kernels.words.folding import folded

_UNDERSCORE, _COMMA, _POINT, _ZERO = map(ord, "_,.0")
_K, _M, _B = map(ord, "kmb")
_OPEN, _CLOSE = map(ord, "[]")
_ELLIPSIS = 0x2026
_EDIT, _NEEDED = b"[edit]", b"[citation needed]"
CITATIONS = np.frombuffer(_EDIT + _NEEDED, np.uint8)
_LENGTH_EDIT, _LENGTH_NEEDED = len(_EDIT), len(_NEEDED)


@part
def is_word_character(code: int, classes: NDArray[np.uint16]) -> bool:
    """Tell whether `\\w` of a regular expression matches."""
    return bool(classes[np.uintp(code)] & ALNUM) or code == _UNDERSCORE


@part
def _words_of(text: NDArray[np.uint8], i: int, stop: int, most: int, classes: NDArray[np.uint16]) -> bool:
    """Tell whether at most so many words follow a place that is not within one."""
    count, inside = 0, False
    begun = i
    while i < stop:
        code, after = character_at(text, i, stop)
        if classes[np.uintp(code)] & SPACE:
            inside = False
        elif not inside and is_word_character(code, classes):
            if i == begun:
                return False
            inside = True
            count += 1
            if count > most:
                return False
        i = after
    return True


@part
def is_counter(
    text: NDArray[np.uint8],
    i: int,
    stop: int,
    codes: NDArray[np.int32],
    ends: NDArray[np.int64],
    first: int,
    last: int,
    after_words: int,
    plain: NDArray[np.int32],
    classes: NDArray[np.uint16],
) -> bool:
    """Tell whether a line is a number (with K, M or B) and one of the words, then at most so many words."""
    code = 0
    while i < stop:
        code, after = character_at(text, i, stop)
        if is_word_character(code, classes):
            break
        i = after
    if i >= stop or folded(code, plain) != _ZERO:
        return False
    while i < stop:
        code, after = character_at(text, i, stop)
        if folded(code, plain) != _ZERO and code != _COMMA and code != _POINT:
            break
        i = after
    if i < stop and folded(code, plain) in (_K, _M, _B):
        i = after
    begun = i
    while i < stop:
        code, after = character_at(text, i, stop)
        if not classes[np.uintp(code)] & SPACE:
            break
        i = after
    if i == begun or i >= stop:
        return False
    for word in range(first, last):
        end = end_of_match(text, i, stop, codes, ends[word], ends[word + 1], plain)
        if end >= 0 and _words_of(text, end, stop, after_words, classes):
            return True
    return False


@part
def has_longer_word(text: NDArray[np.uint8], i: int, stop: int, most: int, classes: NDArray[np.uint16]) -> bool:
    """Tell whether a line has a word, parted by blanks, of more than so many characters."""
    length = 0
    if stop - i <= most:
        return False
    while i < stop:
        code, i = character_at(text, i, stop)
        length = 0 if classes[np.uintp(code)] & SPACE else length + 1
        if length > most:
            return True
    return False


@part
def is_finished(
    text: NDArray[np.uint8],
    i: int,
    stop: int,
    codes: NDArray[np.int32],
    first: int,
    last: int,
    blanks_after: bool,
    ellipses: bool,
    classes: NDArray[np.uint16],
) -> bool:
    """Tell whether a line ends in one of some characters, and (unless `ellipses`) not in an ellipsis."""
    code, before = 0, stop
    while stop > i:
        before = start_of(text, stop, i)
        code, _ = character_at(text, before, stop)
        if not (blanks_after and classes[np.uintp(code)] & SPACE):
            break
        stop = before
    if stop <= i:
        return False
    ends = False
    for k in range(first, last):
        ends |= codes[k] == code
    if not ends or ellipses:
        return ends
    dots = (
        stop - i >= 3 and at(text, stop - 1) == _POINT and at(text, stop - 2) == _POINT and at(text, stop - 3) == _POINT
    )
    return not dots and code != _ELLIPSIS


@part
def _begins(text: NDArray[np.uint8], i: int, stop: int, marks: NDArray[np.uint8], first: int, length: int) -> bool:
    if stop - i < length:
        return False
    same = 0
    while same < length and at(text, i + same) == at(marks, first + same):
        same += 1
    return same == length


@part
def citation_end(
    text: NDArray[np.uint8], i: int, stop: int, marks: NDArray[np.uint8], plain: NDArray[np.int32]
) -> tuple[int, int]:
    """Return where the citation that the bracket here opens ends, or -1; and the place up to where none begins."""
    if _begins(text, i, stop, marks, 0, _LENGTH_EDIT):
        return i + _LENGTH_EDIT, i
    if _begins(text, i, stop, marks, _LENGTH_EDIT, _LENGTH_NEEDED):
        return i + _LENGTH_NEEDED, i
    i += 1
    while i < stop:
        code, after = character_at(text, i, stop)
        if code == _CLOSE:
            return after, i
        if folded(code, plain) != _ZERO:
            break
        i = after
    return -1, i


@part
def cut_citations(
    text: NDArray[np.uint8], i: int, stop: int, marks: NDArray[np.uint8], plain: NDArray[np.int32]
) -> int:
    """Take `[1]`, `[]`, `[edit]` and `[citation needed]` out of a text; return the new end."""
    while i < stop and at(text, i) != _OPEN:
        i += 1
    place = i
    while i < stop:
        upto = i + 1
        if at(text, i) == _OPEN:
            end, upto = citation_end(text, i, stop, marks, plain)
            if end >= 0:
                i = end
                continue
        while i < upto:
            text[np.uintp(place)] = text[np.uintp(i)]
            place += 1
            i += 1
    return place
