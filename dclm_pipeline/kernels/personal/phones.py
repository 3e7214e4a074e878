"""Telephone numbers, as parts of the kernel in `found`: groups of digits that are written as such numbers are.

A number is taken whole, as far as groups follow each other with one blank, dot, slash or hyphen between (after the first,
or the second of `+49 30 - 12`, with blanks about it). It is one if it is international (`+`, or `00` in groups) with a
calling code and a length that goes with it; is written as in North America (`(415) 555-2671`, `415-555-2671`); has a
trunk 0 and 9 to 12 digits in groups (`030 / 123 45 67`); or has a word in front that says so, such as `Tel.`. Dates,
years, zero-padded lists, numbers that go on, and numbers behind words such as `ISBN` or `order no.` are none.

Known gaps: national numbers without a 0, a hyphen or a word in front (`91 123 45 67`), digits of other scripts.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import Bytes, Numbers, at, part
from dclm_pipeline.kernels.marks import before_gap, hash_of, is_alphanumeric, is_among, is_digit, word_begin

MOST_DIGITS = 17
MOST_GROUPS = 8
# What a run is read into: its digits; lengths of its groups, what stands behind each, whether it stands in brackets.
DIGITS, LENGTHS, GAPS, BRACKETS = 0, MOST_DIGITS + 1, MOST_DIGITS + 2 + MOST_GROUPS, MOST_DIGITS + 3 + 2 * MOST_GROUPS
ROOM = MOST_DIGITS + 4 + 3 * MOST_GROUPS
_BLANK, _HYPHEN, _DOT, _SLASH = 1, 2, 3, 4


@part
def _blank(data: Bytes, i: int, stop: int) -> int:
    """Return how many bytes the blank at `i` has: a space, or one that does not break; 0 for none."""
    if i < stop and at(data, i) == 32:
        return 1
    if i + 1 < stop and at(data, i) == 0xC2 and at(data, i + 1) == 0xA0:
        return 2
    return 3 if i + 2 < stop and at(data, i) == 0xE2 and at(data, i + 1) == 0x80 and at(data, i + 2) == 0xAF else 0


@part
def _mark(data: Bytes, i: int, stop: int) -> int:
    """Return which mark stands at `i`; 0 for none."""
    if i >= stop:
        return 0
    byte = at(data, i)
    if byte == 45:
        return _HYPHEN
    if byte == 46:
        return _DOT
    if byte == 47:
        return _SLASH
    # Hyphen, hyphen that does not break, en dash.
    wide = i + 2 < stop and byte == 0xE2 and at(data, i + 1) == 0x80
    return _HYPHEN if wide and (0x90 <= at(data, i + 2) <= 0x91 or at(data, i + 2) == 0x93) else 0


@part
def _is_open(data: Bytes, i: int, stop: int) -> bool:
    """Tell whether a digit in brackets, or the first of several, stands at `i`."""
    return i + 1 < stop and at(data, i) == 40 and is_digit(at(data, i + 1))


@part
def _starts(data: Bytes, i: int, left: int, plus: bool) -> bool:
    """Tell whether a number can begin at `i`, and is no later part of another."""
    if i == left:
        return True
    byte = at(data, i - 1)
    if byte == 46:
        return i - 2 >= left and 97 <= at(data, i - 2) | 32 <= 122
    unit = 0
    if byte == 32:
        unit = 1
    elif byte == 0xA0 and i - 2 >= left and at(data, i - 2) == 0xC2:
        unit = 2
    elif byte >= 0x80 and i - 3 >= left and at(data, i - 3) == 0xE2 and at(data, i - 2) == 0x80:
        unit = 3 if byte == 0xAF or 0x90 <= byte <= 0x91 or byte == 0x93 else 0
    if byte == 44 or byte == 58:
        unit = 1
    if unit > 0:
        before = at(data, i - unit - 1) if i - unit > left else 32
        return (plus and unit < 3 and byte != 44 and byte != 58) or not (is_digit(before) or before == 41)
    # Blanks, `!`, `"`, `(`, `*`, `;`, `<`, `>`, `?`, `[`, `]`, `{`, `|`, `}`, and what is no ASCII.
    return (
        byte >= 0x80
        or byte <= 34
        or byte == 40
        or byte == 42
        or 59 <= byte <= 60
        or 62 <= byte <= 63
        or byte == 91
        or byte == 93
        or (123 <= byte <= 125)
    )


@part
def _ends(data: Bytes, i: int, stop: int) -> bool:
    """Tell whether a number can end before `i`."""
    if i >= stop:
        return True
    byte = at(data, i)
    if byte == 37 or byte == 64 or byte == 95:  # `%`, `@`, `_`
        return False
    another = i + 1 < stop and is_digit(at(data, i + 1))
    if is_alphanumeric(byte):
        return byte == 120 and another  # x12: an extension
    # `'`, `,`, `-`, `.`, `/`, `:`
    return not (another and (byte == 39 or 44 <= byte <= 47 or byte == 58))


@part
def _read(data: Bytes, i: int, stop: int, plus: bool, closes: bool, room: Numbers) -> tuple[int, int, int]:
    """Read groups of digits into `room`; return where they end (-1: too many), how many, and how many digits.

    `closes`: a bracket was opened in front of the plus, and closes behind the first group.
    """
    end, groups, digits = i, 0, 0
    while True:
        bracket = at(data, i) == 40
        j = i + bracket
        begin = j
        while j < stop and is_digit(at(data, j)):
            if digits == MOST_DIGITS:
                return -1, groups, digits
            room[DIGITS + digits] = at(data, j) - 48
            digits += 1
            j += 1
        if bracket and (j >= stop or at(data, j) != 41):
            return end, groups, digits - (j - begin)
        if groups == MOST_GROUPS:
            return -1, groups, digits
        room[LENGTHS + groups] = j - begin
        if closes and groups == 0 and j < stop and at(data, j) == 41:
            bracket = True
        room[BRACKETS + groups] = bracket
        j += bracket
        end = j
        groups += 1
        before = _blank(data, j, stop)
        mark = _mark(data, j + before, stop)
        behind = 0
        if mark > 0:
            width = 3 if at(data, j + before) >= 0x80 else 1
            behind = _blank(data, j + before + width, stop)
            if before + behind > 0 and (mark == _DOT or groups > 1 + plus):
                mark, behind = 0, 0
            else:
                behind += width
        room[GAPS + groups - 1] = mark if mark > 0 else _BLANK if before > 0 else 0
        i = j + before + behind
        if i >= stop or not (_is_open(data, i, stop) or (is_digit(at(data, i)) and (before + behind > 0 or bracket))):
            return end, groups, digits


@part
def _is_year(room: Numbers, group: int) -> bool:
    first = DIGITS
    for place in range(group):
        first += room[LENGTHS + place]
    century = room[first] * 10 + room[first + 1]
    return bool(room[LENGTHS + group] == 4 and 19 <= century <= 20)


@part
def _is_date(room: Numbers, groups: int) -> bool:
    """Tell whether groups begin with a date, or are years."""
    one = room[LENGTHS]
    if groups == 2 and one == 4:
        return _is_year(room, 0) and _is_year(room, 1)
    if groups < 2 or room[BRACKETS]:
        return False
    if one <= 2 and _is_year(room, 1):
        return True
    if groups < 3 or room[LENGTHS + 1] > 2:
        return False
    return (one <= 2 and _is_year(room, 2)) or _is_year(room, 0)


@part
def _is_international(room: Numbers, groups: int, digits: int, skipped: int, word: int, lengths: Numbers) -> bool:
    """Tell whether a number with its calling code behind `skipped` zeros is one; `lengths` has a pair for each code."""
    head = room[LENGTHS] - skipped
    if head < 1 or room[DIGITS + skipped] == 0:
        return False
    code, width = room[DIGITS + skipped], 1
    while width < 3 and lengths[2 * code] == 0 and width < head:
        code = code * 10 + room[DIGITS + skipped + width]
        width += 1
    if lengths[2 * code] == 0:
        return False
    first = skipped + width
    if groups > 1 and room[BRACKETS + 1] and room[LENGTHS + 1] == 1 and head == width and room[DIGITS + first] == 0:
        first += 1  # +49 (0) 30
    count = digits - first
    if count < lengths[2 * code] or count > lengths[2 * code + 1]:
        return False
    if code == 1 and (room[DIGITS + first] < 2 or room[DIGITS + first + 3] < 2):
        return False
    if room[DIGITS + first] == 0 and code != 39 and code != 225 and code != 242:
        return False
    # A decimal, such as a latitude.
    return word > 0 or groups != 2 or room[GAPS] != _DOT


@part
def _is_american(room: Numbers, groups: int) -> bool:
    """Tell whether a number is written as in North America: 3, 3 and 4 digits, perhaps behind a 1."""
    one = 1 if groups == 4 and room[LENGTHS] == 1 and room[DIGITS] == 1 else 0
    if groups - one != 3 or room[LENGTHS + one] != 3 or room[LENGTHS + one + 1] != 3 or room[LENGTHS + one + 2] != 4:
        return False
    area, line = room[GAPS + one], room[GAPS + one + 1]
    first = DIGITS + one
    if room[first] < 2 or room[first + 3] < 2 or (room[first + 1] == 1 and room[first + 2] == 1):
        return False
    return bool((room[BRACKETS + one] == 1 or area > _BLANK) and _HYPHEN <= line <= _DOT)


@part
def _has_trunk_zero(room: Numbers, groups: int, digits: int) -> bool:
    """Tell whether a number is written with a trunk 0, in groups."""
    one = room[LENGTHS]
    if groups < 2 or digits < 9 or digits > 12 or one < 2 or one > 6 or room[DIGITS] != 0 or room[DIGITS + 1] == 0:
        return False
    pairs, short, padded = True, False, groups == 4
    for group in range(groups):
        pairs &= room[LENGTHS + group] == 2
        short |= room[LENGTHS + group] == 1 and group < groups - 1
        padded &= room[LENGTHS + group] <= 3 and (group == groups - 1 or room[GAPS + group] == _DOT)
    return not short and not padded and (not pairs or groups == 5)


@part
def _word_before(
    data: Bytes, i: int, left: int, phone: NDArray[np.uint64], other: NDArray[np.uint64], linking: NDArray[np.uint64]
) -> int:
    """Say of the word in front whether it speaks for a telephone number (1), against one (-1), or for nothing (0)."""
    end = before_gap(data, i, left)
    begin = word_begin(data, end, left)
    word = hash_of(data, begin, end)
    links = begin < end and is_among(linking, word)
    if links:
        end = before_gap(data, begin, left)
        word = hash_of(data, word_begin(data, end, left), end)
    if is_among(phone, word):
        return 1
    return -1 if links or is_among(other, word) else 0


@part
def phone_span(
    data: Bytes,
    i: int,
    left: int,
    stop: int,
    lengths: Numbers,
    phone: NDArray[np.uint64],
    other: NDArray[np.uint64],
    linking: NDArray[np.uint64],
    room: Numbers,
) -> tuple[int, int]:
    """Return where the telephone number with its first digit at `i` begins and ends; the end is -1 for none."""
    begin = i
    plus, closes = False, False
    if i > left and at(data, i - 1) == 43:
        begin, plus = i - 1, True
        if begin > left and at(data, begin - 1) == 40:
            j = i
            while j < stop and j - i < 5 and is_digit(at(data, j)):
                j += 1
            closes = j < stop and at(data, j) == 41
            begin -= closes
    elif i > left and at(data, i - 1) == 40:
        j = i
        while j < stop and j - i < 7 and is_digit(at(data, j)):
            j += 1
        begin -= j < stop and at(data, j) == 41
    if not _starts(data, begin, left, plus):
        return begin, -1
    end, groups, digits = _read(data, i if plus else begin, stop, plus, closes, room)
    if end < 0 or digits < 6 or not _ends(data, end, stop):
        return begin, -1
    word = _word_before(data, begin, left, phone, other, linking)
    if plus:
        return begin, end if _is_international(room, groups, digits, 0, word, lengths) else -1
    if _is_date(room, groups) or word < 0:
        return begin, -1
    if word > 0 and digits <= 15 and (digits > 6 or groups > 1):
        return begin, end
    if room[DIGITS] == 0 and room[DIGITS + 1] == 0 and room[LENGTHS] > 2 and (groups > 1 or word > 0):
        return begin, end if _is_international(room, groups, digits, 2, word, lengths) else -1
    found = _is_american(room, groups) or _has_trunk_zero(room, groups, digits)
    return begin, end if found else -1
