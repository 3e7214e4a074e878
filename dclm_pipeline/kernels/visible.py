"""A sample of what a reader of an HTML page sees, from one scan over its bytes, without building a tree.

Skips tags with their attributes, comments, scripts, styles, forms' options and whatever else holds no running text;
character references become characters. The sample is made of pieces from evenly spread places of the text. Tells nothing
of main content: menus and footers are text like any other.

It is a model, not a parser: what scripts write or styles hide is not known here.
"""

from collections.abc import Callable
from functools import cache
from html.entities import html5, name2codepoint
from typing import NamedTuple

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, stack, tags, tokens
from dclm_pipeline.kernels.characters import put_character
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, at, borrowed, kernel, part, stamp
from dclm_pipeline.kernels.stack import FLAGS
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.kernels.tokens import (
    bogus_end,
    comment_end,
    is_letter,
    kind_of,
    name_end,
    next_bracket,
    raw_end,
    scan_attributes,
)

_OPTION, _NOSCRIPT, _SCRIPT, _TITLE = (tags.kind(name) for name in ("option", "noscript", "script", "title"))
_RAW = tags.RAW
_BLANK = 32
_LONGEST_NAME = 8
_SLOTS = 1024
_REPLACEMENT = 0xFFFD


class Sample(NamedTuple):
    """Texts between places of `data`, and how many letters each has: ASCII letters, and characters beyond ASCII."""

    begins: NDArray[np.int64]
    stops: NDArray[np.int64]
    data: NDArray[np.uint8]
    letters: NDArray[np.int64]


