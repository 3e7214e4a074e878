import json

import pyarrow as pa
import pytest
import yaml
from pydantic import ValidationError

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe.places import places_of
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


LANGUAGES = ["de", "fr", "no", "日本", None]


def kept_by(values, languages=LANGUAGES, when=None, **by):
    batch = pa.RecordBatch.from_arrays([pa.array(values), pa.array(languages, pa.string())], names=["n", "language"])
    return Between(column="n", by={"column": "language", **by}, when=when).keep(batch).to_pylist()


BANDS = {"de": {"low": 3, "high": 5}, "no": {"low": 9}, "日本": {"high": 1}}


def test_bounds_are_those_of_the_value_in_another_column():
    assert kept_by([3, 2, 9, 1, 2], bands=BANDS, otherwise={"high": 2}) == [True] * 5
    assert kept_by([6, 3, 8, 2, 3], bands=BANDS, otherwise={"high": 2}) == [False] * 5


@pytest.mark.parametrize(("otherwise", "passes"), [("keep", True), ("drop", False), ({"low": 4}, True)])
def test_a_value_without_a_band_and_an_unknown_one_go_by_otherwise(otherwise, passes):
    assert kept_by([4, 4, 0, 0, 4], bands=BANDS, otherwise=otherwise) == [True, passes, False, True, passes]


def test_an_unknown_number_passes_only_where_every_number_does():
    assert kept_by([None, None, 9, 0, None], bands=BANDS, otherwise="keep") == [False, True, True, True, True]
    assert kept_by([None, None, 9, 0, None], bands=BANDS, otherwise={"low": 0}) == [False, False, True, True, False]


def test_the_rule_is_for_rows_of_which_a_condition_holds():
    batch = pa.RecordBatch.from_arrays([pa.array([1, 1, 5, None, 1]), pa.array([9, 2, 9, 9, None])], names=["n", "m"])
    rule = Between(column="n", low=3, when={"column": "m", "at_least": 5})

    assert rule.keep(batch).to_pylist() == [False, True, True, False, True]
    assert rule.reads() == frozenset({"n", "m"})


def test_a_rule_may_have_both():
    when = {"column": "language", "known": True}

    assert kept_by([6, 3, 9, 0, 0], bands=BANDS, otherwise="drop", when=when) == [False, False, True, True, True]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"by": {"column": "c", "bands": {"de": {"low": 1}}, "otherwise": "keep"}, "low": 1}, "as `otherwise"),
        ({"by": {"column": "c", "otherwise": "keep"}}, "needs `bands`, a `file` of them"),
        ({"by": {"column": "c", "bands": {"de": {"low": 1}}}}, "otherwise"),
        ({"by": {"column": "c", "bands": {"de": {}}, "otherwise": "keep"}}, "low, high or both"),
        ({"by": {"column": "c", "bands": {"de": {"low": 3, "high": 2}}, "otherwise": "keep"}}, "swap them"),
        ({"by": {"column": "c", "bands": {"de": {"low": "a lot"}}, "otherwise": "keep"}}, "number"),
        ({"low": 1, "when": {"column": "m"}}, "nothing is said of 'm'"),
    ],
)
def test_bands_and_conditions_that_make_no_sense_are_refused(settings, said):
    with pytest.raises(ValidationError, match=said):
        Between(column="n", **settings)


def test_what_chooses_must_fit():
    schema = pa.schema([("n", pa.int64()), ("m", pa.int64()), ("t", pa.string())])
    by = {"bands": {"de": {"low": 1}}, "otherwise": "keep"}

    assert "chooses bounds by texts, and 'm' is int64" in Between(column="n", by={"column": "m", **by}).misfit(schema)
    assert "expected a text" in Between(column="n", low=1, when={"column": "t", "equals": 1}).misfit(schema)
    assert Between(column="n", by={"column": "t", **by}, when={"column": "m", "equals": 1}).misfit(schema) == ""


class Folder:
    """Assets that lie in a folder."""

    def __init__(self, folder):
        self.folder = folder

    def path(self, place):
        return self.folder / place

    def digest(self, place):
        return place


PROFILE = {"by": "language", "bands": {"n": {"de": {"low": 1}, "no": {"low": 2, "high": 3}}}}


def opened(folder, text, column="n", **by):
    (folder / "bands").write_text(text, encoding="utf-8")
    step = Between(column=column, by={"column": "language", "file": "bands", "otherwise": "drop", **by})
    return step.open(Folder(folder))


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump, lambda values: str(PROFILE).replace("'", "")])
def test_bands_of_a_file_come_after_those_of_the_recipe(tmp_path, write):
    rule = opened(tmp_path, write(PROFILE), bands={"de": {"low": 5}})
    languages = ["de", "de", "no", "no", "fr"]
    batch = pa.RecordBatch.from_arrays([pa.array([1, 5, 2, 4, 2]), pa.array(languages)], names=["n", "language"])

    assert rule.keep(batch).to_pylist() == [False, True, True, False, False]


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("{", "n", "neither JSON nor YAML"),
        ("a: [", "n", "neither JSON nor YAML"),
        ("[]", "n", "bands: the file"),
        ('{"by": "language", "bands": {"n": {"de": {}}}}', "n", "bands.n.de"),
        ('{"by": "site", "bands": {}}', "n", "bands by 'site'"),
        (
            '{"by": "language", "bands": {"n": {"de": {}}}}',
            "n",
            "bands: bands.n.de is {}: a band needs low, high or both; a p",
        ),
        (
            '{"by": "language", "bands": {"n": {"de": {"lwo": 1}}}}',
            "n",
            "unknown setting 'bands.n.de.lwo'; did you mean 'low'?",
        ),
        (
            '{"by": "language", "bands": {"n": {"de": {"low": "x"}}}}',
            "n",
            "bands: bands.n.de.low is 'x'; expected a number or",
        ),
        ('{"by": "language", "bands": {"n": 3}, "stop_words": 4}', "n", "bands: bands.n is 3; expected"),
        (
            '{"by": "language", "bands": {"n": 3}, "stop_words": 4}',
            "n",
            "; and 1 more; a profile is {by: COLUMN, bands",
        ),
        ('{"bands": {}}', "n", "bands: needs 'by'"),
        (json.dumps(PROFILE), "m", "no bands for 'm'; it has them for n"),
    ],
)
def test_a_file_that_has_no_such_bands_is_refused(tmp_path, text, column, said):
    with pytest.raises(RecipeError) as caught:
        opened(tmp_path, text, column)

    assert said in str(caught.value)


def test_the_file_of_bands_is_a_place():
    step = Between(column="n", by={"column": "c", "file": "bands.json", "otherwise": "keep"})

    assert list(places_of(step)) == [("by.file", "bands.json")]
