"""Counts over text, all of them from one scan: characters by their kind, words, lines, sentences, phrases.

Exact on any Unicode, by the tables of the running Python and those in `traits`. What is counted is said in
`text_counts`. Bytes must be valid UTF-8, as Arrow promises of its strings; a string cut short by a lie is read no
further than its end.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels import characters
from dclm_pipeline.kernels.characters import (
    ALNUM,
    DIGIT,
    LETTER,
    PUNCTUATION,
    SPACE,
    SYMBOL,
    UNSPACED,
    UPPER,
    character_at,
    letter_run,
)
from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, at, borrowed, kernel, part, stamp
from dclm_pipeline.kernels.strings import Strings
from dclm_pipeline.kernels.words import datatrove_words, line_ends, small_print, stop_words, text_counts, traits
from dclm_pipeline.kernels.words.datatrove_words import count_pieces, note_piece
from dclm_pipeline.kernels.words.line_ends import MARKS, end_text, note_blank, note_letter, note_sign, start_marks
from dclm_pipeline.kernels.words.small_print import SCRIPT_BYTES, note_phrase, note_script
from dclm_pipeline.kernels.words.stop_words import (
    STOP_LISTS,
    StopLists,
    StopWords,
    find_word,
    list_at,
    most_words,
    stop_lists,
)
from dclm_pipeline.kernels.words.text_counts import (
    ALPHANUMERICS,
    BLANKS,
    CAPITALS,
    CHARACTERS,
    CJK_CHARACTERS,
    COUNTS,
    DIGITS,
    DISTINCT_STOP_WORDS,
    EXACT_STOP_WORDS,
    FASTTEXT_WORDS,
    LETTERLESS_WORDS,
    LETTERS,
    LINE_FEEDS,
    LONGEST_WORD,
    PUNCTUATIONS,
    REPLACEMENTS,
    STOP_CHARACTERS,
    STOP_WORDS,
    SYMBOL_WORDS,
    SYMBOLS,
    TWICE_MEDIAN_WORD,
    UNSPACED_CHARACTERS,
    WORD_CHARACTERS,
    WORDS,
    TextCounts,
)
from dclm_pipeline.kernels.words.traits import BREAK, CJK, ELLIPSIS, GAP, HASH, PLAIN, text_table

# Parts of the scan that can be left out: bits. Pieces and phrases come with the rest. Without it only these are
# counted: words and their characters, those without a letter, those of fastText, signs, filled lines, which of them begin
# with bullets or end with ellipses.
WITH_PIECES, WITH_STOP_WORDS, WITH_PHRASES, WITH_REST = 1, 2, 4, 8
EVERYTHING = WITH_PIECES | WITH_STOP_WORDS | WITH_PHRASES | WITH_REST

# Longer words count as this long where the median is looked for.
LONG_WORD = 1023

_LINE_FEED, _RETURN, _SPACE, _DOT, _REPLACEMENT = 10, 13, 32, 46, 0xFFFD
_PLAIN_LETTER = LETTER | ALNUM | PLAIN

Numbers = NDArray[np.int64]
_Scan: TypeAlias = Callable[
    [Numbers, NDArray[np.uint8], NDArray[np.uint32], StopLists, Numbers, int, Numbers, Numbers, Numbers, Numbers], None
]
_TABLE = types.Array(types.uint32, 1, "C", readonly=True)
_NUMBERS, _ROWS = types.int64[::1], types.int64[:, ::1]
_SCAN = void(OFFSETS, BYTES, _TABLE, STOP_LISTS, OFFSETS, types.int64, _NUMBERS, _ROWS, _NUMBERS, _ROWS)


@part
def twice_median(lengths: Numbers, words: int, longest: int) -> int:
    """Return the sum of the two middle lengths of words, by how many there are of each; forget them."""
    low, high = (words - 1) // 2, words // 2
    passed, total = 0, 0
    for length in range(1, min(longest, LONG_WORD) + 1):
        found = lengths[length]
        total += length * ((passed <= low < passed + found) + (passed <= high < passed + found))
        passed += found
        lengths[length] = 0
    return total


@part
def end_word(
    data: NDArray[np.uint8],
    start: int,
    stop: int,
    length: int,
    kinds: int,
    table: NDArray[np.uint32],
    listed: StopWords,
    wanted: int,
    lengths: Numbers,
    seen: Numbers,
    row: int,
    counts: Numbers,
    whole: bool,
) -> None:
    """Look at a word between blanks, of so many characters that are together of these kinds."""
    if whole:
        counts[LONGEST_WORD] = max(counts[LONGEST_WORD], length)
        counts[SYMBOL_WORDS] += kinds & (HASH | ELLIPSIS) != 0
        lengths[min(length, LONG_WORD)] += 1
    found = -1
    if wanted & (WITH_STOP_WORDS | WITH_PIECES):
        found = find_word(data, start, stop, length, listed)
        if found >= 0:
            counts[STOP_WORDS] += 1
            counts[EXACT_STOP_WORDS] += found & 1
            if seen[0, found >> 1] != row:
                seen[0, found >> 1] = row
                counts[DISTINCT_STOP_WORDS] += 1
    if not whole:
        return
    if wanted & WITH_PIECES:
        if kinds & PLAIN and not kinds & (PUNCTUATION | SYMBOL):
            note_piece(kinds, length, True, found, seen[1], row, counts)
        else:
            count_pieces(data, start, stop, table, listed, seen[1], row, counts)
    if wanted & WITH_PHRASES and stop - start >= SCRIPT_BYTES:
        note_script(data, start, stop, counts)


def _make(parts: int, whole: bool) -> _Scan:
    @kernel(_SCAN)
    def scan_rows(
        offsets: Numbers,
        data: NDArray[np.uint8],
        table: NDArray[np.uint32],
        lists: StopLists,
        choices: Numbers,
        wanted: int,
        lengths: Numbers,
        seen: Numbers,
        marks: Numbers,
        all_counts: Numbers,
    ) -> None:
        if parts < 0:  # Never: it makes the compiled kernel known by its parts.
            return
        data, table, lengths, seen, marks = (
            borrowed(data),
            borrowed(table),
            borrowed(lengths),
            borrowed(seen),
            borrowed(marks),
        )
        for row in range(all_counts.shape[0]):
            listed = list_at(lists, choices[row])
            counts = borrowed(all_counts[row])
            start, stop = offsets[row], offsets[row + 1]
            start_marks(marks)
            # Between words; between words of fastText; whether lines or sentences need to hear of a letter; the last kind.
            word, fresh, restless, last = -1, True, True, 0
            length, kinds, characters, plain, capitals = 0, 0, 0, 0, 0
            words, held, letterless = 0, 0, 0
            i = start
            while i < stop:
                begun = i
                i, large = letter_run(data, i, stop)
                capitals += large
                if i > begun:
                    if restless:
                        code = at(data, begun)
                        note_letter(counts, marks, code, int(table[code]), whole)
                        restless = False
                    if word < 0:
                        word, length, kinds = begun, 0, 0
                    counts[FASTTEXT_WORDS] += fresh
                    fresh = False
                    plain += i - begun
                    characters += i - begun
                    length += i - begun
                    kinds |= _PLAIN_LETTER
                    last = _PLAIN_LETTER
                    if i == stop:
                        break
                    begun = i
                code, i = character_at(data, i, stop)
                kind = int(table[code])
                if kind & SPACE:
                    if word >= 0:
                        words += 1
                        held += length
                        letterless += kinds & LETTER == 0
                        end_word(
                            data,
                            word,
                            begun,
                            length,
                            kinds,
                            table,
                            listed,
                            wanted,
                            lengths,
                            seen,
                            row + 1,
                            counts,
                            whole,
                        )
                        word = -1
                    if whole and wanted & WITH_PHRASES and code == _SPACE:
                        note_phrase(data, start, begun, stop, counts)
                    if restless or kind & BREAK:
                        returned = code == _LINE_FEED and begun > start and at(data, begun - 1) == _RETURN
                        note_blank(counts, marks, code, kind, characters, last, returned, whole)
                        restless = True
                    if whole:
                        counts[BLANKS] += 1
                        counts[LINE_FEEDS] += code == _LINE_FEED
                    fresh = (fresh and code == _SPACE) or kind & GAP != 0
                else:
                    if word < 0:
                        word, length, kinds = begun, 0, 0
                    if kind & ALNUM:
                        if restless:
                            note_letter(counts, marks, code, kind, whole)
                            restless = False
                    else:
                        initial = code == _DOT and length == 1 and kinds & LETTER != 0
                        note_sign(counts, marks, code, kind, initial, whole)
                        restless = True
                    counts[FASTTEXT_WORDS] += fresh and kind & ALNUM != 0
                    fresh = kind & GAP != 0
                    length += 1
                    kinds |= kind
                    if whole:
                        counts[LETTERS] += kind & LETTER != 0
                        counts[DIGITS] += kind & DIGIT != 0
                        counts[ALPHANUMERICS] += kind & ALNUM != 0
                        counts[CAPITALS] += kind & UPPER != 0
                        counts[PUNCTUATIONS] += kind & PUNCTUATION != 0
                        counts[SYMBOLS] += kind & SYMBOL != 0
                        if kind & UNSPACED:
                            counts[UNSPACED_CHARACTERS] += 1
                            if wanted & WITH_STOP_WORDS:
                                counts[STOP_CHARACTERS] += find_word(data, begun, i, 1, listed) >= 0
                        counts[CJK_CHARACTERS] += kind & CJK != 0
                        counts[REPLACEMENTS] += code == _REPLACEMENT
                characters += 1
                last = kind
            if word >= 0:
                words += 1
                held += length
                letterless += kinds & LETTER == 0
                end_word(data, word, stop, length, kinds, table, listed, wanted, lengths, seen, row + 1, counts, whole)
            end_text(counts, marks, characters, last, whole)
            counts[WORDS], counts[WORD_CHARACTERS], counts[LETTERLESS_WORDS] = words, held, letterless
            if not whole:
                continue
            counts[CHARACTERS] = characters
            counts[LETTERS] += plain
            counts[ALPHANUMERICS] += plain
            counts[CAPITALS] += capitals
            if counts[WORDS] > 0:
                counts[TWICE_MEDIAN_WORD] = twice_median(lengths, counts[WORDS], counts[LONGEST_WORD])

    return scan_rows


_STAMP = stamp(characters, stop_words, text_counts, traits, small_print, line_ends, datatrove_words)
_scan_rows, _scan_words = _make(_STAMP, True), _make(_STAMP, False)


def count_text(strings: Strings, listed: tuple[str, ...] = (), wanted: int = EVERYTHING) -> TextCounts:
    """Count what is in each row; words that are listed are in small letters, each once."""
    return count_by_list(strings, stop_lists((listed,)), np.zeros(len(strings[0]) - 1, np.int64), wanted)


def count_by_list(strings: Strings, lists: StopLists, choices: Numbers, wanted: int = EVERYTHING) -> TextCounts:
    """Count what is in each row, with the list that is chosen for it by its place; -1 chooses none.

    What is not wanted is 0, or is counted all the same.
    """
    offsets, data = strings
    counts = np.zeros((len(offsets) - 1, COUNTS), np.int64)
    lengths = np.zeros(LONG_WORD + 1, np.int64)
    seen = np.zeros((2, max(most_words(lists), 1)), np.int64)
    marks = np.zeros(MARKS, np.int64)
    empty = len(lists.slot_ends) - 2
    if np.any((choices < -1) | (choices >= empty)):
        raise IndexError(f"there are {empty} lists of words, and a row chooses another")
    chosen = np.where(choices < 0, empty, choices)
    scan = _scan_rows if wanted & ~WITH_STOP_WORDS else _scan_words
    scan(offsets, data, text_table(), lists, chosen, wanted, lengths, seen, marks, counts)
    return TextCounts(*counts.T)
