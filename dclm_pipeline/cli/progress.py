"""Showing how far something is: a live line on a terminal, plain lines now and then elsewhere."""

import sys
import time
from types import TracebackType

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


def clock(seconds: float) -> str:
    """Return a stretch of time for people."""
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
