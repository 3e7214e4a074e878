"""Edit distances, against the table."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.dedup.distance import TOO_LONG, edit_distances
from dclm_pipeline.kernels.strings import views
from tests.kernels.oracle.slow_distance import edit_distance


def distances(pairs, most=1 << 16):
    one, other = (views(pa.array(texts, pa.large_string())) for texts in zip(*pairs, strict=True))
    return edit_distances(one, other, most).tolist()


@given(st.lists(st.tuples(st.text(max_size=90), st.text(max_size=90)), min_size=1, max_size=5))
def test_distances_agree_with_the_table(pairs):
    assert distances(pairs) == [edit_distance(one.encode(), other.encode()) for one, other in pairs]


@given(
    st.text("ab", min_size=50, max_size=300),
    st.lists(st.tuples(st.integers(0, 299), st.sampled_from(["", "a", "b", "ba"]))),
)
def test_distances_of_edited_texts_agree_across_blocks(text, edits):
    edited = text
    for place, put in edits:
        edited = edited[: place % len(text)] + put + edited[place % len(text) + 1 :]

    assert distances([(text, edited)]) == [edit_distance(text.encode(), edited.encode())]


@pytest.mark.parametrize("size", [63, 64, 65, 128, 129])
def test_distances_at_the_edges_of_blocks(size):
    one, other = "ab" * size, "ba" * size

    assert distances([(one[:size], other[:size])]) == [edit_distance(one[:size].encode(), other[:size].encode())]


def test_equal_and_empty_texts_and_other_scripts():
    assert distances([("", ""), ("", "ж"), ("日本", "日本"), ("a日", "a本")]) == [
        0,
        2,
        0,
        edit_distance("日".encode(), "本".encode()),
    ]


def test_long_texts_are_measured_where_little_of_them_differs_and_not_at_all_otherwise():
    same = "x" * 100_000

    assert distances([(same + "a" + same, same + "b" + same), ("ab" * 600, "ba" * 600)], most=1000) == [1, TOO_LONG]


def test_no_pairs_have_no_distances():
    none = np.zeros(1, np.int64), np.empty(0, np.uint8)

    assert edit_distances(none, none, 10).tolist() == []
