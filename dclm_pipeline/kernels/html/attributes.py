"""The attributes of a tag that say what an element is for, as parts of the kernel in `blocks`.

A tag is read as the tokenizer of the HTML standard reads it; where an attribute is there twice, the first counts. Words
in classes and names are told apart by a number below `BUCKETS`, so some share one.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import bytes_between, character_at, is_unlooked
from dclm_pipeline.kernels.compiled import at, eight_at, low_zeros, part
from dclm_pipeline.kernels.html.tokens import first_bytes, is_blank, next_byte, small_letters
from dclm_pipeline.kernels.looking import hash_on

NAMES = str.split(
    "class id role href style hidden aria-hidden itemprop name property content rel lang type datetime open http-equiv"
)
(
    CLASS,
    ID,
    ROLE,
    HREF,
    STYLE,
    HIDDEN,
    ARIA,
    ITEMPROP,
    NAME,
    PROPERTY,
    CONTENT,
    REL,
    LANG,
    TYPE,
    DATETIME,
    OPEN,
    EQUIV,
) = range(len(NAMES))
ATTRIBUTES = len(NAMES)

BUCKETS = 1 << 14
MOST_WORDS = 12  # of one element
_LONGEST_WORD = 24
_HIGHEST = np.uint64(0x8080808080808080)


def _key(name: str) -> int:
    """Return the first eight letters as one number, with the length where there are more."""
    return int.from_bytes(name.encode()[:8], "little") ^ (len(name) << 56 if len(name) > 8 else 0)


_LONGEST_NAME = 24
# Where each name's number is found, the first eight letters of each, and all of them.
Names: TypeAlias = tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.uint8]]


def names_of(names: Sequence[str]) -> Names:
    """Return the tables by which `scan_named` knows these names, of which no two may fall on one place."""
    places = np.full(64, -1, np.int64)
    letters = np.zeros((len(names), _LONGEST_NAME), np.uint8)
    for number, name in enumerate(names):
        # Searched for: with these factors no two of the names here, nor of those of `document`, fall on one place.
        place = (ord(name[0]) + 2 * ord(name[1]) + 6 * len(name)) & 63
        if places[place] >= 0:
            raise ValueError(
                f"attributes {names[places[place]]!r} and {name!r} fall on one place; search other factors"
            )
        places[place] = number
        letters[number, : len(name)] = list(name.encode())
    return places, np.array([_key(name) for name in names], np.uint64), letters


_KNOWN = names_of(NAMES)


@part
def scan_tag(data: NDArray[np.uint8], i: int, stop: int, found: NDArray[np.int64]) -> tuple[int, bool, int]:
    """Return what `scan_named` does, of the names above."""
    return scan_named(data, i, stop, found, _KNOWN)


@part
def scan_named(
    data: NDArray[np.uint8], i: int, stop: int, found: NDArray[np.int64], known: Names
) -> tuple[int, bool, int]:
    """Return where a tag ends (-1: never), whether it ends itself, and a bit for each attribute that was found.

    The values are from `found[attribute, 0]` to `found[attribute, 1]`, as they stand.
    """
    places, keys, letters = known
    seen = 0
    while i < stop:
        byte = at(data, i)
        if byte == 62:
            return i + 1, at(data, i - 1) == 47, seen
        i += 1
        if byte == 47 or is_blank(byte):
            continue
        begin = i - 1
        key = np.uint64(byte | 32 if 65 <= byte <= 90 else byte)
        second = 0
        if begin + 8 <= stop:
            eight = eight_at(data, begin)
            small = small_letters(eight)
            if small > 1:
                key, second = first_bytes(eight, small), at(data, begin + 1)
                i = begin + small
        while i < stop:
            byte = at(data, i)
            if byte == 61 or byte == 62 or byte == 47 or is_blank(byte):
                break
            if i - begin < 8:
                if 65 <= byte <= 90:
                    byte |= 32
                key |= np.uint64(byte) << np.uint64(8 * (i - begin))
                if i - begin == 1:
                    second = byte
            i += 1
        length = i - begin
        if length > 8:
            key ^= np.uint64(length) << np.uint64(56)
        number = places[(np.int64(key & np.uint64(255)) + 2 * second + 6 * length) & 63]
        if number >= 0 and keys[number] != key:
            number = -1
        if number >= 0 and length > 8:
            # The length is in the place of the eighth letter, so this one is looked at too.
            for j in range(7, min(length, _LONGEST_NAME)):
                letter = at(data, begin + j)
                if (letter + 32 if 65 <= letter <= 90 else letter) != letters[number, j]:
                    number = -1
                    break
        while i < stop and is_blank(at(data, i)):
            i += 1
        if i >= stop or at(data, i) != 61:
            if number >= 0 and not seen >> number & 1:
                seen |= 1 << number
                found[number, 0] = found[number, 1] = i
            continue
        i += 1
        while i < stop and is_blank(at(data, i)):
            i += 1
        if i >= stop:
            break
        quote = at(data, i)
        bare = quote != 34 and quote != 39
        if bare:
            value = i
            while i < stop and at(data, i) != 62 and not is_blank(at(data, i)):
                i += 1
        else:
            i += 1
            value = i
            i = next_byte(data, i, stop, quote)
        if number >= 0 and not seen >> number & 1:
            seen |= 1 << number
            found[number, 0], found[number, 1] = value, i
        if bare:
            if i < stop and at(data, i) == 62:
                # A slash before this bracket is of the value.
                return i + 1, False, seen
        else:
            i += 1
    return -1, False, seen


@part
def _bucket(hashed: int) -> int:
    return (hashed ^ hashed >> 17) * 40503 >> 8 & BUCKETS - 1


@part
def bucket_of_kind(kind: int) -> int:
    """Return the number for an element's own name."""
    return _bucket((kind + 1) * 2654435761 & 0xFFFFFFFF)


