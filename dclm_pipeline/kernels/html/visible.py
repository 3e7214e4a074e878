"""A sample of what a reader of an HTML page sees, from one scan over its bytes, without building a tree.

Skips tags with their attributes, comments, scripts, styles, forms' options and whatever else holds no running text;
character references become characters. The sample is made of pieces from evenly spread places of the text, or is its
beginning, for which the rest of the page is not read. Tells nothing of main content: menus and footers are text like any
other.

It is a model, not a parser: what scripts write or styles hide is not known here.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, looking, marks
from dclm_pipeline.kernels.characters import put_character
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, at, borrowed, kernel, part, stamp
from dclm_pipeline.kernels.html import references, stack, tags, tokens
from dclm_pipeline.kernels.html.references import AMPERSAND, REFERENCES, References, read_reference
from dclm_pipeline.kernels.html.stack import FLAGS
from dclm_pipeline.kernels.html.tokens import (
    bogus_end,
    comment_end,
    is_letter,
    kind_of,
    name_end,
    next_bracket,
    raw_end,
    scan_attributes,
)
from dclm_pipeline.kernels.strings import Strings

_OPTION, _NOSCRIPT, _SCRIPT, _TITLE = (tags.kind(name) for name in ("option", "noscript", "script", "title"))
_RAW = tags.RAW
_BLANK = 32
_ALL = np.iinfo(np.int64).max


class Sample(NamedTuple):
    """Texts between places of `data`, and how many letters each has: ASCII letters, and characters beyond ASCII."""

    begins: NDArray[np.int64]
    stops: NDArray[np.int64]
    data: NDArray[np.uint8]
    letters: NDArray[np.int64]


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
    known: References,
    room: NDArray[np.uint8],
    size: int,
) -> int:
    """Write a run of text, each run of blanks as one; return the place behind it."""
    while i < stop:
        byte = at(data, i)
        i += 1
        if byte == AMPERSAND:
            code, second, behind = read_reference(data, i - 1, stop, False, known)
            if behind > i:
                unlooked = code < _BLANK or 127 <= code <= 160
                size = put_character(_BLANK if unlooked else code, room, size)
                if second:
                    size = put_character(second, room, size)
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
    known: References,
    room: NDArray[np.uint8],
    most: int,
) -> int:
    """Write what is visible between two places, up to a tag behind so many bytes; return the length."""
    size, skipped = 0, False
    while i < stop and size < most:
        begun = i
        i = next_bracket(data, i, stop)
        if i > begun and not skipped:
            size = _copy(data, begun, i, known, room, size)
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
                    size = _copy(data, i, end, known, room, _parted(room, size))
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
    *(OFFSETS, BYTES, types.uint64[:, ::1], types.int64[::1], REFERENCES),
    *(OFFSETS, types.int64, types.int64, types.int64),  # rows, most, pieces, width
    *(types.uint8[::1], types.uint8[::1], types.int64[::1], types.int64[::1]),
)


def _make(parts: int) -> Callable[..., None]:
    @kernel(_SAMPLE)
    def sample_rows(
        offsets: NDArray[np.int64],
        data: NDArray[np.uint8],
        words: NDArray[np.uint64],
        kinds: NDArray[np.int64],
        known: References,
        rows: NDArray[np.int64],
        most: int,
        pieces: int,
        width: int,
        room: NDArray[np.uint8],
        out: NDArray[np.uint8],
        stops: NDArray[np.int64],
        letters: NDArray[np.int64],
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, words, kinds = borrowed(data), borrowed(words), borrowed(kinds)
        known = (borrowed(known[0]), borrowed(known[1]), borrowed(known[2]), borrowed(known[3]))
        room, out = borrowed(room), borrowed(out)
        for number in range(rows.size):
            row = rows[number]
            size = _visible(data, offsets[row], offsets[row + 1], words, kinds, known, room, most)
            begin = number * pieces * (width + 1)
            stops[number] = _sampled(room, size, pieces, width, out, begin)
            count = 0
            for j in range(begin, stops[number]):
                count += is_letter(at(out, j)) or at(out, j) >= 0xC0
            letters[number] = count

    return sample_rows


_sample_rows = _make(stamp(characters, looking, marks, references, tokens, tags, stack))


def sample_visible(html: Strings, pieces: int, width: int, rows: NDArray[np.int64] | None = None) -> Sample:
    """Return of each page at most so many pieces of its visible text, of so many bytes; all of it if that is less.

    Where `rows` are given, of these pages alone.
    """
    return _sample(html, np.arange(len(html[0]) - 1) if rows is None else rows, _ALL, pieces, width)


def first_visible(html: Strings, width: int) -> Sample:
    """Return of each page the first so many bytes of its visible text, in whole characters; the rest is not read."""
    return _sample(html, np.arange(len(html[0]) - 1), width + 1, 1, width)


def _sample(html: Strings, rows: NDArray[np.int64], most: int, pieces: int, width: int) -> Sample:
    offsets, data = html
    stops, letters = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    out = np.empty(len(rows) * pieces * (width + 1), np.uint8)
    # Some references are shorter than what they stand for: five bytes for six at worst.
    room = np.empty(int(np.diff(offsets).max(initial=0)) * 6 // 5 + 8, np.uint8)
    _sample_rows(
        offsets, data, *tags.lookup(), references.references(), rows, most, pieces, width, room, out, stops, letters
    )
    return Sample(np.arange(len(rows), dtype=np.int64) * (pieces * (width + 1)), stops, out, letters)
