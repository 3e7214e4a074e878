"""Characters that no reader sees, blanks and line feeds without number: parts of the kernel in `rewriting`."""

import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import SPACE, character_at
from dclm_pipeline.kernels.compiled import at, part
from dclm_pipeline.kernels.moving import move, next_between

_FEED, _RETURN, _TAB, _BLANK = 10, 13, 9, 32
_TABLED = 0x30000
# Bytes 80 to 9F as Windows-1252 reads them: what stands in text that was UTF-8 and was read as something else.
_MISREAD = tuple(sorted(map(ord, bytes(range(0x80, 0xA0)).decode("cp1252", "ignore"))))
MISREAD = np.array(_MISREAD, np.int32)


@cache
def unsettled_characters() -> NDArray[np.bool_]:
    """Return for each code point whether a text with it may not be in normal form C."""
    table = np.zeros(_TABLED, np.bool_)
    for code in range(0x300, _TABLED):
        character = chr(code)
        if unicodedata.combining(character) or not unicodedata.is_normalized("NFC", character):
            table[code] = True
        parts = unicodedata.decomposition(character)
        if parts and not parts.startswith("<"):
            for part_of in parts.split()[1:]:
                table[int(part_of, 16)] = True
    for code in range(0xC0, 0x300):
        for part_of in unicodedata.decomposition(chr(code)).split()[1:]:
            table[int(part_of, 16)] |= int(part_of, 16) >= 0x300
    table[0x1161:0x1176] = table[0x11A8:0x11C3] = True  # vowels and finals of Korean syllables
    table.flags.writeable = False
    return table


@part
def is_misread(code: int, before: int, misread: NDArray[np.int32]) -> bool:
    """Tell whether two characters look like the bytes of one that was read as Windows-1252 or Latin-1."""
    if before < 0xC2 or before > 0xF4 or code < 0x80:
        return False
    return code <= 0xBF or code in misread


@part
def _is_unseen(code: int) -> bool:
    """Tell whether a character is a control, a soft hyphen, a mark of byte order or a blank without width."""
    if code < 0x20:
        return code != _TAB
    if code <= 0xAD:
        return 0x7F <= code <= 0x9F or code == 0xAD
    return code in (0x200B, 0x2060, 0xFEFF, 0xFFFC, 0xFFFE, 0xFFFF)


@part
def clean(text: NDArray[np.uint8], i: int, stop: int) -> int:
    """Take what nobody sees out of a text, and make every end of a line a line feed; return the new end."""
    place = i
    while i < stop:
        code, after = at(text, i), i + 1
        if code >= 0x80:
            code, after = character_at(text, i, stop)
        if code < 0x20 or 0x7F <= code <= 0xAD or 0x200B <= code <= 0x2060 or code >= 0xFEFF:
            if 10 <= code <= 13 or code in (0x85, 0x2028, 0x2029):
                text[np.uintp(place)] = _FEED
                place += 1
                i = after + (code == _RETURN and after < stop and at(text, after) == _FEED)
                continue
            if _is_unseen(code):
                i = after
                continue
        while i < after:
            text[np.uintp(place)] = text[np.uintp(i)]
            place += 1
            i += 1
    return place


@part
def squeeze_blanks(text: NDArray[np.uint8], i: int, stop: int, classes: NDArray[np.uint16]) -> int:
    """Make runs of blanks within lines one blank, and take those at the ends of lines; return the new end."""
    place = begun = i
    waiting = False
    while i < stop:
        code, after = at(text, i), i + 1
        if code >= 0x80:
            code, after = character_at(text, i, stop)
        if code != _FEED and classes[np.uintp(code)] & SPACE:
            waiting = True
            i = after
            continue
        if waiting and code != _FEED and place > begun and at(text, place - 1) != _FEED:
            text[np.uintp(place)] = _BLANK
            place += 1
        waiting = False
        while i < after:
            text[np.uintp(place)] = text[np.uintp(i)]
            place += 1
            i += 1
    return place


@part
def squeeze_feeds(text: NDArray[np.uint8], i: int, stop: int, most: int) -> int:
    """Make longer runs of line feeds so many; return the new end."""
    place = floor = i
    while i < stop:
        begun = next_between(text, i, stop, _FEED, _FEED)
        i = begun
        while i < stop and at(text, i) == _FEED:
            i += 1
        if i - begun > most:
            place = move(text, floor, begun + most, place)
            floor = i
    return move(text, floor, stop, place)
