"""How lines, paragraphs and sentences begin and end, as parts of the scan in `counts`.

A sentence ends at the end of a line, and behind a terminal (with what closes quotes and brackets) where a blank and no
small letter follows; terminals of East Asia need no blank. A dot behind a letter alone is an initial. Only what holds a
letter or digit is a sentence. Not known: abbreviations (`Mr. Smith` are two), sentences that begin small.

`whole` is known when a kernel is compiled: without it filled lines, their bullets and ellipses, and signs are counted alone.
"""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import LOWER
from dclm_pipeline.kernels.compiled import part
from dclm_pipeline.kernels.words.text_counts import (
    BRACES,
    BULLET_LINES,
    BULLET_ROWS,
    DOT_TRIPLES,
    ELLIPSES,
    ELLIPSIS_LINES,
    ELLIPSIS_ROWS,
    FILLED_LINES,
    FIRST_BULLET_LINES,
    HASHES,
    LAST_ELLIPSIS_LINES,
    LINES,
    LONGEST_LINE,
    PARAGRAPHS,
    ROWS,
    SENTENCES,
    SHORT_LINES,
    SPACED_TRIPLES,
    TERMINAL_LINES,
)
from dclm_pipeline.kernels.words.traits import BREAK, CLOSER, ELLIPSIS, HASH, NARROW, TERMINAL

Numbers = NDArray[np.int64]

SHORT_LINE = 30  # characters; FineWeb, Penedo et al. 2024, section 3.6

# What is remembered between characters. Dots in a row; dots with one blank between each two, and how the last of these
# stands; what ends at the last character that is no blank; line feeds in a row; whether a terminal waits for what
# follows; and whether a sentence, a line, its filled part, a row, a paragraph has yet to begin.
DOTS, APART, STANDING, ENDING, FEEDS, WAITING, SILENT, LINE_AHEAD, FILLING_AHEAD, ROW_AHEAD, PARAGRAPH_AHEAD = range(11)
LINE_START = 11  # characters before this line
MARKS = 12

_NOTHING, _AT_DOT, _BEHIND_DOT = 0, 1, 2
_TRIPLE, _SPACED, _SIGN = 1, 2, 4
_CLOSING, _BLANK = 1, 2

_LINE_FEED, _SPACE, _DOT, _HYPHEN, _STAR, _BULLET, _CIRCLE, _BRACE = 10, 32, 46, 45, 42, 0x2022, 0x25CF, 123


@part
def start_marks(marks: Numbers) -> None:
    """Forget the text before."""
    marks[:] = 0
    marks[SILENT] = marks[LINE_AHEAD] = marks[FILLING_AHEAD] = marks[ROW_AHEAD] = marks[PARAGRAPH_AHEAD] = 1


@part
def end_dots(counts: Numbers, marks: Numbers) -> None:
    """Count what a run of dots held."""
    counts[DOT_TRIPLES] += marks[DOTS] // 3
    marks[DOTS] = 0


@part
def end_apart(counts: Numbers, marks: Numbers) -> None:
    """Count what a run of dots with blanks between them held."""
    counts[SPACED_TRIPLES] += marks[APART] // 3
    marks[APART] = 0
    marks[STANDING] = _NOTHING


@part
def end_sentence(counts: Numbers, marks: Numbers) -> None:
    """Count a sentence if one has begun."""
    counts[SENTENCES] += 1 - marks[SILENT]
    marks[SILENT] = 1


@part
def begin(counts: Numbers, marks: Numbers, code: int, kind: int, whole: bool) -> None:
    """Begin what has yet to begin, with a character that is no blank."""
    if marks[FILLING_AHEAD]:
        marks[FILLING_AHEAD] = 0
        counts[FILLED_LINES] += 1
        counts[BULLET_LINES] += code in (_HYPHEN, _STAR, _BULLET, _CIRCLE)
    if not whole:
        return
    marks[FEEDS] = 0
    if marks[LINE_AHEAD]:
        marks[LINE_AHEAD] = 0
        counts[FIRST_BULLET_LINES] += code in (_STAR, _HYPHEN)
    if marks[ROW_AHEAD]:
        marks[ROW_AHEAD] = 0
        counts[BULLET_ROWS] += code in (_HYPHEN, _BULLET)
    if marks[PARAGRAPH_AHEAD]:
        marks[PARAGRAPH_AHEAD] = 0
        counts[PARAGRAPHS] += 1
    if marks[WAITING] == _BLANK:
        if not kind & LOWER:
            end_sentence(counts, marks)
        marks[WAITING] = 0


