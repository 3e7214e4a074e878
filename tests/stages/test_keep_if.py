from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe import load_recipe
from dclm_pipeline.recipe.effective import dump_recipe
from dclm_pipeline.schema import DATE
from dclm_pipeline.stages.condition import Condition
from dclm_pipeline.stages.keep_if import DropIf, KeepIf


def batch(**columns):
    return pa.RecordBatch.from_arrays(list(map(pa.array, columns.values())), names=list(columns))


def answers(where, docs):
    """Return for each row yes, no or None for unknown."""
    kept, spared = KeepIf(where=where).keep(docs).to_pylist(), DropIf(where=where).keep(docs).to_pylist()
    assert not any(yes and not_no for yes, not_no in zip(kept, spared, strict=True))
    no = KeepIf(where={"none_of": [where]}).keep(docs).to_pylist()
    return [True if yes else False if never else None for yes, never in zip(kept, no, strict=True)]


NUMBERS = batch(n=[1, 2, 3, None])


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ({"at_least": 2}, [False, True, True, None]),
        ({"at_most": 2}, [True, True, False, None]),
        ({"more_than": 2}, [False, False, True, None]),
        ({"less_than": 2}, [True, False, False, None]),
        ({"at_least": 1.5, "less_than": 3}, [False, True, False, None]),
        ({"equals": 2}, [False, True, False, None]),
        ({"one_of": [1, 3.0]}, [True, False, True, None]),
        ({"known": True}, [True, True, True, False]),
        ({"known": False}, [False, False, False, True]),
        ({"known": True, "at_least": 2}, [False, True, True, False]),
    ],
)
def test_a_number_is_compared_and_null_is_unknown(where, rows):
    assert answers({"column": "n", **where}, NUMBERS) == rows


def test_what_is_not_a_number_is_unknown():
    docs = batch(n=[float("nan"), float("inf"), 0.5])

    assert answers({"column": "n", "at_least": 0}, docs) == [None, True, True]
    assert answers({"column": "n", "known": True}, batch(n=[None, 1.0])) == [False, True]


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint64(), pa.float32(), pa.float64()])
def test_any_kind_of_number_is_compared(kind):
    docs = pa.RecordBatch.from_arrays([pa.array([1, 2, None], kind)], names=["n"])

    assert answers({"column": "n", "more_than": -1, "less_than": 2}, docs) == [True, False, None]
    assert answers({"column": "n", "one_of": [-5, 2, 10**25]}, docs) == [False, True, None]


def test_texts_are_equal_or_not():
    docs = batch(t=["de", "", "日本", "DE", None])

    assert answers({"column": "t", "equals": "de"}, docs) == [True, False, False, False, None]
    assert answers({"column": "t", "one_of": ["日本", ""]}, docs) == [False, True, True, False, None]


def test_truths_are_equal_or_not():
    assert answers({"column": "b", "equals": True}, batch(b=[True, False, None])) == [True, False, None]


def test_dates_are_compared_in_utc():
    days = [datetime(2024, 5, 18, tzinfo=UTC), datetime(2024, 5, 18, 0, 0, 1, tzinfo=UTC), None]
    docs = pa.RecordBatch.from_arrays([pa.array(days, DATE)], names=["date"])

    assert answers({"column": "date", "at_most": "2024-05-18"}, docs) == [True, False, None]
    assert answers({"column": "date", "more_than": "2024-05-18T02:00:00+02:00"}, docs) == [False, True, None]


@pytest.mark.parametrize(
    ("group", "rows"),
    [
        ("all_of", [True, False, None, False, False, False, None, False, None]),
        ("any_of", [True, True, True, True, False, None, True, None, None]),
        ("none_of", [False, False, False, False, True, None, False, None, None]),
    ],
)
def test_conditions_together_are_unknown_where_the_unknown_decides(group, rows):
    each = [1, 0, None]
    docs = batch(a=[a for a in each for _ in each], b=each * 3)
    conditions = [{"column": "a", "equals": 1}, {"column": "b", "equals": 1}]

    assert answers({group: conditions}, docs) == rows


