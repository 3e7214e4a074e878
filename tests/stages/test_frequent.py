from collections import Counter

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.stages.frequent import Frequent


def counted(batches, most):
    frequent = Frequent(most)
    for batch in batches:
        frequent.add(pa.array(batch, pa.large_string()), len(batch))
    return frequent


BATCHES = st.lists(st.lists(st.sampled_from("abcdefghijklmnop"), max_size=30), max_size=12)


@given(BATCHES)
def test_few_values_are_counted_exactly(batches):
    values = [value for batch in batches for value in batch]

    assert counted(batches, 100).ranking(1) == sorted(Counter(values).items(), key=lambda pair: (-pair[1], pair[0]))


@given(BATCHES)
def test_a_count_of_many_values_is_too_small_by_their_share_at_most(batches):
    exact = Counter(value for batch in batches for value in batch)
    frequent = counted(batches, 4)
    found = dict(frequent.ranking(1))

    assert len(found) <= 4
    assert frequent.total == exact.total()
    assert all(0 <= count - found.get(value, 0) <= exact.total() / 5 for value, count in exact.items())


def test_what_is_rare_is_left_out():
    assert counted([["a", "b", "a"], ["a", "c", "b"]], 100).ranking(2) == [("a", 3), ("b", 2)]
