"""Objects on a server as files that can be sought in: one request for a whole object, resumed where it broke off.

Knows offsets, not protocols: a `Fetch` asks for bytes from an offset on. Whoever reads from front to end makes one
request; short ways back go through what is still held. Once somebody has jumped, requests are bounded, and grow while
reading goes on in one piece: so a Parquet file costs a few, and no more bytes than it must.
"""

import io
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dclm_pipeline.errors import TransientError
from dclm_pipeline.storage.ahead import Ahead
from dclm_pipeline.storage.answers import Answer, Fetch
from dclm_pipeline.storage.budget import account
from dclm_pipeline.storage.patience import Patience
from dclm_pipeline.storage.placed import PlacedFile

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BUFFER = 1024 * 1024
# What is held of a file's beginning, where readers look before they read.
HELD = 4 * 1024 * 1024
# A jump forwards over fewer bytes than this reads them, for a request costs more.
PASSED = 256 * 1024
FIRST_JUMP, MOST_JUMP = 1024 * 1024, 64 * 1024 * 1024

# How many requests this process has made, by what they ask for.
requests: Counter[str] = Counter()


class Waiting(threading.local):
    """How long a thread has waited for servers, in seconds."""

    seconds: float = 0.0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the time of a block."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds += time.monotonic() - begun


waiting = Waiting()


def open_remote(fetch: Fetch, name: str, size: int, tag: str = "") -> io.BufferedReader:
    """Open an object of a known size for reading; with a tag, that version or none."""
    return io.BufferedReader(RemoteFile(fetch, name, size, tag), BUFFER)


def read_remote(fetch: Fetch, name: str, start: int, length: int | None, tag: str = "") -> bytes:
    """Return an object's bytes from `start`, at most `length` of them, by one request where all goes well.

    With a tag, they are of that version or none.
    """
    if start < 0 or (length is not None and length < 0):
        raise ValueError(f"{name}: cannot read {length} bytes from {start}")
    if length == 0:
        return b""
    end = None if length is None else start + length
    parts: list[bytes] = []
    place = start
    patience = Patience()
    while True:
        try:
            with waiting.counted():
                answer = fetch(place, end, tag)
            tag = answer.tag
            last = answer.size if end is None else min(end, answer.size)
            try:
                while place < last and (part := _taken(answer, last - place)):
                    parts.append(part)
                    place += len(part)
                    patience.restore()
            finally:
                answer.close()
            if place >= last:
                return b"".join(parts)
            raise TransientError(f"{name}: the server stopped at byte {place:,} of {last:,}")
        except TransientError as error:
            _pause(patience, error)


def _taken(answer: Answer, most: int) -> bytes:
    """Return some bytes of an answer, which the budget allows."""
    with waiting.counted():
        part = answer.read(most)
        account().spend(len(part))
    return part


def _pause(patience: Patience, error: TransientError) -> None:
    """Wait before another attempt, or raise `error` where there were enough."""
    with waiting.counted():
        patience.spend(error)


class RemoteFile(PlacedFile):
    """An open object."""

    def __init__(self, fetch: Fetch, name: str, size: int, tag: str = "") -> None:
        """Open an object of `size` bytes, of the version `tag` where one is named; asks for nothing yet."""
        super().__init__(name, size)
        self._fetch = fetch
        self._tag = tag
        self._answer: Answer | None = None
        self._asked = False
        self._at = 0  # where the answer's next byte belongs
        self._until = 0  # where the answer ends
        self._jump = 0  # what the last bounded request asked for; 0 as long as nobody has jumped
        self._held = bytearray()

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read some bytes; none at the object's end alone."""
        view = memoryview(buffer).cast("B")
        most = min(len(view), self._size - self._place)
        if most <= 0:
            return 0
        if self._place < len(self._held):
            part = bytes(self._held[self._place : self._place + most])
        else:
            part = self._received(most)
        view[: len(part)] = part
        self._place += len(part)
        return len(part)

    def close(self) -> None:
        """Let go of the connection."""
        self._drop()
        super().close()

    def _received(self, most: int) -> bytes:
        """Return bytes from the server, at the place to be read."""
        patience = Patience()
        while True:
            try:
                with waiting.counted():
                    answer = self._reached()
                part = _taken(answer, min(most, self._until - self._at))
                if not part:
                    raise TransientError(f"{self._name}: the server stopped at byte {self._at:,} of {self._until:,}")
            except TransientError as error:
                self._drop()
                _pause(patience, error)
                continue
            if self._at == len(self._held) < HELD:
                self._held += part[: HELD - len(self._held)]
            self._at += len(part)
            return part

    def _reached(self) -> Answer:
        """Return an answer whose next byte is the one to be read."""
        answer = self._answer
        if answer is not None and 0 < self._place - self._at <= PASSED and self._place < self._until:
            while self._at < self._place and (passed := answer.read(self._place - self._at)):
                self._at += len(passed)
        if answer is not None and self._at == self._place < self._until:
            return answer
        if self._asked and self._place != self._at:
            self._jump = FIRST_JUMP
        elif self._jump:
            self._jump = min(2 * self._jump, MOST_JUMP)
        self._drop()
        end = min(self._size, self._place + self._jump) if self._jump else None
        answer = self._fetch(self._place, end, self._tag)
        self._at, self._until = self._place, self._size if end is None else end
        if self._until - self._at > BUFFER:
            answer = Ahead(answer)
        self._answer, self._asked = answer, True
        self._tag = answer.tag
        return answer

    def _drop(self) -> None:
        if self._answer is not None:
            self._answer.close()
        self._answer = None