@given(st.lists(st.sampled_from([0, 1, 2, None])))
def test_neither_filter_loses_a_row_of_which_it_is_sure(values):
    docs = pa.RecordBatch.from_arrays([pa.array(values, pa.int64())], names=["n"])
    where = {"column": "n", "at_least": 1}

    assert KeepIf(where=where).keep(docs).to_pylist() == [value is not None and value >= 1 for value in values]
    assert DropIf(where=where).keep(docs).to_pylist() == [value is None or value < 1 for value in values]


def test_a_slice_is_judged_by_its_rows_and_no_rows_are_none():
    assert answers({"column": "n", "at_least": 2}, NUMBERS.slice(2)) == [True, None]
    assert answers({"column": "n", "at_least": 2}, NUMBERS.slice(0, 0)) == []


def test_only_the_columns_that_are_compared_are_read():
    where = {"any_of": [{"column": "a", "known": True}, {"none_of": [{"column": "b", "equals": 1}]}]}

    assert DropIf(where=where).reads() == frozenset({"a", "b"})


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({}, "names a `column`"),
        ({"column": "n"}, "nothing is said of 'n'"),
        ({"column": "n", "at_least": True}, "at_least"),
        ({"column": "n", "at_least": float("nan")}, "not a number"),
        ({"column": "n", "one_of": []}, "one_of"),
        ({"column": "n", "atleast": 1}, "atleast"),
        ({"column": "n", "equals": 1, "any_of": [{"column": "m", "equals": 1}]}, "side by side"),
        ({"all_of": [], "any_of": []}, "all_of"),
        ({"at_least": 1}, "names a `column`"),
    ],
)
def test_conditions_that_say_nothing_or_two_things_are_refused(where, said):
    with pytest.raises(ValidationError, match=said):
        KeepIf(where=where)


@pytest.mark.parametrize(
    ("column", "where", "said"),
    [
        (pa.array(["a"]), {"at_least": 1}, "which holds texts; expected a text"),
        (pa.array(["a"]), {"at_least": "b"}, "say `equals` or `one_of`"),
        (pa.array([1]), {"equals": "1"}, "expected a number"),
        (pa.array([1]), {"equals": True}, "expected a number"),
        (pa.array([True]), {"equals": 1}, "expected true or false"),
        (pa.array([datetime(2024, 1, 1)]), {"at_least": "soon"}, "expected a date such as"),
        (pa.array([date(2024, 1, 1)]), {"equals": 1}, "only `known` fits that"),
    ],
)
def test_a_column_is_compared_with_what_it_holds(column, where, said):
    docs = pa.RecordBatch.from_arrays([column], names=["c"])

    with pytest.raises(RecipeError, match=said):
        KeepIf(where={"all_of": [{"column": "c", **where}]}).keep(docs)


def test_whether_there_is_a_value_can_be_asked_of_any_column():
    assert answers({"column": "c", "known": True}, batch(c=[[1], None])) == [True, False]


RECIPE = """
name: a
source: jsonl
steps:
  - signals
  - kind: drop_if
    where:
      any_of:
        - {column: url, known: false}
        - none_of: [{column: word_count, at_least: 5}, {column: date, less_than: 2020-01-01}]
"""


def test_a_condition_of_a_recipe_is_written_down_as_it_was_read():
    recipe = load_recipe(RECIPE)

    assert load_recipe(dump_recipe(recipe)) == recipe
    assert recipe.steps[1].reads() == frozenset({"url", "word_count", "date"})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("word_count, at", "word_cuont, at", "reads 'word_cuont', which no earlier step writes"),
        ("at_least: 5", "at_laest: 5", "did you mean 'at_least'?"),
        ("at_least: 5", "at_least: many", "which holds numbers; expected a number"),
    ],
)
def test_a_mistake_in_a_condition_is_named(old, new, said):
    with pytest.raises(RecipeError) as caught:
        load_recipe(RECIPE.replace(old, new))

    assert said in str(caught.value)


def test_conditions_within_conditions_read_what_all_read():
    assert Condition(all_of=({"column": "a", "known": True}, {"column": "b", "known": True})).reads() == {"a", "b"}
