"""Evidence that is counts is added on the way; what is found is the same, and all documents are told of it."""

import itertools

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dclm_pipeline as dp
from dclm_pipeline.engine import gathered, phases
from dclm_pipeline.engine.combining import combined_by
from dclm_pipeline.engine.gathered import Gathered
from dclm_pipeline.engine.steps.contract import ContractError
from dclm_pipeline.recipe import Recipe
from dclm_pipeline.sources.warc import Warc
from dclm_pipeline.stages.extract import Extract
from tests.engine.crawls import bytes_of
from tests.engine.kinds import LongestOf, LongestOfAdded, letter_of


def run(step, crawl, pool, **settings):
    """Run a recipe that extracts texts and keeps some, in ranges of one shard each."""
    recipe = Recipe(name="longest", source=Warc(split=60_000), steps=[Extract(), step])
    return dp.run(recipe, crawl, pool, **({"executor": "inline", "guard": False} | settings))


def kept(pool):
    return sorted(dp.open(pool).to_table(columns=["id"])["id"].to_pylist())


def evidence_of(pool):
    """Return the evidence that round 0 stored, shard by shard."""
    paths = sorted((pool / "work").glob("*-evidence-0/evidence/*.parquet"))
    return [pq.read_table(path) for path in paths]


@pytest.fixture(scope="module")
def texts(crawl, tmp_path_factory):
    pool = tmp_path_factory.mktemp("texts") / "pool"
    dp.run(Recipe(name="texts", source=Warc(), steps=[Extract()]), crawl, pool, executor="inline", guard=False)
    return dp.open(pool).to_table()


@pytest.fixture(scope="module")
def longest(texts):
    """Return the ids of the longest half of each letter."""
    groups = {}
    for row in texts.select(["id", "text"]).to_pylist():
        groups.setdefault(letter_of(row["text"]), []).append((-len(row["text"]), row["id"]))
    return [id for group in groups.values() for _, id in sorted(group)[: max(1, len(group) // 2)]]


@pytest.fixture(autouse=True)
def _several_ranges(monkeypatch):
    monkeypatch.setattr(phases, "SHARDS_PER_RANGE", 2)


def test_the_same_is_found_with_and_without_adding(crawl, tmp_path):
    for step in (LongestOf(), LongestOfAdded()):
        run(step, crawl, tmp_path / step.kind / "pool")
    added, plain = (evidence_of(tmp_path / name / "pool") for name in ("longest_of", "longest_of_added"))

    assert kept(tmp_path / "longest_of" / "pool") == kept(tmp_path / "longest_of_added" / "pool")
    assert sum(table.num_rows for table in added) < sum(table.num_rows for table in plain)
    assert [sum(table["count"].to_pylist()) for table in added] == [table.num_rows for table in plain]


def test_it_is_what_a_plain_sort_gives(crawl, longest, tmp_path):
    run(LongestOf(), crawl, tmp_path / "pool")

    assert kept(tmp_path / "pool") == sorted(longest)


def test_in_memory(texts, longest):
    applied = dp.apply([LongestOf()], texts)

    assert sorted(applied.docs["id"].to_pylist()) == sorted(longest)


@pytest.mark.parametrize(
    "settings", [{"batch_rows": 1}, pytest.param({"batch_rows": 4096, "guard": True}, marks=pytest.mark.slow)]
)
def test_the_same_bytes_whatever_the_batches_and_the_memory(crawl, tmp_path, monkeypatch, settings):
    run(LongestOf(), crawl, tmp_path / "one" / "pool")
    monkeypatch.setattr(gathered, "MOST_BYTES", 300)
    monkeypatch.setattr(gathered, "RUN_ROWS", 3)
    run(LongestOf(), crawl, tmp_path / "other" / "pool", **settings)
    one, other = (evidence_of(tmp_path / name / "pool") for name in ("one", "other"))

    assert bytes_of(tmp_path / "one" / "pool") == bytes_of(tmp_path / "other" / "pool")
    assert one == other


ROWS = st.lists(st.tuples(st.sampled_from([0, 1, 2**40, 2**63, 2**64 - 1]), st.integers(0, 3), st.integers(1, 9)))


@given(ROWS, st.integers(1, 9), st.sampled_from([0, 100, 10**6]))
def test_rows_of_a_hash_come_in_one_batch_and_added_to_the_last(tmp_path_factory, rows, size, most):
    counted = Gathered(
        tmp_path_factory.mktemp("combining"), "rows", most=most, combine=combined_by(LongestOf(), LongestOf())
    )
    for start in range(0, len(rows), size):
        hashes, bins, counts = zip(*rows[start : start + size], strict=True)
        arrays = [pa.array(hashes, pa.uint64()), pa.array(bins, pa.int64()), pa.array(counts, pa.int64())]
        counted.add(pa.RecordBatch.from_arrays(arrays, names=["hash", "bin", "count"]))
    runs = [[tuple(row.values()) for row in run.to_pylist()] for run in counted.runs()]
    totals = {}
    for hash, bin, count in rows:
        totals[hash, bin] = totals.get((hash, bin), 0) + count

    assert [row for run in runs for row in run] == sorted((*key, count) for key, count in totals.items())
    assert all(one[-1][0] < other[0][0] for one, other in itertools.pairwise(runs))


class Forgetful(LongestOf):
    """Combines rows to nothing."""

    def combine(self, rows):
        return rows.slice(0, 0)


def test_combining_to_nothing_is_a_broken_contract(texts):
    with pytest.raises(ContractError, match="combined rows of"):
        dp.apply([Forgetful(kind="longest_of")], texts)


class Mute:
    """Says nothing at all."""


def test_a_barrier_that_cannot_combine_says_so(texts):
    with pytest.raises(ContractError, match="has no `combine`"):
        combined_by(LongestOf(), Mute())
