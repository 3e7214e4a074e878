"""Deduplication across crawls: against what older pools have kept, without their text."""

import json
import random

import pyarrow.parquet as pq
import pytest

import dclm_pipeline as dp
from dclm_pipeline.engine import phases
from dclm_pipeline.engine.clean import remove, superfluous
from dclm_pipeline.engine.run import Settings, job_of
from dclm_pipeline.engine.verify import verify
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe import load_recipe
from dclm_pipeline.storage import absent
from dclm_pipeline.storage.paths import below
from stand_ins.stores import new_bucket
from tests.engine.crawls import bytes_of, run_inline

HEAD = "name: {}\nsource: {{kind: jsonl}}\nlimits: {{dropped_sample: 1, shard_bytes: 20000}}\nsteps:\n  - {}\n"
KEEPING = "{kind: exact_dedup, keep: smallest_id, keep_evidence: true}"


def recipe(step, name="crawl"):
    return HEAD.format(name, step)


def against(step, *pools):
    return step.replace("{", f"{{against: [{', '.join(map(str, pools))}], ", 1)


def written(folder, texts, shards=3, crawl="a"):
    folder.mkdir(parents=True)
    for shard in range(shards):
        rows = [
            {"text": text, "url": f"https://{crawl}.org/{i}"} for i, text in enumerate(texts) if i % shards == shard
        ]
        (folder / f"{shard}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def urls(pool):
    return sorted(dp.open(pool).to_table(columns=["url"])["url"].to_pylist())


def texts_in(pool):
    return sorted(dp.open(pool).to_table(columns=["text"])["text"].to_pylist())


def told(pool):
    rows = [row for path in (pool / "rejects").glob("*.parquet") for row in pq.read_table(path).to_pylist()]
    return {row["url"]: (row["reason"], row["detail"]) for row in rows}


def ids(pool):
    return {row["url"]: row["id"].hex() for row in dp.open(pool).to_table(columns=["url", "id"]).to_pylist()}


def words(luck, count):
    return " ".join(f"word{luck.randrange(4000)}" for _ in range(count))


@pytest.fixture(scope="module")
def crawls(tmp_path_factory):
    """Return two crawls of texts of which some are in both, some twice in one."""
    luck = random.Random(7)
    folder = tmp_path_factory.mktemp("crawls")
    first = [words(luck, 30) for _ in range(40)]
    first += luck.sample(first, 10)
    second = [words(luck, 30) for _ in range(30)]
    second += luck.sample(second, 5) + luck.sample(first, 15)
    luck.shuffle(second)
    return written(folder / "a", first), written(folder / "b", second, 4, "b")


@pytest.fixture(scope="module")
def older(crawls, tmp_path_factory):
    pool = tmp_path_factory.mktemp("older") / "pool"
    run_inline(recipe(KEEPING), crawls[0], pool, guard=False)
    return pool


def test_evidence_is_part_of_the_pool(older):
    manifest = json.loads((older / "manifest.json").read_text())
    (hashes, clusters) = manifest["evidence"]

    assert (hashes["step"], hashes["table"], clusters["table"]) == ("exact_dedup", "hashes", "clusters")
    assert hashes["fingerprint"]["column"] == "text"
    assert sum(file["rows"] for file in hashes["files"]) == manifest["rows"] == 40
    assert sum(file["rows"] for file in clusters["files"]) == 10
    assert all((older / file["path"]).is_file() for file in hashes["files"])
    assert verify(str(older)).wrong == ()


def test_older_documents_win_and_the_rejects_name_them(crawls, older, tmp_path):
    ran = run_inline(recipe(against(KEEPING, older)), crawls[1], tmp_path / "pool", guard=False)
    (digest,) = [one["against"][0] for one in ran.manifest.recipe["steps"]]
    gone = [detail for reason, detail in told(tmp_path / "pool").values() if reason == "in an older pool"]
    step = ran.manifest.tally.steps[-1]

    assert not set(texts_in(tmp_path / "pool")) & set(texts_in(older))
    assert len(gone) == step.reasons["in an older pool"] > 10
    assert digest.startswith("sha256:")
    assert {detail.removeprefix("copy of ")[:32] for detail in gone} <= set(ids(older).values())
    assert {detail[-21:] for detail in gone} == {f" in pool {digest[7:19]}"}
    assert str(older) not in (tmp_path / "pool" / "manifest.json").read_text()


def test_one_after_the_other_leaves_what_both_together_leave(crawls, older, tmp_path):
    both = tmp_path / "both"
    both.mkdir()
    for crawl in crawls:
        for path in crawl.iterdir():
            (both / f"{crawl.name}{path.name}").write_bytes(path.read_bytes())
    run_inline(recipe(KEEPING), both, tmp_path / "together" / "pool", guard=False)
    run_inline(recipe(against(KEEPING, older)), crawls[1], tmp_path / "pool", guard=False)

    assert texts_in(tmp_path / "together" / "pool") == sorted(texts_in(older) + texts_in(tmp_path / "pool"))


@pytest.mark.parametrize("step", [KEEPING, "{kind: line_dedup, keep_evidence: true}"])
def test_in_memory_it_is_the_same(crawls, tmp_path, step):
    run_inline(recipe(step), crawls[0], tmp_path / "older" / "pool", guard=False)
    run_inline(recipe(against(step, tmp_path / "older" / "pool")), crawls[1], tmp_path / "pool", guard=False)
    run_inline(recipe("{kind: sample, share: 1.0}"), crawls[1], tmp_path / "all" / "pool", guard=False)
    table = dp.open(tmp_path / "all" / "pool").to_table()
    kind = dp.steps.line_dedup if "line" in step else dp.steps.exact_dedup
    settings = {} if "line" in step else {"keep": "smallest_id"}
    applied = dp.apply([kind(against=[str(tmp_path / "older" / "pool")], name=kind.__name__, **settings)], table)

    assert sorted(applied.docs["text"].to_pylist()) == texts_in(tmp_path / "pool")
    assert not set(texts_in(tmp_path / "pool")) & set(texts_in(tmp_path / "older" / "pool"))


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"workers": 1}, marks=pytest.mark.slow),
        {"batch_rows": 1},
        pytest.param({"batch_rows": 4096, "guard": True}, marks=pytest.mark.slow),
    ],
)
def test_any_batches_give_the_same_bytes(crawls, older, tmp_path, settings):
    run_inline(recipe(against(KEEPING, older)), crawls[1], tmp_path / "one" / "pool", guard=False)
    run_inline(recipe(against(KEEPING, older)), crawls[1], tmp_path / "pool", **settings)

    assert bytes_of(tmp_path / "pool") == bytes_of(tmp_path / "one" / "pool")


