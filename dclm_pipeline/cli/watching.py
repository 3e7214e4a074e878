"""Showing how far a run is; a module of its own, as what a run tells of takes time to import."""

import time

import click

from dclm_pipeline.cli.progress import Line, TimeLeft, clock
from dclm_pipeline.engine.events import (
    AlreadyWhole,
    Event,
    PhaseBegun,
    TaskDone,
    TaskRetried,
    TaskSetAside,
    TasksUnderway,
    Warned,
)
from dclm_pipeline.engine.underway import Reached
from dclm_pipeline.kernels.warm import compile_all, seems_cold


class RunProgress:
    """Progress of a run: shards, documents a second, what is kept, what failed, how long it will take."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._line = Line(quiet=quiet)
        self._phase: PhaseBegun | None = None
        self._begun = time.monotonic()
        self._left_time = TimeLeft(self._begun)
        self._seconds_left: float | None = None
        self._tasks = 0
        self._docs = 0
        self._left = 0
        self._failed = 0
        self._bytes = 0
        self._underway: dict[str, Reached] = {}
        self.warnings: list[str] = []

    def __call__(self, event: Event) -> None:
        """Take note of an event, and show what it changes."""
        match event:
            case PhaseBegun():
                self._begin(event)
            case TasksUnderway():
                self._underway |= event.reached
                self._show()
            case TaskDone():
                self._done(event)
            case TaskRetried():
                self._underway.pop(event.task.key, None)
                self._line.say(f"  again in {event.wait:.1f} s (attempt {event.attempt + 1}): {event.error}")
            case TaskSetAside():
                self._underway.pop(event.task.key, None)
                self._line.say(f"  set aside: {event.error}")
            case Warned():
                self.warnings.append(event.message)
                self._line.say(f"warning: {event.message}")
            case AlreadyWhole():
                self._line.say(f"{event.folder} is whole already: {event.rows:,} rows; nothing to do")

    def end(self) -> None:
        """Take the live line away."""
        self._line.clear()

    def _begin(self, phase: PhaseBegun) -> None:
        self._phase, self._begun = phase, time.monotonic()
        self._left_time, self._seconds_left = TimeLeft(self._begun), None
        self._tasks = self._docs = self._left = self._failed = self._bytes = 0
        self._underway.clear()
        todo = phase.tasks - phase.known
        have = f"{phase.known} of {phase.tasks} done before" if phase.known else f"{phase.tasks} to do"
        self._line.say(f"{phase.name}: {have}" + (f", {todo} to do" if phase.known and todo else ""))

    def _done(self, event: TaskDone) -> None:
        receipt = event.done.receipt
        self._underway.pop(event.task.key, None)
        self._tasks += 1
        self._bytes += sum(facts.bytes for facts in receipt.inputs)
        self._failed += receipt.tally.failed
        if receipt.tally.steps:
            self._docs += receipt.tally.steps[0].entered
            self._left += receipt.tally.steps[-1].left
        if self._phase is not None:
            todo = self._phase.tasks - self._phase.known
            self._seconds_left = self._left_time.after(self._tasks, todo, time.monotonic())
        self._show()

    def _show(self) -> None:
        """Show how far the phase is: what is done, and what tasks that are at it have told."""
        phase = self._phase
        if phase is None:
            return
        docs = self._docs + sum(reached.documents for reached in self._underway.values())
        size = self._bytes + sum(reached.bytes for reached in self._underway.values())
        seconds = max(time.monotonic() - self._begun, 1e-9)
        parts = [
            f"  {phase.name}: {self._tasks}/{phase.tasks - phase.known} shards",
            f"{docs:,} documents, {docs / seconds:,.0f}/s" if docs else "",
            f"{size / 1e6:,.1f} MB, {size / seconds / 1e6:,.1f} MB/s" if size else "",
            f"{self._left / self._docs:.1%} kept" if self._docs else "",
            f"{self._failed:,} failed" if self._failed else "",
            "" if self._seconds_left is None else f"{clock(self._seconds_left)} left",
        ]
        self._line.show(", ".join(filter(None, parts)))


def compile_when_cold() -> None:
    """Compile the kernels before the first run of an installation."""
    if seems_cold():
        compile_shown()


def compile_shown() -> None:
    """Compile the kernels with all cores and before anybody's eyes."""
    click.echo("compiling kernels, once for this installation", err=True)
    line, left_time = Line(), TimeLeft(time.monotonic())
    for done, rooms in compile_all():
        left = left_time.after(done, rooms, time.monotonic())
        line.show(f"  {done} of {rooms} modules" + ("" if left is None else f", {clock(left)} left"))
    line.clear()
