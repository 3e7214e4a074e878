"""Many small files become few, and nothing is done again for it."""

from dclm_pipeline.engine import phases, publish, walk
from tests.engine.crawls import EXTRACT, run_inline


def test_receipts_rejects_and_signals_of_many_tasks_are_joined(crawl, tmp_path, monkeypatch):
    for module in (phases, publish, walk):
        monkeypatch.setattr(module, "COLLECTED", 4)
    out = tmp_path / "pool"
    first = run_inline(EXTRACT, crawl, out, "source.split=20000")
    tasks = len(first.manifest.shards)
    again = run_inline(EXTRACT, crawl, out, "source.split=20000")

    assert tasks > 8
    assert len(list((out / "receipts").glob("*.jsonl"))) == tasks // 4
    assert len(first.manifest.signals) == -(-tasks // 4)
    assert again.whole_before


def test_a_pool_whose_manifest_is_gone_is_made_whole_from_its_packs(crawl, tmp_path, monkeypatch):
    for module in (phases, publish, walk):
        monkeypatch.setattr(module, "COLLECTED", 4)
    out = tmp_path / "pool"
    first = run_inline(EXTRACT, crawl, out, "source.split=20000")
    (out / "manifest.json").unlink()

    again = run_inline(EXTRACT, crawl, out, "source.split=20000")

    assert again.story.performed == 0
    assert again.manifest == first.manifest
