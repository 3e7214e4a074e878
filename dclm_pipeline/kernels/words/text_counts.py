"""What is counted of a text: names, meanings, and their places in a row of counts.

Knows nothing of how; that is `counts`, `datatrove_words`, `line_ends` and `small_print`.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Counts: TypeAlias = NDArray[np.int64]


class TextCounts(NamedTuple):
    """What was counted, one number a row, by concern.

    Pieces are words as datatrove splits them: all, those that are more than noise and the characters of these, those
    with a letter, and how many listed words are among them as they stand.

    Characters are code points. Words are what `str.split` gives: how many, their characters, the longest, those without
    a letter, those with `#` or `…`; twice their median length; words for fastText that begin with a letter or digit;
    listed words in any letters, how many different ones, and those that stand as listed; characters of scripts without
    blanks that are listed by themselves.

    Lines are parted by line feeds alone: how many (one for a text without any, none for an empty one), those with more
    than blanks, the longest. Of those with more than blanks: how many begin (behind blanks) with one of `●•*-`, end
    (before blanks) with `...`, `. . .` or `…`, end with a sentence terminal, have 30 characters or fewer. Of all: how
    many have `*` or `-` first, `…` last. Rows are lines as `str.splitlines` parts them: how many, begin with `•` or `-`,
    end with `...` or `…`. Paragraphs are parted by two line feeds and hold more than blanks.

    Signs are counted as `str.count` does. Phrases are found in any letters; of `javascript` words that hold it count.
    """

    pieces: Counts
    word_pieces: Counts
    word_piece_characters: Counts
    letter_pieces: Counts
    distinct_stop_pieces: Counts
    characters: Counts
    letters: Counts
    digits: Counts
    alphanumerics: Counts
    capitals: Counts
    punctuation: Counts
    symbols: Counts
    blanks: Counts
    unspaced: Counts
    cjk: Counts
    replacements: Counts
    words: Counts
    word_characters: Counts
    longest_word: Counts
    letterless_words: Counts
    symbol_words: Counts
    twice_median_word: Counts
    fasttext_words: Counts
    stop_words: Counts
    distinct_stop_words: Counts
    exact_stop_words: Counts
    stop_characters: Counts
    line_feeds: Counts
    lines: Counts
    filled_lines: Counts
    longest_line: Counts
    bullet_lines: Counts
    ellipsis_lines: Counts
    terminal_lines: Counts
    short_lines: Counts
    first_bullet_lines: Counts
    last_ellipsis_lines: Counts
    rows: Counts
    bullet_rows: Counts
    ellipsis_rows: Counts
    paragraphs: Counts
    sentences: Counts
    hashes: Counts
    dot_triples: Counts
    spaced_triples: Counts
    ellipses: Counts
    braces: Counts
    lorem_ipsum: Counts
    javascript: Counts
    policies: Counts


_at = TextCounts._fields.index

PIECES, WORD_PIECES, WORD_PIECE_CHARACTERS = _at("pieces"), _at("word_pieces"), _at("word_piece_characters")
LETTER_PIECES, DISTINCT_STOP_PIECES = _at("letter_pieces"), _at("distinct_stop_pieces")
CHARACTERS, LETTERS, DIGITS, ALPHANUMERICS = _at("characters"), _at("letters"), _at("digits"), _at("alphanumerics")
CAPITALS, PUNCTUATIONS, SYMBOLS, BLANKS = _at("capitals"), _at("punctuation"), _at("symbols"), _at("blanks")
UNSPACED_CHARACTERS, CJK_CHARACTERS, REPLACEMENTS = _at("unspaced"), _at("cjk"), _at("replacements")
WORDS, WORD_CHARACTERS, LONGEST_WORD = _at("words"), _at("word_characters"), _at("longest_word")
LETTERLESS_WORDS, SYMBOL_WORDS = _at("letterless_words"), _at("symbol_words")
TWICE_MEDIAN_WORD, FASTTEXT_WORDS = _at("twice_median_word"), _at("fasttext_words")
STOP_WORDS, DISTINCT_STOP_WORDS = _at("stop_words"), _at("distinct_stop_words")
EXACT_STOP_WORDS, STOP_CHARACTERS = _at("exact_stop_words"), _at("stop_characters")
LINE_FEEDS, LINES, FILLED_LINES, LONGEST_LINE = (
    _at("line_feeds"),
    _at("lines"),
    _at("filled_lines"),
    _at("longest_line"),
)
BULLET_LINES, ELLIPSIS_LINES = _at("bullet_lines"), _at("ellipsis_lines")
TERMINAL_LINES, SHORT_LINES = _at("terminal_lines"), _at("short_lines")
FIRST_BULLET_LINES, LAST_ELLIPSIS_LINES = _at("first_bullet_lines"), _at("last_ellipsis_lines")
ROWS, BULLET_ROWS, ELLIPSIS_ROWS = _at("rows"), _at("bullet_rows"), _at("ellipsis_rows")
PARAGRAPHS, SENTENCES = _at("paragraphs"), _at("sentences")
HASHES, DOT_TRIPLES, SPACED_TRIPLES = _at("hashes"), _at("dot_triples"), _at("spaced_triples")
ELLIPSES, BRACES = _at("ellipses"), _at("braces")
LOREM_IPSUM, JAVASCRIPT, POLICIES = _at("lorem_ipsum"), _at("javascript"), _at("policies")
COUNTS = len(TextCounts._fields)
