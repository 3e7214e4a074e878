"""What a run tells while it goes: values for whoever shows progress. Nothing that is decided depends on them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dclm_pipeline.engine.tasks import Done, Task
from dclm_pipeline.engine.underway import Reached


@dataclass(frozen=True)
class PhaseBegun:
    """A phase begins: so many tasks, of which some have a receipt already."""

    name: str
    folder: str
    tasks: int
    known: int


@dataclass(frozen=True)
class TasksUnderway:
    """Tasks are so far, by their keys; those that have told nothing yet are not among them."""

    reached: Mapping[str, Reached]


@dataclass(frozen=True)
class TaskDone:
    """A task was performed."""

    task: Task
    done: Done


@dataclass(frozen=True)
class TaskRetried:
    """A task failed in a way that may pass, and will be tried again."""

    task: Task
    error: str
    attempt: int
    wait: float


@dataclass(frozen=True)
class TaskSetAside:
    """A task failed for good; the others go on."""

    task: Task
    error: str


@dataclass(frozen=True)
class Warned:
    """Something looks wrong without being an error."""

    message: str


@dataclass(frozen=True)
class AlreadyWhole:
    """The pool is whole; there is nothing to do."""

    folder: str
    rows: int


Event = PhaseBegun | TasksUnderway | TaskDone | TaskRetried | TaskSetAside | Warned | AlreadyWhole
Listener = Callable[[Event], None]


def silent(event: Event) -> None:
    """Listen to nothing."""
    del event
