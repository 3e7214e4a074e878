"""How far tasks are that are still at it: told by each, heard by whoever shows it. Nothing that is decided depends on it.

A task tells after each batch; at most once a second that goes further. Where workers are other processes of this
machine, each writes two numbers over a file of its own, which is looked at between two waits; workers on other machines
tell nothing.
"""

import contextlib
import os
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

TELLING_SECONDS = 1.0
_FORM = struct.Struct("<QQ")


@dataclass(frozen=True)
class Reached:
    """How far a task is: documents taken in, and bytes of its input read."""

    documents: int
    bytes: int


Tell = Callable[[Reached], None]
Hear = Callable[[Mapping[str, Reached]], None]  # by the keys of the tasks that have told something


def untold(reached: Reached) -> None:
    """Tell nobody."""
    del reached


def deaf(reached: Mapping[str, Reached]) -> None:
    """Hear nothing."""
    del reached


def now_and_then(tell: Tell) -> Tell:
    """Pass on what is told, at most once a second."""
    last = time.monotonic()

    def passing(reached: Reached) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= TELLING_SECONDS:
            last = now
            tell(reached)

    return passing


@contextlib.contextmanager
def telling_by_file(folder: str | None, key: str) -> Iterator[Tell]:
    """Give a task a file to tell by, which is gone when the task has ended; without a folder it tells nobody."""
    if folder is None:
        yield untold
        return
    path = Path(folder, key)

    def tell(reached: Reached) -> None:
        # A task must not fail because nobody can be told of it: the folder goes when a run is stopped.
        with contextlib.suppress(OSError):
            path.write_bytes(_FORM.pack(reached.documents, reached.bytes))

    try:
        yield now_and_then(tell)
    finally:
        path.unlink(missing_ok=True)


class Listening:
    """Passes on what tasks write into a folder, at most once a second."""

    def __init__(self, folder: Path, hear: Hear) -> None:
        """Listen to a folder, which is made."""
        folder.mkdir()
        self._folder = folder
        self._hear = hear
        self._last = time.monotonic()

    def listen(self) -> None:
        """Look whether it is time, and what tasks have told."""
        if time.monotonic() - self._last < TELLING_SECONDS:
            return
        self._last = time.monotonic()
        told: dict[str, Reached] = {}
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # the task has ended meanwhile
                    data = Path(entry.path).read_bytes()
                    if len(data) == _FORM.size:  # else it is being written
                        told[entry.name] = Reached(*_FORM.unpack(data))
        if told:
            self._hear(told)

    def forget(self, key: str) -> None:
        """Forget a task that has ended, whatever way: a worker that was killed has left its file."""
        (self._folder / key).unlink(missing_ok=True)
