"""What a worker keeps from task to task."""

import pyarrow as pa
import pytest

from dclm_pipeline.barriers.exact_dedup import ExactDedup
from dclm_pipeline.barriers.line_dedup import LineDedup
from dclm_pipeline.barriers.minhash_dedup import MinhashDedup
from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.child.guard import Guard, Unguarded
from dclm_pipeline.engine.child.programs import ChainProgram
from dclm_pipeline.engine.child.work import ChildLimits
from dclm_pipeline.engine.steps.chain import Layout
from dclm_pipeline.engine.tasks import Conditions
from dclm_pipeline.engine.workshop import Workshop
from dclm_pipeline.ids import ID
from dclm_pipeline.schema import TEXT
from dclm_pipeline.stages.pack import Pack
from dclm_pipeline.stages.repeat import Repeat
from dclm_pipeline.stages.tokenize import tokens_field
from tests.engine.kinds import Picky, Upper


@pytest.mark.parametrize(
    ("after", "steps", "guarded"),
    [
        (None, (), False),
        (None, (Upper(),), True),
        (MinhashDedup(), (), False),
        (ExactDedup(), (), False),
        (MinhashDedup(), (Upper(),), True),
        (LineDedup(), (), True),
        (Picky(), (), True),
    ],
)
def test_a_chain_that_looks_at_no_text_needs_no_guard(after, steps, guarded):
    layout = Layout(TEXT, steps, tuple(frozenset(TEXT.names) for _ in steps), tuple(TEXT.names), after)
    workshop = Workshop(Conditions(ChildLimits(1.0, 5.0, 2**30)))
    try:
        guard = workshop.guard(ChainProgram.of(layout, FetchedAssets()))

        assert isinstance(guard, Guard if guarded else Unguarded)
    finally:
        workshop.close()


@pytest.mark.parametrize(("steps", "guarded"), [((Pack(),), False), ((Repeat(), Pack()), True)])
def test_packing_alone_needs_no_guard(steps, guarded):
    tokens = pa.schema([pa.field("id", ID), tokens_field("uint16"), pa.field("token_count", pa.int32())])
    keeps = [frozenset(tokens.names) | {"copy", "copies"}, frozenset(Pack().writes().names)]
    layout = Layout(tokens, steps, tuple(keeps[-len(steps) :]), tuple(Pack().writes().names))
    workshop = Workshop(Conditions(ChildLimits(1.0, 5.0, 2**30)))
    try:
        guard = workshop.guard(ChainProgram.of(layout, FetchedAssets()))

        assert isinstance(guard, Guard if guarded else Unguarded)
    finally:
        workshop.close()
