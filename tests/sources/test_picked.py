"""Chosen records of a file, by as few requests as may be."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.sources.picked import MOST_FETCHED, joined
from dclm_pipeline.sources.spans import Spans


@given(st.lists(st.tuples(st.integers(1, 2**22), st.integers(0, 2**21)), max_size=60), st.integers(0, 2**21))
def test_runs_hold_every_span_once_and_are_as_long_as_they_may_be(steps, gap):
    spans, place = [], 0
    for length, skip in steps:
        spans.append((place + skip, length))
        place += skip + length
    runs = list(joined(Spans.of(spans), gap))

    assert [span for run in runs for span in run] == spans
    for run in runs:
        assert len(run) == 1 or sum(run[-1]) - run[0][0] <= MOST_FETCHED
        assert all(after[0] - sum(before) <= gap for before, after in itertools.pairwise(run))
    for run, (following, *_) in itertools.pairwise(runs):
        assert following[0] - sum(run[-1]) > gap or sum(following) - run[0][0] > MOST_FETCHED
