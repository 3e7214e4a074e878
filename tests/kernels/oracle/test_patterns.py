"""The patterns on classes, ids and styles: as Python's expressions find them, and as Resiliparse takes them."""

from html import escape

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from resiliparse.extract.html2text import extract_plain_text

from dclm_pipeline.kernels.document.pattern_automaton import build
from dclm_pipeline.kernels.document.pattern_words import PATTERNS, Pattern
from dclm_pipeline.kernels.document.patterns import START, bits, ended, lent, look_at, look_through, tables
from tests.kernels.oracle.slow_patterns import BLANKS, EXPRESSIONS, ODD, expression, matching, tried, vocabulary

BLANK = ord(" ")
# What a pattern is asked about beside the class and the id as one string, and what counts for less than `article`.
OF_CLASS = {"display_class", "sign_in", "post_meta", "social", "other_junk"}
ELSEWHERE = {"display_style": "style", "landmark": "id"}
BEHIND_ARTICLE = {
    "gallery",
    "footer",
    "header",
    "landmark",
    "modal",
    "navigation",
    "print",
    "recommended",
    "search",
    "sidebar",
}


@njit
def _found(data, stops, known):
    """Return what is found in the stretches up to each of some places together, as one string, and at which state it ends."""
    known = lent(known)
    state, found, begin = START, 0, 0
    for stop in stops:
        state, found = look_through(data, begin, stop, state, found, known)
        begin = stop
    return ended(state, found, known)


@njit
def _found_in_both(data, middle, known):
    """Return what is found in the bytes up to a place, and in these, a blank and the rest as one string."""
    known = lent(known)
    state, found = look_through(data, 0, middle, START, 0, known)
    alone = ended(state, found, known)
    state, found = look_at(BLANK, state, found, known)
    state, found = look_through(data, middle, data.size, state, found, known)
    return alone, ended(state, found, known)


def bytes_of(text):
    return np.frombuffer(text.encode(), np.uint8)


def found(text):
    data = bytes_of(text)
    return _found(data, np.array([data.size]), tables())


def attributes():
    """Return strings of words that patterns know, what may part them, and anything else."""
    words = st.sampled_from(vocabulary())
    pieces = st.one_of(words, words.map(str.upper), st.sampled_from(ODD + BLANKS + "-_"), st.text(max_size=3))
    return st.lists(pieces, max_size=8).map("".join)


@given(attributes())
def test_finds_what_expressions_find(text):
    assert found(text) == bits(*matching(text))


@pytest.mark.parametrize("name", PATTERNS)
def test_finds_what_is_made_from_a_pattern_and_not_what_is_nearly_so(name):
    texts = list(tried(PATTERNS[name], 1, 40))

    assert [bool(found(text) & bits(name)) for text in texts] == [
        bool(EXPRESSIONS[name].search(text.encode())) for text in texts
    ]
    assert {bool(found(text) & bits(name)) for text in texts} == {True, False}


@given(attributes(), st.lists(st.integers(0, 60), max_size=4))
def test_a_string_may_come_in_pieces(text, places):
    data = bytes_of(text)
    stops = np.array([*sorted(min(place, data.size) for place in places), data.size])

    assert _found(data, stops, tables()) == found(text)


@given(attributes(), attributes())
def test_a_class_alone_and_with_an_id_behind_a_blank(first, second):
    both = bytes_of(first + second)

    assert _found_in_both(both, len(first.encode()), tables()) == (found(first), found(f"{first} {second}"))


def test_nothing_is_found_in_nothing():
    assert found("") == 0


@given(st.binary(max_size=30))
def test_bytes_that_are_no_text_are_taken_for_others(data):
    text = data.decode("latin-1").translate(dict.fromkeys(range(0x80, 0x100), "é"))

    assert _found(np.frombuffer(data, np.uint8), np.array([len(data)]), tables()) == found(text)


@given(st.lists(st.sampled_from(["a", "b", "A", "-", "_", " ", "a1"]), max_size=8).map("".join))
def test_an_automaton_is_what_the_notation_says(text):
    patterns = {
        "ends": Pattern("(^ .)", "a[=b]", "$"),
        "round": Pattern("b*", "(a -[a])", ","),
        "digits": Pattern("", "a#", "~b", either_case=False),
    }
    automaton = build(patterns)
    state, seen = 0, 0
    for byte in text.encode():
        state = int(automaton.ways[state, automaton.sorts[byte]])
        seen |= int(automaton.found[state])
    seen |= int(automaton.found_at_end[state])

    assert [bool(seen >> k & 1) for k in range(3)] == [
        bool(expression(pattern).search(text.encode())) for pattern in patterns.values()
    ]


def written(text):
    """Return an attribute's value such that a parser reads the text."""
    return "".join(f"&#{ord(each)};" if each in "\r\n\t\v\f\x1c\x1f" else escape(each) for each in text)


def is_left_out(given):
    """Ask the library whether a `<div>`, deep in a page, is no main content."""
    attributes = "".join(f' {key}="{written(value)}"' for key, value in given.items())
    page = f"<body><section><section><section><p>before</p><div{attributes}>needle</div><p>behind</p></section>"
    return "needle" not in extract_plain_text(page, main_content=True, comments=False, post_meta=False)


def should_be_left_out(given):
    """Tell by the patterns whether it is."""
    classes, name = given.get("class", ""), given.get("id", "")
    hits = matching(classes) & OF_CLASS
    hits |= matching(f"{classes} {name}" if classes else name) - OF_CLASS - set(ELSEWHERE)
    hits |= {key for key, where in ELSEWHERE.items() if key in matching(given.get(where, ""))}
    return bool(hits - {"article"} - (BEHIND_ARTICLE if "article" in hits else set()))


@pytest.mark.parametrize("name", PATTERNS)
def test_the_library_takes_each_pattern_so(name):
    texts = [text for text in tried(PATTERNS[name], 2, 25) if "\0" not in text]
    # What `article` does shows only where another pattern leaves out.
    beside = {"id": "gallery"} if name == "article" else {}
    given = [{ELSEWHERE.get(name, "class"): text} | beside for text in texts]
    asked = list(map(is_left_out, given))

    assert [
        (each, answer) for each, answer in zip(given, asked, strict=True) if answer != should_be_left_out(each)
    ] == []
    assert set(asked) == {True, False}
