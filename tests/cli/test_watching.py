"""The line of a run: what tasks tell while they are at it is in it, and is not counted twice when they are done."""

import pytest

from dclm_pipeline.cli.watching import RunProgress
from dclm_pipeline.engine.events import PhaseBegun, TaskDone, TasksUnderway
from dclm_pipeline.engine.tasks import Done
from dclm_pipeline.engine.underway import Reached
from dclm_pipeline.pools.receipt import InputFacts, Receipt
from dclm_pipeline.tally import StepTally, Tally
from tests.engine.test_drive import phase


@pytest.fixture
def shown(monkeypatch):
    """Return the texts that are shown, however soon one comes after another."""
    texts = []
    monkeypatch.setattr("dclm_pipeline.cli.watching.Line.show", lambda self, text: texts.append(text))
    return texts


def test_documents_of_tasks_at_work_are_shown_and_not_counted_twice(shown):
    one = phase(1).tasks[0]
    tally = Tally(steps=(StepTally("guard", "guard", 120, 120),))
    receipt = Receipt(one.key, "segment 1", 0, (InputFacts("a.warc.gz", "", 3_000_000),), {}, tally, {})
    progress = RunProgress()
    for event in (
        PhaseBegun("segment 1", "pool", 2, 0),
        TasksUnderway({one.key: Reached(40, 1_000_000)}),
        TasksUnderway({one.key: Reached(100, 2_500_000), "other": Reached(7, 0)}),
        TaskDone(one, Done(receipt)),
    ):
        progress(event)

    assert [text.split(", ")[:2] for text in shown] == [
        ["  segment 1: 0/2 shards", "40 documents"],
        ["  segment 1: 0/2 shards", "107 documents"],
        ["  segment 1: 1/2 shards", "127 documents"],
    ]
    assert ["1.0 MB" in shown[0], "2.5 MB" in shown[1], "3.0 MB" in shown[2]] == [True] * 3
