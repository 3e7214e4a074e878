"""Measures held against their definitions, worked out the slow way."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.classifier.measures import (
    agreement,
    auc,
    auc_difference,
    auc_error,
    calibration,
    correlation,
    kept_at,
    overlap,
    ranks,
    threshold_of,
)

SCORED = st.lists(st.tuples(st.integers(0, 8).map(lambda n: n / 8), st.booleans()), min_size=2, max_size=40)


def arrays(rows):
    return np.array([score for score, _ in rows], np.float64), np.array([good for _, good in rows], np.bool_)


def pairs(scores, good):
    return [(one > other) + 0.5 * (one == other) for one in scores[good] for other in scores[~good]]


@given(SCORED)
def test_auc_is_the_share_of_pairs_in_the_right_order(rows):
    scores, good = arrays(rows)
    expected = pairs(scores, good)

    found = auc(scores, good)
    assert found is None if not expected else math.isclose(found, sum(expected) / len(expected), abs_tol=1e-12)


@given(SCORED)
def test_the_error_of_an_auc_is_delongs(rows):
    scores, good = arrays(rows)
    goods, bads = scores[good], scores[~good]
    found = auc_error(scores, good)
    if len(goods) < 2 or len(bads) < 2:
        assert found is None
        return
    wins = np.array([[(one > other) + 0.5 * (one == other) for other in bads] for one in goods], np.float64)
    expected = math.sqrt(wins.mean(1).var(ddof=1) / len(goods) + wins.mean(0).var(ddof=1) / len(bads))

    assert math.isclose(found, expected, abs_tol=1e-9)


def test_the_difference_of_a_classifier_to_itself_is_nothing():
    scores, good = np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])

    assert auc_difference(scores, scores, good) == (0.0, 0.0)
    assert auc_difference(scores, -scores, good) == pytest.approx((0.5, math.sqrt(0.5)))


@given(SCORED)
def test_ranks_are_means_over_equal_values(rows):
    scores, _ = arrays(rows)
    expected = [(scores < one).sum() + ((scores == one).sum() + 1) / 2 for one in scores]

    assert ranks(scores).tolist() == expected


def test_precision_and_recall_at_a_share():
    scores, good = np.array([0.9, 0.8, 0.8, 0.1]), np.array([True, False, True, True])
    quarter, half, whole = kept_at(scores, good, (0.25, 0.5, 1.0))

    assert (quarter.documents, quarter.precision, quarter.recall) == (1, 1.0, 1 / 3)
    assert (half.threshold, half.documents, half.precision) == (0.8, 3, 2 / 3)
    assert (whole.documents, whole.recall) == (4, 1.0)
    assert kept_at(np.empty(0), None) == []


def test_a_threshold_keeps_one_document_at_least():
    assert threshold_of(np.array([0.2, 0.7]), 0.001) == 0.7


def test_calibration_tells_scores_that_promise_too_much():
    rows, off = calibration(np.array([0.95, 0.95, 1.0, 0.05]), np.array([True, False, True, False]))

    assert [row.documents for row in rows] == [1, 0, 0, 0, 0, 0, 0, 0, 0, 3]
    assert (rows[9].good, rows[1].mean) == (2 / 3, None)
    assert off == pytest.approx((0.05 + 3 * abs(2.9 / 3 - 2 / 3)) / 4)


def test_correlation_and_overlap_go_by_order_alone():
    one, other = np.array([0.1, 0.2, 0.3, 0.4]), np.array([1.0, 10.0, 100.0, 50.0])

    assert correlation(one, one**3) == pytest.approx(1.0)
    assert correlation(one, other) == pytest.approx(0.8)
    assert correlation(one, np.ones(4)) is None
    assert (overlap(one, other, 0.25), overlap(one, other, 0.5)) == (0.0, 1.0)


def test_agreement_is_measured_where_as_many_are_kept_as_are_good():
    found = agreement(np.array([0.9, 0.7, 0.3, 0.1]), np.array([True, False, True, False]))

    assert (found.threshold, found.same, found.kappa) == (0.7, 0.5, 0.0)
    assert agreement(np.array([0.9]), np.array([False])) is None
