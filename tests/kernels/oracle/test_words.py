import gzip
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dclm_pipeline.kernels.strings import views
from dclm_pipeline.kernels.words.counts import WITH_STOP_WORDS, count_by_list, count_text
from dclm_pipeline.kernels.words.stop_words import FOLDED, stop_lists
from dclm_pipeline.kernels.words.text_counts import TextCounts
from tests.kernels.oracle.slow_text import slow_counts

LISTS = (("the", "of"), (), ("και", "της", "的", "か", "über"), ("z",))
LISTED = ("the", "of", "and", "ins", "über", "της", "и", "的")
PIECES = (
    *" \n\t\r\x0b\x0c\x1c\x85\xa0\u2028\u3000\x001aZé²Ⅷ٣漢かกͅ\u0301\ufffd😀...…●•*-–—~#{}()[]:;,/<=>+^@%$€'’\"“”!?。！",
    " . . .",
    "...",
    "\n\n",
    "\r\n",
    ". A",
    "The",
    "the",
    "OF",
    "ΤΗΣ",
    "Über",
    "don't",
    "we’LL",
    "lorem ipsum",
    "JavaScript",
    "use of cookies",
    "Terms of Use",
    "privacy policy",
    "www.a.b",
    "http://",
    "e.g.",
    "J.",
    "12-year-old",
    "(a):",
)
TEXTS = st.lists(
    st.one_of(
        st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(" \n.a"))),
        st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    ),
    max_size=8,
)


def fast_counts(array):
    return [
        TextCounts(*row) for row in zip(*(column.tolist() for column in count_text(views(array), LISTED)), strict=True)
    ]


@given(TEXTS)
@example(
    [
        "",
        " ",
        "\n",
        "\r\n",
        "a\r",
        "...",
        ". . . . . .",
        ".. . .",
        "a. b. C.",
        "日本。本語。",
        "-x\n*",
        "..a",
        "-a-b",
        "--a-b",
    ]
)
def test_counts_agree_with_python(texts):
    assert fast_counts(pa.array(texts, pa.large_string())) == [slow_counts(text, LISTED) for text in texts]


@given(TEXTS, st.lists(st.integers(-1, len(LISTS) - 1), min_size=8, max_size=8))
@example(["the 的", "the 的", "the 的", "ΤΗΣ über"], [0, 2, -1, 2, 0, 0, 0, 0])
def test_each_row_is_held_against_its_own_list(texts, choices):
    chosen = choices[: len(texts)]
    counts = count_by_list(views(pa.array(texts, pa.large_string())), stop_lists(LISTS), np.array(chosen, np.int64))
    expected = [slow_counts(text, (*LISTS, ())[choice]) for text, choice in zip(texts, chosen, strict=True)]

    assert [TextCounts(*row) for row in zip(*(column.tolist() for column in counts), strict=True)] == expected


OF_WORDS = (
    "words",
    "word_characters",
    "letterless_words",
    "fasttext_words",
    "hashes",
    "dot_triples",
    "spaced_triples",
    "ellipses",
    "filled_lines",
    "bullet_lines",
    "ellipsis_lines",
    "stop_words",
    "distinct_stop_words",
    "exact_stop_words",
)


@given(TEXTS)
@example(["", "\n", " \n\u2028-", "a...\n. . .\n\n● …", "x\x1c* the\r\n", "#1 The THE\n "])
def test_what_is_counted_of_words_alone_agrees_with_python(texts):
    counts = count_text(views(pa.array(texts, pa.large_string())), LISTED, WITH_STOP_WORDS)
    expected = [slow_counts(text, LISTED) for text in texts]

    for name in OF_WORDS:
        assert getattr(counts, name).tolist() == [getattr(each, name) for each in expected], name


def test_listed_words_are_found_however_long_they_are():
    listed = ("a" * 61, "a" * 62, "a" * 64, "é" * 70, "the")
    texts = [letter * size for letter in ("a", "É") for size in (3, 60, 61, 62, 63, 64, 65, 69, 70, 71)] + ["The"]
    counts = count_text(views(pa.array(texts, pa.large_string())), listed)

    assert counts.stop_words.tolist() == [slow_counts(text, listed).stop_words for text in texts]
    assert counts.stop_words.sum() == 5


def test_a_list_that_is_not_there_is_refused():
    with pytest.raises(IndexError, match="there are 1 lists"):
        count_by_list(views(pa.array(["x"], pa.large_string())), stop_lists((("the",),)), np.array([1]))


@given(TEXTS, st.integers(0, 5), st.integers(0, 5))
def test_counts_of_a_slice_agree_with_python(texts, first, count):
    array = pa.array(texts, pa.large_string()).slice(first, count)

    assert fast_counts(array) == [slow_counts(text, LISTED) for text in texts[first : first + count]]


@pytest.mark.parametrize("row", range(0, 1599, 40))
def test_counts_of_real_pages_agree_with_python(pages, row):
    text = pages[row]

    assert fast_counts(pa.array([text], pa.large_string())) == [slow_counts(text, LISTED)]


@pytest.fixture(scope="module")
def pages(test_data):
    with gzip.open(test_data / "oracle" / "dclm.jsonl.gz", "rt") as lines:
        return [json.loads(line)["text"][:20_000] for line in lines]


def test_no_letter_beyond_the_table_has_a_small_one():
    assert [code for code in range(FOLDED, 0x110000) if chr(code).lower() != chr(code)] == []
