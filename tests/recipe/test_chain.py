"""Whether steps fit together, and which columns are where."""

from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.arrow import schema_of
from dclm_pipeline.engine.segments import pool_columns, segments_of
from dclm_pipeline.recipe import Recipe, chain_problems, needed_before, schemas_after, step_kinds
from dclm_pipeline.recipe.model import named
from dclm_pipeline.sources.warc import Warc
from dclm_pipeline.step import Step
from tests.recipe.steps import KINDS, Cut, Length, Lines, Longer, Strip

ENTERS = Lines().document_schema()


def said_of(*steps: Step, columns: Sequence[str] | None = None) -> list[str]:
    return [message for _, message in chain_problems(ENTERS, named(steps), columns, kinds=KINDS)]


def test_a_chain_that_fits_has_no_problems():
    assert said_of(Strip(), Length(), Longer(), Cut(), columns=["piece"]) == []


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([Length()], ["steps.0 (length) reads 'text', which no earlier step writes; add `strip` before it"]),
        (
            [Length(), Strip()],
            ["steps.0 (length) reads 'text', which no earlier step writes; steps.1 (strip) writes it, and must stand before"],
        ),
        (
            [Strip(), Longer()],
            ["steps.1 (longer) reads 'length', which no earlier step writes; add `length` before it"],
        ),
        (
            [Strip(), Length(), Cut(), Longer()],
            ["steps.3 (longer) reads 'length', which no earlier step writes; add `length` before it"],
        ),
        (
            [Strip(name="x"), Length(name="x")],
            ["steps.1 (length): is named 'x' like steps.0 (strip); give one another name"],
        ),
        (
            [Longer(), Longer()],
            [f"steps.{place} (longer) reads 'length', which no earlier step writes; add `length` before it" for place in (0, 1)],
        ),
    ],
)  # fmt: skip
def test_a_column_that_nothing_writes_is_told_with_the_way_out(steps, said):
    assert said_of(*steps) == said


def test_a_column_that_no_kind_writes_is_told_with_the_nearest():
    class Reads(Longer):
        def reads(self) -> frozenset[str]:
            return frozenset({"lenght", "xyz"})

    assert said_of(Strip(), Length(), Reads()) == [
        "steps.2 (longer) reads 'lenght', which no earlier step writes; did you mean 'length'? There are id, body, text, length",
        "steps.2 (longer) reads 'xyz', which no earlier step writes. There are id, body, text, length",
    ]  # fmt: skip


def test_a_kept_column_must_be_there_at_the_end():
    assert said_of(Strip(), Cut(), columns=["piece", "text"]) == ["columns: nothing writes 'text'. There are id, piece"]


def test_a_chain_without_steps_keeps_what_enters():
    assert said_of(columns=["body"]) == []
    assert said_of(columns=["text"]) == ["columns: nothing writes 'text'. There are id, body"]


def test_columns_are_known_after_each_step_and_those_nobody_needs_are_told():
    steps = (Strip(), Length(), Longer())

    assert [schema.names for schema in schemas_after(ENTERS, steps)] == [
        ["id", "body", "text"],
        ["id", "body", "text", "length"],
        ["id", "body", "text", "length"],
    ]
    assert needed_before(steps, frozenset({"id", "text"})) == [
        {"id", "body"},
        {"id", "text"},
        {"id", "text", "length"},
        {"id", "text"},
    ]


def test_without_columns_all_but_the_working_ones_are_kept():
    assert set(pool_columns(ENTERS, (Strip(), Length()), None)) == {"id", "text", "length"}


def test_what_enters_an_unfold_is_needed_by_nothing_behind_it():
    needed = needed_before((Strip(), Length(), Cut()), frozenset({"id", "piece"}))

    assert needed[1:] == [{"text"}, {"text"}, {"id", "piece"}]


def test_the_schemas_are_those_of_the_steps():
    integers = schema_of(pa.field("text", pa.int64()))

    class Numbers(Strip):
        def writes(self) -> pa.Schema:
            return integers

    (after,) = schemas_after(ENTERS.append(pa.field("text", pa.string())), [Numbers()])

    assert after == ENTERS.append(pa.field("text", pa.int64()))


CHAINS = st.lists(st.sampled_from(["extract", "signals", "sample", "exact_dedup", "shuffle"]), max_size=5)


@given(CHAINS, st.sampled_from([None, ("url",), ("text", "word_count"), ()]))
def test_the_engine_keeps_at_least_what_is_needed(kinds, columns):
    known = step_kinds()
    given_settings = {"sample": {"share": 0.5}}
    steps = [known["extract"](), known["signals"](), *(known[kind](**given_settings.get(kind, {})) for kind in kinds)]
    recipe = Recipe(name="a", source=Warc(), steps=steps, columns=columns)
    segments = segments_of(recipe)
    wanted = frozenset(segments[-1].layout.leaves)
    needed = needed_before(recipe.steps, wanted)
    behind = {step.name: columns for step, columns in zip(recipe.steps, needed[1:], strict=True)}

    for segment in segments:
        for step, kept in zip(segment.layout.steps, segment.layout.keeps, strict=True):
            assert behind[step.name] <= kept
    assert wanted == frozenset(pool_columns(recipe.source.document_schema(), recipe.steps, columns))
