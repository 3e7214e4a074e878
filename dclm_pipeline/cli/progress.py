"""Showing how far something is: a live line on a terminal, plain lines now and then elsewhere."""

import math
import sys
import time
from types import TracebackType

LIVE_SECONDS = 0.2
PLAIN_SECONDS = 10.0
# Of two ways of telling how long something takes, one may be so many times the other.
AGREEING = 1.5
LEAST_DONE = 4
# What of the difference to the last estimate is taken over.
SMOOTHING = 0.2


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

    def begin(self, text: str) -> None:
        """Show at once what begins: it may take long until there is more to show."""
        self._last = -math.inf
        self.show(text)

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

    def begin(self, text: str) -> None:
        """Say what begins when all is counted."""
        self._line.begin(text)


class TimeLeft:
    """How long something that is done in parts will take, once that can be told.

    There are two ways of telling: by all the time so far, which is too slow while nothing is done yet (processes start,
    kernels compile), and by the time since the first part was done, which is too fast while many end at once. Where they
    agree within `AGREEING`, the truth lies between them; what is shown follows it smoothly.
    """

    def __init__(self, begun: float) -> None:
        """Begin at a time, in seconds."""
        self._begun = begun
        self._first = begun
        self._end: float | None = None

    def after(self, done: int, todo: int, now: float) -> float | None:
        """Say how many seconds are left after so many parts of `todo`; nothing where that cannot be told yet."""
        if done <= 1:
            self._first = now
        if done < LEAST_DONE or now <= self._first:
            return None
        slow = (now - self._begun) / done
        fast = (now - self._first) / (done - 1)
        if max(slow, fast) > AGREEING * min(slow, fast):
            return None
        end = now + (todo - done) * (slow + fast) / 2
        self._end = end if self._end is None else self._end + SMOOTHING * (end - self._end)
        return max(0.0, self._end - now)


def clock(seconds: float) -> str:
    """Return a stretch of time for people."""
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
