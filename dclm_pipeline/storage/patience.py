"""Trying again: how often, and how long to wait, where a server is busy or a connection breaks."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from dclm_pipeline.errors import ShardError, TransientError

ATTEMPTS = 10
FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0
# A server may ask for a longer wait than ours; not for any.
MOST_ASKED_SECONDS = 120.0
Result = TypeVar("Result")
_attempts: ContextVar[int | None] = ContextVar("attempts", default=None)


@contextmanager
def impatient(attempts: int) -> Iterator[None]:
    """Try no more often than that in a block, in this thread: somebody is waiting for an answer, whichever it is."""
    before = _attempts.set(attempts)
    try:
        yield
    finally:
        _attempts.reset(before)


class BusyError(TransientError):
    """A server that says no for now; `seconds` is how long it asks to be left alone, `weight` how many attempts to
    count: what may well be a lasting no is asked less often. `throttled` says that it is asked too often."""

    def __init__(self, message: str, seconds: float = 0.0, weight: int = 1, *, throttled: bool = True) -> None:
        super().__init__(message)
        self.throttled = throttled
        self.seconds = seconds
        self.weight = weight


class DoubtfulError(BusyError):
    """A server that refuses an object and does not say why. It is asked once more; then the no is a lasting one."""

    def __init__(self, message: str) -> None:
        super().__init__(message, weight=ATTEMPTS // 2, throttled=False)


def seconds_of(told: str) -> float:
    """Return how long a server asks to be left alone, by its `Retry-After`; 0 where it does not say, or gives a date."""
    return float(told) if told.isascii() and told.isdecimal() and len(told) < 10 else 0.0


class Patience:
    """How much of it is left for one request, or for one place in a stream."""

    def __init__(self) -> None:
        """Begin with all of it."""
        self._failures = 0

    def restore(self) -> None:
        """Begin anew: there was progress."""
        self._failures = 0

    def spend(self, error: TransientError) -> None:
        """Wait before another attempt, or raise `error` where there were enough."""
        self._failures += error.weight if isinstance(error, BusyError) else 1
        if self._failures >= (_attempts.get() or ATTEMPTS):
            if isinstance(error, DoubtfulError):
                raise ShardError(str(error)) from error
            raise error
        ours = min(LONGEST_SECONDS, FIRST_SECONDS * 2 ** (self._failures - 1))
        asked = min(error.seconds, MOST_ASKED_SECONDS) if isinstance(error, BusyError) else 0.0
        time.sleep(max(asked, random.uniform(ours / 2, ours)))


def patiently(ask: Callable[[], Result]) -> Result:
    """Return what `ask` returns, asked until it does, or as long as there is patience for one request."""
    patience = Patience()
    while True:
        try:
            return ask()
        except TransientError as error:
            patience.spend(error)
