"""Character references of HTML (`&amp;`, `&#38;`, `&#x26;`), read as the HTML standard reads them (13.2.5.72 to 80).

The names are those of the standard library. A name without its semicolon counts where the standard lets it, longest
first. Every look costs no more than the longest name.
"""

from functools import cache
from html.entities import html5
from typing import TypeAlias

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import at, part
from dclm_pipeline.kernels.marks import is_alphanumeric

AMPERSAND = 38
REPLACEMENT = 0xFFFD
_SLOTS = 8192
_LONGEST = max(map(len, html5))
_LONGEST_BARE = max(len(name) for name in html5 if not name.endswith(";"))
_SEMICOLON = 59

# What bytes 0x80 to 0x9F are in windows-1252: references to these controls mean those characters.
_WINDOWS = tuple(ord(bytes([byte]).decode("cp1252", "replace")) for byte in range(0x80, 0xA0))

# Slots with the number of a name (-1: empty), where each name begins, its bytes, the one or two characters it stands for.
References: TypeAlias = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8], NDArray[np.int32]]
REFERENCES = types.Tuple((types.int32[::1], types.int32[::1], types.Array(types.uint8, 1, "C"), types.int32[:, ::1]))


def _slot_of(name: bytes) -> int:
    hashed = 0
    for byte in name:
        hashed = (hashed * 31 + byte) & 0xFFFFFFFF
    return (hashed ^ hashed >> 13) % _SLOTS


@cache
def references() -> References:
    """Return the table of names."""
    slots = np.full(_SLOTS, -1, np.int32)
    codes = np.zeros((len(html5), 2), np.int32)
    begins = np.zeros(len(html5) + 1, np.int32)
    for number, (name, meant) in enumerate(html5.items()):
        place = _slot_of(name.encode())
        while slots[place] >= 0:
            place = (place + 1) % _SLOTS
        slots[place] = number
        begins[number + 1] = begins[number] + len(name)
        codes[number, : len(meant)] = list(map(ord, meant))
    letters = np.frombuffer("".join(html5).encode(), np.uint8).copy()
    return slots, begins, letters, codes


_WINDOWS_1252 = np.array([0x80 + i if code == REPLACEMENT else code for i, code in enumerate(_WINDOWS)], np.int64)


@part
def _numbered(data: NDArray[np.uint8], i: int, stop: int) -> tuple[int, int, int]:
    """Read a reference by number, given the place behind its `&#`."""
    begin = i - 2
    hexadecimal = i < stop and at(data, i) | 32 == 120
    i += hexadecimal
    digits = i
    code = 0
    while i < stop:
        byte = at(data, i)
        if 48 <= byte <= 57:
            digit = byte - 48
        elif hexadecimal and 97 <= byte | 32 <= 102:
            digit = (byte | 32) - 87
        else:
            break
        code = min(code * (16 if hexadecimal else 10) + digit, 0x110000)
        i += 1
    if i == digits:
        return AMPERSAND, 0, begin + 1
    if i < stop and at(data, i) == _SEMICOLON:
        i += 1
    if code == 0 or code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        code = REPLACEMENT
    elif 0x80 <= code < 0xA0:
        code = _WINDOWS_1252[code - 0x80]
    return code, 0, i


@part
def _find(
    data: NDArray[np.uint8],
    i: int,
    length: int,
    slots: NDArray[np.int32],
    begins: NDArray[np.int32],
    letters: NDArray[np.uint8],
) -> int:
    """Return the number of the name of that length at a place, -1 where it is none."""
    hashed = 0
    for j in range(length):
        hashed = (hashed * 31 + at(data, i + j)) & 0xFFFFFFFF
    place = (hashed ^ hashed >> 13) % _SLOTS
    while slots[place] >= 0:
        number = slots[place]
        begin = begins[number]
        if begins[number + 1] - begin == length:
            same = True
            for j in range(length):
                same &= at(letters, begin + j) == at(data, i + j)
            if same:
                return int(number)
        place = (place + 1) % _SLOTS
    return -1


@part
def read_reference(
    data: NDArray[np.uint8], i: int, stop: int, attribute: bool, table: References
) -> tuple[int, int, int]:
    """Return the character that the reference at an ampersand stands for, a second one or 0, and the place behind it."""
    slots, begins, letters, codes = table
    if i + 1 < stop and at(data, i + 1) == 35:
        return _numbered(data, i + 2, stop)
    name = i + 1
    end = name
    while end < stop and end - name < _LONGEST and is_alphanumeric(at(data, end)):
        end += 1
    if end < stop and at(data, end) == _SEMICOLON:
        number = _find(data, name, end + 1 - name, slots, begins, letters)
        if number >= 0:
            return int(codes[number, 0]), int(codes[number, 1]), end + 1
    for length in range(min(end - name, _LONGEST_BARE), 1, -1):
        number = _find(data, name, length, slots, begins, letters)
        if number >= 0:
            behind = name + length
            if attribute and behind < stop and (at(data, behind) == 61 or is_alphanumeric(at(data, behind))):
                break
            return int(codes[number, 0]), int(codes[number, 1]), behind
    return AMPERSAND, 0, i + 1
