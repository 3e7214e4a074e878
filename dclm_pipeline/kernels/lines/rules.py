"""Rules on the lines of a page, one after another, each on what the one before has left; the text is scanned once.

Knows rules as rows of numbers; what they are called and which settings they have is the business of the stage. How lines
are told apart, judged and put together again stands in `line_table`, `line_marks`, `line_repeats` and `phrases`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters, moving
from dclm_pipeline.kernels.characters import character_table, folded_codes
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, borrowed, copy_row, kernel, part, stamp
from dclm_pipeline.kernels.lines import line_marks, line_repeats, line_table, phrases
from dclm_pipeline.kernels.lines.line_marks import CITATIONS, cut_citations, has_longer_word, is_counter, is_finished
from dclm_pipeline.kernels.lines.line_repeats import drop_repeats
from dclm_pipeline.kernels.lines.line_table import (
    CAPITALS,
    CHARACTERS,
    DIGITS,
    FIELDS,
    START,
    STOP,
    WORDS,
    measure,
    split_lines,
    trim_end,
    trim_page,
    trim_start,
    write_lines,
)
from dclm_pipeline.kernels.lines.phrases import (
    AT_END,
    AT_START,
    cut_anywhere,
    cut_at_end,
    cut_at_start,
    first_match,
    holds_phrase,
)
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.kernels.words import folding
from dclm_pipeline.kernels.words.folding import plain_letters, small_letters

CAPITAL_SHARE, DIGIT_SHARE, COUNTER, WORD_COUNT, LONGEST_WORD, PHRASES, FINISHED, REPEATS, TRIM, CITATION = range(10)
# What a row of `Rules.numbers` holds: the rule, whether the page is trimmed after it, and up to four settings.
RULE, TRIMS, FIRST, LAST, ONE, TWO, THREE, FOUR = range(8)
COLUMNS = 8
LINE, MATCH, PAGE = range(3)

_KEEP, _DROP, _CHANGE, _DROP_PAGE = range(4)
_Numbers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True)
class Rules:
    """Rules as numbers: a row each, the highest share, and for phrases their code points and possible first two bytes.

    FIRST and LAST of a row tell which phrases are its own. ONE to FOUR are: of COUNTER, the words that may follow; of
    WORD_COUNT, least, most, whether empty lines stay; of LONGEST_WORD, most; of PHRASES, where, what goes, most words of
    the line (-1: any), whether case counts; of FINISHED, whether blanks may follow, ellipses are an end, empty lines
    stay; of REPEATS, whether by paragraph, whether exactly.
    """

    numbers: NDArray[np.int64]
    shares: NDArray[np.float64]
    codes: NDArray[np.int32]
    ends: NDArray[np.int64]
    pairs: NDArray[np.uint8]


@part
def _phrases_verdict(
    text: NDArray[np.uint8],
    row: _Numbers,
    rule: _Numbers,
    codes: NDArray[np.int32],
    ends: _Numbers,
    pairs: NDArray[np.uint8],
    folds: NDArray[np.int32],
    classes: NDArray[np.uint16],
) -> int:
    i, stop, first, last = row[START], row[STOP], rule[FIRST], rule[LAST]
    if rule[THREE] >= 0 and row[WORDS] > rule[THREE]:
        return _KEEP
    where = rule[ONE]
    if rule[TWO] != MATCH:
        if where == AT_START:
            found = first_match(text, i, stop, codes, ends, first, last, folds) >= 0
        elif where == AT_END:
            found = cut_at_end(text, i, stop, codes, ends, first, last, folds, classes) >= 0
        else:
            found = holds_phrase(text, i, stop, codes, ends, first, last, folds, pairs)
        return (_DROP_PAGE if rule[TWO] == PAGE else _DROP) if found else _KEEP
    if where == AT_START:
        row[START] = max(i, cut_at_start(text, i, stop, codes, ends, first, last, folds, classes))
    elif where == AT_END:
        cut = cut_at_end(text, i, stop, codes, ends, first, last, folds, classes)
        row[STOP] = cut if cut >= 0 else stop
    elif holds_phrase(text, i, stop, codes, ends, first, last, folds, pairs):
        row[STOP] = cut_anywhere(text, i, stop, codes, ends, first, last, folds, classes)
    changed = row[START] != i or row[STOP] != stop
    if changed:
        measure(text, row, classes)
    if row[WORDS] == 0 and stop > i:
        return _DROP
    return _CHANGE if changed else _KEEP


@part
def _verdict(
    text: NDArray[np.uint8],
    row: _Numbers,
    rule: _Numbers,
    share: float,
    codes: NDArray[np.int32],
    ends: _Numbers,
    pairs: NDArray[np.uint8],
    folds: NDArray[np.int32],
    plain: NDArray[np.int32],
    marks: NDArray[np.uint8],
    classes: NDArray[np.uint16],
) -> int:
    kind, i, stop = rule[RULE], row[START], row[STOP]
    if kind == CAPITAL_SHARE:
        return _DROP if i < stop and row[CAPITALS] / row[CHARACTERS] > share else _KEEP
    if kind == DIGIT_SHARE:
        return _DROP if i < stop and row[DIGITS] / row[CHARACTERS] > share else _KEEP
    if kind == WORD_COUNT:
        within = rule[ONE] <= row[WORDS] <= rule[TWO]
        return _KEEP if within or (rule[THREE] and i == stop) else _DROP
    if kind == COUNTER:
        first, last = rule[FIRST], rule[LAST]
        return _DROP if is_counter(text, i, stop, codes, ends, first, last, rule[ONE], plain, classes) else _KEEP
    if kind == PHRASES:
        if rule[FOUR]:
            return _phrases_verdict(text, row, rule, codes, ends, pairs, folds[:0], classes)
        return _phrases_verdict(text, row, rule, codes, ends, pairs, folds, classes)
    if kind == LONGEST_WORD:
        return _DROP if has_longer_word(text, i, stop, rule[ONE], classes) else _KEEP
    if kind == FINISHED:
        first, last = ends[rule[FIRST]], ends[rule[LAST]]
        good = is_finished(text, i, stop, codes, first, last, rule[ONE] != 0, rule[TWO] != 0, classes)
        return _KEEP if good or (rule[THREE] and i == stop) else _DROP
    if kind == TRIM:
        trim_start(text, row, classes)
        trim_end(text, row, classes)
    else:
        row[STOP] = cut_citations(text, i, stop, marks, plain)
        if row[STOP] != stop:
            measure(text, row, classes)
    return _CHANGE if row[START] != i or row[STOP] != stop else _KEEP


_INT64, _INT32, _UINT16 = (
    OFFSETS,
    types.Array(types.int32, 1, "C", readonly=True),
    types.Array(types.uint16, 1, "C", True),
)
_APPLY = void(
    OFFSETS,
    types.uint8[::1],
    types.boolean,
    types.int64[:, ::1],
    types.float64[::1],
    _INT32,
    _INT64,
    types.uint8[:, ::1],
    _INT32,
    _INT32,
    _INT32,
    BYTES,
    _UINT16,
    types.int64[:, ::1],
    types.int64[::1],
    types.int64[:, ::1],
)
_Apply: TypeAlias = Callable[..., None]


def _make(parts: int) -> _Apply:
    @kernel(_APPLY)
    def apply_rows(
        offsets: _Numbers,
        text: NDArray[np.uint8],
        anywhere: bool,
        rules: _Numbers,
        shares: NDArray[np.float64],
        codes: NDArray[np.int32],
        ends: _Numbers,
        pairs: NDArray[np.uint8],
        folds: NDArray[np.int32],
        plain: NDArray[np.int32],
        small: NDArray[np.int32],
        marks: NDArray[np.uint8],
        classes: NDArray[np.uint16],
        lines: _Numbers,
        written: _Numbers,
        matched: _Numbers,
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        text, lines, codes, ends = borrowed(text), borrowed(lines), borrowed(codes), borrowed(ends)
        folds, plain, small = borrowed(folds), borrowed(plain), borrowed(small)
        marks, classes, rules = borrowed(marks), borrowed(classes), borrowed(rules)
        pairs, matched = borrowed(pairs), borrowed(matched)
        place = 0
        for page in range(written.size - 1):
            written[page] = place
            count = split_lines(text, offsets[page], offsets[page + 1], anywhere, classes, lines)
            for number in range(rules.shape[0]):
                if count == 0:
                    break
                rule = rules[number]
                kept = 0
                if rule[RULE] == REPEATS:
                    kept = drop_repeats(text, lines, count, rule[ONE] != 0, rule[TWO] != 0, small, classes)
                    matched[page, number] += count - kept
                else:
                    for line in range(count):
                        verdict = _verdict(
                            text,
                            lines[line],
                            rule,
                            shares[number],
                            codes,
                            ends,
                            pairs[number],
                            folds,
                            plain,
                            marks,
                            classes,
                        )
                        matched[page, number] += verdict != _KEEP
                        if verdict == _DROP_PAGE:
                            kept = 0
                            break
                        if verdict != _DROP:
                            if kept < line:
                                copy_row(lines, line, lines, kept)
                            kept += 1
                count = kept
                if rule[TRIMS]:
                    count = trim_page(text, lines, count, classes)
            place = write_lines(text, lines, count, place)
        written[written.size - 1] = place

    return apply_rows


_apply_rows = _make(stamp(characters, folding, line_marks, line_repeats, line_table, moving, phrases))


@kernel(types.int64(OFFSETS, BYTES))
def _most_lines(offsets: _Numbers, data: NDArray[np.uint8]) -> int:
    """Return at least how many lines the page has that has most, however they are parted."""
    most = 0
    for page in range(offsets.size - 1):
        count = 1
        for i in range(offsets[page], offsets[page + 1]):
            byte = data[i]
            # The last bytes of the two-byte and three-byte line ends are among the last three.
            count += (10 <= byte <= 13) | (28 <= byte <= 30) | (byte == 0x85) | (byte == 0xA8) | (byte == 0xA9)
        most = max(most, count)
    return most


@dataclass(frozen=True)
class Ruled:
    """What rules leave: new offsets and bytes, and for each page how many lines each rule dropped or changed."""

    offsets: NDArray[np.int64]
    data: NDArray[np.uint8]
    matched: NDArray[np.int64]


def apply_rules(strings: Strings, rules: Rules, anywhere: bool) -> Ruled:
    """Apply rules to each page's lines; `anywhere`: lines are parted as `str.splitlines` does, not at feeds alone."""
    offsets, data = strings
    first, last = int(offsets[0]), int(offsets[-1])
    text = data[first:last].copy()
    offsets = offsets - first
    written = np.zeros(len(offsets), np.int64)
    matched = np.zeros((len(offsets) - 1, len(rules.numbers)), np.int64)
    lines = np.empty((_most_lines(offsets, text), FIELDS), np.int64)
    _apply_rows(
        offsets,
        text,
        anywhere,
        rules.numbers,
        rules.shares,
        rules.codes,
        rules.ends,
        rules.pairs,
        folded_codes(),
        plain_letters(),
        small_letters(),
        CITATIONS,
        character_table(),
        lines,
        written,
        matched,
    )
    return Ruled(written, text[: written[-1]], matched)
