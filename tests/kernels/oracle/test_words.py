import unicodedata

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.strings import views
from dclm_pipeline.kernels.words import character_classes, count_text

TEXTS = st.lists(
    st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from(" \n\t\x1c\x85\xa0\u30001a²Ⅷ٣é漢😀")))
)


def slow_counts(text):
    return (
        len(text.split()),
        len(text),
        text.count("\n"),
        sum(map(str.isalpha, text)),
        sum(map(str.isdigit, text)),
        sum(map(len, text.split())),
    )


def fast_counts(array):
    found = count_text(views(array))
    columns = (
        found.words,
        found.characters,
        found.line_feeds,
        found.letters,
        found.digits,
        found.word_characters,
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


@given(TEXTS)
def test_counts_agree_with_python(texts):
    assert fast_counts(pa.array(texts, pa.large_string())) == [slow_counts(text) for text in texts]


@given(TEXTS, st.integers(0, 5), st.integers(0, 5))
def test_counts_of_a_slice_agree_with_python(texts, first, count):
    array = pa.array(texts, pa.large_string()).slice(first, count)

    assert fast_counts(array) == [slow_counts(text) for text in texts[first : first + count]]


def test_no_letter_digit_or_blank_lies_beyond_the_table():
    beyond = range(len(character_classes()), 0x110000)

    assert {unicodedata.category(chr(code))[0] for code in beyond} <= {"C", "M"}
    assert not "".join(map(chr, range(0xE0000, 0xE01F0))).split()[1:]
