"""Text as it is shown, written down byte by byte, and cut into blocks: parts of the kernel in `blocks`.

Knows nothing of tags. Of a blank, however long, one space is left, in `pre` every line and space. Controls of ASCII are
left out; all else stands as the page has it, what has no look of its own too (soft hyphens, joiners, marks of direction),
for mending text is the business of another step. Only where a line or a block would begin with what nobody sees is that
left out, so that no block is made of nothing.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import (
    ALNUM,
    DIGIT,
    LETTER,
    SPACE,
    UNSPACED,
    UPPER,
    ascii_letters,
    character_at,
    is_ascii_letter,
    is_unlooked,
    letter_run,
    put_character,
)
from dclm_pipeline.kernels.compiled import at, copied, count_ones, eight_at, low_zeros, part
from dclm_pipeline.kernels.html.attributes import write_words
from dclm_pipeline.kernels.html.elements import KINDS
from dclm_pipeline.kernels.html.references import AMPERSAND, References, read_reference
from dclm_pipeline.kernels.html.tokens import is_blank
from dclm_pipeline.kernels.looking import put_eight

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Table = NDArray[np.int32]

# What the open elements say of what is inside them, as bits.
UNSEEN, FOREIGN, HIDDEN, PRE, ARTICLE, MAIN, NAV, HEADER, FOOTER, ASIDE, FORM, TABLE, LIST, QUOTE, BUTTON, FIGURE = (
    1 << bit for bit in range(16)
)
DETAILS, ADDRESS, HEADING, DIALOG = (1 << bit for bit in range(16, 20))

# Columns of blocks. First what is counted while text is added, in the order in which the state holds it.
(
    WORDS,
    CHARACTERS,
    LETTERS,
    LINKED,
    BOLD,
    CAPITALS,
    DIGITS,
    STOPS,
    COMMAS,
    LINES,
    LINKS,
    IMAGES,
    BREAKS,
) = range(13)
COUNTED = 13
FIRST, LAST_BYTE, OWNER, FLAGS, DEPTH, LAST, SOURCE, FIRST_MARK, LAST_MARK, LAST_WORD = range(COUNTED, COUNTED + 10)
BLOCK_FIELDS = COUNTED + 10

# Of short blocks, how many words are marks.
MOST_WORDS = 8
_SHORT = 12
_SEED = 17

# The state of the pass: those counts, and
(
    POSITION,  # where the next byte of text goes
    BEGIN,  # where the text of this block began
    GAP,  # a blank that is due before the next letter: 1 a space, 2 a new line
    IN_WORD,
    LATEST,  # the last character that was written
    LINK,  # inside a link
    STRONG,  # inside that many elements of bold text
    BLOCKS,
    ELEMENTS,
    MARKS,
    MARKED,  # marks before those of the elements inside this block
    PLACE,  # how far into the page
    HEIGHT,  # open elements
    OVERFLOW,  # elements that are open and not on the stack, which is full
    OPENED,  # what the open elements say
    INNERMOST,  # the innermost of those that are written down
    SHOWN,  # whether what is for browsers without scripts is shown
    LINK_END,  # where the last link ended
    COUNTS,  # from here on: how many elements of each kind are open
) = range(COUNTED, COUNTED + 19)
STATE = COUNTS + KINDS

_SPACE, _NEW_LINE = 1, 2
_SPACES, _HIGHEST = np.uint64(0x2020202020202020), np.uint64(0x8080808080808080)
_FIRST, _TWO = np.uint64(1), np.uint64(2)


@part
def is_control(code: int) -> bool:
    """Tell the controls of ASCII from all else; those above are what misread text is mended by."""
    return code < 32 or code == 0x7F


@part
def _is_stop(code: int) -> bool:
    """Tell full stops, exclamation and question marks, of some scripts, from others."""
    return code in (33, 46, 63, 0x2026, 0x3002, 0xFF01, 0xFF1F, 0x061F, 0x06D4, 0x0964)


@part
def _is_comma(code: int) -> bool:
    return code in (44, 58, 59, 0x3001, 0xFF0C, 0xFF1A, 0xFF1B, 0x060C)


@part
def _fill_gap(gap: int, begin: int, text: Bytes, position: int) -> int:
    """Write the blank that is due down, unless it is at the beginning of a block."""
    if position > begin:
        text[position] = 10 if gap & _NEW_LINE else 32
        position += 1
    return position


@part
def _copy_letters(data: Bytes, i: int, stop: int, text: Bytes, position: int) -> tuple[int, int]:
    """Write letters of ASCII down from a place on; return where they end, and how many of them are capitals."""
    capitals = 0
    while i + 8 <= stop and position + 8 <= text.size:
        # What is written too much is written over.
        eight = eight_at(data, i)
        put_eight(text, position, eight)
        letters = ascii_letters(eight)
        count = low_zeros(letters ^ _HIGHEST) >> 3
        if count < 8:
            letters &= (_FIRST << np.uint64(8 * count)) - _FIRST
            return i + count, capitals + count_ones(letters & ~(eight << _TWO))
        capitals += count_ones(letters & ~(eight << _TWO))
        i += 8
        position += 8
    end, large = letter_run(data, i, stop)
    copied(data, i, end, text, position)
    return end, capitals + large


@part
def _blanks_end(data: Bytes, i: int, stop: int) -> int:
    """Return where blanks end."""
    if i < stop and at(data, i) > 32:
        return i
    while i + 8 <= stop and eight_at(data, i) == _SPACES:
        i += 8
    while i < stop and is_blank(at(data, i)):
        i += 1
    return i


@part
def add_text(
    data: Bytes,
    i: int,
    stop: int,
    plain: bool,
    state: Numbers,
    text: Bytes,
    table: NDArray[np.uint16],
    known: References,
) -> None:
    """Add the text of a stretch of the page; `plain`: every byte as it stands."""
    pre = plain or state[OPENED] & PRE != 0
    position, begin, gap, in_word = state[POSITION], state[BEGIN], state[GAP], state[IN_WORD]
    words, characters, letters, capitals, digits, stops, commas = 0, 0, 0, 0, 0, 0, 0
    latest = state[LATEST]
    second = 0
    while i < stop or second:
        if second:
            code, second = second, 0
        else:
            code = at(data, i)
            if is_ascii_letter(code):
                # Most of most texts: a run of them is counted and written down at once.
                if gap:
                    position, gap = _fill_gap(gap, begin, text, position), 0
                end, large = _copy_letters(data, i, stop, text, position)
                letters += end - i
                capitals += large
                words += in_word == 0
                in_word = 1
                position += end - i
                characters += end - i
                latest = at(data, end - 1)
                i = end
                continue
            if 32 < code < 127 and code != AMPERSAND:
                # Digits and marks of ASCII, nearly all that there is beside letters.
                if gap:
                    position, gap = _fill_gap(gap, begin, text, position), 0
                text[position] = latest = code
                position += 1
                characters += 1
                digit = 48 <= code <= 57
                digits += digit
                words += digit and in_word == 0
                in_word |= digit
                stops += _is_stop(code)
                commas += _is_comma(code)
                i += 1
                continue
            if code <= 32 and not pre and is_blank(code):
                in_word = 0
                gap |= _SPACE
                i = _blanks_end(data, i + 1, stop)
                continue
            if code == AMPERSAND and not plain:
                code, second, i = read_reference(data, i, stop, False, known)
            elif code < 0x80:
                i += 1
            else:
                code, i = character_at(data, i, stop)
        sort = int(table[code])
        if sort & SPACE:
            in_word = 0
            if not pre:
                gap |= _SPACE
            elif code == 13 and i < stop and at(data, i) == 10:
                continue
            elif position > begin or (code != 10 and code != 13):
                # Lines at the beginning of a block are nothing; spaces may be the indentation of its first line.
                position = put_character(10 if code == 13 else code if code == 9 or code == 10 else 32, text, position)
            continue
        if is_control(code):
            continue
        unlooked = is_unlooked(code)
        if unlooked and (position == begin or gap & _NEW_LINE):
            continue
        if gap:
            position, gap = _fill_gap(gap, begin, text, position), 0
        position = put_character(code, text, position)
        if unlooked:
            # Neither a character that counts nor the end of a word: it lies within one.
            continue
        latest = code
        characters += 1
        if sort & LETTER:
            letters += 1
            capitals += sort & UPPER != 0
        digits += sort & DIGIT != 0
        if sort & UNSPACED and sort & ALNUM:
            words += 1
            in_word = 0
        elif sort & ALNUM:
            words += in_word == 0
            in_word = 1
        else:
            stops += _is_stop(code)
            commas += _is_comma(code)
    state[POSITION], state[GAP], state[IN_WORD], state[LATEST] = position, gap, in_word, latest
    state[WORDS] += words
    state[CHARACTERS] += characters
    state[LETTERS] += letters
    state[CAPITALS] += capitals
    state[DIGITS] += digits
    state[STOPS] += stops
    state[COMMAS] += commas
    if state[LINK]:
        state[LINKED] += characters
    if state[STRONG]:
        state[BOLD] += characters


@part
def break_line(state: Numbers, text: Bytes, blocks: Table, marks: Table) -> None:
    """Begin a line within a block; twice, and a block begins."""
    if state[OPENED] & UNSEEN:
        return
    state[IN_WORD] = 0
    if state[OPENED] & PRE:
        if state[POSITION] > state[BEGIN]:
            text[state[POSITION]] = 10
            state[POSITION] += 1
    elif state[GAP] & _NEW_LINE:
        break_block(state, text, blocks, marks)
    else:
        state[GAP] |= _NEW_LINE
        state[LINES] += 1


@part
def break_block(state: Numbers, text: Bytes, blocks: Table, marks: Table) -> None:
    """End the block, if it has any text, and begin one."""
    begin, position = state[BEGIN], state[POSITION]
    # Only in `pre` are there blanks at the end.
    while position > begin and (text[position - 1] == 10 or text[position - 1] == 32 or text[position - 1] == 9):
        position -= 1
    state[GAP] = state[IN_WORD] = 0
    state[POSITION] = position
    state[BREAKS] += 1
    if position == begin:
        return
    n = state[BLOCKS]
    for i in range(COUNTED):
        blocks[n, i] = state[i]
        state[i] = 0
    blocks[n, FIRST], blocks[n, LAST_BYTE] = begin, position
    blocks[n, OWNER], blocks[n, FLAGS], blocks[n, DEPTH] = state[INNERMOST], state[OPENED], state[HEIGHT]
    blocks[n, LAST], blocks[n, SOURCE] = state[LATEST], state[PLACE]
    blocks[n, FIRST_MARK], blocks[n, LAST_MARK] = state[MARKED], state[MARKS]
    if blocks[n, WORDS] <= _SHORT:
        most = state[MARKS] + MOST_WORDS
        state[MARKS] = write_words(text, begin, position, _SEED, marks, state[MARKS], most)
    blocks[n, LAST_WORD] = state[MARKED] = state[MARKS]
    state[BLOCKS] += 1
    state[BEGIN] = position