def test_pools_in_other_ranges_are_heard_whole(crawls, tmp_path, monkeypatch):
    monkeypatch.setattr(phases, "SHARDS_PER_RANGE", 1)
    run_inline(recipe(KEEPING), crawls[0], tmp_path / "older" / "pool", guard=False)
    left = []
    for ranges in (1, 2, 4):
        monkeypatch.setattr(phases, "SHARDS_PER_RANGE", ranges)
        pool = tmp_path / str(ranges) / "pool"
        run_inline(recipe(against(KEEPING, tmp_path / "older" / "pool")), crawls[1], pool, guard=False)
        left.append(texts_in(pool))

    assert left[0] == left[1] == left[2]
    assert not set(left[0]) & set(texts_in(tmp_path / "older" / "pool"))


def test_a_run_killed_between_evidence_and_manifest_goes_on(crawls, older, tmp_path):
    pool = tmp_path / "pool"
    run_inline(recipe(KEEPING), crawls[0], pool, guard=False)
    (pool / "manifest.json").unlink()
    again = run_inline(recipe(KEEPING), crawls[0], pool, guard=False)

    assert again.story.performed == 0
    assert bytes_of(pool) == bytes_of(older)

    (pool / "manifest.json").unlink()
    next((pool / "evidence" / "exact_dedup").iterdir()).unlink()
    mended = run_inline(recipe(KEEPING), crawls[0], pool, guard=False)

    assert mended.story.performed == 1
    assert bytes_of(pool) == bytes_of(older)


def test_a_flipped_byte_of_evidence_is_found(crawls, tmp_path):
    run_inline(recipe(KEEPING), crawls[0], tmp_path / "pool", guard=False)
    file = next((tmp_path / "pool" / "evidence" / "exact_dedup").iterdir())
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)

    assert any(file.name in line for line in verify(str(tmp_path / "pool")).wrong)


def test_evidence_stays_when_work_is_cleaned_away(crawls, older, tmp_path):
    pool = tmp_path / "pool"
    run_inline(recipe(KEEPING), crawls[0], pool, guard=False)
    (pool / "evidence" / "exact_dedup" / "stray.parquet").write_bytes(b"left behind")
    path = tmp_path / "clean.yaml"
    path.write_text(recipe(KEEPING))
    job = job_of(load_recipe(path), str(crawls[0]), str(pool), Settings(executor="inline"))
    for cleaning in superfluous([job]):
        remove(cleaning)
    ran = run_inline(recipe(against(KEEPING, pool)), crawls[1], tmp_path / "b" / "pool", guard=False)

    assert bytes_of(pool) == bytes_of(older)
    assert not [path for path in (pool / "work").rglob("*.parquet") if "exact_dedup" in str(path)]
    assert ran.manifest.tally.steps[-1].reasons["in an older pool"] > 10


