"""Laws 1 and 2 for what takes out what was there before: any batches and any cut of the crawl, and no row is lost."""

import json

import pytest

import dclm_pipeline as dp
from tests.engine.crawls import bytes_of, run_inline

pytestmark = pytest.mark.slow

HEAD = (
    "name: dedup\nsource: {kind: warc}\nlimits: {shard_bytes: 100000, dropped_sample: 1.0}\nsteps:\n  - kind: extract\n"
)
STEPS = {
    "lines": "  - {kind: line_dedup, normalise: digits, keep: longest}\n",
    "paragraphs": "  - {kind: line_dedup, unit: paragraph}\n",
    "texts": "  - {kind: exact_dedup, normalise: letters, clusters: true}\n",
    "addresses": "  - {kind: exact_dedup, column: url, normalise: plain, keep: newest}\n",
    "old-both": "  - {kind: bloom_dedup, mode: old-both}\n",
    "both": "  - {kind: bloom_dedup, mode: both, ngram: 5, groups: 2}\n",
    "substring": "  - {kind: bloom_dedup, mode: substring, ngram: 5, least_tokens: 10}\n",
}
ALL = "".join(STEPS.values())


@pytest.fixture(scope="module")
def together(crawl, tmp_path_factory):
    """Return a pool that went through all of them, and the run that made it."""
    pool = tmp_path_factory.mktemp("together") / "pool"
    return pool, run_inline(HEAD + ALL, crawl, pool)


@pytest.mark.parametrize("rows", [1, 4096])
def test_any_batches_give_the_same_bytes(crawl, together, tmp_path, rows):
    run_inline(HEAD + ALL, crawl, tmp_path / "pool", batch_rows=rows)

    assert bytes_of(tmp_path / "pool") == bytes_of(together[0])


def test_two_workers_give_the_same_bytes(crawl, together, tmp_path):
    run_inline(HEAD + ALL, crawl, tmp_path / "pool", executor="ray", workers=2)

    assert bytes_of(tmp_path / "pool") == bytes_of(together[0])


def test_rows_balance_and_each_takes_something_out(together):
    tally = together[1].manifest.tally
    dropped = {step.name: step.dropped for step in tally.steps}

    assert tally.imbalances() == []
    assert [step.name for step in tally.steps if step.failed and step.kind != "extract"] == []
    assert sum(step.dropped + step.failed for step in tally.steps) + together[1].manifest.rows == tally.source.documents
    assert dropped["exact_dedup"] + dropped["line_dedup"] + dropped["bloom_dedup"] > 0


@pytest.mark.parametrize("name", ["lines", "paragraphs", "texts", "addresses"])
def test_who_stays_does_not_depend_on_the_shards(crawl, tmp_path, name):
    for cut, split in (("whole", "null"), ("split", "30000")):
        run_inline(HEAD + STEPS[name], crawl, tmp_path / cut / "pool", f"source.split={split}")

    assert documents(tmp_path / "whole" / "pool") == documents(tmp_path / "split" / "pool")


def test_a_second_time_nothing_is_taken_out(together):
    steps = [dp.steps.exact_dedup(normalise="letters", name="again", clusters=True), dp.steps.line_dedup(name="lines")]
    table = dp.open(together[0]).to_table()
    applied = dp.apply(steps, table)

    assert applied.docs["text"].to_pylist() == table["text"].to_pylist()
    assert set(applied.docs["cluster_size"].to_pylist()) == {1}


def documents(pool):
    rows = dp.open(pool).to_table(columns=["id", "text"]).to_pylist()
    return sorted((row["id"], row["text"]) for row in rows)


def test_decontaminated_pools_are_the_same_whatever_the_batches(crawl, together, tmp_path):
    texts = [row["text"] for row in dp.open(together[0]).to_table(columns=["text"]).to_pylist()]
    quiz = tmp_path / "quiz.jsonl"
    quiz.write_text("".join(json.dumps({"query": text[:400]}) + "\n" for text in texts[::9]))
    steps = f"  - {{kind: decontaminate, evaluations: [{quiz}], action: cut, around: 1}}\n"
    steps += f"  - {{kind: decontaminate, evaluations: [{quiz}], shortest: 8, ngram: 9}}\n"
    runs = [
        run_inline(HEAD + steps, crawl, tmp_path / str(rows) / "pool", batch_rows=rows, guard=guard)
        for rows, guard in ((1, True), (4096, False))
    ]
    cut, dropped = [step for step in runs[0].manifest.tally.steps if step.kind == "decontaminate"]

    assert bytes_of(tmp_path / "1" / "pool") == bytes_of(tmp_path / "4096" / "pool")
    assert runs[0].manifest.tally.imbalances() == []
    assert cut.failed == dropped.failed == 0
    assert dict(dropped.reasons) == ({"quiz": dropped.dropped} if dropped.dropped else {})
