"""Being stopped: the first Ctrl-C or SIGTERM ends the work in good order, and later ones do not disturb that."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

STOPPERS = (signal.SIGINT, signal.SIGTERM)
# What stops leave behind.
GOES_ON = "what is finished is kept: run the same command to go on"
NOTHING = "nothing is kept of it"


class Stopped(KeyboardInterrupt):
    """A stop, with what it leaves behind, for people."""


@contextmanager
def stopping_once(leaving: str = "") -> Iterator[None]:
    """Turn the first signal into a KeyboardInterrupt, and answer those that come from then on, until the process ends.

    `leaving` says what a stop leaves behind.
    """
    stopping = False
    before = {number: signal.getsignal(number) for number in STOPPERS}

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        del number, frame
        stopping = True
        for stopper in STOPPERS:
            signal.signal(stopper, _later)
        raise KeyboardInterrupt

    for number in STOPPERS:
        signal.signal(number, stop)
    try:
        yield
    except KeyboardInterrupt as error:
        raise Stopped(leaving) from error
    finally:
        if not stopping:
            for number, handler in before.items():
                signal.signal(number, handler)


def said_of_stop(stop: BaseException) -> str:
    """Return what to say of a stop: that it was one, and what it leaves behind where a command has said so."""
    stopped = stop.__cause__ if isinstance(stop, click.Abort) else stop  # click raises its own in its place
    return f"interrupted; {stopped}" if isinstance(stopped, Stopped) and str(stopped) else "interrupted"


def _later(number: int, frame: FrameType | None) -> None:
    del number, frame
    print("dclm: stopping already, a moment", file=sys.stderr, flush=True)
