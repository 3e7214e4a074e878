"""Phrases found in a line and cut out of it: parts of the kernel in `rules`.

A phrase is a run of code points, `ANY` among them standing for whichever; what it is compared with goes through a table
of letters first, an empty one where capitals count. Few and short: for each place one look at two bytes, and only behind that the phrases themselves.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import SPACE, character_at
from dclm_pipeline.kernels.compiled import at, part
from dclm_pipeline.kernels.lines.line_table import start_of
from dclm_pipeline.kernels.words.folding import folded

ANY = -1
ANYWHERE, AT_START, AT_END = range(3)


@dataclass(frozen=True)
class Phrases:
    """Phrases as code points: those of phrase i from `ends[i]` to `ends[i + 1]`."""

    codes: NDArray[np.int32]
    ends: NDArray[np.int64]


def first_pairs(phrases: list[list[int]], table: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Return for each pair of bytes, the first times 256 and the second, whether a phrase can begin with it."""
    pairs = np.zeros((256, 256), np.uint8)
    for phrase in filter(None, phrases):
        for first in _encodings(phrase[0], table):
            if len(first) > 1:
                pairs[first[0], first[1]] = 1
            elif len(phrase) == 1:
                pairs[first[0]] = 1
            else:
                pairs[first[0], [second[0] for second in _encodings(phrase[1], table)]] = 1
        if phrase[0] == ANY:
            pairs[:] = 1
    return pairs.reshape(-1)


def _encodings(code: int, table: NDArray[np.int32]) -> list[bytes]:
    """Return the bytes of all characters that a code of a phrase stands for; where that is any, what they begin with."""
    if code == ANY:
        return [bytes([byte]) for byte in range(256)]
    alike = [code, *np.flatnonzero(table == code).tolist()] if table.size else [code]
    return [chr(each).encode("utf-8", "surrogatepass") for each in alike]


def fold_phrase(phrase: str, wildcard: str, table: NDArray[np.int32]) -> list[int]:
    """Return the code points of a phrase as they are compared."""
    codes = map(ord, phrase)
    return [ANY if wildcard and code == ord(wildcard) else _folded(code, table) for code in codes]


def _folded(code: int, table: NDArray[np.int32]) -> int:
    return int(table[code]) if code < table.size else code


@part
def end_of_match(
    text: NDArray[np.uint8],
    i: int,
    stop: int,
    codes: NDArray[np.int32],
    first: int,
    last: int,
    table: NDArray[np.int32],
) -> int:
    """Return where a phrase that begins here ends, or -1."""
    for k in range(first, last):
        if i >= stop:
            return -1
        code, i = character_at(text, i, stop)
        if codes[k] != ANY and folded(code, table) != codes[k]:
            return -1
    return i


@part
def first_match(
    text: NDArray[np.uint8],
    i: int,
    stop: int,
    codes: NDArray[np.int32],
    ends: NDArray[np.int64],
    first: int,
    last: int,
    table: NDArray[np.int32],
) -> int:
    """Return where the first of several phrases that begins here ends, or -1."""
    for phrase in range(first, last):
        end = end_of_match(text, i, stop, codes, ends[phrase], ends[phrase + 1], table)
        if end >= 0:
            return end
    return -1


@part
def begins_with_one(
    text: NDArray[np.uint8],
    i: int,
    stop: int,
    codes: NDArray[np.int32],
    ends: NDArray[np.int64],
    table: NDArray[np.int32],
) -> bool:
    """Tell whether any of many phrases begins here; they are in the order of their first characters."""
    if i >= stop:
        return False
    code, _ = character_at(text, i, stop)
    first = folded(code, table)
    low, high = 0, ends.size - 1
    while low < high:
        middle = (low + high) // 2
        if codes[ends[middle]] < first:
            low = middle + 1
        else:
            high = middle
    while low < ends.size - 1 and codes[ends[low]] == first:
        if end_of_match(text, i, stop, codes, ends[low], ends[low + 1], table) >= 0:
            return True
        low += 1
    return False


@part
def cut_at_end(
    text: NDArray[np.uint8],
    i: int,
    stop: int,
    codes: NDArray[np.int32],
    ends: NDArray[np.int64],
    first: int,
    last: int,
    table: NDArray[np.int32],
    classes: NDArray[np.uint16],
) -> int:
    """Return where the longest phrase begins that ends the line, one blank before it included, or -1."""
    cut = -1
    for phrase in range(first, last):
        begun, left = stop, ends[phrase + 1] - ends[phrase]
        while left > 0 and begun > i:
            begun = start_of(text, begun, i)
            left -= 1
        if left > 0 or end_of_match(text, begun, stop, codes, ends[phrase], ends[phrase + 1], table) != stop:
            continue
        if begun > i:
            before = start_of(text, begun, i)
            code, _ = character_at(text, before, stop)
            if classes[np.uintp(code)] & SPACE:
                begun = before
        if cut < 0 or begun < cut:
            cut = begun
    return cut


@part
def holds_phrase(
    text: NDArray[np.uint8],
    i: int,
    stop: int,
    codes: NDArray[np.int32],
    ends: NDArray[np.int64],
    first: int,
    last: int,
    table: NDArray[np.int32],
    pairs: NDArray[np.uint8],
) -> bool:
    """Tell whether any of several phrases is in the line."""
    while i < stop:
        second = at(text, i + 1) if i + 1 < stop else 0
        if (
            pairs[np.uintp(at(text, i) << 8 | second)]
            and first_match(text, i, stop, codes, ends, first, last, table) >= 0
        ):
            return True
        i += 1
    return False


@part
def cut_anywhere(
    text: NDArray[np.uint8],
    i: int,
    stop: int,
    codes: NDArray[np.int32],
    ends: NDArray[np.int64],
    first: int,
    last: int,
    table: NDArray[np.int32],
    classes: NDArray[np.uint16],
) -> int:
    """Take every phrase out of the line, each with one blank before it, from the left; return the new end."""
    place = i
    while i < stop:
        code, after = character_at(text, i, stop)
        end = -1
        if after < stop and classes[np.uintp(code)] & SPACE:
            end = first_match(text, after, stop, codes, ends, first, last, table)
        if end < 0:
            end = first_match(text, i, stop, codes, ends, first, last, table)
        if end >= 0:
            i = end
            continue
        while i < after:
            text[np.uintp(place)] = text[np.uintp(i)]
            place += 1
            i += 1
    return place


@part
def cut_at_start(
    text: NDArray[np.uint8],
    i: int,
    stop: int,
    codes: NDArray[np.int32],
    ends: NDArray[np.int64],
    first: int,
    last: int,
    table: NDArray[np.int32],
    classes: NDArray[np.uint16],
) -> int:
    """Return where the line goes on behind a phrase that begins it and one blank, or -1."""
    end = first_match(text, i, stop, codes, ends, first, last, table)
    if 0 <= end < stop:
        code, after = character_at(text, end, stop)
        if classes[np.uintp(code)] & SPACE:
            return after
    return end
