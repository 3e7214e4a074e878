"""What a model is asked of rows: labels, and where documents begin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.trainset.rows import IGNORED, Documents, TokenBatch

# Two rows of six tokens: documents of 2, 3 and the beginning of another; one document of three and padding.
BATCH = TokenBatch(
    np.array([[10, 0, 11, 12, 0, 13], [14, 15, 0, 0, 0, 0]], np.uint16),
    2,
    Documents(np.array([6, 3], np.int32), np.array([3, 4]), np.array([0, 2, 5, 0], np.int32)),
)


def test_a_model_is_asked_for_the_next_token_of_what_counts():
    assert BATCH.inputs().tolist() == [[10, 0, 11, 12, 0], [14, 15, 0, 0, 0]]
    assert BATCH.labels().tolist() == [[0, 11, 12, 0, 13], [15, 0, IGNORED, IGNORED, IGNORED]]


def test_within_documents_nobody_is_asked_how_the_next_begins():
    assert BATCH.labels_within_documents().tolist() == [
        [0, IGNORED, 12, 0, IGNORED],
        [15, 0, IGNORED, IGNORED, IGNORED],
    ]


def test_documents_and_padding_have_bounds_and_positions_of_their_own():
    assert BATCH.cu_seqlens().tolist() == [0, 2, 5, 8, 10]
    assert BATCH.position_ids().tolist() == [[0, 1, 0, 1, 2], [0, 1, 2, 0, 1]]


def test_some_rows_are_told_of_as_all_are():
    told = BATCH.documents.taken(np.array([1, 0, 1]))

    assert (told.counts.tolist(), told.ends.tolist(), told.starts.tolist()) == ([3, 6, 3], [1, 4, 5], [0, 0, 2, 5, 0])
    assert BATCH.documents.between(1, 2).starts.tolist() == [0]
    assert BATCH.documents.between(0, 0).starts.tolist() == []


def test_rows_without_their_documents_have_no_labels():
    with pytest.raises(ValueError, match="documents=True"):
        TokenBatch(BATCH.tokens, 2).labels()


def rows_of_documents(length: int):
    """Return a way to make rows of so many tokens: how many count, and where documents begin."""
    starts = st.sets(st.integers(1, length - 1), max_size=4).map(lambda found: [0, *sorted(found)])
    return st.lists(st.tuples(st.integers(1, length), starts), min_size=1, max_size=5)


@given(rows_of_documents(7))
def test_masks_agree_with_a_loop_over_tokens(rows):
    rows = [(count, [start for start in starts if start < count]) for count, starts in rows]
    told = Documents(
        np.array([count for count, _ in rows], np.int32),
        np.cumsum([len(starts) for _, starts in rows]),
        np.array([start for _, starts in rows for start in starts], np.int32),
    )
    batch = TokenBatch(np.arange(7 * len(rows), dtype=np.uint16).reshape(-1, 7), 0, told)
    labels, positions, bounds = [], [], []
    for row, (count, starts) in enumerate(rows):
        labels.append([IGNORED if at >= count or at in starts else 7 * row + at for at in range(1, 7)])
        begins = [at for at in range(6) if at in starts or at == count]
        positions.append([at - max(begin for begin in begins if begin <= at) for at in range(6)])
        bounds += [6 * row + begin for begin in begins]

    assert batch.labels_within_documents().tolist() == labels
    assert batch.position_ids().tolist() == positions
    assert batch.cu_seqlens().tolist() == [*bounds, 6 * len(rows)]