@part
def write_words(
    data: NDArray[np.uint8], i: int, stop: int, seed: int, words: NDArray[np.int32], n: int, most: int
) -> int:
    """Write down the numbers of the words in an attribute, up to the place `most`; return the place behind them.

    Words are runs of letters; `mainNav` is two. One letter alone is none, and what nobody sees in a word is nothing.
    """
    hashed, length = seed, 0
    lower = False
    while i <= stop and n < most:
        if i + 8 <= data.size:
            eight = eight_at(data, i)
            small = min(low_zeros(bytes_between(eight, 97, 122) ^ _HIGHEST) >> 3, stop - i)
            if small:
                hashed = hash_on(hashed, eight, small)
                length += small
                lower = True
                i += small
        byte = at(data, i) if i < stop else 32
        i += 1
        if byte >= 0xC2:
            code, behind = character_at(data, i - 1, stop)
            if is_unlooked(code):
                i = behind
                continue
        upper = 65 <= byte <= 90
        if length and ((upper and lower) or not (97 <= byte | 32 <= 122 or byte >= 128)):
            if 2 <= length <= _LONGEST_WORD:
                words[n] = _bucket(hashed)
                n += 1
            hashed, length = seed, 0
        lower = not upper
        if 97 <= byte | 32 <= 122 or byte >= 128:
            hashed = (hashed * 31 + (byte | 32)) & 0xFFFFFFFF
            length += 1
    return n


@part
def is_text(data: NDArray[np.uint8], i: int, stop: int, text: NDArray[np.uint8]) -> bool:
    """Tell whether a value is this word, in letters of any case."""
    if stop - i != text.size:
        return False
    for j in range(text.size):  # noqa: SIM110 - the compiler knows no generators
        if at(data, i + j) | 32 != text[j] | 32:
            return False
    return True


@part
def hides(data: NDArray[np.uint8], i: int, stop: int) -> bool:
    """Tell whether a style says `display: none` or `visibility: hidden`."""
    while i + 10 < stop:
        byte = at(data, i) | 32
        if byte == 100 and at(data, i + 6) | 32 == 121:  # d(ispla)y
            word, letter, end = 1, 110, 7
        elif byte == 118 and at(data, i + 9) | 32 == 121:  # v(isibilit)y
            word, letter, end = 1, 104, 10
        else:
            i += 1
            continue
        j = i + end
        colon = False
        while j < stop and (is_blank(at(data, j)) or at(data, j) == 58):
            colon |= at(data, j) == 58
            j += 1
        if word and colon and j + 3 < stop and at(data, j) | 32 == letter:
            # none, hidden: nothing else that begins so is a value of these.
            return True
        i += 1
    return False
