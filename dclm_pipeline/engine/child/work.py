"""What a guarded child is asked to run, and what it answers: the contract between engine and guard."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import pyarrow as pa

JSON: TypeAlias = Any
# The fact by which the answer at the end of a task says that it is to be asked again: what is left is large.
MORE = "more"


@dataclass(frozen=True)
class Output:
    """Named streams of rows, and plain JSON values."""

    tables: Mapping[str, pa.RecordBatch]
    facts: Mapping[str, JSON]


@dataclass(frozen=True)
class Lost:
    """A document that took its worker down: one row of an input batch, a countable reason, and what was seen."""

    document: pa.RecordBatch
    reason: str
    detail: str


@dataclass(frozen=True)
class ChildLimits:
    """What one document may cost: CPU and clock in seconds, memory in bytes beyond the opened program's."""

    cpu_seconds: float
    wall_seconds: float
    memory: int


class Worker(Protocol):
    """An opened program."""

    def begin(self, opening: bytes) -> None:
        """Begin a task: forget all that was before; `opening` says what is particular about it."""
        ...

    def work(self, batch: pa.RecordBatch) -> Output:
        """Answer for a batch."""
        ...

    def finish(self) -> Output:
        """Answer for what the task still holds; called again where the answer says that there is more."""
        ...


class Program(Protocol):
    """A picklable value that can be opened: slow, so done once, before any child is forked."""

    @property
    def stateful(self) -> bool:
        """Say whether answers depend on earlier batches of the task."""
        ...

    @property
    def kernels(self) -> tuple[str, ...]:
        """Return the modules of kernels that it computes with, which are loaded before it is opened."""
        ...

    def open(self) -> Worker:
        """Load what is needed."""
        ...


class MustRestart(Exception):  # noqa: N818 - no error: the task goes on, from its beginning
    """A document took down a worker that held state; the task has to begin again without it."""

    def __init__(self, document: pa.RecordBatch, reason: str, detail: str) -> None:
        super().__init__(f"a document took its worker down: {reason} ({detail})")
        self.document = document
        self.reason = reason
        self.detail = detail
