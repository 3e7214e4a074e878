"""What a page says about itself, as text: values of attributes, and of the linked data in its scripts (JSON-LD).

Of linked data only a few keys are looked for; it is read as a row of strings, so that no depth and no damage matters.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, marks
from dclm_pipeline.kernels.characters import SPACE, character_at, character_table, is_unlooked, put_character
from dclm_pipeline.kernels.compiled import BYTES, at, borrowed, kernel, part, stamp
from dclm_pipeline.kernels.html import flow, metadata, references
from dclm_pipeline.kernels.html.blocks import Blocks
from dclm_pipeline.kernels.html.flow import is_control
from dclm_pipeline.kernels.html.metadata import AUTHOR, DATE, FIELDS, FROM_SCRIPT, MOST_SCRIPTS, TITLE, note_value
from dclm_pipeline.kernels.html.references import AMPERSAND, REFERENCES, REPLACEMENT, References, read_reference
from dclm_pipeline.kernels.strings import Strings

_FIELDS = len(FIELDS)
LONGEST = (4096, 256, 64, 64, 2048)  # characters of each field; longer values are cut
_LONGEST = np.array(LONGEST, np.int64)
_HEADLINE, _PUBLISHED, _AUTHOR, _NAME = (
    np.frombuffer(name, np.uint8) for name in (b"headline", b"datePublished", b"author", b"name")
)

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]


@part
def _is(data: Bytes, i: int, stop: int, word: Bytes) -> bool:
    if stop - i != word.size:
        return False
    for j in range(word.size):  # noqa: SIM110 - the compiler knows no generators
        if at(data, i + j) != word[j]:
            return False
    return True


@part
def _read_script(data: Bytes, i: int, stop: int, meta: Numbers) -> None:
    """Look for what linked data says, string by string."""
    depth, author_depth = 0, -1
    key = -1  # the field that the next string is the value of
    while i < stop:
        byte = at(data, i)
        i += 1
        if byte == 123 or byte == 91:
            depth += 1
            if key != AUTHOR:
                key = -1
        elif byte == 125 or byte == 93:
            depth -= 1
            key = -1
            if depth <= author_depth:
                author_depth = -1
        elif byte == 44:
            key = -1
        if byte != 34:
            continue
        begin = i
        while i < stop and at(data, i) != 34:
            i += 2 if at(data, i) == 92 else 1
        end = min(i, stop)
        i += 1
        j = i
        while j < stop and (at(data, j) <= 32):
            j += 1
        if j >= stop or at(data, j) != 58:
            if key >= 0:
                note_value(meta, key, FROM_SCRIPT, begin, end)
            key = -1
        else:
            key = -1
            if _is(data, begin, end, _HEADLINE):
                key = TITLE
            elif _is(data, begin, end, _PUBLISHED):
                key = DATE
            elif _is(data, begin, end, _AUTHOR):
                key = AUTHOR
                author_depth = depth
            elif author_depth >= 0 and depth > author_depth and _is(data, begin, end, _NAME):
                key = AUTHOR
            i = j + 1


@part
def _escaped(data: Bytes, i: int, stop: int) -> tuple[int, int]:
    """Return the character that an escape of JSON stands for, and the place behind it."""
    if i + 1 >= stop:
        return REPLACEMENT, stop
    byte = at(data, i + 1)
    if byte != 117 or i + 6 > stop:
        # Of the other escapes only those of blanks are letters.
        return (32 if byte in (110, 114, 116, 98, 102) else byte), i + 2
    code = 0
    for j in range(i + 2, i + 6):
        digit = at(data, j)
        code = code * 16 + (digit - 48 if digit <= 57 else (digit | 32) - 87) & 0xFFFF
    i += 6
    if 0xD800 <= code < 0xDC00 and i + 6 <= stop and at(data, i) == 92 and at(data, i + 1) == 117:
        low = 0
        for j in range(i + 2, i + 6):
            digit = at(data, j)
            low = low * 16 + (digit - 48 if digit <= 57 else (digit | 32) - 87) & 0xFFFF
        if 0xDC00 <= low < 0xE000:
            return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00), i + 6
    return (REPLACEMENT if 0xD800 <= code < 0xE000 else code), i


@part
def _write_value(
    data: Bytes,
    i: int,
    stop: int,
    script: bool,
    attribute: bool,
    most: int,
    table: NDArray[np.uint16],
    known: References,
    out: Bytes,
    n: int,
) -> int:
    """Write a value down, its blanks made one; return the place behind it."""
    begin, second = n, 0
    gap = False
    count = 0
    while (i < stop or second) and count < most:
        if second:
            code, second = second, 0
        else:
            code = at(data, i)
            if code == AMPERSAND:
                code, second, i = read_reference(data, i, stop, attribute, known)
            elif script and code == 92:
                code, i = _escaped(data, i, stop)
            else:
                code, i = character_at(data, i, stop)
        if int(table[code]) & SPACE:
            gap = n > begin
            continue
        if is_control(code) or (is_unlooked(code) and n == begin):
            continue
        if gap:
            out[n] = 32
            n += 1
            gap = False
        n = put_character(code, out, n)
        count += 1
    return n


_Read: TypeAlias = Callable[..., None]


def _make(parts: int) -> _Read:
    @kernel(
        void(
            BYTES,
            types.int64[:, :, ::1],
            types.Array(types.uint16, 1, "C", readonly=True),
            REFERENCES,
            types.int64[:, ::1],
            types.uint8[:, ::1],
        )
    )
    def read_rows(
        data: Bytes,
        meta: Numbers,
        table: NDArray[np.uint16],
        known: References,
        ends: Numbers,
        out: Bytes,
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data = borrowed(data)
        known = (borrowed(known[0]), borrowed(known[1]), borrowed(known[2]), borrowed(known[3]))
        for row in range(meta.shape[0]):
            for script in range(_FIELDS, _FIELDS + MOST_SCRIPTS):
                if meta[row, script, 0] >= 0:
                    _read_script(data, meta[row, script, 1], meta[row, script, 2], meta[row])
            for field in range(_FIELDS):
                rank = meta[row, field, 0]
                n = ends[field, row]
                if rank >= 0:
                    n = _write_value(
                        data,
                        meta[row, field, 1],
                        meta[row, field, 2],
                        rank == FROM_SCRIPT,
                        not (field == TITLE and rank == metadata.TITLE_RANK),
                        _LONGEST[field],
                        table,
                        known,
                        out[field],
                        n,
                    )
                ends[field, row + 1] = n

    return read_rows


_read_rows = _make(stamp(characters, flow, marks, metadata, references))


def read_metadata(html: Strings, pages: Blocks) -> dict[str, Strings]:
    """Return the value of each field for each page; empty where nothing is said."""
    count = len(pages.rows) - 1
    ends = np.zeros((_FIELDS, count + 1), np.int64)
    out = np.empty((_FIELDS, count * 5 * max(LONGEST) + 64), np.uint8)
    _read_rows(html[1], pages.meta.copy(), character_table(), references.references(), ends, out)
    return {name: (ends[i], out[i, : ends[i, -1]]) for i, name in enumerate(FIELDS)}
