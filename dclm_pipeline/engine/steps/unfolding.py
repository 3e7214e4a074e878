"""Feeding an `Unfold` by hand.

`Unfold.rows` pulls batches out of an iterator, which is the natural way to write it; the chain is fed one batch at a
time. A thread of its own runs the generator, in strict turns with its feeder, so there is never more than one at work.
"""

import queue
import threading
from collections.abc import Iterator

from dclm_pipeline.step import Batch, Unfolds


class Unfolding:
    """One pass of an `Unfold` over one shard."""

    def __init__(self, opened: Unfolds) -> None:
        self._opened = opened
        self._in: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._out: queue.SimpleQueue[list[Batch] | BaseException] = queue.SimpleQueue()
        self._made: list[Batch] = []
        self._thread: threading.Thread | None = None

    def feed(self, docs: Batch) -> list[Batch]:
        """Hand over one batch; return the batches that came of it so far."""
        return self._turn(docs)

    def finish(self) -> list[Batch]:
        """Say that the shard has ended; return what was still held."""
        made = self._turn(None)
        self.close()
        return made

    def close(self) -> None:
        """Let the thread go, if it has been started and still waits."""
        if self._thread is not None and self._thread.is_alive():
            self._in.put(None)
            self._thread.join()
        self._thread = None

    def _turn(self, docs: Batch | None) -> list[Batch]:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
            self._answer()  # the generator's first pull
        self._in.put(docs)
        return self._answer()

    def _answer(self) -> list[Batch]:
        answer = self._out.get()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _incoming(self) -> Iterator[Batch]:
        while True:
            self._out.put(self._made)
            self._made = []
            docs = self._in.get()
            if docs is None:
                return
            yield docs

    def _run(self) -> None:
        try:
            for rows in self._opened.rows(self._incoming()):
                self._made.append(rows)
            self._out.put(self._made)
        except BaseException as error:  # noqa: BLE001 - carried over to the feeder's thread, which raises it
            self._out.put(error)
