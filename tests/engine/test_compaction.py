"""Many small files become few, and nothing is done again for it."""

import pytest

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


@pytest.mark.parametrize(
    ("name", "joins"),
    [("0", 3), pytest.param("c", 2, marks=pytest.mark.slow), pytest.param("f", 1, marks=pytest.mark.slow)],
    ids=["front", "middle", "end"],
)
def test_a_file_more_is_taken_into_packs_that_are_there(crawl, tmp_path, monkeypatch, name, joins):
    for module in (phases, publish, walk):
        monkeypatch.setattr(module, "COLLECTED", 2)
    source = tmp_path / "crawl"
    source.mkdir()
    files = sorted(crawl.rglob("*.warc.gz"))
    for known, file in zip(["a", "b", "d", "e"], [*files, files[0]], strict=True):
        (source / f"{known}.warc.gz").write_bytes(file.read_bytes())
    run_inline(EXTRACT, source, tmp_path / "pool")
    (source / f"{name}.warc.gz").write_bytes(files[1].read_bytes())

    grown = run_inline(EXTRACT, source, tmp_path / "pool")

    assert grown.story.performed == 1 + joins  # the new file, and joins of other pairs, taken from the old joins
    fresh = run_inline(EXTRACT, source, tmp_path / "fresh" / "pool")

    assert grown.manifest.content == fresh.manifest.content
    assert grown.manifest.tally == fresh.manifest.tally
    assert [file.content for file in grown.manifest.signals] == [file.content for file in fresh.manifest.signals]
    assert [file.content for file in grown.manifest.rejects] == [file.content for file in fresh.manifest.rejects]


@pytest.mark.slow
def test_what_lay_in_a_join_that_is_gone_is_made_again(crawl, tmp_path, monkeypatch):
    for module in (phases, publish, walk):
        monkeypatch.setattr(module, "COLLECTED", 2)
    source = tmp_path / "crawl"
    source.mkdir()
    files = sorted(crawl.rglob("*.warc.gz"))
    for name, file in zip("bcd", files, strict=True):
        (source / f"{name}.warc.gz").write_bytes(file.read_bytes())
    whole = run_inline(EXTRACT, source, tmp_path / "pool")
    (source / "a.warc.gz").write_bytes(files[1].read_bytes())
    (tmp_path / "pool" / whole.manifest.signals[0].path).unlink()

    grown = run_inline(EXTRACT, source, tmp_path / "pool")
    fresh = run_inline(EXTRACT, source, tmp_path / "fresh" / "pool")

    assert grown.story.performed == 1 + 2 + 2  # the new file, the two whose signals are gone, two joins
    assert [file.content for file in grown.manifest.signals] == [file.content for file in fresh.manifest.signals]
