import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.html.attributes import ATTRIBUTES, NAMES, scan_tag, write_words
from dclm_pipeline.kernels.html.blocks import cut_pages
from dclm_pipeline.kernels.html.elements import element, names
from dclm_pipeline.kernels.html.flow import CAPITALS, CHARACTERS, LETTERS, WORDS
from dclm_pipeline.kernels.html.tokens import kind_of, name_end, next_bracket, next_byte
from dclm_pipeline.kernels.strings import views
from tests.kernels.oracle import tag_ends

PIECES = st.sampled_from(
    [
        *NAMES,
        *map(str.upper, NAMES),
        *"=>/'\" \t\n-_`é<",
        *["data-x", "src", "classes", "aria-hidxen", "h1", "x-y", "x" * 8, "x" * 40],
    ]
)
SOUP = st.lists(PIECES, max_size=12).map("".join)
BEFORE = st.integers(0, 9)


def array(page):
    return np.frombuffer(page, np.uint8)


@given(SOUP, BEFORE)
def test_tags_end_where_a_slow_scan_ends_them(soup, begin):
    page = b" " * begin + soup.encode()
    found = np.zeros((ATTRIBUTES, 2), np.int64)
    end, _, seen = scan_tag(array(page), begin, len(page), found)
    slow_end, values = tag_ends.scan_tag(page, begin)

    assert end == slow_end
    assert {
        NAMES[i].encode(): page[found[i, 0] : found[i, 1]] for i in range(ATTRIBUTES) if seen >> i & 1 and end > 0
    } == {name: value for name, value in values.items() if name.decode() in NAMES and end > 0}


@given(SOUP, BEFORE)
def test_names_end_where_a_slow_scan_ends_them(soup, begin):
    page = b" " * begin + b"x" + soup.encode()

    assert name_end(array(page), begin, len(page)) == tag_ends.name_end(page, begin)


@given(
    st.text(alphabet="abzABZ_-1 {`é\xad\u200b漢", max_size=60).map(str.encode),
    st.integers(0, 9),
    st.integers(0, 12),
    BEFORE,
)
def test_words_of_attributes_are_those_of_a_slow_scan(value, most, behind, begin):
    page = b"q" * begin + value + b"q" * behind
    written = np.zeros(most + 1, np.int32)
    n = write_words(array(page), begin, begin + len(value), 7, written, 1, 1 + most)

    assert written[1:n].tolist() == tag_ends.words(value, 7)[:most]


@given(st.text(alphabet="abZé漢1., \t\n\r\f\x0b\x1c\xa0", max_size=200))
def test_of_blanks_however_many_one_is_left(said):
    pages = cut_pages(views(pa.array([said], pa.large_string())), False)

    assert pages.text.tobytes().decode() == " ".join(said.split())


@given(st.text(alphabet="ab<>;\x01\xbc", max_size=100).map(str.encode), BEFORE)
def test_the_next_byte_is_found_wherever_it_lies(page, begin):
    page = b"x" * 40 + page
    begin = min(begin, len(page))
    place = page.find(b"<", begin)

    assert next_bracket(array(page), begin, len(page)) == (place if place >= 0 else len(page))
    assert next_byte(array(page), begin, len(page), 60) == (place if place >= 0 else len(page))


@pytest.mark.parametrize("behind", ["", ">" * 8])
@pytest.mark.parametrize(
    "name", ["p", "h1", "section", "SECTION", "blockquote", "figcaption", "nosuchon", "annotation-xml", "é"]
)
def test_names_are_known_in_any_case_and_at_the_end_of_the_data(name, behind):
    known = element(name.lower()) if name.isascii() and name != "nosuchon" else 0

    assert kind_of(array((name + behind).encode()), 0, len(name.encode()), *names()) == known


@given(st.text(alphabet="abXYZ 19.,éÉ", max_size=60))
def test_letters_are_counted_as_one_by_one(text):
    blocks = cut_pages(views(pa.array([text], pa.large_string())), noscript=False).blocks
    expected = [
        sum(any(map(str.isalnum, word)) for word in text.split()),
        len(text.replace(" ", "")),
        sum(map(str.isalpha, text)),
        sum(map(str.isupper, text)),
    ]

    assert blocks[:, [WORDS, CHARACTERS, LETTERS, CAPITALS]].tolist() == ([expected] if text.strip() else [])
