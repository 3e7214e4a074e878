"""Numbers are compared by their exact values, whatever types hold them, and by every step alike."""

import math
import warnings
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.stages.between import Between
from dclm_pipeline.stages.comparing import numbers_of, span, within, within_each
from dclm_pipeline.stages.keep_if import KeepIf

KINDS = ["i1", "u1", "i4", "u8", "i8", "f8"]
EDGES = [0, 2**7, 2**24, 2**53, 2**63, 2**64, 10**400]
numbers = (
    st.floats(allow_nan=False)
    | st.integers()
    | st.builds(
        lambda edge, off, sign: sign * (edge + off),
        st.sampled_from(EDGES),
        st.integers(-2, 2),
        st.sampled_from([1, -1]),
    )
)
bounds = st.none() | numbers


def exact(number):
    return number if number in (math.inf, -math.inf) else Fraction(number)


def is_within(value, low, high):
    return (low is None or exact(value) >= exact(low)) and (high is None or exact(value) <= exact(high))


def values_of(kind, given):
    if kind == "f8":
        return np.array([float(value) for value in given if isinstance(value, float) or abs(value) < 2**1000], kind)
    facts = np.iinfo(kind)
    return np.array(
        [int(v) for v in given if v not in (math.inf, -math.inf) and facts.min <= int(v) <= facts.max], kind
    )


@given(st.sampled_from(KINDS), st.lists(numbers), bounds, bounds)
def test_a_number_is_within_bounds_as_fractions_tell(kind, given, low, high):
    values = values_of(kind, given)

    assert within(values, low, high).tolist() == [is_within(v, low, high) for v in values.tolist()]


@given(st.sampled_from(KINDS), st.lists(numbers), st.lists(st.tuples(bounds, bounds), min_size=1), st.randoms())
def test_bounds_of_each_row_are_the_same_bounds(kind, given, several, luck):
    values = values_of(kind, given)
    places = np.array([luck.randrange(len(several)) for _ in values], np.int64)

    assert within_each(values, several, places).tolist() == [
        is_within(v, *several[place]) for v, place in zip(values.tolist(), places.tolist(), strict=True)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_where_no_number_lies_between_bounds_none_is_within(kind):
    assert span(np.dtype(kind), 0.25, 0.2) == (1, 0)
    assert span(np.dtype(kind), math.inf, -math.inf) == (1, 0)


def test_narrow_floats_are_widened_and_null_stays_unknown():
    values, known = numbers_of(pa.array([0.1, None, float("nan")], pa.float32()))

    assert (values.dtype, values[0]) == (np.float64, np.float64(np.float32(0.1)))
    assert known.tolist() == [True, False, False]


CASES = [
    (pa.int64(), [2**53, 2**53 + 1, 2**53 + 2, None], 2**53 + 1),
    (pa.int64(), [2**53, 2**53 + 1, 2**53 + 2, None], float(2**53)),
    (pa.uint64(), [2**63, 2**64 - 1, None], 2**64 - 1),
    (pa.uint64(), [2**63, 2**64 - 1, None], float(2**64)),
    (pa.int8(), [-128, 0, 127, None], 1000),
    (pa.int8(), [-128, 0, 127, None], -0.5),
    (pa.float32(), [0.1, 0.5, 1.5, float("nan"), None], 0.1),
    (pa.float32(), [float(np.float32(0.1)), 0.5], float(np.float32(0.1))),
    (pa.float64(), [2.0**53, 2.0**53 + 2, math.inf], 2**53 + 1),
    (pa.int64(), [], 3),
]


@pytest.mark.parametrize(("kind", "values", "bound"), CASES)
def test_between_keep_if_and_bands_compare_alike(kind, values, bound):
    docs = pa.RecordBatch.from_arrays(
        [pa.array(values, kind), pa.array(["de"] * len(values), pa.string())], names=["n", "c"]
    )
    real = [None if v is None or math.isnan(v) else v for v in docs["n"].to_pylist()]
    for name, low, high in (("at_least", bound, None), ("at_most", None, bound)):
        expected = [v is not None and is_within(v, low, high) for v in real]
        band = {"low": low, "high": high}
        by = {"column": "c", "bands": {"de": band}, "otherwise": "drop"}
        steps = [Between(column="n", **band), Between(column="n", by=by), KeepIf(where={"column": "n", name: bound})]

        assert [step.keep(docs).to_pylist() for step in steps] == [expected] * 3
    for name, compares in (
        ("more_than", lambda v: v > exact(bound)),
        ("less_than", lambda v: v < exact(bound)),
        ("equals", lambda v: v == exact(bound)),
    ):
        expected = [v is not None and compares(exact(v)) for v in real]

        assert KeepIf(where={"column": "n", name: bound}).keep(docs).to_pylist() == expected


def test_a_bound_is_a_float_unless_none_is_equal_to_it():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bounds = [Between(column="n", low=low).model_dump(mode="json")["low"] for low in (5, 2**53, 2**53 + 1, 0.1)]

    assert [(type(bound), bound) for bound in bounds] == [
        (float, 5.0),
        (float, 2.0**53),
        (int, 2**53 + 1),
        (float, 0.1),
    ]
    assert Between.model_validate(Between(column="n", low=2**53 + 1).model_dump()).low == 2**53 + 1
