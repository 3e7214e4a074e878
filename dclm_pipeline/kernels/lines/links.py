"""Web addresses cut out of a text, as the reference does it: parts of the kernel in `rewriting`.

An address is a run of letters, digits and some marks, a point, and a top-level domain that ends at a word's end; or four
numbers with points between. So e-mail addresses, `main.py` and version numbers go as well. Up to ten blanks before go
with it, and all that a path may hold behind it. `web_links` knows better.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import SPACE, character_at
from dclm_pipeline.kernels.compiled import at, part
from dclm_pipeline.kernels.lines.line_marks import is_word_character
from dclm_pipeline.kernels.lines.line_table import start_of
from dclm_pipeline.kernels.marks import is_digit
from dclm_pipeline.kernels.moving import move, next_between

MOST_HOST = 256
MOST_BLANKS = 10

_POINT, _SLASH, _COLON, _ZERO, _NINE = map(ord, "./:09")


@dataclass(frozen=True)
class Domains:
    """Top-level domains as a tree over their bytes: for a node and a byte the next node, 0 for none."""

    next_nodes: NDArray[np.int32]
    ends: NDArray[np.bool_]


def domain_tree(domains: Sequence[str]) -> Domains:
    """Return the tree of some domains."""
    nodes: list[dict[int, int]] = [{}]
    ends = [False]
    for domain in domains:
        node = 0
        for byte in domain.encode():
            if byte not in nodes[node]:
                nodes[node][byte] = len(nodes)
                nodes.append({})
                ends.append(False)
            node = nodes[node][byte]
        ends[node] = node > 0
    table = np.zeros((len(nodes), 256), np.int32)
    for node, following in enumerate(nodes):
        for byte, after in following.items():
            table[node, byte] = after
    return Domains(table, np.array(ends, np.bool_))


def _flags() -> NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    for byte in letters + b"-@:%._+~#=":
        table[byte] = 1
    for byte in letters + b"-()@:%_+.~#?&/=":
        table[byte] |= 2
    return table


# Of each byte: whether it may be in a host (1), and in what follows one (2).
ADDRESS_BYTES = _flags()
_HOST, _PATH = 1, 2


@part
def domain_end(
    text: NDArray[np.uint8],
    i: int,
    stop: int,
    next_nodes: NDArray[np.int32],
    ends: NDArray[np.bool_],
    classes: NDArray[np.uint16],
) -> int:
    """Return where the longest top-level domain ends that begins here and ends at a word's end, or -1."""
    found, node, j = -1, 0, i
    while j < stop:
        node = next_nodes[node, at(text, j)]
        if node == 0:
            break
        j += 1
        if ends[node]:
            last, _ = character_at(text, start_of(text, j, i), stop)
            following = False
            if j < stop:
                code, _ = character_at(text, j, stop)
                following = is_word_character(code, classes)
            if is_word_character(last, classes) != following:
                found = j
    return found


@part
def path_end(text: NDArray[np.uint8], i: int, stop: int, flags: NDArray[np.uint8]) -> int:
    """Return where what may follow a host ends."""
    while i < stop and flags[at(text, i)] & _PATH:
        i += 1
    return i


@part
def before_scheme(text: NDArray[np.uint8], i: int, floor: int) -> int:
    """Return where `http://`, `https://` or `ftp://` begins that ends here, or the place itself."""
    if i - floor < 6 or at(text, i - 1) != _SLASH or at(text, i - 2) != _SLASH or at(text, i - 3) != _COLON:
        return i
    j = i - 3
    if at(text, j - 3) == 102 and at(text, j - 2) == 116 and at(text, j - 1) == 112:
        return j - 3
    if j - floor >= 5 and at(text, j - 1) == 115:
        j -= 1
    if j - floor < 4:
        return i
    http = at(text, j - 4) == 104 and at(text, j - 3) == 116 and at(text, j - 2) == 116 and at(text, j - 1) == 112
    return j - 4 if http else i


@part
def before_blanks(text: NDArray[np.uint8], i: int, floor: int, classes: NDArray[np.uint16]) -> int:
    """Return where the blanks before a place begin, at most ten."""
    for _ in range(MOST_BLANKS):
        if i <= floor:
            break
        before = start_of(text, i, floor)
        code, _ = character_at(text, before, i)
        if not classes[np.uintp(code)] & SPACE:
            break
        i = before
    return i


@part
def cut_domains(
    text: NDArray[np.uint8],
    i: int,
    stop: int,
    next_nodes: NDArray[np.int32],
    ends: NDArray[np.bool_],
    flags: NDArray[np.uint8],
    classes: NDArray[np.uint16],
) -> int:
    """Cut what has a top-level domain out of a text; return the new end."""
    place = floor = i
    while i < stop:
        i = next_between(text, i, stop, _POINT, _POINT)
        if i == stop:
            break
        if i == floor or not flags[at(text, i - 1)] & _HOST:
            i += 1
            continue
        end = domain_end(text, i + 1, stop, next_nodes, ends, classes)
        if end < 0:
            i += 1
            continue
        begun = i
        while begun > floor and i - begun < MOST_HOST and flags[at(text, begun - 1)] & _HOST:
            begun -= 1
        # The host goes on as far as it can: to the last domain that leaves it short enough.
        last = min(stop, begun + MOST_HOST + 1)
        j = i + 1
        while j < last and flags[at(text, j)] & _HOST:
            if at(text, j) == _POINT:
                other = domain_end(text, j + 1, stop, next_nodes, ends, classes)
                end = other if other >= 0 else end
            j += 1
        if begun == floor or not flags[at(text, begun - 1)] & _HOST:
            begun = before_blanks(text, before_scheme(text, begun, floor), floor, classes)
        place = move(text, floor, begun, place)
        floor = i = path_end(text, end, stop, flags)
    return move(text, floor, stop, place)


@part
def _fourth_number(text: NDArray[np.uint8], i: int, stop: int) -> int:
    """Return where the last of four numbers begins, the first of which begins here, or -1."""
    for _ in range(3):
        begun = i
        while i < stop and i - begun < 4 and is_digit(at(text, i)):
            i += 1
        length = i - begun
        if length == 0 or length > 3 or (length == 3 and at(text, begun) > 50) or i >= stop or at(text, i) != _POINT:
            return -1
        i += 1
    return i if i < stop and is_digit(at(text, i)) else -1


@part
def _within_word(text: NDArray[np.uint8], i: int, start: int, classes: NDArray[np.uint16]) -> bool:
    """Tell whether a word character stands before a place."""
    if i <= start:
        return False
    code, _ = character_at(text, start_of(text, i, start), i)
    return is_word_character(code, classes)


@part
def cut_numbers(
    text: NDArray[np.uint8], i: int, stop: int, flags: NDArray[np.uint8], classes: NDArray[np.uint16]
) -> int:
    """Cut four numbers with points between, and what may follow them, out of a text; return the new end."""
    start = place = floor = i
    while i < stop:
        i = next_between(text, i, stop, _ZERO, _NINE)
        if i == stop:
            break
        last = -1 if _within_word(text, i, start, classes) else _fourth_number(text, i, stop)
        if last < 0:
            while i < stop and is_digit(at(text, i)):
                i += 1
            continue
        begun = before_scheme(text, i, floor)
        if _within_word(text, begun, start, classes):
            begun = i
        begun = before_blanks(text, begun, floor, classes)
        place = move(text, floor, begun, place)
        floor = i = path_end(text, last, stop, flags)
    return move(text, floor, stop, place)
