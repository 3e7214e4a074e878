"""Being stopped: the first Ctrl-C or SIGTERM ends the work in good order, and later ones do not disturb that."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPERS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopping_once() -> Iterator[None]:
    """Turn the first signal into a KeyboardInterrupt, and answer those that come from then on, until the process ends."""
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
    finally:
        if not stopping:
            for number, handler in before.items():
                signal.signal(number, handler)


def _later(number: int, frame: FrameType | None) -> None:
    del number, frame
    print("dclm: stopping already, a moment", file=sys.stderr, flush=True)
