"""Web addresses cut out of a text, and nothing else: parts of the kernel in `rewriting`.

An address begins with a scheme (`http`, `https`, `ftp`), with `www.`, or is a host with a known top-level domain and a
path. E-mail addresses, names of files, version numbers and a full stop without a blank behind it stay. Marks that end a
sentence are not of the address, nor is a bracket that was opened before it. Addresses are ASCII, but for those whose
host begins with another letter.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import character_at
from dclm_pipeline.kernels.compiled import at, part
from dclm_pipeline.kernels.lines.line_marks import is_word_character
from dclm_pipeline.kernels.lines.line_table import start_of
from dclm_pipeline.kernels.lines.links import domain_end
from dclm_pipeline.kernels.moving import move

_FEED = 10
_POINT, _SLASH, _COLON, _AT, _HYPHEN, _OPEN, _CLOSE = map(ord, "./:@-()")


def _link_bytes() -> NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    for byte in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789":
        table[byte] = 1 | 4
    for byte in b"-._~:/?#[]@!$&'()*+,;=%":
        table[byte] = 1
    for byte in b".,;:!?'*":
        table[byte] |= 2
    for byte in b"-.":
        table[byte] |= 4
    return table


# Of each byte: whether it may be in an address (1), is not its last (2), and may be in a host without a scheme (4).
LINK_BYTES = _link_bytes()
_INSIDE, _NEVER_LAST, _HOST = 1, 2, 4


@part
def _link_end(text: NDArray[np.uint8], i: int, stop: int, flags: NDArray[np.uint8], classes: NDArray[np.uint16]) -> int:
    """Return where an address ends whose host begins here."""
    begun, opened, closed = i, 0, 0
    wide = i < stop and at(text, i) >= 0x80
    while i < stop:
        byte = at(text, i)
        if byte < 0x80:
            if not flags[byte] & _INSIDE:
                break
            opened += byte == _OPEN
            closed += byte == _CLOSE
            i += 1
            continue
        code, after = character_at(text, i, stop)
        if not wide or not is_word_character(code, classes):
            break
        i = after
    while i > begun:
        last = at(text, i - 1)
        if last == _CLOSE and closed > opened:
            closed -= 1
        elif not flags[last] & _NEVER_LAST:
            break
        i -= 1
    return i


@part
def _is_free(text: NDArray[np.uint8], i: int, start: int, classes: NDArray[np.uint16]) -> bool:
    """Tell whether no word, file name or e-mail address runs up to a place."""
    if i <= start:
        return True
    code, _ = character_at(text, start_of(text, i, start), i)
    if code in (_AT, _SLASH, _POINT, _HYPHEN):
        return False
    # Scripts without blanks put an address right behind a word.
    return code >= 0x2E80 or not is_word_character(code, classes)


@part
def _scheme_start(text: NDArray[np.uint8], i: int, floor: int) -> int:
    """Return where `http`, `https` or `ftp` begins that ends here, in either case, or -1."""
    if i - floor >= 3 and at(text, i - 3) | 32 == 102 and at(text, i - 2) | 32 == 116 and at(text, i - 1) | 32 == 112:
        return i - 3
    if i - floor >= 5 and at(text, i - 1) | 32 == 115:
        i -= 1
    if i - floor < 4 or at(text, i - 4) | 32 != 104 or at(text, i - 3) | 32 != 116:
        return -1
    return i - 4 if at(text, i - 2) | 32 == 116 and at(text, i - 1) | 32 == 112 else -1


@part
def _starts_host(text: NDArray[np.uint8], i: int, stop: int, classes: NDArray[np.uint16]) -> bool:
    if i >= stop:
        return False
    code, _ = character_at(text, i, stop)
    return is_word_character(code, classes) or code == 91


@part
def _is_www(text: NDArray[np.uint8], i: int, stop: int) -> bool:
    """Tell whether `www.` goes on behind its first letter."""
    return i + 4 < stop and at(text, i + 1) | 32 == 119 and at(text, i + 2) | 32 == 119 and at(text, i + 3) == _POINT


@part
def _bare_start(
    text: NDArray[np.uint8],
    i: int,
    stop: int,
    floor: int,
    start: int,
    next_nodes: NDArray[np.int32],
    ends: NDArray[np.bool_],
    flags: NDArray[np.uint8],
    classes: NDArray[np.uint16],
) -> int:
    """Return where a host begins whose last point is here, with a known domain and a path behind it, or -1."""
    end = domain_end(text, i + 1, stop, next_nodes, ends, classes)
    if end < 0 or end >= stop or at(text, end) != _SLASH:
        return -1
    begun = i
    while begun > floor and i - begun < 253 and flags[at(text, begun - 1)] & _HOST:
        begun -= 1
    if begun == i or at(text, begun) == _HYPHEN or at(text, begun) == _POINT:
        return -1
    return begun if _is_free(text, begun, start, classes) else -1


@part
def _link_start(
    text: NDArray[np.uint8],
    i: int,
    stop: int,
    floor: int,
    start: int,
    next_nodes: NDArray[np.int32],
    ends: NDArray[np.bool_],
    flags: NDArray[np.uint8],
    classes: NDArray[np.uint16],
) -> tuple[int, int]:
    """Return where an address begins of which a telling mark is here, -1 for none, and where its host does."""
    byte = at(text, i)
    if byte == _COLON:
        if i + 3 < stop and at(text, i + 1) == _SLASH and at(text, i + 2) == _SLASH:
            begun = _scheme_start(text, i, floor)
            if begun >= 0 and _starts_host(text, i + 3, stop, classes):
                return begun, i + 3
    elif byte | 32 == 119:
        if _is_www(text, i, stop) and _starts_host(text, i + 4, stop, classes) and _is_free(text, i, start, classes):
            return i, i
    elif byte == _POINT and i > floor and flags[at(text, i - 1)] & _HOST:
        begun = _bare_start(text, i, stop, floor, start, next_nodes, ends, flags, classes)
        return begun, begun
    return -1, -1


@part
def cut_links(
    text: NDArray[np.uint8],
    i: int,
    stop: int,
    next_nodes: NDArray[np.int32],
    ends: NDArray[np.bool_],
    flags: NDArray[np.uint8],
    classes: NDArray[np.uint16],
) -> int:
    """Cut web addresses out of a text, each with the blanks before it (behind it, at a line's start)."""
    start = place = floor = i
    while i < stop:
        byte = at(text, i)
        if byte != _COLON and byte != _POINT and byte | 32 != 119:
            i += 1
            continue
        begun, host = _link_start(text, i, stop, floor, start, next_nodes, ends, flags, classes)
        if begun < 0:
            i += 1
            continue
        end = _link_end(text, host, stop, flags, classes)
        bare = begun
        while bare > floor and (at(text, bare - 1) == 32 or at(text, bare - 1) == 9):
            bare -= 1
        if bare == start or at(text, bare - 1) == _FEED:
            while end < stop and (at(text, end) == 32 or at(text, end) == 9):
                end += 1
            bare = begun
        elif end < stop:
            code, _ = character_at(text, end, stop)
            if is_word_character(code, classes):
                bare = begun
        place = move(text, floor, bare, place)
        floor = i = max(end, i + 1)
    return move(text, floor, stop, place)
