"""Near duplicates across crawls: signatures that an older pool has kept stand for its texts."""

import json
import random

import pyarrow.parquet as pq
import pytest

import dclm_pipeline as dp
from dclm_pipeline.barriers.near import rows as near_rows
from dclm_pipeline.engine import gathered, phases
from dclm_pipeline.errors import RecipeError
from tests.engine.crawls import bytes_of, run_inline

pytestmark = pytest.mark.slow

HEAD = "name: near\nsource: {{kind: jsonl}}\nlimits: {{dropped_sample: 1, shard_bytes: 20000}}\nsteps:\n  - {{{}}}\n"
STEP = {"kind": "minhash_dedup", "ngram": 3, "threshold": 0.6, "keep": "oldest", "keep_evidence": "true"}


def recipe(*pools, **settings):
    told = ", ".join(f"{name}: {value}" for name, value in (STEP | settings).items())
    return HEAD.format(f"{told}, against: [{', '.join(map(str, pools))}]")


def changed(luck, text, words):
    """Return a text of which some words at the end are others."""
    parts = text.split()
    return " ".join([*parts[: len(parts) - words], *(f"other{luck.randrange(10**6)}" for _ in range(words))])


def fresh(luck):
    return " ".join(f"word{luck.randrange(3000)}" for _ in range(80))


