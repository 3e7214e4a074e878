from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.madeup.plan import COPIED, EXACT, KINDS, NEAR, plan_of


def test_two_hundred_neighbours_hold_every_kind_as_often_as_said():
    plans = [plan_of(5, number) for number in range(2000, 2200)]

    found = Counter(plan.copy or plan.kind for plan in plans)
    assert found == KINDS


def test_the_first_copies_have_something_to_copy_or_are_articles():
    plans = [plan_of(0, number) for number in range(200)]
    found = Counter(plan.copy or plan.kind for plan in plans)

    assert found[EXACT] + found[NEAR] + found["article"] == KINDS[EXACT] + KINDS[NEAR] + KINDS["article"]
    assert found[NEAR] >= 10


@given(st.integers(0, 2**40), st.integers(0, 10**7))
def test_originals_come_before_and_are_no_copies(seed, number):
    plan = plan_of(seed, number)

    if plan.original is None:
        assert plan.copy is None
        return
    original = plan_of(seed, plan.original)
    assert plan.original < number
    assert (original.copy, original.kind, original.kind in COPIED) == (None, plan.kind, True)


@pytest.mark.parametrize("seed", [0, 1])
def test_clusters_have_two_to_fifty_pages(seed):
    originals = Counter(plan_of(seed, number).original for number in range(8000))
    del originals[None]

    sizes = Counter(count + 1 for count in originals.values())
    assert min(sizes) == 2
    assert 10 < max(sizes) <= 50
