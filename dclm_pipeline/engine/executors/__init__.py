"""Who does the tasks: executors submit, wait and cancel, and nothing else.

An executor knows neither receipts nor retries: it hands back what a task answered or how it failed. A worker that
died is a `WorkerLostError`, one that ran out of memory an `OutOfMemoryError`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dclm_pipeline.engine.tasks import Conditions, Done, Task
from dclm_pipeline.engine.underway import Hear, deaf
from dclm_pipeline.errors import RecipeError, TransientError
from dclm_pipeline.step import Needs


class WorkerLostError(TransientError):
    """The process that had the task in hand is gone."""


class WorkerMemoryError(TransientError):
    """The process that had the task in hand was stopped because memory ran out."""


@dataclass(frozen=True)
class Pace:
    """How many requests to each server, and how many bytes in all, a run may ask for a second; None: as they bear."""

    requests: float | None = None
    bytes: float | None = None


@dataclass(frozen=True)
class Finished:
    """A task that ended: with an answer, or with an error."""

    task: Task
    done: Done | None = None
    error: BaseException | None = None


class Executor(Protocol):
    """Where tasks are done."""

    @property
    def slots(self) -> int:
        """Return how many tasks can be at work at once."""
        ...

    def submit(self, task: Task, needs: Needs) -> None:
        """Take a task on."""
        ...

    def wait(self, seconds: float) -> Sequence[Finished]:
        """Return tasks that ended, at the latest after so many seconds; none if there are none."""
        ...

    def cancel(self) -> None:
        """Drop all tasks taken on, at work or not, and let everything go."""
        ...


def open_executor(
    name: str,
    conditions: Conditions,
    workers: int,
    address: str | None = None,
    pace: Pace | None = None,
    hear: Hear = deaf,
) -> Executor:
    """Start an executor by name; with a pace, its workers keep it together. `hear` is told how far tasks are."""
    if name == "inline":
        from dclm_pipeline.engine.executors.inline import InlineExecutor

        return InlineExecutor(conditions, hear)  # its requests are this process's, which keeps the pace already
    if name == "ray":
        from dclm_pipeline.engine.executors.ray import RayExecutor

        return RayExecutor(conditions, workers, address, pace, hear)
    raise RecipeError(f"there is no executor {name!r}; there are inline and ray")
