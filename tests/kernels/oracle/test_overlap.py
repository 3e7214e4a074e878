from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.dedup.overlap import joined_rows, sets_of, similar_pairs, similarities_of

LISTS = st.lists(st.lists(st.integers(0, 12), max_size=8), max_size=7)


def columns(lists):
    rows = np.cumsum([0, *map(len, lists)])
    return rows, np.array([value for one in lists for value in one], np.uint64)


@given(LISTS)
def test_sets_are_sorted_and_have_nothing_twice(lists):
    offsets, sets = sets_of(*columns(lists))

    assert [sets[i:j].tolist() for i, j in pairwise(offsets)] == [sorted(set(one)) for one in lists]


@given(st.integers(0, 300), st.integers(1, 300), st.integers(0, 2**64 - 1), st.integers(0, 63))
def test_hashes_that_crowd_are_sorted_like_those_that_are_scattered(scattered, crowding, seed, shift):
    drawn = np.random.default_rng(seed).integers(0, 2**64, scattered + crowding, np.uint64)
    drawn[scattered:] = drawn[scattered] - (drawn[scattered:] >> np.uint64(shift))
    offsets, sets = sets_of(np.array([0, len(drawn), len(drawn)]), drawn)

    assert (offsets.tolist(), sets.tolist()) == ([0, len(sets), len(sets)], np.unique(drawn).tolist())


@given(st.lists(st.tuples(st.integers(0, 3), LISTS), max_size=4), st.floats(0, 1), st.integers(0, 3))
def test_pairs_are_those_that_python_finds(groups, threshold, carried):
    lists = [one for _, group in groups for one in group]
    bounds = np.cumsum([0, *(len(group) for _, group in groups if group)])
    leads = np.array([i < leaders for leaders, group in groups for i in range(len(group))], np.bool_)
    carried = min(carried, int(leads[: bounds[1]].sum())) if len(bounds) > 1 else 0
    offsets, sets = sets_of(*columns(lists))
    ones, others, similarities = similar_pairs(bounds, offsets, sets, leads, carried, threshold)
    expected = []
    for start, stop in pairwise(bounds.tolist()):
        for i in range(start, stop):
            for j in range(i + 1, stop):
                one, other = set(lists[i]), set(lists[j])
                similarity = len(one & other) / len(one | other) if one | other else 0.0
                if leads[i] and similarity >= threshold and j >= carried:
                    expected.append((i, j, similarity))

    assert list(zip(ones.tolist(), others.tolist(), similarities.tolist(), strict=True)) == expected


@given(LISTS)
def test_any_pair_can_be_compared(lists):
    offsets, sets = sets_of(*columns(lists))
    pairs = [(i, j) for i in range(len(lists)) for j in range(i, len(lists))]
    ones, others = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    expected = [len({*lists[i]} & {*lists[j]}) / max(len({*lists[i]} | {*lists[j]}), 1) for i, j in pairs]

    assert similarities_of(offsets, sets, ones, others).tolist() == expected


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda pair: pair[0] < pair[1])))
def test_a_row_joins_the_first_that_stays_and_is_like_it(pairs):
    expected = list(range(10))
    for row in range(10):
        staying = [one for one, other in sorted(pairs) if other == row and expected[one] == one]
        expected[row] = staying[0] if staying else row
    ones, others = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))

    assert joined_rows(10, ones, others).tolist() == expected
