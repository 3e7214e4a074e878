"""Documents on their way into a task: which of them a barrier is asked about."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.engine.jobs.documents import numbered, told_of
from dclm_pipeline.engine.steps.found import UNHEARD_SCHEMA, Found
from dclm_pipeline.engine.steps.sides import ROW
from dclm_pipeline.step import EVERYONE


def found_about(rows):
    return Found(pa.table({ROW: pa.array(sorted(rows), pa.int64())}), UNHEARD_SCHEMA.empty_table())


@pytest.mark.parametrize(
    ("about", "left"), [([], []), ([EVERYONE], []), ([0], [0]), ([5, 5], [5]), ([2, 3], [2, 3]), ([6], [])]
)
def test_documents_of_which_nothing_was_found_are_left_out(about, left):
    docs = [numbered(pa.record_batch({"id": [b"a"] * 3}), first) for first in (0, 3)]

    assert [row for batch in told_of(iter(docs), found_about(about)) for row in batch[ROW].to_pylist()] == left


@given(st.sets(st.integers(0, 30)), st.lists(st.integers(1, 5), max_size=5))
def test_what_is_left_does_not_depend_on_batches(about, sizes):
    firsts = [sum(sizes[:place]) for place in range(len(sizes))]
    docs = [numbered(pa.record_batch({"id": [b""] * size}), first) for first, size in zip(firsts, sizes, strict=True)]
    left = [row for batch in told_of(iter(docs), found_about(about)) for row in batch[ROW].to_pylist()]

    assert left == sorted(row for row in about if row < sum(sizes))
