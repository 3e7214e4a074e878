from html import unescape
from html.entities import html5

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.html.visible import first_visible, sample_visible
from dclm_pipeline.kernels.strings import views

# What stands in a page, and what a reader sees of it.
HIDDEN = [
    '<a href="one.html" title="a > b">',
    "</a>",
    "<p class=x data-y='<b>'>",
    "<br/>",
    "<!-- not <b>this</b> -->",
    "<!-->",
    "<!doctype html>",
    "<?xml version='1.0'?>",
    "</ bogus>",
    "<script>if (a < b) { write('<p>no</p>') }</script>",
    "<script><!-- <script> </script> --></script>",
    "<STYLE>p > a { color: red }</style >",
    "<textarea>typed</textarea>",
    "<noscript>switch it on</noscript>",
    "<iframe>old</iframe>",
    "<option value=de>Deutschland",
    "<svg viewBox='0 0 1 1'/>",
]
TITLES = [("<title>the &amp; title</title>", " the & title "), ("</option>", " ")]
REFERENCES = [
    "&amp;",
    "&eacute;",
    "&Uuml;",
    "&#233;",
    "&#x6F22;",
    "&#128512;",
    "&quot;",
    "&mdash;",
    "&thetasym;",
    "&nGt;",
    "&copy",
    "&gt5",
    "&#150;",
    "&NotEqualTilde;",
]
LETTERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<&"), max_size=12)
PARTS = st.one_of(
    st.sampled_from([(markup, " ") for markup in HIDDEN]),
    st.sampled_from(TITLES),
    st.sampled_from(REFERENCES).map(lambda reference: (reference, unescape(reference))),
    st.sampled_from([("&1", "&1"), ("& ", "& "), ("&nosuch;", "&nosuch;"), ("&#;", "&#;"), ("&nbsp;", " ")]),
    LETTERS.map(lambda text: (text, text)),
)


def squeezed(text):
    """Return a text with each run of ASCII controls and blanks as one blank."""
    return " ".join("".join(" " if character <= " " else character for character in text).split(" ")).strip()


def single(text):
    return " ".join(piece for piece in squeezed(text).split(" ") if piece)


def slow_visible(parts):
    """Return what is seen of parts; what follows an option up to the next tag is not."""
    seen, skipped = [], False
    for markup, visible in parts:
        if markup.startswith("<"):
            skipped = markup.startswith("<option")
            seen.append(visible)
        elif not skipped:
            seen.append(visible)
    return single("".join(seen))


def sampled(pages, pieces=1, width=100_000):
    return texts(sample_visible(views(pa.array(pages, pa.large_string())), pieces, width))


def texts(sample):
    spans = zip(sample.begins.tolist(), sample.stops.tolist(), strict=True)
    return [bytes(sample.data[begin:stop]).decode() for begin, stop in spans]


@given(st.lists(st.lists(PARTS, max_size=12), max_size=4))
def test_what_is_seen_agrees_with_python(pages):
    html = ["".join(markup for markup, _ in parts) for parts in pages]

    assert [single(text) for text in sampled(html)] == [slow_visible(parts) for parts in pages]


@given(st.lists(st.text(st.sampled_from("<>/!-&#;= \"'apscrit漢\n"), max_size=60), max_size=4))
def test_any_page_gives_text_that_does_not_depend_on_its_neighbours(pages):
    assert sampled(pages) == [sampled([page])[0] for page in pages]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<&"), max_size=300), st.integers(1, 5))
def test_pieces_are_whole_characters_of_the_text(text, pieces):
    width = 16
    (sample,) = sampled([text], pieces, width)
    whole = sampled([text])[0]

    assert len(sample.encode()) <= pieces * (width + 1)
    assert set(sample) <= {*whole, " "}
    assert sample == whole or len(whole.encode()) > pieces * width


@given(st.lists(st.lists(PARTS, max_size=12), max_size=4), st.integers(1, 40))
def test_the_beginning_is_that_of_the_whole_text(pages, width):
    html = ["".join(markup for markup, _ in parts) for parts in pages]

    assert texts(first_visible(views(pa.array(html, pa.large_string())), width)) == sampled(html, 1, width)


@given(st.lists(st.lists(PARTS, max_size=12), min_size=1, max_size=4), st.data())
def test_some_pages_give_what_they_give_among_all(pages, data):
    html = ["".join(markup for markup, _ in parts) for parts in pages]
    rows = data.draw(st.lists(st.integers(0, len(pages) - 1), max_size=4))
    sample = sample_visible(views(pa.array(html, pa.large_string())), 2, 16, np.array(rows, np.int64))

    assert texts(sample) == [sampled(html, 2, 16)[row] for row in rows]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<&")), max_size=4))
def test_letters_are_counted(pages):
    sample = sample_visible(views(pa.array(pages, pa.large_string())), 1, 100_000)
    expected = [
        sum((each.isascii() and each.isalpha()) or not each.isascii() for each in text) for text in sampled(pages)
    ]

    assert sample.letters.tolist() == expected


def test_pieces_come_from_the_whole_page():
    page = "".join(f"<p>{number:03} " for number in range(100))

    assert sampled([page], 3, 16) == ["000 001 002 003  048 049 050 051  096 097 098 099  "]


@pytest.mark.parametrize(
    ("reference", "seen"),
    [
        ("&#0;", "\ufffd"),
        ("&#xD800;", "\ufffd"),
        ("&#x110000;", "\ufffd"),
        ("&#99999999999;", "\ufffd"),
        ("&#146;", "’"),
        ("&#129;", " "),
        ("&#x;", "&#x;"),
    ],
)
def test_references_to_no_character_are_read_as_the_standard_says(reference, seen):
    assert sampled([f"a{reference}b"]) == [f"a{seen}b"]


def test_every_name_of_a_character_is_found():
    pages = [f"&{name} x" for name in html5]

    assert [single(text) for text in sampled(pages)] == [single(unescape(page).replace("\xa0", " ")) for page in pages]


@pytest.mark.parametrize("open_end", ["<script>", "<!--", "<a href='", "<p", "<", "&", "&#", "</", "<!", "<title>"])
def test_a_page_that_ends_within_something_ends_there(open_end):
    assert sampled([f"seen{open_end}"])[0].split()[:1] in ([f"seen{open_end}"], ["seen"])
