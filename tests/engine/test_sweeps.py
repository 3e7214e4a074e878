"""Sweeps: groups of shards walked in order, and what a step may say of the rows that it drops."""

from typing import ClassVar, Literal

import pyarrow as pa
import pytest

import dclm_pipeline as dp
from dclm_pipeline.engine.phases import divided
from dclm_pipeline.engine.stored import Stored
from dclm_pipeline.pools.receipt import StoredFile
from dclm_pipeline.recipe import Recipe
from dclm_pipeline.sources.warc import Warc
from dclm_pipeline.stages.extract import Extract
from dclm_pipeline.step import Annotate, Batch, Columns, Coming, Sweep


class Told(Sweep):
    """Says how much was coming, and how many documents it has met."""

    kind: Literal["told"] = "told"

    def reads(self) -> frozenset[str]:
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        return pa.schema([("coming", pa.int64()), ("coming_bytes", pa.int64()), ("met", pa.int64())])

    def start(self, coming: Coming) -> object:
        return [coming, 0]

    def columns(self, docs: Batch, state: object) -> Columns:
        coming, met = state
        state[1] += docs.num_rows
        rows = docs.num_rows
        return Columns(
            {
                "coming": pa.array([coming.documents] * rows, pa.int64()),
                "coming_bytes": pa.array([coming.text_bytes] * rows, pa.int64()),
                "met": pa.array(range(met, met + rows), pa.int64()),
            }
        )


class Short(Annotate):
    """Drops short texts, and says why."""

    kind: Literal["short"] = "short"
    drops: ClassVar[bool] = True

    def reads(self) -> frozenset[str]:
        return frozenset({"text"})

    def columns(self, docs: Batch) -> Columns:
        texts = docs["text"].to_pylist()
        return Columns(
            {"keep": pa.array([len(text) > 2 for text in texts])},
            reasons=pa.array([None if not text else f"{len(text)} letters" for text in texts], pa.string()),
            remarks=pa.array([f"it was {text!r}" for text in texts], pa.string()),
        )


def stored(*sizes):
    return [Stored("there", StoredFile("x", 1, 1, size, "", {})) for size in sizes]


@pytest.mark.parametrize(
    ("sizes", "parts", "groups"),
    [
        ((5, 5, 5, 5), 2, [(0, 1), (2, 3)]),
        ((9, 1, 1, 1), 2, [(0,), (1, 2, 3)]),
        ((5, 5), 7, [(0,), (1,)]),
        ((0, 0, 0), 3, [(0,), (1,), (2,)]),
        ((), 3, []),
    ],
)
def test_shards_are_divided_by_their_text(sizes, parts, groups):
    assert divided(stored(*sizes), parts) == groups


@pytest.mark.parametrize(
    ("groups", "tasks"),
    [pytest.param(1, 1, marks=pytest.mark.slow), (2, 2), pytest.param(9, 3, marks=pytest.mark.slow)],
)
def test_each_group_is_told_what_is_coming_and_met_in_order(crawl, tmp_path, groups, tasks):
    steps = [Extract(), Told(groups=groups)]
    dp.run(Recipe(name="told", source=Warc(), steps=steps), crawl, tmp_path / "pool", executor="inline")
    rows = dp.open(tmp_path / "pool").to_table(columns=["text", "coming", "coming_bytes", "met"]).to_pylist()
    starts = [place for place, row in enumerate(rows) if row["met"] == 0]
    met = [rows[start:stop] for start, stop in zip(starts, [*starts[1:], None], strict=True)]

    assert len(met) == tasks
    for group in met:
        assert [row["met"] for row in group] == list(range(len(group)))
        assert {row["coming"] for row in group} == {len(group)}
        assert {row["coming_bytes"] for row in group} == {sum(len(row["text"].encode()) for row in group)}


def test_in_memory_a_sweep_is_told_too():
    rows = dp.apply([Told()], ["ab", "c"]).docs.to_pylist()

    assert [(row["coming"], row["coming_bytes"], row["met"]) for row in rows] == [(2, 3, 0), (2, 3, 1)]


def test_why_rows_were_dropped_is_counted_and_told():
    applied = dp.apply([Short()], ["long", "ab", "", "cd", "a"])

    assert dict(applied.tally.steps[0].reasons) == {"2 letters": 2, "1 letters": 1}
    assert [(row["reason"], row["detail"]) for row in applied.rejects.to_pylist()] == [
        ("2 letters", "it was 'ab'"),
        ("dropped", "it was ''"),
        ("2 letters", "it was 'cd'"),
        ("1 letters", "it was 'a'"),
    ]


def test_an_annotation_that_drops_can_be_asked_not_to():
    applied = dp.apply([Short(annotate=True)], ["long", "ab"])

    assert applied.docs["passes.short"].to_pylist() == [True, False]
    assert dict(applied.tally.steps[0].reasons) == {}
