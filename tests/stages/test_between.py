import pyarrow as pa
import pytest
from pydantic import ValidationError

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.between import Between


def kept(values, kind=None, **bounds):
    batch = pa.RecordBatch.from_arrays([pa.array(values, kind)], names=["n"])
    return Between(column="n", **bounds).keep(batch).to_pylist()


@pytest.mark.parametrize(
    ("bounds", "rows"),
    [
        ({"low": 2}, [False, True, True, False]),
        ({"high": 2}, [True, True, False, False]),
        ({"low": 2, "high": 2}, [False, True, False, False]),
        ({"low": 2.5, "high": 9}, [False, False, True, False]),
    ],
)
def test_bounds_are_inclusive_and_null_never_passes(bounds, rows):
    assert kept([1, 2, 3, None], **bounds) == rows


def test_what_is_not_a_number_never_passes():
    assert kept([float("nan"), 1.0], low=0) == [False, True]
    assert kept([float("nan"), 1.0], high=2) == [False, True]


@pytest.mark.parametrize("kind", [pa.int32(), pa.uint64(), pa.float32(), pa.float64()])
def test_any_kind_of_number_is_compared(kind):
    assert kept([1, 2, None], kind, low=2) == [False, True, False]


def test_truth_is_one():
    assert kept([True, False, None], low=1) == [True, False, False]


def test_no_rows_keep_none():
    assert kept([], pa.int64(), low=1) == []


def test_a_slice_is_judged_by_its_rows():
    batch = pa.RecordBatch.from_arrays([pa.array([1, 5, None, 7])], names=["n"]).slice(1, 2)

    assert Between(column="n", low=2).keep(batch).to_pylist() == [True, False]


@pytest.mark.parametrize(
    ("bounds", "said"),
    [({}, "set low, high or both"), ({"low": 3, "high": 2}, "swap them"), ({"low": float("nan")}, "no bound")],
)
def test_bounds_that_make_no_sense_are_refused(bounds, said):
    with pytest.raises(ValidationError, match=said):
        Between(column="n", **bounds)


def test_only_numbers_are_compared():
    with pytest.raises(RecipeError, match="compares numbers"):
        kept(["a"], low=1)


def test_only_the_column_is_read():
    assert Between(column="n", low=1).reads() == frozenset({"n"})
