"""Rows come in the order of (hash, order, arrival), in the same runs whether they were in memory or on scratch."""

import itertools
import tracemalloc
from typing import Literal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dclm_pipeline as dp
from dclm_pipeline.engine import gathered, walk
from dclm_pipeline.engine.gathered import Gathered, order_of
from dclm_pipeline.errors import IncompleteError
from dclm_pipeline.recipe import Recipe
from dclm_pipeline.sources.warc import Warc
from dclm_pipeline.stages.extract import Extract
from dclm_pipeline.step import Barrier, Batch, Columns

ROWS = st.lists(
    st.tuples(st.sampled_from([0, 1, 2**40, 2**63, 2**64 - 1]), st.integers(0, 2), st.binary(max_size=9)), max_size=40
)


def batches(rows, sizes):
    """Return rows in batches of the given sizes, over and over."""
    found, start = [], 0
    for size in itertools.cycle(sizes):
        if start >= len(rows):
            return found
        part = rows[start : start + size]
        hashes, orders, texts = zip(*part, strict=True)
        arrays = [pa.array(hashes, pa.uint64()), pa.array(orders, pa.uint64()), pa.array(texts, pa.large_binary())]
        found.append(pa.RecordBatch.from_arrays(arrays, names=["hash", "order", "text"]))
        start += size
    return found


def runs(tmp, rows, sizes, most):
    made = Gathered(tmp, "rows", most=most)
    for batch in batches(rows, sizes):
        made.add(batch)
    return [[tuple(row.values()) for row in run.to_pylist()] for run in made.runs()]


@given(ROWS, st.sampled_from([[1], [3, 7], [100]]), st.sampled_from([0, 50, 10**6]))
def test_rows_come_in_order(tmp_path_factory, rows, sizes, most):
    found = runs(tmp_path_factory.mktemp("gathered"), rows, sizes, most)

    assert [row for run in found for row in run] == sorted(rows, key=lambda row: row[:2])
    assert all(found)


@pytest.mark.parametrize(("run_rows", "run_bytes"), [(7, 10**6), (10**6, 200)])
def test_runs_end_where_they_do_whatever_the_memory(tmp_path_factory, monkeypatch, run_rows, run_bytes):
    monkeypatch.setattr(gathered, "RUN_ROWS", run_rows)
    monkeypatch.setattr(gathered, "RUN_BYTES", run_bytes)
    luck = np.random.default_rng(1)
    rows = [
        (int(luck.integers(0, 30)) << 59, int(luck.integers(0, 3)), bytes(int(luck.integers(0, 20))))
        for _ in range(300)
    ]
    found = [
        runs(tmp_path_factory.mktemp("runs"), rows, sizes, most) for sizes in ([1], [64]) for most in (0, 999, 10**9)
    ]

    assert all(one == found[0] for one in found)
    assert len(found[0]) > 20


@given(st.lists(st.sampled_from([0, 1, 2**63, 2**64 - 1]), max_size=40), st.integers(1, 4))
def test_rows_without_an_order_of_their_own_stay_as_they_came(hashes, size):
    parts = [hashes[at : at + size] for at in range(0, len(hashes), size)]
    table = pa.table({"hash": pa.chunked_array([pa.array(part, pa.uint64()) for part in parts], pa.uint64())})

    assert order_of(table).tolist() == [row for _, row in sorted(zip(hashes, range(len(hashes)), strict=True))]


def test_rows_of_one_hash_are_put_in_order_in_little_memory():
    count = 100_000
    table = pa.concat_tables([pa.table({"hash": np.zeros(count // 2, np.uint64)})] * 2)
    held = pa.total_allocated_bytes()
    tracemalloc.start()
    order = order_of(table)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert order.tolist() == list(range(count))
    assert peak + pa.total_allocated_bytes() - held < 17 * count + 10_000


class Restless(Barrier):
    """Hands on one row for ever."""

    kind: Literal["restless"] = "restless"

    def reads(self) -> frozenset[str]:
        return frozenset({"id"})

    def evidence_schema(self, round: int) -> pa.Schema:
        return pa.schema([])

    def findings_schema(self, round: int) -> pa.Schema:
        return pa.schema([])

    def onward_schema(self, round: int) -> pa.Schema:
        return pa.schema([])

    def evidence(self, docs: Batch, round: int, found: Batch | None) -> Batch:
        rows = np.arange(docs.num_rows)
        return pa.RecordBatch.from_arrays([pa.array(rows), pa.array(rows.astype(np.uint64))], names=["row", "hash"])

    def findings(self, rows, round: int):
        yield next(rows).slice(0, 1).select(["hash"])

    def settle(self, rows, round: int):
        yield next(rows).select(["hash"])

    def columns(self, docs: Batch, found: Batch) -> Columns:
        return Columns({})


def test_a_barrier_that_never_settles_is_stopped(crawl, tmp_path, monkeypatch):
    monkeypatch.setattr(walk, "MOST_PASSES", 3)
    recipe = Recipe(name="restless", source=Warc(), steps=[Extract(), Restless()])
    with pytest.raises(IncompleteError, match="still handed on after 3 passes"):
        dp.run(recipe, crawl, tmp_path / "pool", executor="inline", guard=False)
