"""The chain: what each verb does to rows, and that every row is accounted for."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.segments import cut_chain
from dclm_pipeline.engine.steps.chain import Chain
from dclm_pipeline.engine.steps.contract import ContractError
from dclm_pipeline.engine.steps.sides import ROW
from dclm_pipeline.ids import ID, document_id
from dclm_pipeline.step import Annotate, Batch, Columns, Step
from dclm_pipeline.tally import Tally, total
from tests.engine.kinds import Count, Least, Pairs, Upper, Without

SCHEMA = pa.schema([pa.field("id", ID, nullable=False), pa.field("text", pa.large_string())])


def documents(texts: list[str], first: int = 0) -> Batch:
    """Return texts as a batch that a chain takes."""
    rows = range(first, first + len(texts))
    ids = pa.array([document_id("test", str(row)) for row in rows], ID)
    arrays = [ids, pa.array(texts, pa.large_string()), pa.array(rows, pa.int64())]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA.append(pa.field(ROW, pa.int64())))


def through(steps: list[Step], texts: list[str], size: int = 1000) -> tuple[list[str], list[tuple[str, ...]], Tally]:
    """Return the texts left, the rejects, and the tally of taking texts through a chain in batches of a size."""
    (segment,) = cut_chain(SCHEMA, steps, None, 1.0, 0)
    chain = Chain(segment.layout, FetchedAssets())
    worked = [chain.work(documents(texts[at : at + size], at)) for at in range(0, len(texts), size)]
    worked.append(chain.finish())
    left = [text for one in worked for text in one.docs["text"].to_pylist()]
    rejects = [
        (row["step"], row["outcome"], row["reason"], row["text"]) for one in worked for row in one.rejects.to_pylist()
    ]
    return left, rejects, total(Tally(steps=one.tallies) for one in worked)


def count() -> Step:
    return Count(name="count")


def test_a_row_that_raises_costs_itself():
    left, rejects, tally = through([count()], ["one", "boom", "three"])

    assert left == ["one", "three"]
    assert rejects == [("count", "failed", "ValueError", "boom")]
    assert (tally.steps[0].entered, tally.steps[0].left, tally.steps[0].failed) == (3, 2, 1)


def test_a_row_that_fails_says_why():
    left, rejects, tally = through([count()], ["one", "bad", "three"])

    assert left == ["one", "three"]
    assert rejects == [("count", "failed", "bad text", "bad")]
    assert dict(tally.steps[0].reasons) == {"bad text": 1}


def test_rules_of_one_run_are_judged_on_the_rows_that_enter_it():
    rules = [count(), Least(name="long", least=3), Without(name="no_x", word="x")]

    left, _, tally = through(rules, ["abc", "x", "xyz", "a", "abcd"])

    assert left == ["abc", "abcd"]
    long, no_x = tally.steps[1:]
    assert (long.entered, long.dropped, long.would, long.alone) == (5, 2, 2, 1)
    assert (no_x.entered, no_x.dropped, no_x.would, no_x.alone) == (3, 1, 2, 1)


def test_a_rule_that_raises_rejects_the_row():
    left, rejects, tally = through([Without(name="no_x", word="x")], ["abc", "trap", "x"])

    assert left == ["abc"]
    assert sorted(rejects) == [("no_x", "dropped", "dropped", "x"), ("no_x", "failed", "KeyError", "trap")]
    assert tally.imbalances() == []


def test_a_rewrite_to_null_drops_the_row():
    left, rejects, _ = through([Upper(name="upper")], ["a", "", "b"])

    assert left == ["A", "B"]
    assert rejects == [("upper", "dropped", "dropped", None)]


@pytest.mark.parametrize("size", [1, 2, 5])
def test_an_unfold_carries_rows_over_batches(size):
    left, _, tally = through([Pairs(name="pairs"), Upper(name="upper")], ["a", "b", "c", "d", "e"], size)

    assert left == ["A+B", "C+D", "E"]
    assert tally.imbalances() == []


@pytest.mark.parametrize("size", [1, 3, 5])
def test_unfolds_can_follow_each_other(size):
    steps = [Pairs(name="pairs"), Upper(name="upper"), Pairs(name="pairs-2")]

    left, _, tally = through(steps, ["a", "b", "c", "d", "e"], size)

    assert left == ["A+B+C+D", "E"]
    assert tally.imbalances() == []


def test_a_step_that_gives_another_type_than_it_declares_is_named():
    class Liar(Annotate):
        kind: str = "liar"

        def reads(self) -> frozenset[str]:
            return frozenset({"text"})

        def writes(self) -> pa.Schema:
            return pa.schema([("length", pa.int64())])

        def columns(self, docs: Batch) -> Columns:
            return Columns({"length": pa.array(["x"] * docs.num_rows)})

    with pytest.raises(ContractError, match="liar: column 'length' is 1 values of string; expected 1 of int64"):
        through([Liar(name="liar")], ["a"])


def test_each_row_that_a_run_of_rules_drops_is_told_of_with_the_rule_and_what_was_known_by_then():
    steps = [
        count(),
        Least(name="long", least=2),
        Without(name="no_x", word="x", annotate=True),
        Without(name="no_y", word="y"),
        Least(name="longer", least=4),
    ]
    (segment,) = cut_chain(SCHEMA, steps, None, 1.0, 0)

    worked = Chain(segment.layout, FetchedAssets()).work(documents(["a", "axxx", "ayyy", "abc", "trap", "long", "axy"]))

    told = [(row["outcome"], row["by"], row["length"], row["passes.no_x"]) for row in worked.signals.to_pylist()]
    assert told == [
        ("dropped", "long", 1, None),
        ("kept", None, 4, False),
        ("dropped", "no_y", 4, True),
        ("dropped", "longer", 3, True),
        ("failed", "no_x", 4, False),
        ("kept", None, 4, True),
        ("dropped", "no_y", 3, False),
    ]
    assert [(row["step"], row["reason"], row["text"]) for row in worked.rejects.to_pylist()] == [
        ("long", "dropped", "a"),
        ("no_y", "dropped", "ayyy"),
        ("longer", "dropped", "abc"),
        ("no_x", "KeyError", "trap"),
        ("no_y", "dropped", "axy"),
    ]


@given(
    st.lists(st.sampled_from(["", "a", "bad", "boom", "trap", "x", "some text", "xbadx", "long text without it"])),
    st.integers(1, 7),
)
def test_any_batching_gives_the_same(texts, size):
    steps = [count(), Least(name="long", least=1), Without(name="no_x", word="x"), Upper(name="upper")]

    left, rejects, tally = through(steps, texts, size)

    assert (left, rejects, tally) == through(steps, texts)
    assert tally.imbalances() == []
    assert sum(step.dropped + step.failed for step in tally.steps) + len(left) == len(texts)
