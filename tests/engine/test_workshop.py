"""What a worker keeps from task to task."""

import pytest

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.child.guard import Guard, Unguarded
from dclm_pipeline.engine.child.programs import ChainProgram
from dclm_pipeline.engine.child.work import ChildLimits
from dclm_pipeline.engine.steps.chain import Layout
from dclm_pipeline.engine.tasks import Conditions
from dclm_pipeline.engine.workshop import Workshop
from dclm_pipeline.schema import TEXT
from tests.engine.kinds import Upper


@pytest.mark.parametrize(("steps", "guarded"), [((), False), ((Upper(),), True)])
def test_a_chain_of_no_steps_needs_no_guard(steps, guarded):
    layout = Layout(TEXT, steps, tuple(frozenset(TEXT.names) for _ in steps), tuple(TEXT.names))
    workshop = Workshop(Conditions(ChildLimits(1.0, 5.0, 2**30)))
    try:
        guard = workshop.guard(ChainProgram.of(layout, FetchedAssets()))

        assert isinstance(guard, Guard if guarded else Unguarded)
    finally:
        workshop.close()
