"""Reading ahead: what a server sends is taken in while the reader is busy with what came before, within a bound.

Knows answers, not what they hold. What goes wrong there is raised here, where it would have been met.
"""

import queue
import threading
import time

from dclm_pipeline.storage.answers import Answer

PART_BYTES = 1024 * 1024  # smaller ones are handed over more often, which is what reading ahead costs
MOST_PARTS = 16  # of a file that is open: 16 MiB
LINGER_SECONDS = 0.2


class Ahead:
    """An answer that is read by a thread of its own, some megabytes ahead."""

    def __init__(self, answer: Answer) -> None:
        """Begin to read."""
        self.size = answer.size
        self.tag = answer.tag
        self._answer = answer
        self._parts: queue.Queue[bytes | BaseException] = queue.Queue(MOST_PARTS)
        self._rest = b""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._take_in, name="reading ahead", daemon=True)
        self._thread.start()

    def read(self, most: int) -> bytes:
        """Return some bytes; none at the end."""
        if not self._rest:
            part = self._parts.get()
            if not isinstance(part, bytes) or not part:
                self._parts.put(part)  # for whoever asks again
                if isinstance(part, bytes):
                    return b""
                raise part
            self._rest = part
        part, self._rest = self._rest[:most], self._rest[most:]
        return part

    def close(self) -> None:
        """Stop reading; the connection is given up as soon as what it is waiting for has come, or its time is over."""
        self._stopped.set()
        end = time.monotonic() + LINGER_SECONDS
        while self._thread.is_alive() and time.monotonic() < end:
            while not self._parts.empty():  # it may wait for room
                self._parts.get()
            self._thread.join(0.01)

    def _take_in(self) -> None:
        last: bytes | BaseException = b""
        try:
            while not self._stopped.is_set() and (part := self._answer.read(PART_BYTES)):
                self._parts.put(part)
        except BaseException as error:  # noqa: BLE001 - raised where the bytes were wanted
            last = error
        finally:
            self._answer.close()
        if not self._stopped.is_set():
            self._parts.put(last)
