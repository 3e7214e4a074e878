"""What each character is, in one table: blanks, letters, digits, capitals, and its class in the word rules of Unicode.

Blanks, letters, digits and capitals are those of the running Python (`str.isspace` and so on). Word break classes are
those of `word_break.txt`, which names its version of Unicode; `make tables` writes it again.
"""

import unicodedata
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import at, count_ones, eight_at, low_zeros, part

CODES = 0x110000
# Planes in which nothing is assigned, or for private use alone, are not asked for: nothing there is any of these.
_ASSIGNED = (*range(0x40000), *range(0xE0000, 0xE1000))
# Beyond the first there are no cases, beyond the second no letters and no digits; a test looks at all of Unicode.
_CASED = 0x20000
_LETTERED = 0x40000
# Of each of eight bytes: the lowest bit, the one that tells small letters, the highest.
_EACH, _CASES, _HIGHEST = np.uint64(0x0101010101010101), np.uint64(0x2020202020202020), np.uint64(0x8080808080808080)
_NONE, _FIRST, _TWO = np.uint64(0), np.uint64(1), np.uint64(2)
_FULL_STOPS = "\u3002\uff0e\uff61"  # which part host names as the dot does: RFC 3490, 3.1

# The lowest five bits: the class by which words begin and end (UAX #29, table 3); 0 is any other.
WORD_BREAKS = (
    "Other",
    "CR",
    "LF",
    "Newline",
    "Extend",
    "ZWJ",
    "Regional_Indicator",
    "Format",
    "Katakana",
    "Hebrew_Letter",
    "ALetter",
    "Single_Quote",
    "Double_Quote",
    "MidNumLet",
    "MidLetter",
    "MidNum",
    "Numeric",
    "ExtendNumLet",
    "WSegSpace",
)
BREAK = 0x1F
PICTURE = 0x20  # Extended_Pictographic
SPACE, LETTER, DIGIT, ALNUM = 0x40, 0x80, 0x100, 0x200
UPPER, LOWER = 0x400, 0x800
PUNCTUATION = 0x1000  # any category P
SYMBOL = 0x2000  # any category S
MARK = 0x4000  # any category M
# Scripts that put no blanks between words: Han, Kana, Thai, Lao, Khmer, Myanmar, Tibetan and their neighbours.
UNSPACED = 0x8000

_UNSPACED_BLOCKS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19DF),  # Tai Le, New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x2E80, 0x2FDF),  # CJK radicals
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3031, 0x312F),  # Kana, Bopomofo
    (0x31A0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAADF),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),  # half-width Katakana
    (0x1AFF0, 0x1B16F),
    (0x20000, 0x3FFFF),
)


@cache
def word_break_classes() -> NDArray[np.uint8]:
    """Return for each code point its class, an index of `WORD_BREAKS`, and whether it is a picture."""
    table = np.zeros(CODES, np.uint8)
    numbers = {name: i for i, name in enumerate(WORD_BREAKS)} | {"Extended_Pictographic": PICTURE}
    for line in files(__package__).joinpath("word_break.txt").read_text("ascii").splitlines():
        if line and not line.startswith("#"):
            codes, name = line.split()
            first, _, last = codes.partition("..")
            table[int(first, 16) : int(last or first, 16) + 1] |= numbers[name]
    table.flags.writeable = False
    return table


@cache
def character_table() -> NDArray[np.uint16]:
    """Return for each code point the bits above."""
    characters = list(map(chr, _ASSIGNED))
    places = np.array(_ASSIGNED)
    table = word_break_classes().astype(np.uint16)
    for test, bit in (
        (str.isspace, SPACE),
        (str.isalpha, LETTER),
        (str.isdigit, DIGIT),
        (str.isalnum, ALNUM),
        (str.isupper, UPPER),
        (str.islower, LOWER),
    ):
        table[places] |= np.fromiter(map(test, characters), np.uint16, len(places)) * np.uint16(bit)
    kinds = np.fromiter((ord(unicodedata.category(each)[0]) for each in characters), np.uint8, len(places))
    for kind, bit in (("P", PUNCTUATION), ("S", SYMBOL), ("M", MARK)):
        table[places] |= (kinds == ord(kind)).astype(np.uint16) * np.uint16(bit)
    for first, last in _UNSPACED_BLOCKS:
        table[first : last + 1] |= np.uint16(UNSPACED)
    table.flags.writeable = False
    return table


