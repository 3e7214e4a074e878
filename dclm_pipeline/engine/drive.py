"""Driving a phase's tasks to their receipts: what has none is performed, a bounded number at a time, and tried again
where that may help.

Ours is the retry policy, not the executor's. A task that fails for good is set aside by name; the others finish.
"""

import random
import time
from collections import deque
from dataclasses import dataclass, field

from dclm_pipeline.engine.events import Listener, PhaseBegun, TaskDone, TaskRetried, TaskSetAside
from dclm_pipeline.engine.executors import Executor, WorkerLostError, WorkerMemoryError
from dclm_pipeline.engine.jobs.segment import judge
from dclm_pipeline.engine.phases import Phase
from dclm_pipeline.engine.tasks import CollectWork, Done, SegmentWork, Task
from dclm_pipeline.errors import ExitCode, IncompleteError, ShardError, TaskError, TransientError, UnforeseenError
from dclm_pipeline.pools.receipt import JOINED, Receipt, receipts_for, standing
from dclm_pipeline.storage import open_storage

MOST_ATTEMPTS = 8
MOST_LOSSES = 3  # a worker that dies again and again on one task is not bad luck
# So many tasks that raised, and fewer that did not: there is no point in going on.
MOST_UNFORESEEN = 16
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 60.0
POLL_SECONDS = 0.2
# Tasks in flight for each slot: enough that no slot waits for the driver, few enough that all can be dropped.
WINDOW = 2


@dataclass
class Story:
    """What performing tasks cost, for `runs/`; never an input of anything."""

    performed: int = 0
    known: int = 0
    retried: int = 0
    cpu_seconds: float = 0.0
    task_seconds: float = 0.0
    waited_seconds: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    set_aside: dict[str, str] = field(default_factory=dict)

    def add(self, done: Done) -> None:
        """Add a performed task."""
        self.performed += 1
        self.cpu_seconds += done.cpu_seconds
        self.task_seconds += done.wall_seconds
        self.waited_seconds += done.waited_seconds
        for name, seconds in done.seconds.items():
            self.seconds[name] = self.seconds.get(name, 0.0) + seconds
        for kind, count in done.requests.items():
            self.requests[kind] = self.requests.get(kind, 0) + count
        for step in done.receipt.tally.steps:
            self.rows[step.name] = self.rows.get(step.name, 0) + step.entered


def drive(phase: Phase, executor: Executor, listener: Listener, story: Story, *, again: bool = False) -> list[Receipt]:
    """Return the receipts of a phase's tasks, in their order; what has none (`again`: everything) is performed first."""
    known = {} if again else known_receipts(phase)
    aside = _beyond_limits(phase, known, listener, story)
    todo = [task for task in phase.tasks if task.key not in known]
    listener(PhaseBegun(phase.name, phase.folder, len(phase.tasks), len(known)))
    story.known += len(known)
    if todo:
        for listed in (*phase.older, *([] if phase.listed is None else [phase.listed])):
            listed.write(open_storage(listed.folder))
    if todo or aside:
        known |= _perform_all(phase, todo, aside, executor, listener, story)
    return [known[task.key] for task in phase.tasks]


def known_receipts(phase: Phase) -> dict[str, Receipt]:
    """Return the receipts of the phase's tasks that are done, and whose files are still there."""
    storage = open_storage(phase.folder)
    collecting = any(isinstance(task.work, CollectWork) for task in phase.tasks)
    receipts = receipts_for(storage, [task.key for task in phase.tasks])
    return standing(storage, receipts, passing=() if collecting else JOINED)


def _beyond_limits(phase: Phase, known: dict[str, Receipt], listener: Listener, story: Story) -> list[str]:
    """Set aside what was done under laxer limits than this run's, and failed more than these allow."""
    aside = []
    for task in phase.tasks:
        if task.key in known and isinstance(task.work, SegmentWork):
            try:
                judge(task, task.work, known[task.key].tally)
            except ShardError as error:
                aside.append(str(error))
                story.set_aside[task.label] = str(error)
                listener(TaskSetAside(task, str(error)))
    return aside


def _perform_all(
    phase: Phase, todo: list[Task], aside: list[str], executor: Executor, listener: Listener, story: Story
) -> dict[str, Receipt]:
    waiting = deque(todo)
    resting: list[tuple[float, Task]] = []
    failures: dict[str, int] = {}
    receipts: dict[str, Receipt] = {}
    unforeseen: list[UnforeseenError] = []
    in_flight = 0
    while waiting or resting or in_flight:
        now = time.monotonic()
        waiting.extend(task for when, task in resting if when <= now)
        resting = [(when, task) for when, task in resting if when > now]
        while waiting and in_flight < executor.slots * WINDOW:
            executor.submit(waiting.popleft(), phase.needs)
            in_flight += 1
        if not in_flight:
            time.sleep(POLL_SECONDS)
            continue
        for finished in executor.wait(POLL_SECONDS):
            in_flight -= 1
            task, error = finished.task, finished.error
            if finished.done is not None:
                receipts[task.key] = finished.done.receipt
                story.add(finished.done)
                listener(TaskDone(task, finished.done))
            elif isinstance(error, TransientError) and failures.get(task.key, 0) + 1 < _most(error):
                failures[task.key] = failures.get(task.key, 0) + 1
                wait = _rest(failures[task.key])
                resting.append((time.monotonic() + wait, task))
                story.retried += 1
                listener(TaskRetried(task, str(error), failures[task.key], wait))
            elif isinstance(error, TaskError):
                aside.append(f"{task.label}: {error}" if task.label not in str(error) else str(error))
                story.set_aside[task.label] = str(error)
                listener(TaskSetAside(task, str(error)))
                if isinstance(error, UnforeseenError):
                    unforeseen.append(error)
                    if len(unforeseen) >= MOST_UNFORESEEN and len(unforeseen) > len(receipts):
                        raise error
            elif error is not None:
                raise error
    if aside:
        listed = "\n  ".join(aside)
        others = ", the others are done" if len(aside) < len(phase.tasks) else ""
        incomplete = IncompleteError(
            f"{len(aside)} of {len(phase.tasks)} tasks of {phase.name} were set aside{others}:\n  {listed}\n"
            "There is no manifest. Mend or remove what is named, then run the same command: only this is done again."
        )
        if unforeseen:
            incomplete.exit_code = ExitCode.BUG
        raise incomplete
    return receipts


def _most(error: TransientError) -> int:
    return MOST_LOSSES if isinstance(error, WorkerLostError | WorkerMemoryError) else MOST_ATTEMPTS


def _rest(failures: int) -> float:
    """Return how long to wait before another attempt: growing, with full jitter, so that workers do not march in step."""
    longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (failures - 1))
    return random.uniform(longest / 2, longest)
