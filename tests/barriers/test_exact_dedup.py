from datetime import UTC, datetime

import pyarrow as pa
import pytest

import dclm_pipeline as dp
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.schema import DATE


def documents(rows, key="text"):
    """Return a table of rows: the value of a column, a date (a year), and a score."""
    dates = [None if year is None else datetime(year, 1, 1, tzinfo=UTC) for _, year, _ in rows]
    return pa.table(
        {
            "id": pa.array([bytes([n]) * 16 for n in range(len(rows))], pa.binary(16)),
            "date": pa.array(dates, DATE),
            key: pa.array([value for value, _, _ in rows], pa.large_string()),
            "score": pa.array([score for _, _, score in rows], pa.float64()),
        }
    )


def kept(rows, key="text", **settings):
    """Return the places of the rows that stay."""
    table = documents(rows, key)
    left = dp.apply([dp.steps.exact_dedup(column=key, **settings)], table).docs["id"].to_pylist()
    backwards = dp.apply([dp.steps.exact_dedup(column=key, **settings)], table.take(list(range(len(rows)))[::-1])).docs

    assert sorted(backwards["id"].to_pylist()) == sorted(left), "the order must not matter"
    return [id[0] for id in left]


def same(*texts):
    return [(text, 2020, 0.0) for text in texts]


def test_one_of_equal_texts_stays():
    assert kept(same("one", "two", "one", "One", "", "", "прямо", "прямо", "漢字", "漢字")) == [0, 1, 3, 4, 6, 8]


def test_unknown_texts_are_equal_to_nothing():
    assert kept(same(None, None, "a")) == [0, 1, 2]


@pytest.mark.parametrize(
    ("settings", "stays"),
    [
        ({}, 2),
        ({"keep": "oldest"}, 2),
        ({"keep": "newest"}, 1),
        ({"keep": "smallest_id"}, 0),
        ({"keep": "highest", "by": "score"}, 3),
        ({"keep": "lowest", "by": "score"}, 1),
        ({"keep": "longest"}, 2),
    ],
)
def test_the_one_that_stays_is_chosen_by_a_rule(settings, stays):
    rows = [("a", 2021, None), ("a", 2022, 1.0), ("a", 2019, 5.0), ("a", 2020, 9.0), ("a", None, float("nan"))]

    assert kept(rows, **settings) == [stays]


def test_the_longest_of_alike_texts_stays():
    assert kept(same("a b", "A   b", "a\nB"), normalise="letters", keep="longest") == [1]


@pytest.mark.parametrize(
    ("normalise", "stay"),
    [("as_is", [0, 1, 2, 3]), ("letters", [0, 2, 3]), ("digits", [0, 3])],
)
def test_texts_are_made_alike_first(normalise, stay):
    assert kept(same("On 12 May", " ON  12\nmay", "on 13 May", "on 130 May"), normalise=normalise) == stay


@pytest.mark.parametrize(
    ("normalise", "stay"),
    [("as_is", [0, 1, 2, 3, 4]), ("dclm", [0, 2, 3, 4]), ("plain", [0, 4])],
)
def test_addresses_are_made_alike_first(normalise, stay):
    urls = [
        "http://a.org/p",
        "https://www.a.org/p/?utm_source=x",
        "https://A.org/p?fbclid=1#top",
        "a.org:443/p",
        "a.org/q",
    ]

    assert kept(same(*urls), key="url", normalise=normalise) == stay


def test_clusters_name_the_one_that_stays():
    table = documents(same("a", "b", "a", None))
    docs = dp.apply([dp.steps.exact_dedup(clusters=True, annotate=True)], table).docs

    assert [id[0] for id in docs["cluster"].to_pylist()] == [0, 1, 0, 3]
    assert docs["cluster_size"].to_pylist() == [2, 1, 2, 1]
    assert docs["passes.exact_dedup"].to_pylist() == [True, True, False, True]


def test_rejects_name_the_one_that_stays():
    applied = dp.apply([dp.steps.exact_dedup()], documents(same("a", "b", "a")))

    assert [(row["id"][0], row["detail"]) for row in applied.rejects.to_pylist()] == [(2, f"copy of {'00' * 16}")]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"column": "url", "normalise": "digits"}, "not for column 'url'; use as_is, dclm, plain"),
        ({"normalise": "dclm"}, "not for column 'text'; use as_is, letters, digits"),
        ({"keep": "highest"}, "name a column of numbers"),
        ({"by": "score"}, "goes with highest and lowest alone"),
    ],
)
def test_settings_that_do_not_fit_are_mistakes(settings, said):
    with pytest.raises(ValueError, match=said):
        dp.steps.exact_dedup(**settings)


def test_choosing_by_a_text_is_a_mistake():
    with pytest.raises(RecipeError, match="chooses by 'text', which is large_string"):
        dp.apply([dp.steps.exact_dedup(keep="highest", by="text")], documents(same("a")))
