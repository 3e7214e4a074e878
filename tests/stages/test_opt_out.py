from datetime import UTC, datetime

import pyarrow as pa
import pytest

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe.places import places_of
from dclm_pipeline.schema import DATE
from dclm_pipeline.stages.opt_out import OptOut
from tests.stages.test_between import Folder

LIST = "\ufeffdomain,date\n# asked by mail\nExample.org, 2024-05-18\nblog.example.net\t2024-05-18T12:00:00Z\nnever.com\nбег.рф;2020-01-01\n"
BEFORE, DAY = datetime(2024, 5, 17, 23, 59, 59, tzinfo=UTC), datetime(2024, 5, 18, tzinfo=UTC)


def opened(folder, text):
    (folder / "list").write_text(text, encoding="utf-8")
    return OptOut(list="list").open(Folder(folder))


def kept(folder, url, date=DAY, text=LIST):
    docs = pa.RecordBatch.from_arrays([pa.array([url], pa.string()), pa.array([date], DATE)], names=["url", "date"])
    return opened(folder, text).keep(docs).to_pylist()[0]


@pytest.mark.parametrize(
    ("url", "date", "stays"),
    [
        ("https://example.org/", DAY, False),
        ("https://example.org/", BEFORE, True),
        ("https://example.org/", None, False),
        ("https://WWW.a.Example.ORG.:8080/x?y", DAY, False),
        ("https://user:word@example.org/", DAY, False),
        ("https://notexample.org/", DAY, True),
        ("https://example.org.evil.com/", DAY, True),
        ("https://evil.com/https://example.org/", DAY, True),
        ("https://evil.com?@example.org/", DAY, True),
        ("https://blog.example.net/", DAY, True),
        ("https://blog.example.net/", datetime(2024, 5, 18, 12, tzinfo=UTC), False),
        ("https://example.net/", datetime(2024, 5, 19, tzinfo=UTC), True),
        ("https://www.never.com/", datetime(1990, 1, 1, tzinfo=UTC), False),
        ("https://" + "a." * 50 + "never.com/", DAY, False),
        ("https://бег.рф/", DAY, False),
        ("", DAY, True),
        (None, DAY, True),
        (None, None, True),
    ],
)
def test_pages_of_a_domain_are_dropped_from_its_day_on(tmp_path, url, date, stays):
    assert kept(tmp_path, url, date) is stays


def test_no_rows_keep_none_and_a_slice_is_judged_by_its_rows(tmp_path):
    urls = ["https://never.com/", "https://fine.com/", "https://a.never.com/"]
    docs = pa.RecordBatch.from_arrays([pa.array(urls), pa.array([DAY] * 3, DATE)], names=["url", "date"])
    step = opened(tmp_path, LIST)

    assert step.keep(docs.slice(1)).to_pylist() == [True, False]
    assert step.keep(docs.slice(0, 0)).to_pylist() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no domain"),
        ("# nobody\n", "names no domain"),
        ("a.org\nhttps://b.org/", "list:2: 'https://b.org/' is no domain"),
        ("org", "list:1: 'org' is no domain"),
        ("a.org,yesterday", "list:1: 'yesterday' is no date"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(tmp_path, text, said):
    with pytest.raises(RecipeError) as caught:
        opened(tmp_path, text)

    assert said in str(caught.value)


def test_the_earlier_of_two_days_counts(tmp_path):
    assert kept(tmp_path, "https://a.org/", DAY, "a.org,2025-01-01\na.org,2024-01-01\n") is False


def test_the_list_is_a_place_and_columns_must_fit():
    step = OptOut(list="out.csv")

    assert list(places_of(step)) == [("list", "out.csv")]
    assert "'date' as date, and it is int64" in step.misfit(pa.schema([("url", pa.string()), ("date", pa.int64())]))
    assert step.misfit(pa.schema([("url", pa.string()), ("date", DATE)])) == ""
