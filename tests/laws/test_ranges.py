"""A page that holds a WARC file of its own puts no document into the pool, however its file is split."""

import pytest

import dclm_pipeline as dp
from tests.engine.crawls import EXTRACT, run_inline
from tests.sources.test_ranges import smuggling


@pytest.mark.parametrize(
    "split", [pytest.param(300, marks=pytest.mark.slow), 700, pytest.param(1500, marks=pytest.mark.slow)]
)
def test_a_stored_archive_within_a_page_smuggles_nothing(tmp_path, split):
    source = tmp_path / "crawl"
    source.mkdir()
    (source / "a.warc.gz").write_bytes(b"".join(smuggling()))
    run_inline(EXTRACT, source, tmp_path / "whole" / "pool", "source.split=null")
    run_inline(EXTRACT, source, tmp_path / "split" / "pool", f"source.split={split}")

    assert urls(tmp_path / "split" / "pool") == urls(tmp_path / "whole" / "pool")
    assert not [url for url in urls(tmp_path / "split" / "pool") if "smuggled" in url]


def urls(pool):
    """Return the addresses of a pool's documents."""
    return sorted(dp.open(pool).to_table(columns=["url"])["url"].to_pylist())