@part
def note_letter(counts: Numbers, marks: Numbers, code: int, kind: int, whole: bool) -> None:
    """Note a letter or digit; of letters behind one another the first is enough."""
    begin(counts, marks, code, kind, whole)
    end_dots(counts, marks)
    end_apart(counts, marks)
    marks[ENDING] = 0
    if whole:
        marks[WAITING] = marks[SILENT] = 0


@part
def note_sign(counts: Numbers, marks: Numbers, code: int, kind: int, initial: bool, whole: bool) -> None:
    """Note what is neither letter nor digit nor blank; it may follow an initial."""
    begin(counts, marks, code, kind, whole)
    if code == _DOT:
        marks[DOTS] += 1
        if marks[STANDING] != _BEHIND_DOT:
            end_apart(counts, marks)
        marks[APART] += 1
        marks[STANDING] = _AT_DOT
        marks[ENDING] = _TRIPLE * (marks[DOTS] >= 3) | _SPACED * (marks[APART] >= 3)
    else:
        end_dots(counts, marks)
        end_apart(counts, marks)
        marks[ENDING] = _SIGN * (kind & ELLIPSIS != 0)
        counts[ELLIPSES] += kind & ELLIPSIS != 0
        counts[HASHES] += kind & HASH != 0
        if whole:
            counts[BRACES] += code == _BRACE
    if not whole:
        return
    if kind & (TERMINAL | ELLIPSIS) and not initial:
        marks[WAITING] = _CLOSING if kind & (NARROW | ELLIPSIS) else _BLANK
    elif not kind & CLOSER:
        marks[WAITING] = 0


@part
def note_blank(
    counts: Numbers, marks: Numbers, code: int, kind: int, characters: int, last: int, returned: bool, whole: bool
) -> None:
    """Note a blank behind so many characters, the last of a kind; a line feed may follow a carriage return."""
    end_dots(counts, marks)
    if code == _SPACE and marks[STANDING] == _AT_DOT:
        marks[STANDING] = _BEHIND_DOT
    else:
        end_apart(counts, marks)
    if not whole:
        if code == _LINE_FEED:
            end_filling(counts, marks)
        return
    if marks[WAITING] == _CLOSING:
        marks[WAITING] = _BLANK
    if kind & BREAK and not returned:
        end_row(counts, marks)
    if code == _LINE_FEED:
        end_line(counts, marks, characters, last)
        marks[LINE_START] = characters + 1
        marks[FEEDS] += 1
        if marks[FEEDS] > 1:
            marks[PARAGRAPH_AHEAD] = 1
    else:
        marks[FEEDS] = marks[LINE_AHEAD] = 0


@part
def end_row(counts: Numbers, marks: Numbers) -> None:
    """Count a line as Python parts them."""
    counts[ROWS] += 1
    counts[ELLIPSIS_ROWS] += marks[ROW_AHEAD] == 0 and marks[ENDING] & (_TRIPLE | _SIGN) != 0
    marks[ROW_AHEAD] = 1


@part
def end_filling(counts: Numbers, marks: Numbers) -> None:
    """Count how a line ends, if there was more than blanks in it."""
    counts[ELLIPSIS_LINES] += marks[FILLING_AHEAD] == 0 and marks[ENDING] != 0
    marks[FILLING_AHEAD] = 1


@part
def end_line(counts: Numbers, marks: Numbers, characters: int, last: int) -> None:
    """Count a line that ends behind so many characters of the text, the last of a kind."""
    length = characters - marks[LINE_START]
    counts[LINES] += 1
    counts[LONGEST_LINE] = max(counts[LONGEST_LINE], length)
    counts[LAST_ELLIPSIS_LINES] += last & ELLIPSIS != 0
    if not marks[FILLING_AHEAD]:
        counts[SHORT_LINES] += length <= SHORT_LINE
        counts[TERMINAL_LINES] += last & TERMINAL != 0
    end_filling(counts, marks)
    end_sentence(counts, marks)
    marks[WAITING] = 0
    marks[LINE_AHEAD] = 1


@part
def end_text(counts: Numbers, marks: Numbers, characters: int, last: int, whole: bool) -> None:
    """End what has not ended yet."""
    end_dots(counts, marks)
    end_apart(counts, marks)
    if not whole:
        end_filling(counts, marks)
        return
    if characters == 0:
        return
    end_line(counts, marks, characters, last)
    if not last & BREAK:
        end_row(counts, marks)
