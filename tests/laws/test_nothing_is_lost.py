"""Law 2: nothing is lost silently."""

import pyarrow.parquet as pq

import dclm_pipeline as dp
from tests.engine.crawls import EVERYTHING, run_inline


def table_of(pool, folder):
    """Return all rows of one of a pool's folders."""
    return pq.ParquetDataset(sorted((pool / folder).glob("*.parquet"))).read()


def test_every_document_that_entered_has_one_line_in_the_signals(crawl, tmp_path):
    ran = run_inline(EVERYTHING, crawl, tmp_path / "pool")
    signals = table_of(tmp_path / "pool", "signals").to_pylist()
    kept = {row["id"] for row in signals if row["outcome"] == "kept"}

    assert len(signals) == len({row["id"] for row in signals}) == ran.manifest.tally.source.documents
    assert kept == set(dp.open(tmp_path / "pool").to_table(columns=["id"])["id"].to_pylist())


def test_every_failure_is_a_row_with_step_and_reason(crawl, tmp_path):
    ran = run_inline(EVERYTHING, crawl, tmp_path / "pool")
    rejects = table_of(tmp_path / "pool", "rejects").to_pylist()
    failed = [row for row in rejects if row["outcome"] == "failed"]

    assert len(failed) == ran.manifest.tally.failed
    assert all(row["step"] and row["reason"] for row in rejects)


def test_rows_balance_from_the_records_to_the_pool(crawl, tmp_path):
    ran = run_inline(EVERYTHING, crawl, tmp_path / "pool")
    tally = ran.manifest.tally

    assert tally.imbalances() == []
    assert tally.steps[0].entered == tally.source.documents
    assert tally.steps[-1].left == ran.manifest.rows
    assert sum(step.dropped + step.failed for step in tally.steps) + ran.manifest.rows == tally.source.documents
