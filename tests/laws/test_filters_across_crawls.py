"""Filters that a pool keeps, and later crawls begin with."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

import dclm_pipeline as dp
from dclm_pipeline.engine.verify import verify
from dclm_pipeline.errors import IntegrityError, RecipeError
from tests.engine.crawls import bytes_of, run_inline

HEAD = "name: seen\nsource: {{kind: jsonl}}\nlimits: {{dropped_sample: 1, shard_bytes: 2000}}\nsteps:\n"
HEAD += "  - {{kind: bloom_dedup, mode: paragraph, ngram: 3, keep_evidence: true{}}}\n"


def recipe(then="", **settings):
    return HEAD.format("".join(f", {name}: {value}" for name, value in settings.items())) + then


def crawl(folder, name, numbers, shards=4):
    folder.mkdir(parents=True)
    for shard in range(shards):
        rows = [{"text": f"page {i} is about number {i} alone", "url": f"https://{name}.org/{i}"} for i in numbers]
        (folder / f"{shard}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[shard::shards]))
    return folder


def texts_in(pool):
    return set(dp.open(pool).to_table(columns=["text"])["text"].to_pylist())


@pytest.fixture
def older(tmp_path):
    pool = tmp_path / "older" / "pool"
    run_inline(recipe(expected_ngrams=5000), crawl(tmp_path / "a", "a", range(100)), pool, guard=False)
    return pool


@pytest.mark.parametrize("then", ["", "  - {kind: exact_dedup}\n"])
@pytest.mark.parametrize("guard", [False, True])
def test_what_an_older_pool_has_seen_goes(older, tmp_path, then, guard):
    b = crawl(tmp_path / "b", "b", range(50, 150))
    ran = run_inline(recipe(then, against=f"[{older}]"), b, tmp_path / "pool", guard=guard)
    manifest = json.loads((tmp_path / "pool" / "manifest.json").read_text())
    (kept,) = manifest["evidence"]
    first = np.concatenate([pq.read_table(path)["word"].to_numpy() for path in (older / "evidence").rglob("*.parquet")])
    (file,) = (tmp_path / "pool" / "evidence").rglob("*.parquet")
    then_words = pq.read_table(file)["word"].to_numpy()

    assert texts_in(tmp_path / "pool") == {f"page {i} is about number {i} alone" for i in range(100, 150)}
    assert (kept["table"], kept["fingerprint"]["ngram"], len(kept["files"])) == ("filter", 3, 1)
    assert np.array_equal(first & then_words, first)
    assert verify(str(tmp_path / "pool")).wrong == ()
    assert ran.manifest.rows == 50


def test_filters_of_groups_are_joined(tmp_path):
    pool = tmp_path / "older" / "pool"
    run_inline(recipe(expected_ngrams=5000, groups=3), crawl(tmp_path / "a", "a", range(100)), pool, guard=False)
    run_inline(recipe(against=f"[{pool}]"), crawl(tmp_path / "b", "b", range(50, 150)), tmp_path / "pool", guard=False)

    assert len(list((pool / "evidence").rglob("*.parquet"))) == 3
    assert texts_in(tmp_path / "pool") == {f"page {i} is about number {i} alone" for i in range(100, 150)}


@pytest.mark.slow
def test_it_is_the_same_for_any_batches_and_goes_on_when_killed(older, tmp_path):
    b = crawl(tmp_path / "b", "b", range(50, 150))
    text = recipe("  - {kind: exact_dedup}\n", against=f"[{older}]")
    run_inline(text, b, tmp_path / "one" / "pool", guard=False, batch_rows=1)
    run_inline(text, b, tmp_path / "two" / "pool", guard=True)
    before = bytes_of(tmp_path / "two" / "pool")
    (tmp_path / "two" / "pool" / "manifest.json").unlink()
    again = run_inline(text, b, tmp_path / "two" / "pool", guard=True)

    assert bytes_of(tmp_path / "one" / "pool") == before == bytes_of(tmp_path / "two" / "pool")
    assert again.story.performed == 0


def test_a_filter_that_would_be_too_full_is_refused_with_the_figures(older, tmp_path):
    b = crawl(tmp_path / "b", "b", range(1000))
    with pytest.raises(
        RecipeError, match=r"hold about [3-7]\d\d n-grams, and \d\d,\d\d\d may come: together more than the"
    ):
        run_inline(recipe(against=f"[{older}]"), b, tmp_path / "pool", guard=False)


def test_filters_of_other_sizes_or_rates_are_refused(older, tmp_path):
    b = crawl(tmp_path / "b", "b", range(10))
    run_inline(recipe(expected_ngrams=500), b, tmp_path / "small" / "pool", guard=False)
    with pytest.raises(RecipeError, match=r"different sizes .* cannot be joined"):
        run_inline(recipe(against=f"[{older}, {tmp_path / 'small' / 'pool'}]"), b, tmp_path / "pool", guard=False)

    with pytest.raises(RecipeError, match=r"false_positives is 0.01 there and 0.1 here"):
        run_inline(recipe(against=f"[{older}]", false_positives=0.1), b, tmp_path / "pool", guard=False)


def test_a_flipped_byte_is_found_by_who_reads_it(older, tmp_path):
    (file,) = (older / "evidence").rglob("*.parquet")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    b = crawl(tmp_path / "b", "b", range(10))

    assert any(file.name in line for line in verify(str(older)).wrong)
    with pytest.raises(IntegrityError, match="holds other bytes than the pool's manifest says"):
        run_inline(recipe(against=f"[{older}]"), b, tmp_path / "pool", guard=False)
