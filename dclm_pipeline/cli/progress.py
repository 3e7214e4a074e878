"""Showing how far something is: a live line on a terminal, plain lines now and then elsewhere."""

import sys
import time
from types import TracebackType

from dclm_pipeline.engine.events import (
    AlreadyWhole,
    Event,
    PhaseBegun,
    TaskDone,
    TaskRetried,
    TaskSetAside,
    Warned,
)

LIVE_SECONDS = 0.2
PLAIN_SECONDS = 10.0


class Line:
    """One line on standard error that is written over on a terminal, and written rarely elsewhere."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._live = sys.stderr.isatty()
        self._last = time.monotonic() if not self._live else 0.0
        self._shown = 0

    def show(self, text: str) -> None:
        """Show a text if it is time to."""
        now = time.monotonic()
        if self._quiet or now - self._last < (LIVE_SECONDS if self._live else PLAIN_SECONDS):
            return
        self._last = now
        if self._live:
            print("\r" + text.ljust(self._shown), end="", file=sys.stderr, flush=True)
            self._shown = len(text)
        else:
            print(text, file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        """Say something that stays."""
        self.clear()
        if not self._quiet:
            print(text, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the live line away."""
        if self._live and self._shown:
            print("\r" + " " * self._shown + "\r", end="", file=sys.stderr, flush=True)
            self._shown = 0


class Counting:
    """Progress of something that counts up to a known number."""

    def __init__(self, what: str, total: int, *, quiet: bool = False) -> None:
        self._what = what
        self._total = total
        self._line = Line(quiet=quiet)
        self._begun = time.monotonic()

    def __enter__(self) -> "Counting":
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the live line away."""
        self._line.clear()

    def advance_to(self, count: int) -> None:
        """Say how far it is."""
        seconds = max(time.monotonic() - self._begun, 1e-9)
        left = (self._total - count) * seconds / max(count, 1)
        self._line.show(f"{count:,} of {self._total:,} {self._what}, {count / seconds:,.0f}/s, {clock(left)} left")


class RunProgress:
    """Progress of a run: shards, documents a second, what is kept, what failed, how long it will take."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._line = Line(quiet=quiet)
        self._phase: PhaseBegun | None = None
        self._begun = time.monotonic()
        self._tasks = 0
        self._docs = 0
        self._left = 0
        self._failed = 0
        self._bytes = 0
        self.warnings: list[str] = []

    def __call__(self, event: Event) -> None:
        """Take note of an event, and show what it changes."""
        match event:
            case PhaseBegun():
                self._begin(event)
            case TaskDone():
                self._done(event)
            case TaskRetried():
                self._line.say(f"  again in {event.wait:.1f} s (attempt {event.attempt + 1}): {event.error}")
            case TaskSetAside():
                self._line.say(f"  set aside: {event.error}")
            case Warned():
                self.warnings.append(event.message)
                self._line.say(f"warning: {event.message}")
            case AlreadyWhole():
                self._line.say(f"{event.folder} is whole already: {event.rows:,} documents; nothing to do")

    def end(self) -> None:
        """Take the live line away."""
        self._line.clear()

    def _begin(self, phase: PhaseBegun) -> None:
        self._phase, self._begun = phase, time.monotonic()
        self._tasks = self._docs = self._left = self._failed = self._bytes = 0
        todo = phase.tasks - phase.known
        have = f"{phase.known} of {phase.tasks} done before" if phase.known else f"{phase.tasks} to do"
        self._line.say(f"{phase.name}: {have}" + (f", {todo} to do" if phase.known and todo else ""))

    def _done(self, event: TaskDone) -> None:
        receipt, phase = event.done.receipt, self._phase
        if phase is None:
            return
        self._tasks += 1
        self._bytes += sum(facts.bytes for facts in receipt.inputs)
        self._failed += receipt.tally.failed
        if receipt.tally.steps:
            self._docs += receipt.tally.steps[0].entered
            self._left += receipt.tally.steps[-1].left
        seconds = max(time.monotonic() - self._begun, 1e-9)
        todo = phase.tasks - phase.known
        kept = f", {self._left / self._docs:.1%} kept" if self._docs else ""
        failed = f", {self._failed:,} failed" if self._failed else ""
        docs = f"{self._docs:,} documents, {self._docs / seconds:,.0f}/s, " if self._docs else ""
        left = (todo - self._tasks) * seconds / self._tasks
        self._line.show(
            f"  {phase.name}: {self._tasks}/{todo} shards, {docs}{self._bytes / seconds / 1e6:,.1f} MB/s{kept}{failed}, "
            f"{clock(left)} left"
        )


def clock(seconds: float) -> str:
    """Return a stretch of time for people."""
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
