"""Law 1: same work, same bytes."""

import shutil

import pytest

from tests.engine.crawls import EVERYTHING, EXTRACT, bytes_of, run_inline


@pytest.fixture(scope="module")
def reference(crawl, tmp_path_factory):
    """Return the bytes of a pool built in one go."""
    pool = tmp_path_factory.mktemp("reference") / "pool"
    run_inline(EVERYTHING, crawl, pool)
    return bytes_of(pool)


@pytest.mark.parametrize(
    "rows", [1, pytest.param(7, marks=pytest.mark.slow), pytest.param(4096, marks=pytest.mark.slow)]
)
def test_any_batch_size_gives_the_same_bytes(crawl, reference, tmp_path, rows):
    run_inline(EVERYTHING, crawl, tmp_path / "pool", batch_rows=rows)

    assert bytes_of(tmp_path / "pool") == reference


def test_without_a_guard_the_bytes_are_the_same(crawl, reference, tmp_path):
    run_inline(EVERYTHING, crawl, tmp_path / "pool", guard=False)

    assert bytes_of(tmp_path / "pool") == reference


@pytest.mark.slow
def test_a_crawl_that_lies_elsewhere_gives_the_same_bytes(crawl, reference, tmp_path):
    shutil.copytree(crawl, tmp_path / "moved")

    run_inline(EVERYTHING, tmp_path / "moved", tmp_path / "pool")

    assert bytes_of(tmp_path / "pool") == reference


def test_a_second_run_does_nothing(crawl, reference, tmp_path):
    run_inline(EVERYTHING, crawl, tmp_path / "pool")
    again = run_inline(EVERYTHING, crawl, tmp_path / "pool")

    assert (again.whole_before, again.story.performed) == (True, 0)
    assert bytes_of(tmp_path / "pool") == reference


def test_exactly_the_task_whose_receipt_is_gone_runs_again(crawl, tmp_path):
    first = run_inline(EXTRACT, crawl, tmp_path / "pool")
    before = bytes_of(tmp_path / "pool")
    next((tmp_path / "pool" / "receipts").glob("*.json")).unlink()

    again = run_inline(EXTRACT, crawl, tmp_path / "pool")

    assert again.story.performed == 1
    assert again.manifest == first.manifest
    assert bytes_of(tmp_path / "pool") == before


def test_documents_do_not_depend_on_how_a_file_is_split(crawl, tmp_path):
    whole = run_inline(EXTRACT, crawl, tmp_path / "whole", "source.split=null")
    split = run_inline(EXTRACT, crawl, tmp_path / "split", "source.split=30000")

    assert len(split.manifest.shards) > len(whole.manifest.shards)
    assert texts(tmp_path / "split") == texts(tmp_path / "whole")


def texts(pool):
    """Return the documents of a pool, by id."""
    import dclm_pipeline as dp

    rows = dp.open(pool).to_table(columns=["id", "url", "text"]).to_pylist()
    return sorted((row["id"], row["url"], row["text"]) for row in rows)
