"""What lies at the places of a run before it begins, and what a run makes of it."""

import shutil

import pytest

from dclm_pipeline.engine.events import Warned
from dclm_pipeline.engine.publish import NothingLeftError
from dclm_pipeline.errors import IntegrityError, RecipeError
from tests.engine.crawls import EVERYTHING, EXTRACT, bytes_of, run_inline


def shards(pool):
    return sorted(path.name for path in (pool / "shards").iterdir())


def warned_by(text, source, out, *overrides):
    told = []
    run_inline(text, source, out, *overrides, listener=told.append)
    return [event.message for event in told if isinstance(event, Warned)]


@pytest.mark.parametrize("damage", [b"", b"{", b'{"format": 1}'])
def test_a_broken_manifest_is_written_anew(crawl, tmp_path, damage):
    out = tmp_path / "pool"
    run_inline(EXTRACT, crawl, out)
    before = bytes_of(out)
    (out / "manifest.json").write_bytes(damage)

    run_inline(EXTRACT, crawl, out)

    assert bytes_of(out) == before


def test_a_manifest_of_a_later_format_is_not_written_over(crawl, tmp_path):
    out = tmp_path / "pool"
    run_inline(EXTRACT, crawl, out)
    (out / "manifest.json").write_text('{"format": 99}')

    with pytest.raises(RecipeError, match="format 99"):
        run_inline(EXTRACT, crawl, out)


@pytest.mark.parametrize(
    ("folder", "damage"),
    [
        ("shards", "short"),
        *(pytest.param(where, "gone", marks=pytest.mark.slow) for where in ("shards", "rejects", "signals")),
    ],
)
def test_a_pool_that_lacks_a_file_is_not_whole_and_is_mended(crawl, tmp_path, damage, folder):
    out = tmp_path / "pool"
    run_inline(EVERYTHING, crawl, out)
    before = bytes_of(out)
    file = sorted((out / folder).iterdir())[0]
    if damage == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-1])

    again = run_inline(EVERYTHING, crawl, out)

    assert not again.whole_before
    assert bytes_of(out) == before


@pytest.mark.slow
def test_another_recipe_at_the_same_place_leaves_no_shards_of_the_first(crawl, tmp_path):
    run_inline(EXTRACT, crawl, tmp_path / "pool")
    run_inline(EVERYTHING, crawl, tmp_path / "pool")
    run_inline(EVERYTHING, crawl, tmp_path / "fresh" / "pool")

    assert shards(tmp_path / "pool") == shards(tmp_path / "fresh" / "pool")


def test_shards_of_nobody_are_told_of(crawl, tmp_path):
    out = tmp_path / "pool"
    (out / "shards").mkdir(parents=True)
    (out / "shards" / "old.parquet").write_bytes(b"PAR1")

    assert any("old.parquet" in message for message in warned_by(EXTRACT, crawl, out))
    assert any("old.parquet" in message for message in warned_by(EXTRACT, crawl, out))


def test_a_file_that_ends_early_is_named(crawl, tmp_path):
    source = tmp_path / "crawl"
    shutil.copytree(crawl, source)
    cut = sorted(source.rglob("*.warc.gz"))[0]
    cut.write_bytes(cut.read_bytes()[:-1000])

    assert any(cut.name in message for message in warned_by(EXTRACT, source, tmp_path / "pool"))


def test_a_pool_cannot_be_a_file_or_lie_in_its_source(crawl, tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(RecipeError, match="is a file"):
        run_inline(EXTRACT, crawl, tmp_path / "file")
    with pytest.raises(RecipeError, match="lies in the source"):
        run_inline(EXTRACT, crawl, crawl / "pool")


def test_where_nothing_is_left_the_steps_that_took_it_are_named(crawl, tmp_path):
    with pytest.raises(NothingLeftError, match=r"words dropped [1-9]") as told:
        run_inline(EVERYTHING, crawl, tmp_path / "pool", "words.low=1e9")
    assert told.value.tally.steps


def test_an_empty_source_and_a_missing_one_are_told_apart(tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").touch()

    with pytest.raises(RecipeError, match="no such place"):
        run_inline(EXTRACT, tmp_path / "nowhere", tmp_path / "pool")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecipeError, match="the folder is empty"):
        run_inline(EXTRACT, tmp_path / "empty", tmp_path / "pool")
    with pytest.raises(RecipeError, match="other files"):
        run_inline(EXTRACT, tmp_path / "other", tmp_path / "pool")


def test_verify_says_of_a_damaged_manifest_that_it_is_one(crawl, tmp_path):
    from dclm_pipeline.engine.verify import verify

    run_inline(EXTRACT, crawl, tmp_path / "pool")
    (tmp_path / "pool" / "manifest.json").write_text("{")

    with pytest.raises(IntegrityError, match="not a manifest"):
        verify(str(tmp_path / "pool"))


@pytest.mark.slow
def test_a_smaller_crawl_leaves_the_saved_prefix_of_a_larger_one_alone(crawl, tmp_path):
    run_inline(EVERYTHING, crawl, tmp_path / "large" / "pool", saved=tmp_path / "saved")
    before = {path for path in (tmp_path / "saved").rglob("*.parquet") if path.parent.name == "shards"}
    (tmp_path / "few").mkdir()
    file = sorted(crawl.rglob("*.warc.gz"))[0]
    (tmp_path / "few" / file.name).write_bytes(file.read_bytes())

    run_inline(EVERYTHING, tmp_path / "few", tmp_path / "small" / "pool", saved=tmp_path / "saved")
    again = run_inline(EVERYTHING, crawl, tmp_path / "again" / "pool", "words.low=30", saved=tmp_path / "saved")

    assert before <= set((tmp_path / "saved").rglob("*.parquet"))
    assert again.story.known >= len(before)


def test_a_stricter_limit_sets_aside_what_was_done_under_a_laxer_one(crawl, tmp_path, monkeypatch):
    from dclm_pipeline.engine.jobs import segment
    from dclm_pipeline.errors import IncompleteError

    monkeypatch.setattr(segment, "ALWAYS_ALLOWED_FAILURES", 0)
    lax, strict = "limits.failed_share=1", "limits.failed_share=0"
    run_inline(EXTRACT, crawl, tmp_path / "pool", "extract.most_depth=6", lax)

    with pytest.raises(IncompleteError, match="documents failed"):
        run_inline(EXTRACT, crawl, tmp_path / "pool", "extract.most_depth=6", strict)