@cache
def named_characters() -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return an open hash table of HTML 4's names of characters, as bytes in a word, and HTML 5's characters (0: empty)."""
    names, codes = np.zeros(_SLOTS, np.uint64), np.zeros(_SLOTS, np.int64)
    for name in sorted(name2codepoint):
        word = int.from_bytes(name.encode(), "little")
        slot = word * tags.MULTIPLIER % 2**64 >> 54
        while codes[slot]:
            slot = (slot + 1) % _SLOTS
        names[slot], codes[slot] = word, ord(html5[f"{name};"])
    return names, codes


@part
def _reference(
    data: NDArray[np.uint8], i: int, stop: int, names: NDArray[np.uint64], codes: NDArray[np.int64]
) -> tuple[int, int]:
    """Return the character that is referred to behind an ampersand, and the place behind it; 0 where there is none."""
    if i < stop and at(data, i) == 35:
        i += 1
        base = 10
        if i < stop and at(data, i) | 32 == 120:
            base = 16
            i += 1
        code, begin = 0, i
        # Seven digits say any character; more say none.
        while i < stop and i < begin + 8:
            byte = at(data, i)
            digit = byte - 48 if 48 <= byte <= 57 else (byte | 32) - 87 if 97 <= byte | 32 <= 102 else 99
            if digit >= base:
                break
            code = code * base + digit
            i += 1
        if i == begin:
            return 0, i
        if i < stop and at(data, i) == 59:
            i += 1
        if 0xD800 <= code < 0xE000 or code > 0x10FFFF:
            return _REPLACEMENT, i
        return (_BLANK if code < 32 or 127 <= code < 160 else code), i
    word, begin = np.uint64(0), i
    while i < stop and i < begin + _LONGEST_NAME and (is_letter(at(data, i)) or 48 <= at(data, i) <= 57):
        word |= np.uint64(at(data, i)) << np.uint64(8 * (i - begin))
        i += 1
    if i == begin or i >= stop or at(data, i) != 59:
        return 0, i
    slot = np.int64(word * np.uint64(tags.MULTIPLIER) >> np.uint64(54))
    while codes[slot] != 0:
        if names[slot] == word:
            return int(codes[slot]), i + 1
        slot = (slot + 1) % _SLOTS
    return 0, i


@part
def _parted(room: NDArray[np.uint8], size: int) -> int:
    """Write a blank unless one is there; return the place behind it."""
    if size > 0 and room[size - 1] != _BLANK:
        room[size] = _BLANK
        return size + 1
    return size


@part
def _copy(
    data: NDArray[np.uint8],
    i: int,
    stop: int,
    names: NDArray[np.uint64],
    codes: NDArray[np.int64],
    room: NDArray[np.uint8],
    size: int,
) -> int:
    """Write a run of text, each run of blanks as one; return the place behind it."""
    while i < stop:
        byte = at(data, i)
        i += 1
        if byte == 38:
            code, behind = _reference(data, i, stop, names, codes)
            if code > 0:
                # A reference is never shorter than its character in UTF-8, so there is room.
                size = put_character(code if code != 0xA0 else _BLANK, room, size)
                i = behind
                continue
        if byte <= _BLANK:
            size = _parted(room, size)
        else:
            room[size] = byte
            size += 1
    return size


@part
def _visible(
    data: NDArray[np.uint8],
    i: int,
    stop: int,
    words: NDArray[np.uint64],
    kinds: NDArray[np.int64],
    names: NDArray[np.uint64],
    codes: NDArray[np.int64],
    room: NDArray[np.uint8],
) -> int:
    """Write what is visible between two places; return its length."""
    size, skipped = 0, False
    while i < stop:
        begun = i
        i = next_bracket(data, i, stop)
        if i > begun and not skipped:
            size = _copy(data, begun, i, names, codes, room, size)
        skipped = False
        i += 1
        if i >= stop:
            break
        ending = at(data, i) == 47
        if ending:
            i += 1
        if i < stop and is_letter(at(data, i)):
            name = i
            behind = name_end(data, i, stop)
            here = kind_of(data, name, behind, words, kinds)
            i, _, _ = scan_attributes(data, behind, stop)
            if i < 0:
                break
            if not ending and (FLAGS[here] & _RAW or here == _NOSCRIPT):
                end = raw_end(data, i, stop, name, behind - name, here == _SCRIPT)
                if here == _TITLE:
                    size = _copy(data, i, end, names, codes, room, _parted(room, size))
                i = end
            skipped = here == _OPTION and not ending
        elif ending or (i < stop and at(data, i) == 63):
            i = bogus_end(data, i, stop)
        elif i < stop and at(data, i) == 33:
            if i + 2 < stop and at(data, i + 1) == 45 and at(data, i + 2) == 45:
                i = comment_end(data, i + 3, stop)
            else:
                i = bogus_end(data, i, stop)
        else:
            # A bracket that opens nothing; it is a blank here.
            continue
        size = _parted(room, size)
    return size


@part
def _sampled(room: NDArray[np.uint8], size: int, pieces: int, width: int, out: NDArray[np.uint8], begin: int) -> int:
    """Write pieces from evenly spread places, whole characters with a blank behind each; return the place behind them."""
    if size <= pieces * width:
        for j in range(size):
            out[begin + j] = room[j]
        return begin + size
    for number in range(pieces):
        j = (size - width) * number // max(pieces - 1, 1)
        stop = j + width
        while j < stop and room[j] & 0xC0 == 0x80:
            j += 1
        while stop > j and stop < size and room[stop] & 0xC0 == 0x80:
            stop -= 1
        for k in range(j, stop):
            out[begin] = room[k]
            begin += 1
        out[begin] = _BLANK
        begin += 1
    return begin


_SAMPLE = void(
    *(OFFSETS, BYTES, types.uint64[:, ::1], types.int64[::1], types.uint64[::1], types.int64[::1]),
    *(types.int64, types.int64, types.uint8[::1], types.uint8[::1], types.int64[::1], types.int64[::1]),
)


def _make(parts: int) -> Callable[..., None]:
    @kernel(_SAMPLE)
    def sample_rows(
        offsets: NDArray[np.int64],
        data: NDArray[np.uint8],
        words: NDArray[np.uint64],
        kinds: NDArray[np.int64],
        names: NDArray[np.uint64],
        codes: NDArray[np.int64],
        pieces: int,
        width: int,
        room: NDArray[np.uint8],
        out: NDArray[np.uint8],
        stops: NDArray[np.int64],
        letters: NDArray[np.int64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, words, kinds, names = borrowed(data), borrowed(words), borrowed(kinds), borrowed(names)
        codes, room, out = borrowed(codes), borrowed(room), borrowed(out)
        for row in range(stops.size):
            size = _visible(data, offsets[row], offsets[row + 1], words, kinds, names, codes, room)
            begin = row * pieces * (width + 1)
            stops[row] = _sampled(room, size, pieces, width, out, begin)
            count = 0
            for j in range(begin, stops[row]):
                count += is_letter(at(out, j)) or at(out, j) >= 0xC0
            letters[row] = count

    return sample_rows


_sample_rows = _make(stamp(characters, tokens, tags, stack))


def sample_visible(html: Strings, pieces: int, width: int) -> Sample:
    """Return of each page at most so many pieces of its visible text, of so many bytes; all of it if that is less."""
    offsets, data = html
    rows = len(offsets) - 1
    stops, letters = np.empty(rows, np.int64), np.empty(rows, np.int64)
    out = np.empty(rows * pieces * (width + 1), np.uint8)
    room = np.empty(int(np.diff(offsets).max(initial=0)) + 4, np.uint8)
    _sample_rows(offsets, data, *tags.lookup(), *named_characters(), pieces, width, room, out, stops, letters)
    return Sample(np.arange(rows, dtype=np.int64) * (pieces * (width + 1)), stops, out, letters)
