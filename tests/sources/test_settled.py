"""Whole columns of a pool are what its rows would be, one by one; what is not sound is left to be read row by row."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.schema import TEXT
from dclm_pipeline.sources.columns import Column
from dclm_pipeline.sources.settled import settled
from dclm_pipeline.sources.texts import TextBatch

COLUMNS = {"title": Column(), "quality": Column(type="float"), "count": Column(type="int"), "good": Column(type="bool")}
MORE = [("title", pa.string()), ("quality", pa.float64()), ("count", pa.int64()), ("good", pa.bool_())]
SCHEMA = pa.schema([*TEXT, *MORE])
PATHS = {name: name for name in COLUMNS}
KNOWN = {
    "id": b"0123456789abcdef",
    "record_id": "a",
    "source": "b",
    "offset": 3,
    "url": "https://www.example.co.uk/ a",
    "site": "example.co.uk",
    "date": None,
    "text": "Quiet words",
    "title": "T",
    "quality": 0.5,
    "count": 2,
    "good": True,
}
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.binary(min_size=16, max_size=16),
            "record_id": st.none() | texts,
            "source": st.none() | texts,
            "offset": st.none() | st.integers(-(2**63), 2**63 - 1),
            "url": st.none() | st.sampled_from(["https://a.example.org/b", "http://[::1]/", "HTTP://б.example/ю "]),
            "date": st.none() | st.datetimes().map(lambda date: date.replace(microsecond=0)),
            "text": texts,
            "title": st.none() | texts,
            "quality": st.none() | st.floats(allow_nan=False),
            "count": st.none() | st.integers(-(2**63), 2**63 - 1),
            "good": st.none() | st.booleans(),
        }
    ),
    max_size=6,
)


def one_by_one(values):
    batch = TextBatch("a", SCHEMA, COLUMNS, 100, 2**20)
    for row in values:
        batch.add_known(row, row)
    return batch.take()


@given(rows, st.integers(0, 3))
def test_columns_are_what_rows_are_one_by_one(values, cut):
    pool = one_by_one(values)
    here = pool.slice(cut)

    assert settled(here, SCHEMA, PATHS) == one_by_one(here.to_pylist())


@pytest.mark.parametrize(
    ("changed", "sound"),
    [
        ({}, True),
        ({"text": ""}, True),
        ({"text": "слова и ещё"}, True),
        ({"text": None}, False),
        ({"text": "NUL \0"}, False),
        ({"title": "NUL \0"}, False),
        ({"title": None}, True),
        ({"url": None, "site": None}, True),
        ({"site": None}, False),
        ({"url": None}, False),
    ],
)
def test_rows_that_are_not_sound_are_left_to_others(changed, sound):
    pool = pa.RecordBatch.from_pylist([KNOWN, KNOWN | changed], SCHEMA)

    assert (settled(pool, SCHEMA, PATHS) is not None) == sound


def test_columns_of_other_types_are_left_to_others():
    pool = pa.table([pa.array([1.0])], ["count"]).to_batches()[0]
    plain = pa.RecordBatch.from_pylist([KNOWN], SCHEMA)

    assert settled(plain.set_column(10, "count", pool["count"]), SCHEMA, PATHS) is None


def test_a_column_that_a_pool_does_not_have_is_null():
    pool = pa.RecordBatch.from_pylist([KNOWN], SCHEMA).drop_columns(["offset", "date"])

    assert settled(pool, SCHEMA, PATHS) == pa.RecordBatch.from_pylist([KNOWN | {"offset": None, "date": None}], SCHEMA)


def test_a_column_may_have_another_name():
    schema = pa.schema([*TEXT, ("heading", pa.string())])
    pool = pa.RecordBatch.from_pylist([KNOWN], SCHEMA)

    assert settled(pool, schema, {"heading": "title"})["heading"].to_pylist() == ["T"]
