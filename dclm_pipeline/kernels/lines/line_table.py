"""The lines of a page as rows of numbers, and the page put together again from those that are left.

Parts of the kernel in `rules`. A line is a span of the text with what was counted in it; rules drop rows and move the
ends of spans, so the text itself is written once, at the end, where it lies: what comes out is never longer.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import DIGIT, SPACE, UPPER, bytes_between, character_at
from dclm_pipeline.kernels.compiled import at, copy_row, count_ones, eight_at, low_zeros, part
from dclm_pipeline.kernels.moving import move

START, STOP, CHARACTERS, CAPITALS, DIGITS, WORDS = range(6)
FIELDS = 6

_SPACE_SHIFT, _DIGIT_SHIFT, _UPPER_SHIFT = (bit.bit_length() - 1 for bit in (SPACE, DIGIT, UPPER))
_FEED = 10
# The highest bit of each of eight bytes, and shifts.
_HIGHEST = np.uint64(0x8080808080808080)
_NONE, _FIRST, _SEVEN, _EIGHT, _LAST = (np.uint64(number) for number in (0, 1, 7, 8, 63))


@part
def _parts_lines(code: int) -> bool:
    """Tell whether `str.splitlines` parts lines here."""
    return 10 <= code <= 13 or 28 <= code <= 30 or code in (0x85, 0x2028, 0x2029)


@part
def split_lines(
    text: NDArray[np.uint8], i: int, stop: int, anywhere: bool, classes: NDArray[np.uint16], lines: NDArray[np.int64]
) -> int:
    """Fill a row for each line and return how many; `anywhere`: as `str.splitlines`, else at line feeds alone."""
    count, begun = 0, i
    characters, capitals, digits, words, between = 0, 0, 0, 0, 1
    while i < stop:
        if i + 8 <= stop and eight_at(text, i) & _HIGHEST == _NONE:
            # Eight characters of ASCII together, or those before the end of the line.
            eight = eight_at(text, i)
            within, last = _HIGHEST, 8
            feeds = bytes_between(eight, 10, 10)
            if anywhere:
                feeds = bytes_between(eight, 10, 13) | bytes_between(eight, 28, 30)
            if feeds != _NONE:
                last = low_zeros(feeds) >> 3
                within &= (_FIRST << np.uint64(8 * last)) - _FIRST
            spaces = bytes_between(eight, 9, 13) | bytes_between(eight, 28, 32)
            characters += last
            capitals += count_ones(bytes_between(eight, 65, 90) & within)
            digits += count_ones(bytes_between(eight, 48, 57) & within)
            words += count_ones(~spaces & (spaces << _EIGHT | np.uint64(between) << _SEVEN) & within)
            if feeds == _NONE:
                between = 1 if spaces >> _LAST != _NONE else 0
                i += 8
                continue
            i += last
        code, after = at(text, i), i + 1
        if code >= 0x80:
            code, after = character_at(text, i, stop)
        kind = int(classes[np.uintp(code)])
        space = kind >> _SPACE_SHIFT & 1
        if space and (code == _FEED or (anywhere and _parts_lines(code))):
            row = lines[count]
            row[START], row[STOP], row[CHARACTERS] = begun, i, characters
            row[CAPITALS], row[DIGITS], row[WORDS] = capitals, digits, words
            count += 1
            characters, capitals, digits, words, between = 0, 0, 0, 0, 1
            if anywhere and code == 13 and after < stop and at(text, after) == _FEED:
                after += 1
            begun = i = after
            continue
        i = after
        characters += 1
        capitals += kind >> _UPPER_SHIFT & 1
        digits += kind >> _DIGIT_SHIFT & 1
        words += between & (space ^ 1)
        between = space
    if begun < stop or not anywhere:
        row = lines[count]
        row[START], row[STOP], row[CHARACTERS] = begun, stop, characters
        row[CAPITALS], row[DIGITS], row[WORDS] = capitals, digits, words
        count += 1
    return count


@part
def measure(text: NDArray[np.uint8], row: NDArray[np.int64], classes: NDArray[np.uint16]) -> None:
    """Count again what is in a line that was changed."""
    i, stop = row[START], row[STOP]
    characters, capitals, digits, words, between = 0, 0, 0, 0, 1
    while i < stop:
        code, i = character_at(text, i, stop)
        kind = int(classes[np.uintp(code)])
        space = kind >> _SPACE_SHIFT & 1
        characters += 1
        capitals += kind >> _UPPER_SHIFT & 1
        digits += kind >> _DIGIT_SHIFT & 1
        words += between & (space ^ 1)
        between = space
    row[CHARACTERS], row[CAPITALS], row[DIGITS], row[WORDS] = characters, capitals, digits, words


@part
def start_of(text: NDArray[np.uint8], i: int, first: int) -> int:
    """Return where the character begins that ends before a place, no earlier than `first`."""
    i -= 1
    while i > first and at(text, i) & 0xC0 == 0x80:
        i -= 1
    return i


@part
def trim_start(text: NDArray[np.uint8], row: NDArray[np.int64], classes: NDArray[np.uint16]) -> None:
    """Take the blanks off the front of a line."""
    while row[START] < row[STOP]:
        code, after = character_at(text, row[START], row[STOP])
        if not classes[np.uintp(code)] & SPACE:
            return
        row[START] = after
        row[CHARACTERS] -= 1


@part
def trim_end(text: NDArray[np.uint8], row: NDArray[np.int64], classes: NDArray[np.uint16]) -> None:
    """Take the blanks off the end of a line."""
    while row[START] < row[STOP]:
        before = start_of(text, row[STOP], row[START])
        code, _ = character_at(text, before, row[STOP])
        if not classes[np.uintp(code)] & SPACE:
            return
        row[STOP] = before
        row[CHARACTERS] -= 1


@part
def trim_page(text: NDArray[np.uint8], lines: NDArray[np.int64], count: int, classes: NDArray[np.uint16]) -> int:
    """Take the blanks off both ends of the page, as `str.strip`; return how many lines are left."""
    while count > 0 and lines[count - 1, WORDS] == 0:
        count -= 1
    first = 0
    while first < count and lines[first, WORDS] == 0:
        first += 1
    if first > 0:
        for line in range(first, count):
            copy_row(lines, line, lines, line - first)
        count -= first
    if count > 0:
        trim_start(text, lines[0], classes)
        trim_end(text, lines[count - 1], classes)
    return count


@part
def write_lines(text: NDArray[np.uint8], lines: NDArray[np.int64], count: int, place: int) -> int:
    """Write the lines, a line feed between them, from a place on that lies at or before the first; return the end."""
    for line in range(count):
        if line > 0:
            text[np.uintp(place)] = _FEED
            place += 1
        begun, length = lines[line, START], lines[line, STOP] - lines[line, START]
        place = move(text, begun, begun + length, place)
    return place
