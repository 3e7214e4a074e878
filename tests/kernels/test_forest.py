from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.main_content.forest import Forest, ask, mean_of
from dclm_pipeline.kernels.main_content.growing import Growth, bin_features, grow, grow_binned
from tests.kernels.oracle.forest import ask as ask_slowly

GROWTH = Growth(trees=20, depth=3, features=1.0, rows=1.0)


def some_rows(count, width=5, seed=1):
    return np.random.default_rng(seed).random((count, width), np.float32)


def some_forest(depth, seed=2, width=5):
    random = np.random.default_rng(seed)
    return Forest(
        random.integers(0, width, (7, depth)).astype(np.int16),
        random.random((7, depth), np.float32),
        random.random((7, 1 << depth), np.float32),
    )


@pytest.mark.parametrize("depth", [1, 4, 5, 6, 7])
@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 63, 64, 65, 72, 200])
def test_many_rows_are_answered_as_one_by_one(count, depth):
    forest, rows = some_forest(depth), some_rows(count)

    assert ask(forest, rows).tolist() == [float(ask_slowly(forest, row)) for row in rows]


@pytest.mark.parametrize("width", [1, 15, 16, 17, 31, 32, 50])
@pytest.mark.parametrize("count", [1, 15, 16, 17, 64, 100])
def test_however_many_features_there_are_each_is_asked_about(count, width):
    forest, rows = some_forest(6, width=width), some_rows(count, width)

    assert ask(forest, rows).tolist() == [float(ask_slowly(forest, row)) for row in rows]


@pytest.mark.parametrize("depth", [5, 6])
def test_what_is_no_number_is_above_nothing_and_equal_is_not_above(depth):
    forest = some_forest(depth)
    rows = some_rows(70)
    rows[::3, 1], rows[::4, 2], rows[::5, 3], rows[::6, 4] = np.nan, np.inf, -np.inf, forest.thresholds[0, 0]

    assert ask(forest, rows).tolist() == [float(ask_slowly(forest, row)) for row in rows]


@given(st.integers(1, 7), st.integers(0, 140), st.integers(0, 1 << 30))
def test_any_rows_are_answered_as_one_by_one(depth, count, seed):
    forest, rows = some_forest(depth, seed), some_rows(count, seed=seed)

    assert ask(forest, rows).tolist() == [float(ask_slowly(forest, row)) for row in rows]


def test_no_trees_say_nothing():
    forest = Forest(np.zeros((0, 2), np.int16), np.zeros((0, 2), np.float32), np.zeros((0, 4), np.float32))

    assert ask(forest, some_rows(3)).tolist() == [0, 0, 0]


def test_a_rule_of_two_features_is_learned():
    rows = some_rows(2000)
    wanted = ((rows[:, 1] > 0.5) & (rows[:, 3] < 0.3)).astype(np.float64)
    forest = grow(rows, wanted, np.ones(len(rows)), GROWTH)
    unseen = some_rows(500, seed=3)
    right = (ask(forest, unseen) > 0) == ((unseen[:, 1] > 0.5) & (unseen[:, 3] < 0.3))

    assert right.mean() > 0.97


def test_rows_without_weight_teach_nothing():
    rows = some_rows(400)
    wanted = (rows[:, 0] > 0.5).astype(np.float64)
    weights = np.ones(400)
    weights[200:] = 0
    taught_less = grow(rows, np.where(weights > 0, wanted, 1 - wanted), weights, GROWTH)

    assert ((ask(taught_less, rows) > 0) == (wanted > 0)).mean() > 0.95


def test_the_same_rows_give_the_same_trees():
    rows = some_rows(300)
    wanted = rows[:, 2].astype(np.float64)
    growth = replace(GROWTH, features=0.5, rows=0.5)
    one, other = (grow(rows, wanted, np.ones(300), growth) for _ in range(2))

    assert [one.asked.tolist(), one.thresholds.tolist(), one.leaves.tolist()] == [
        other.asked.tolist(),
        other.thresholds.tolist(),
        other.leaves.tolist(),
    ]


def test_features_that_never_change_part_nothing():
    forest = grow(np.ones((50, 3), np.float32), np.full(50, 0.5), np.ones(50), GROWTH)

    assert ask(forest, np.ones((1, 3), np.float32)).tolist() == pytest.approx([0], abs=1e-6)


def test_the_mean_of_forests_says_the_mean_of_what_they_say():
    one, other, rows = some_forest(4), some_forest(4, seed=5), some_rows(70)
    mean = ask(mean_of([one, other]), rows)

    assert mean.tolist() == pytest.approx(((ask(one, rows) + ask(other, rows)) / 2).tolist(), rel=1e-5)


def test_what_is_cut_once_grows_what_is_cut_again():
    rows = some_rows(300)
    wanted = rows[:, 2].astype(np.float64)
    cut = bin_features(rows[:, :2]).beside(bin_features(rows[:, 2:])).of(np.arange(300) >= 0)
    one, other = grow(rows, wanted, np.ones(300), GROWTH), grow_binned(cut, wanted, np.ones(300), GROWTH)

    assert [one.asked.tolist(), one.leaves.tolist()] == [other.asked.tolist(), other.leaves.tolist()]
