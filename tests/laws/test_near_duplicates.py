"""Near deduplication gives the same, whatever the batches, ranges, passes, memory, shards and workers."""

import json
import random

import pyarrow.parquet as pq
import pytest

import dclm_pipeline as dp
from dclm_pipeline.barriers.minhash_dedup import MinhashDedup
from dclm_pipeline.barriers.near import rows as near_rows
from dclm_pipeline.engine import gathered, phases
from tests.engine.crawls import bytes_of, run_inline

RECIPE = """
name: near
source: {kind: jsonl}
steps:
  - {kind: minhash_dedup, ngram: 3, threshold: 0.5, keep: oldest}
limits: {dropped_sample: 1, shard_bytes: 20000}
"""


def documents(count):
    """Return documents of which half are like others: copies, chains of changes, and a large star of a template."""
    luck = random.Random(5)
    words = [f"word{i}" for i in range(2000)]
    made = []
    template = [luck.choice(words) for _ in range(60)]
    for i in range(count):
        if i % 4 == 0:
            text = [luck.choice(words) for _ in range(luck.randrange(1, 80))]
        elif i % 4 == 1:
            text = [*template[:57], f"number{i}"]
        else:
            text = made[luck.randrange(len(made))]["text"].split()
            for _ in range(luck.randrange(0, 4)):
                text[luck.randrange(len(text))] = luck.choice(words)
        day = luck.randrange(1, 28)
        made.append(
            {"text": " ".join(text), "url": f"https://e.org/{i}", "date": f"2020-01-{day:02d}T00:00:{i % 60:02d}Z"}
        )
    luck.shuffle(made)
    return made


def written(folder, made, shards):
    folder.mkdir()
    for shard in range(shards):
        lines = [json.dumps(one) for one in made[shard::shards]]
        (folder / f"{shard:03d}.jsonl").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Return a folder of documents in twelve shards."""
    return written(tmp_path_factory.mktemp("near") / "corpus", documents(300), 9)


@pytest.fixture(scope="module")
def reference(corpus, tmp_path_factory):
    """Return the pool that all others are held against."""
    pool = tmp_path_factory.mktemp("reference") / "pool"
    run_inline(RECIPE, corpus, pool, guard=False)
    return pool


def clusters(pool):
    """Return for each address that stays its cluster and its size."""
    table = dp.open(pool).to_table(columns=["url", "cluster", "cluster_size"]).to_pylist()
    return sorted((row["url"], row["cluster"], row["cluster_size"]) for row in table)


def told(pool):
    """Return what the rejects say of what went, by address."""
    rows = [row for path in (pool / "rejects").glob("*.parquet") for row in pq.read_table(path).to_pylist()]
    return sorted((row["url"], row["detail"]) for row in rows)


def test_it_removes_what_it_should(reference):
    sizes = [size for _, _, size in clusters(reference)]

    assert sum(sizes) == 300
    assert len(told(reference)) == 300 - len(sizes)
    assert max(sizes) > 60
    assert 80 < len(sizes) < 200


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"batch_rows": 1, "guard": False}, {"batch_rows": 4096, "guard": True}])
def test_any_batch_size_with_and_without_a_guard(corpus, reference, tmp_path, settings):
    run_inline(RECIPE, corpus, tmp_path / "pool", **settings)

    assert bytes_of(tmp_path / "pool") == bytes_of(reference)


@pytest.mark.slow
def test_several_workers(corpus, reference, tmp_path):
    run_inline(RECIPE, corpus, tmp_path / "pool", executor="ray", workers=2)

    assert bytes_of(tmp_path / "pool") == bytes_of(reference)


@pytest.mark.slow
def test_hardly_any_memory(corpus, reference, tmp_path, monkeypatch):
    monkeypatch.setattr(gathered, "MOST_BYTES", 2000)
    monkeypatch.setattr(gathered, "RUN_ROWS", 5)
    monkeypatch.setattr(near_rows, "_LEAST_ROWS", 1)
    monkeypatch.setattr(MinhashDedup, "held", 7)
    ran = run_inline(RECIPE, corpus, tmp_path / "pool", guard=False)

    assert (clusters(tmp_path / "pool"), told(tmp_path / "pool")) == (clusters(reference), told(reference))
    assert len({path for path in (tmp_path / "pool" / "work").iterdir() if "settling-2" in path.name}) > 5
    assert ran.manifest.rows == len(clusters(reference))


@pytest.mark.slow
@pytest.mark.parametrize("shards_per_range", [1, 4])
def test_any_number_of_ranges(corpus, reference, tmp_path, monkeypatch, shards_per_range):
    monkeypatch.setattr(phases, "SHARDS_PER_RANGE", shards_per_range)
    run_inline(RECIPE, corpus, tmp_path / "pool", guard=False)

    assert (clusters(tmp_path / "pool"), told(tmp_path / "pool")) == (clusters(reference), told(reference))


def test_in_memory(corpus, reference, tmp_path):
    (step,) = [MinhashDedup(ngram=3, threshold=0.5, keep="oldest")]
    run_inline(
        RECIPE.replace("kind: minhash_dedup", "annotate: true, kind: minhash_dedup"),
        corpus,
        tmp_path / "pool",
        guard=False,
    )
    everything = dp.open(tmp_path / "pool").to_table().drop_columns(["cluster", "cluster_size", "cluster_similarity"])
    applied = dp.apply([step], everything.drop_columns([everything.schema.names[-1]]))

    rows = applied.docs.select(["url", "cluster", "cluster_size"]).to_pylist()
    assert sorted((row["url"], row["cluster"], row["cluster_size"]) for row in rows) == clusters(reference)


@pytest.mark.parametrize("how", ["stars", "chains"])
def test_any_sharding(tmp_path, how):
    made = documents(120)
    for place, one in enumerate(made):
        one["date"] = f"2020-01-01T00:{place // 60:02d}:{place % 60:02d}Z"  # no two are as old: ids tell of shards
    found = []
    for shards in (1, 9):
        corpus = written(tmp_path / f"corpus{shards}", made, shards)
        pool = tmp_path / f"run{shards}" / "pool"
        run_inline(RECIPE, corpus, pool, f"minhash_dedup.cluster={how}", guard=False)
        found.append([(url, size) for url, _, size in clusters(pool)])

    assert found[0] == found[1]
    assert len(found[0]) < 100


def test_a_killed_run_goes_on_where_it_was(corpus, reference, tmp_path):
    run_inline(RECIPE, corpus, tmp_path / "pool", guard=False)
    for path in (tmp_path / "pool" / "work").rglob("receipts"):
        if "settling" in str(path) or "findings-3" in str(path):
            for receipt in path.iterdir():
                receipt.unlink()
    (tmp_path / "pool" / "manifest.json").unlink()
    again = run_inline(RECIPE, corpus, tmp_path / "pool", guard=False)

    assert 0 < again.story.performed < again.story.known
    assert bytes_of(tmp_path / "pool") == bytes_of(reference)