def test_keeping_evidence_later_does_only_that(crawls, older, tmp_path):
    pool = tmp_path / "pool"
    run_inline(recipe(KEEPING.replace("true", "false")), crawls[0], pool, guard=False)
    without = json.loads((pool / "manifest.json").read_text())
    ran = run_inline(recipe(KEEPING), crawls[0], pool, guard=False)

    assert "evidence" not in without
    assert ran.story.performed == 6  # two tables of three shards
    assert bytes_of(pool) == bytes_of(older)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("{kind: exact_dedup, normalise: digits}", "normalise is 'as_is' there and 'digits' here"),
        ("{kind: line_dedup}", r"no evidence of line_dedup \(it has of exact_dedup\); set keep_evidence: true"),
    ],
)
def test_evidence_that_cannot_be_compared_is_refused(crawls, older, tmp_path, step, said):
    with pytest.raises(RecipeError, match=said):
        run_inline(recipe(against(step, older)), crawls[1], tmp_path / "pool")

    with pytest.raises(RecipeError, match="there is no whole pool"):
        run_inline(recipe(against(step, tmp_path / "nothing")), crawls[1], tmp_path / "pool")


def test_another_older_pool_is_other_work(crawls, older, tmp_path):
    pool = tmp_path / "pool"
    before = run_inline(recipe(against(KEEPING, older)), crawls[1], pool, guard=False)
    other = written(tmp_path / "other", ["something else"])
    run_inline(recipe(KEEPING), other, tmp_path / "b" / "pool", guard=False)
    after = run_inline(recipe(against(KEEPING, tmp_path / "b" / "pool")), crawls[1], pool, guard=False)

    assert before.manifest.key != after.manifest.key
    assert after.manifest.rows > before.manifest.rows


EVERYTHING = """
  - {{kind: exact_dedup, keep: smallest_id, keep_evidence: true{0}}}
  - {{kind: minhash_dedup, ngram: 3, keep_evidence: true{0}}}
  - {{kind: line_dedup, keep_evidence: true{0}}}
  - {{kind: bloom_dedup, expected_ngrams: {1}, ngram: 5, keep_evidence: true{0}}}
"""


def everything(expected, *pools):
    told = f", against: {json.dumps([str(pool) for pool in pools])}" if pools else ""
    head = HEAD.format("crawl", "{kind: sample, share: 1.0}")
    return head + EVERYTHING.format(told, expected).lstrip("\n")


@pytest.fixture(scope="module")
def alone(crawls, tmp_path_factory):
    """Return two pools that one process made by all methods, the second one held against the first."""
    older, pool = (tmp_path_factory.mktemp(name) / "pool" for name in "ab")
    run_inline(everything(20000), crawls[0], older, guard=False)
    run_inline(everything(5000, older), crawls[1], pool, guard=False)
    return older, pool


@pytest.mark.slow
def test_pools_on_a_server_are_heard_like_those_on_disk(crawls, alone, tmp_path, store, monkeypatch):
    monkeypatch.setattr(absent, "SETTLE_SECONDS", 0.0)  # nobody else writes here
    monkeypatch.setenv("DCLM_ASSET_CACHE", str(tmp_path / "cache"))
    bucket = new_bucket(store)
    older, pool = alone
    there = {"out_url": below(bucket, "older"), "saved": "", "guard": False}
    run_inline(everything(20000), crawls[0], tmp_path / "x", **there)
    run_inline(everything(5000, below(bucket, "older")), crawls[1], tmp_path / "c" / "pool", guard=False)

    assert verify(below(bucket, "older")).wrong == ()
    assert bytes_of(pool) == bytes_of(tmp_path / "c" / "pool")
    assert len(json.loads((pool / "manifest.json").read_text())["evidence"]) == 7
    assert not set(texts_in(pool)) & set(texts_in(older))


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 5])
def test_several_workers_keep_and_hear_the_same(crawls, alone, tmp_path, workers):
    many = {"executor": "ray", "workers": workers}
    older, pool = tmp_path / "a" / "pool", tmp_path / "b" / "pool"
    run_inline(everything(20000), crawls[0], older, **many)
    run_inline(everything(5000, older), crawls[1], pool, **many)

    assert [bytes_of(one) for one in (older, pool)] == [bytes_of(one) for one in alone]
