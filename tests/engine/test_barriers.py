"""A barrier that cannot stand a document loses that document, in any round, and tells of it under its own name."""

import pyarrow.parquet as pq
import pytest

import dclm_pipeline as dp
from dclm_pipeline.recipe import Recipe
from dclm_pipeline.sources.warc import Warc
from dclm_pipeline.stages.extract import Extract
from tests.engine.crawls import bytes_of
from tests.engine.kinds import Picky


def recipe(**settings: object) -> Recipe:
    """Return a recipe with a barrier of moods."""
    return Recipe(name="picky", source=Warc(), steps=[Extract(), Picky(**settings)])


def rejects(pool) -> list[tuple[str, str, bytes]]:
    """Return what a barrier lost: reason and detail by id."""
    rows = [row for path in (pool / "rejects").glob("*.parquet") for row in pq.read_table(path).to_pylist()]
    return sorted((row["id"], row["reason"], row["detail"]) for row in rows if row["step"] == "picky")


@pytest.fixture(scope="module")
def texts(crawl, tmp_path_factory):
    """Return the documents that reach the barrier, as a table."""
    pool = tmp_path_factory.mktemp("texts") / "pool"
    extract = Recipe(name="texts", source=Warc(), steps=[Extract()])
    dp.run(extract, crawl, pool, executor="inline")
    return dp.open(pool).to_table()


def test_documents_that_a_barrier_raises_for_are_its_rejects(crawl, texts, tmp_path):
    pool = tmp_path / "pool"
    ran = dp.run(recipe(), crawl, pool, executor="inline")
    lengths = {row["id"]: len(row["text"]) for row in texts.select(["id", "text"]).to_pylist()}
    told = rejects(pool)
    tally = {step.name: step for step in ran.manifest.tally.steps}["picky"]

    unheard = {id for id, length in lengths.items() if length % 7 == 0}
    assert {id for id, reason, _ in told if reason == "ArithmeticError"} == unheard
    assert {reason for _, reason, _ in told} == {"ArithmeticError", "LookupError"}
    assert tally.entered == len(lengths)
    assert tally.failed == len(told) == sum(tally.reasons.values())
    assert ran.manifest.rows == len({length for length in lengths.values() if length % 7 and length % 11})


@pytest.mark.slow
def test_it_is_the_same_whatever_the_batches(crawl, tmp_path):
    for rows in (1, 4096):
        dp.run(recipe(), crawl, tmp_path / str(rows) / "pool", executor="inline", batch_rows=rows)

    assert bytes_of(tmp_path / "1" / "pool") == bytes_of(tmp_path / "4096" / "pool")


def test_it_is_the_same_in_memory(crawl, texts, tmp_path):
    ran = dp.run(recipe(), crawl, tmp_path / "pool", executor="inline")
    applied = dp.apply([Picky()], texts)
    steps = {step.name: step for step in ran.manifest.tally.steps}

    assert set(applied.docs["id"].to_pylist()) == set(dp.open(tmp_path / "pool").to_table()["id"].to_pylist())
    assert applied.tally.steps[-1] == steps["picky"]
    told = sorted((row["id"], row["reason"], row["detail"]) for row in applied.rejects.to_pylist())
    assert [one for one in told if one[1] != "dropped"] == rejects(tmp_path / "pool")


def test_a_document_that_a_barrier_dies_of_is_its_reject(crawl, texts, tmp_path):
    rows = texts.select(["id", "text"]).to_pylist()
    fatal = next(row for row in rows if len(row["text"]) % 7 and len(row["text"]) > 100)
    word = fatal["text"][:60]
    ran = dp.run(recipe(fatal=word), crawl, tmp_path / "pool", executor="inline")
    deadly = [row["id"] for row in rows if word in row["text"] and len(row["text"]) % 7]

    assert sorted(id for id, reason, _ in rejects(tmp_path / "pool") if reason == "crashed") == sorted(deadly)
    assert {step.name: step for step in ran.manifest.tally.steps}["picky"].reasons["crashed"] == len(deadly)
