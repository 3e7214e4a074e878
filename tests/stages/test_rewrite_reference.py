import pyarrow as pa
import pytest

from dclm_pipeline.stages.rewrite import RewriteText
from tests.stages.reference_verdicts import expected, verdicts

STEPS = {"url_removal_modifier": {"urls": "dclm"}, "newline_removal_modifier": {"newlines": 2}}


@pytest.mark.parametrize("step", STEPS)
def test_a_rewrite_leaves_what_the_reference_mapper_leaves(step, test_data):
    pages = verdicts(test_data, "dclm")
    batch = pa.RecordBatch.from_arrays([pa.array([page["text"] for page in pages], pa.large_string())], names=["text"])
    found = RewriteText(**STEPS[step]).open(None).text(batch).to_pylist()

    assert [page["record_id"] for page, text in zip(pages, found, strict=True) if text != expected(page, step)] == []
