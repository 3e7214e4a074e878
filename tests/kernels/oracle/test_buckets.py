import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.dedup.buckets import candidates_of, seats_of

BUCKETS = st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=12), max_size=6)


@given(BUCKETS, st.integers(1, 5), st.booleans())
def test_candidates_are_all_of_the_first_with_other_words(buckets, most, earlier):
    bounds = np.cumsum([0, *map(len, buckets)])
    wholes = np.array([whole for bucket in buckets for whole in bucket], np.uint64)
    firsts, seats, sizes = seats_of(bounds, wholes)
    offsets, told = candidates_of(bounds, firsts, seats, sizes, most, earlier)
    for start, bucket in zip(bounds, buckets, strict=False):
        distinct = list(dict.fromkeys(bucket))
        leaders = [start + bucket.index(whole) for whole in distinct[:most]]
        for place, whole in enumerate(bucket):
            i = start + place
            first = start + bucket.index(whole)
            wanted = [j for j in leaders if j < i or (not earlier and j > i)] if first == i else []

            assert (firsts[i], seats[i], sizes[i]) == (first, distinct.index(whole), len(distinct))
            assert told[offsets[i] : offsets[i + 1]].tolist() == wanted