@cache
def folded_codes() -> NDArray[np.int32]:
    """Return for each code point the one that stands for all that differ from it in case alone."""
    table = np.arange(CODES, dtype=np.int32)
    first: dict[str, int] = {}
    for code in range(_CASED):
        small = chr(code).lower()
        # The capital I with a dot is the one letter whose small form is two characters: a plain i, and the dot.
        small = small[0] if len(small) > 1 else small
        table[code] = first.setdefault(small.upper(), ord(small))
    table.flags.writeable = False
    return table


@cache
def word_codes() -> NDArray[np.bool_]:
    """Return for each code point whether it is a character of words: `str.isalnum`, or the underscore."""
    table = np.zeros(CODES, np.bool_)
    table[:_LETTERED] = np.fromiter(map(str.isalnum, map(chr, range(_LETTERED))), np.bool_, _LETTERED)
    table[ord("_")] = True
    table.flags.writeable = False
    return table


@cache
def host_codes() -> NDArray[np.int32]:
    """Return for each code point the one that stands for it in names of hosts: small, in its plain form (NFKC)."""
    table = np.arange(CODES, dtype=np.int32)
    for code in range(_LETTERED):
        plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", chr(code)).lower())
        if len(plain) == 1:
            table[code] = ord(plain)
    table[list(map(ord, _FULL_STOPS))] = ord(".")
    table.flags.writeable = False
    return table


@part
def character_at(data: NDArray[np.uint8], i: int, stop: int) -> tuple[int, int]:
    """Return the code point at a place and the place behind it; one cut short by a lie ends where the text does."""
    code = at(data, i)
    if code < 0x80:
        return code, i + 1
    more = 1 if code < 0xE0 else 2 if code < 0xF0 else 3
    code &= 0x3F >> more
    end = min(i + 1 + more, stop)
    for j in range(i + 1, end):
        code = code << 6 | at(data, j) & 0x3F
    return min(code, CODES - 1), end


@part
def put_character(code: int, out: NDArray[np.uint8], n: int) -> int:
    """Write a character as UTF-8; return the place behind it."""
    if code < 0x80:
        out[n] = code
        return n + 1
    if code < 0x800:
        out[n] = 0xC0 | code >> 6
        out[n + 1] = 0x80 | code & 0x3F
        return n + 2
    if code < 0x10000:
        out[n] = 0xE0 | code >> 12
        out[n + 1] = 0x80 | code >> 6 & 0x3F
        out[n + 2] = 0x80 | code & 0x3F
        return n + 3
    out[n] = 0xF0 | code >> 18
    out[n + 1] = 0x80 | code >> 12 & 0x3F
    out[n + 2] = 0x80 | code >> 6 & 0x3F
    out[n + 3] = 0x80 | code & 0x3F
    return n + 4


@part
def is_unlooked(code: int) -> bool:
    """Tell soft hyphens, blanks without width, word joiners and byte order marks from what has a look."""
    return code == 0xAD or code == 0x200B or code == 0x2060 or code == 0xFEFF


@part
def is_ascii_letter(byte: int) -> bool:
    """Tell whether a byte is a letter of ASCII."""
    return ((byte | 0x20) - 97) & 0xFF < 26


@part
def bytes_between(eight: np.uint64, low: int, high: int) -> np.uint64:
    """Return the highest bit of each of eight bytes that is from `low` to `high`, both ASCII."""
    small = eight & ~_HIGHEST
    above = small + _EACH * np.uint64(128 - low)
    beyond = small + _EACH * np.uint64(127 - high)
    return above & ~beyond & ~eight & _HIGHEST


@part
def ascii_letters(eight: np.uint64) -> np.uint64:
    """Return the highest bit of each of eight bytes that is a letter of ASCII."""
    return bytes_between(eight | _CASES, 97, 122)


@part
def letter_run(data: NDArray[np.uint8], i: int, stop: int) -> tuple[int, int]:
    """Return where letters of ASCII end that begin at a place, if there are any, and how many of them are capitals.

    Most bytes of most texts are such; eight are looked at together.
    """
    capitals = 0
    while i + 8 <= stop:
        eight = eight_at(data, i)
        letters = ascii_letters(eight)
        others = letters ^ _HIGHEST
        if others != _NONE:
            before = low_zeros(others) - 7
            letters &= (_FIRST << np.uint64(before)) - _FIRST
            return i + (before >> 3), capitals + count_ones(letters & ~(eight << _TWO))
        capitals += count_ones(letters & ~(eight << _TWO))
        i += 8
    while i < stop and is_ascii_letter(at(data, i)):
        capitals += ~at(data, i) >> 5 & 1
        i += 1
    return i, capitals
