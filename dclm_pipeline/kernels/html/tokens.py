"""Where tags, comments and raw text of an HTML page begin and end, as parts of the kernel in `markup`.

Splits a page as the tokenizer of the HTML standard does (13.2.5). Every function takes the bytes, a place in them and
the page's end, and reads no further. Knows nothing of what elements do. Looks at eight bytes together where it can: most
of a page is names, values and scripts that are only passed by.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import Bytes, Numbers, at, eight_at, low_zeros, part
from dclm_pipeline.kernels.html import tags
from dclm_pipeline.kernels.looking import AHEAD, equal_ahead

_SLOTS, _MULTIPLIER = tags.SLOTS, np.uint64(tags.MULTIPLIER)
_LONGEST_NAME = 16
_NONE, _ONE = np.uint64(0), np.uint64(1)
_EACH, _HIGHEST = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_CASES = np.uint64(0x4040404040404040)


@part
def is_blank(byte: int) -> bool:
    """Tell whether HTML takes a byte for white space."""
    return byte == 32 or (9 <= byte <= 13 and byte != 11)


@part
def next_byte(data: Bytes, i: int, stop: int, byte: int) -> int:
    """Return the place of the next such byte, or the end."""
    while i + AHEAD <= stop:
        ahead = equal_ahead(data, i, byte)
        if ahead != _NONE:
            return int(i + low_zeros(ahead))
        i += AHEAD
    each = np.uint64(byte) * _EACH
    while i + 8 <= stop:
        # A byte is the wanted one where nothing differs; above the first of these others may seem so.
        differs = eight_at(data, i) ^ each
        found = (differs - _EACH) & ~differs & _HIGHEST
        if found != _NONE:
            i += low_zeros(found) >> 3
            return i
        i += 8
    while i < stop and at(data, i) != byte:
        i += 1
    return i


@part
def first_bytes(eight: np.uint64, count: int) -> np.uint64:
    """Return eight bytes of which only the first are left, one at least."""
    return eight & _ALL >> np.uint64(64 - 8 * count)


@part
def next_bracket(data: Bytes, i: int, stop: int) -> int:
    """Return the place of the next opening angle bracket, or the end."""
    return next_byte(data, i, stop, 60)


@part
def small_letters(eight: np.uint64) -> int:
    """Return how many of eight bytes come before one that may end a name, or is no small letter.

    Small letters have two bits set; what has them ends no name, and is in its case.
    """
    return int(low_zeros(~(eight & eight << _ONE) & _CASES) >> 3)


@part
def is_letter(byte: int) -> bool:
    """Tell whether a byte begins a tag name."""
    return 97 <= byte | 32 <= 122


@part
def _word_end(data: Bytes, i: int, stop: int, first: int) -> int:
    """Return the place of the next blank, slash, or byte from the first to the closing angle bracket."""
    while i + 8 <= stop:
        # What ends a word lies below the letters: what has their bit is passed by, all else is looked at.
        passed = low_zeros(~eight_at(data, i) & _CASES) >> 3
        i += passed
        if passed < 8:
            byte = at(data, i)
            if first <= byte <= 62 or byte == 47 or is_blank(byte):
                return i
            i += 1
    while i < stop and not first <= at(data, i) <= 62 and at(data, i) != 47 and not is_blank(at(data, i)):
        i += 1
    return i


@part
def name_end(data: Bytes, i: int, stop: int) -> int:
    """Return where a tag name ends."""
    return _word_end(data, i, stop, 62)


@part
def kind_of(data: Bytes, name: int, name_end: int, words: NDArray[np.uint64], kinds: Numbers) -> int:
    """Return the number of a tag name, 0 for one that is not known."""
    if name_end - name > _LONGEST_NAME:
        return 0
    first, second = _NONE, _NONE
    if 0 < name_end - name <= 8 and name + 8 <= data.size:
        eight = first_bytes(eight_at(data, name), name_end - name)
        # All that has the bit of letters is made small: what is no letter becomes nothing that a known name holds.
        first = eight | (eight & _CASES) >> _ONE
    else:
        for i in range(name_end - name):
            byte = np.uint64(at(data, name + i))
            if 65 <= byte <= 90:
                byte += np.uint64(32)
            if i < 8:
                first |= byte << np.uint64(8 * i)
            else:
                second |= byte << np.uint64(8 * (i - 8))
    place = np.int64(((first ^ (second * np.uint64(31))) * _MULTIPLIER) >> np.uint64(55))
    while kinds[place] >= 0:
        if words[place, 0] == first and words[place, 1] == second:
            return int(kinds[place])
        place = (place + 1) % _SLOTS
    return 0


@part
def scan_attributes(data: Bytes, i: int, stop: int) -> tuple[int, int, bool]:
    """Return where a tag ends (-1: it never does), how many attributes it has, and whether it ends itself."""
    count = 0
    while i < stop:
        byte = at(data, i)
        if byte == 62:
            return i + 1, count, i > 0 and at(data, i - 1) == 47
        i += 1
        if byte == 47 or is_blank(byte):
            continue
        count += 1
        i = _word_end(data, i, stop, 61)
        while i < stop and is_blank(at(data, i)):
            i += 1
        if i >= stop or at(data, i) != 61:
            continue
        i += 1
        while i < stop and is_blank(at(data, i)):
            i += 1
        if i >= stop:
            break
        quote = at(data, i)
        if quote == 34 or quote == 39:
            i = next_byte(data, i + 1, stop, quote) + 1
        else:
            while i < stop and at(data, i) != 62 and not is_blank(at(data, i)):
                i += 1
            if i < stop and at(data, i) == 62:
                # A slash before this bracket is of the value.
                return i + 1, count, False
    return -1, count, False


@part
def after(data: Bytes, i: int, stop: int, one: int, two: int, three: int) -> int:
    """Return the place behind the next occurrence of three bytes."""
    while i + 2 < stop:
        if at(data, i) == one and at(data, i + 1) == two and at(data, i + 2) == three:
            return i + 3
        i += 1
    return stop


@part
def comment_end(data: Bytes, i: int, stop: int) -> int:
    """Return where a comment ends, given the place behind its first dashes."""
    if i < stop and at(data, i) == 62:
        return i + 1
    if i + 1 < stop and at(data, i) == 45 and at(data, i + 1) == 62:
        return i + 2
    while i + 2 < stop:
        i = next_byte(data, i, stop, 45)
        if i + 2 >= stop:
            break
        if at(data, i + 1) == 45:
            if at(data, i + 2) == 62:
                return i + 3
            if i + 3 < stop and at(data, i + 2) == 33 and at(data, i + 3) == 62:
                return i + 4
        i += 1
    return stop


@part
def _is_named(data: Bytes, i: int, stop: int, name: int, length: int) -> bool:
    """Tell whether the tag name at `i` equals that at `name`, both ended as tag names are."""
    if i + length >= stop or not (
        at(data, i + length) == 62 or at(data, i + length) == 47 or is_blank(at(data, i + length))
    ):
        return False
    for j in range(length):
        one, other = at(data, i + j), at(data, name + j)
        if one != other and not (is_letter(one) and one | 32 == other | 32):
            return False
    return True


@part
def raw_end(data: Bytes, i: int, stop: int, name: int, length: int, script: bool) -> int:
    """Return where raw text ends: at its end tag, and in scripts not at one that belongs to a script in a comment."""
    commented, doubly = False, False
    while i < stop:
        if commented:
            if at(data, i) == 45 and i + 2 < stop and at(data, i + 1) == 45 and at(data, i + 2) == 62:
                commented, doubly = False, False
        else:
            i = next_bracket(data, i, stop)
        if i >= stop or at(data, i) != 60:
            i += 1
            continue
        if i + 1 < stop and at(data, i + 1) == 47 and _is_named(data, i + 2, stop, name, length):
            if not doubly:
                return i
            doubly = False
        elif script and i + 3 < stop and at(data, i + 1) == 33 and at(data, i + 2) == 45 and at(data, i + 3) == 45:
            commented = True
            # The dashes that begin a comment may be those that end it.
            i += 2
            continue
        elif commented and _is_named(data, i + 1, stop, name, length):
            doubly = True
        i += 1
    return stop


@part
def bogus_end(data: Bytes, i: int, stop: int) -> int:
    """Return where a declaration or what is taken for a comment ends."""
    return next_byte(data, i, stop, 62) + 1


@part
def is_standard(data: Bytes, i: int, stop: int) -> bool:
    """Tell whether a first declaration asks for no-quirks mode: a doctype without public name, or with an address."""
    if i + 12 > stop or at(data, i) | 32 != 100 or at(data, i + 8) | 32 != 104:  # d(octype )h(tml)
        return False
    public, address = False, False
    while i + 3 < stop:
        public |= at(data, i) == 45 and at(data, i + 1) == 47 and at(data, i + 2) == 47  # -//
        address |= at(data, i) == 58 and at(data, i + 1) == 47 and at(data, i + 2) == 47  # ://
        i += 1
    return address or not public


@part
def is_cdata(data: Bytes, i: int, stop: int) -> bool:
    """Tell whether CDATA begins here."""
    if i + 7 > stop or at(data, i) != 91 or at(data, i + 6) != 91:
        return False
    # C, D, A, T, A
    return bool(
        at(data, i + 1) == 67
        and at(data, i + 2) == 68
        and at(data, i + 3) == 65
        and at(data, i + 4) == 84
        and at(data, i + 5) == 65
    )