def written(folder, crawls, shards=3):
    """Write crawls into one folder, the documents of the first with the oldest dates."""
    folder.mkdir(parents=True)
    for number, (name, texts) in enumerate(crawls):
        for shard in range(shards):
            rows = [
                {"text": text, "url": f"https://{name}.org/{i}", "date": f"20{10 + number}-01-01T00:00:{i % 60:02d}Z"}
                for i, text in enumerate(texts)
                if i % shards == shard
            ]
            (folder / f"{name}{shard}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def urls(pool):
    return sorted(dp.open(pool).to_table(columns=["url"])["url"].to_pylist())


def told(pool):
    rows = [row for path in (pool / "rejects").glob("*.parquet") for row in pq.read_table(path).to_pylist()]
    return {row["url"]: (row["reason"], row["detail"]) for row in rows}


@pytest.fixture(scope="module")
def texts():
    """Return two crawls, the second with copies and near copies of its own and of the first's."""
    luck = random.Random(11)
    first = [fresh(luck) for _ in range(40)]
    second = [fresh(luck) for _ in range(30)]
    first += [changed(luck, text, 3) for text in first[:8]]
    second += [changed(luck, text, 3) for text in second[:6]] + second[6:9]
    second += [changed(luck, text, 2) for text in first[10:22]] + first[22:27]
    luck.shuffle(second)
    return first, second


@pytest.fixture(scope="module")
def crawls(texts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("near")
    return written(folder / "a", [("a", texts[0])]), written(folder / "b", [("x", []), ("b", texts[1])], 4)


@pytest.fixture(scope="module", params=["stars", "chains"])
def older(request, crawls, tmp_path_factory):
    pool = tmp_path_factory.mktemp("older") / "pool"
    run_inline(recipe(cluster=request.param), crawls[0], pool, guard=False)
    return request.param, pool


def test_what_is_kept_is_told_by_the_manifest(older):
    how, pool = older
    manifest = json.loads((pool / "manifest.json").read_text())
    rows = {one["table"]: sum(file["rows"] for file in one["files"]) for one in manifest["evidence"]}
    documents = 40 if how == "stars" else 48  # in chains whoever goes may tie others

    assert manifest["rows"] == 40
    assert rows == {"bands": 16 * documents, "signatures": documents, "clusters": 16}
    assert manifest["evidence"][0]["fingerprint"]["ngram"] == 3
    assert "unicode" in manifest["evidence"][0]["fingerprint"]["libraries"]


def test_one_after_the_other_leaves_what_both_together_leave(texts, crawls, older, tmp_path):
    how, pool = older
    both = written(tmp_path / "both", [("a", texts[0]), ("b", texts[1])])
    run_inline(recipe(cluster=how), both, tmp_path / "together" / "pool", guard=False)
    ran = run_inline(recipe(pool, cluster=how), crawls[1], tmp_path / "pool", guard=False)
    gone = [detail for reason, detail in told(tmp_path / "pool").values() if reason == "in an older pool"]
    survivors = {row["id"].hex() for row in dp.open(pool).to_table(columns=["id"]).to_pylist()}

    assert urls(tmp_path / "together" / "pool") == sorted(urls(pool) + urls(tmp_path / "pool"))
    assert len(gone) == ran.manifest.tally.steps[-1].reasons["in an older pool"] == 17
    assert {detail.split()[1].rstrip(",") for detail in gone} <= survivors
    assert all(" in pool " in detail for detail in gone)


@pytest.mark.parametrize("verify", ["true", "false"])
def test_a_document_between_two_clusters_is_a_bridge(older, tmp_path, verify):
    how, _ = older
    luck = random.Random(3)
    left, right = fresh(luck), fresh(luck)
    half = left.split()[:60] + right.split()[:60]
    first = [" ".join([*left.split()[:60], *fresh(luck).split()[:6]]), " ".join(right.split()[:60]), fresh(luck)]
    settings = {"cluster": how, "verify": verify, "bands": 60, "rows": 2, "threshold": 0.3}
    run_inline(recipe(**settings), written(tmp_path / "a", [("a", first)]), tmp_path / "older" / "pool", guard=False)
    crawl = written(tmp_path / "b", [("b", [" ".join(half), first[2], fresh(luck)])])
    ran = run_inline(recipe(tmp_path / "older" / "pool", **settings), crawl, tmp_path / "pool", guard=False)
    reasons = ran.manifest.tally.steps[-1].reasons

    assert urls(tmp_path / "older" / "pool") == [f"https://a.org/{i}" for i in range(3)]
    assert dict(reasons) == {"in an older pool": 1, "in an older pool, between clusters of it": 1}
    assert urls(tmp_path / "pool") == ["https://b.org/2"]


def test_any_ranges_batches_and_memory_give_the_same(crawls, older, tmp_path, monkeypatch):
    how, pool = older
    run_inline(recipe(pool, cluster=how), crawls[1], tmp_path / "one" / "pool", guard=False)
    run_inline(recipe(pool, cluster=how), crawls[1], tmp_path / "two" / "pool", guard=False, batch_rows=1)
    monkeypatch.setattr(gathered, "MOST_BYTES", 3000)
    monkeypatch.setattr(gathered, "RUN_ROWS", 7)
    monkeypatch.setattr(near_rows, "_LEAST_ROWS", 1)
    monkeypatch.setattr(phases, "SHARDS_PER_RANGE", 1)
    run_inline(recipe(pool, cluster=how), crawls[1], tmp_path / "small" / "pool", guard=False)

    assert bytes_of(tmp_path / "one" / "pool") == bytes_of(tmp_path / "two" / "pool")
    assert urls(tmp_path / "small" / "pool") == urls(tmp_path / "one" / "pool")
    assert told(tmp_path / "small" / "pool") == told(tmp_path / "one" / "pool")


def test_a_third_crawl_is_held_against_both(texts, crawls, older, tmp_path):
    how, pool = older
    run_inline(recipe(pool, cluster=how), crawls[1], tmp_path / "b" / "pool", guard=False)
    luck = random.Random(1)
    third = [changed(luck, texts[0][0], 1), changed(luck, texts[1][0], 1), fresh(luck), texts[0][30]]
    crawl = written(tmp_path / "c", [("c", third)])
    run_inline(recipe(pool, tmp_path / "b" / "pool", cluster=how), crawl, tmp_path / "pool", guard=False)

    assert urls(tmp_path / "pool") == ["https://c.org/2"]


def test_in_memory_it_is_the_same(crawls, older, tmp_path):
    how, pool = older
    run_inline(recipe(pool, cluster=how), crawls[1], tmp_path / "pool", guard=False)
    run_inline(HEAD.format("kind: sample, share: 1.0"), crawls[1], tmp_path / "all" / "pool", guard=False)
    step = dp.steps.minhash_dedup(
        name="minhash_dedup", ngram=3, threshold=0.6, keep="oldest", cluster=how, against=[str(pool)]
    )

    assert sorted(dp.apply([step], dp.open(tmp_path / "all" / "pool").to_table()).docs["url"].to_pylist()) == urls(
        tmp_path / "pool"
    )


def test_other_permutations_are_refused(crawls, older, tmp_path):
    how, pool = older
    text = recipe(pool, cluster=how, seed=2, ngram=4)
    said = "cannot be compared: ngram is 3 there and 4 here; seed is 1 there and 2 here"
    with pytest.raises(RecipeError, match=said):
        run_inline(text, crawls[1], tmp_path / "pool")
