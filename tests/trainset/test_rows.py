"""What a model is asked of rows: labels, and where documents begin."""

import numpy as np
import pytest

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
