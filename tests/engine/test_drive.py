"""The retry policy: what may pass is tried again, what will not is set aside, the others finish."""

from collections import deque
from collections.abc import Sequence

import pytest

from dclm_pipeline.engine import drive as driving
from dclm_pipeline.engine.drive import MOST_LOSSES, Story, drive
from dclm_pipeline.engine.events import Event, TaskRetried
from dclm_pipeline.engine.executors import Finished, WorkerLostError
from dclm_pipeline.engine.phases import Phase
from dclm_pipeline.engine.tasks import CollectWork, Done, Task
from dclm_pipeline.errors import ExitCode, IncompleteError, IntegrityError, ShardError, TransientError, UnforeseenError
from dclm_pipeline.pools.receipt import Receipt, receipt_to_bytes
from dclm_pipeline.schema import REJECT
from dclm_pipeline.step import Needs
from dclm_pipeline.storage import open_storage

FOLDER = "memory://drive"


class Scripted:
    """An executor whose tasks fail as a script says, by their ordinals."""

    slots = 2

    def __init__(self, script: dict[int, list[Exception]]) -> None:
        self._script = script
        self._waiting: deque[Task] = deque()
        self.most_in_flight = 0

    def submit(self, task: Task, needs: Needs) -> None:
        del needs
        self._waiting.append(task)
        self.most_in_flight = max(self.most_in_flight, len(self._waiting))

    def wait(self, seconds: float) -> Sequence[Finished]:
        del seconds
        task = self._waiting.popleft()
        if self._script.get(task.ordinal):
            return [Finished(task, error=self._script[task.ordinal].pop(0))]
        receipt = Receipt(task.key, task.phase, task.ordinal, (), {})
        return [Finished(task, Done(receipt))]

    def cancel(self) -> None:
        self._waiting.clear()


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(driving, "FIRST_WAIT_SECONDS", 0.001)
    monkeypatch.setattr(driving, "POLL_SECONDS", 0.001)


def phase(count: int) -> Phase:
    """Return a phase of so many tasks."""
    work = CollectWork((), (), (), REJECT)
    return Phase("p", FOLDER, tuple(Task(f"{i:032x}", "p", i, FOLDER, work, (f"shard {i}",)) for i in range(count)))


def test_a_fault_that_passes_is_tried_again():
    events: list[Event] = []
    executor = Scripted({1: [TransientError("slow"), TransientError("slow")]})

    receipts = drive(phase(3), executor, events.append, Story())

    assert [receipt.ordinal for receipt in receipts] == [0, 1, 2]
    assert len([event for event in events if isinstance(event, TaskRetried)]) == 2


def test_a_shard_that_fails_for_good_is_named_and_the_others_finish():
    story = Story()

    with pytest.raises(IncompleteError, match=r"(?s)1 of 3 tasks.*shard 1.*no archive"):
        drive(phase(3), Scripted({1: [ShardError("no archive")]}), lambda event: None, story)
    assert story.performed == 2


def test_a_worker_that_is_lost_again_and_again_is_not_tried_for_ever():
    losses = [WorkerLostError("gone") for _ in range(100)]

    with pytest.raises(IncompleteError, match="gone"):
        drive(phase(1), Scripted({0: losses}), lambda event: None, Story())
    assert len(losses) == 100 - MOST_LOSSES


def test_a_task_that_raises_what_nobody_foresaw_is_set_aside_and_told_as_a_bug():
    story = Story()

    with pytest.raises(IncompleteError, match="shard 0: ZeroDivisionError") as raised:
        drive(phase(3), Scripted({0: [UnforeseenError("shard 0: ZeroDivisionError")]}), lambda event: None, story)

    assert raised.value.exit_code == ExitCode.BUG
    assert story.performed == 2


def test_a_run_in_which_everything_raises_does_not_go_on():
    story = Story()

    with pytest.raises(UnforeseenError):
        drive(phase(100), Scripted({i: [UnforeseenError("raised")] for i in range(100)}), lambda event: None, story)

    assert len(story.set_aside) == driving.MOST_UNFORESEEN


def test_what_stops_a_run_stops_it():
    with pytest.raises(IntegrityError):
        drive(phase(2), Scripted({0: [IntegrityError("other bytes")]}), lambda event: None, Story())


def test_no_more_tasks_are_in_flight_than_the_window_holds():
    executor = Scripted({})
    drive(phase(100), executor, lambda event: None, Story())

    assert executor.most_in_flight == executor.slots * driving.WINDOW


def test_what_has_a_receipt_is_not_done_again():
    storage = open_storage("memory://known")
    task = phase(1).tasks[0]
    storage.put_if_absent(f"receipts/{task.key}.json", receipt_to_bytes(Receipt(task.key, "p", 0, (), {})))
    story = Story()

    drive(Phase("p", "memory://known", (task,)), Scripted({0: [ShardError("not asked")]}), lambda event: None, story)

    assert (story.performed, story.known) == (0, 1)
