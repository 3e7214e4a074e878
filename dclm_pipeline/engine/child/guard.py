"""The guard: steps run in a child that a page may take down without taking anything else.

The worker reads, frames, writes and uploads; the child runs the program, on batches that it is fed. Where it dies, a
new one is forked and the batch in hand is replayed document by document: those on which it dies again are lost, by
reason, and nothing else is. CPU time is limited by the kernel, memory by its own, wall clock by the worker.
"""

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Iterable, Iterator
from types import TracebackType

import pyarrow as pa

from dclm_pipeline.engine.child.arena import SLOTS, Arena
from dclm_pipeline.engine.child.channel import RECIPE_ERROR, ClosedError, output_from, receive, send, serialized
from dclm_pipeline.engine.child.nurseries import Nurseries
from dclm_pipeline.engine.child.work import MORE, ChildLimits, Lost, MustRestart, Output, Program
from dclm_pipeline.errors import RecipeError, ShardError, TransientError, UnforeseenError

# Documents after which a child is replaced, so that what libraries leak does not grow.
RESTART_AFTER = 20_000
# A batch may cost what this many documents of it may: a page that is near the limit has company that is not.
FULL_SHARE = 8


class _DeadError(Exception):
    """The child is gone, for a reason."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason} ({detail})")
        self.reason = reason
        self.detail = detail


class _NurseryLostError(Exception):
    """The nursery is gone, and with it the child."""


class Guard:
    """A program behind a guard; `run` it as often as there are tasks."""

    def __init__(
        self,
        program: Program,
        limits: ChildLimits,
        nurseries: Nurseries | None = None,
        restart_after: int = RESTART_AFTER,
    ) -> None:
        self._own_nurseries = Nurseries() if nurseries is None else None
        self._nurseries = nurseries or self._own_nurseries or Nurseries()
        self._program = program
        self._limits = limits
        self._restart_after = restart_after
        self._arena = Arena.make()
        self._control: socket.socket | None = None
        self._link: socket.socket | None = None
        self._child = 0
        self._ready = False
        self._documents = 0
        self.restarts = 0
        self._open()

    def __enter__(self) -> "Guard":
        """Return the guard."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End child and nursery."""
        self.close()

    def run(self, batches: Iterable[pa.RecordBatch], opening: bytes = b"") -> Iterator[Output | Lost]:
        """Take a task's batches through a child; yield its answers, and the documents that it did not survive."""
        try:
            yield from self._run(batches, opening)
        except BaseException:
            # Whatever ended the task, the child may still be about to answer, and that would be taken for the next
            # task's.
            self._end_child()
            raise

    def _run(self, batches: Iterable[pa.RecordBatch], opening: bytes) -> Iterator[Output | Lost]:
        losses = 0
        source = iter(batches)
        if self._documents >= self._restart_after:
            self._end_child()
        self._begun(opening)
        batch, slot = next(source, None), 0
        sent = batch is not None and self._sent(batch, slot)
        while batch is not None:
            upcoming = next(source, None)
            self._documents += batch.num_rows
            try:
                if not sent:
                    raise _DeadError("crashed", "before it was asked")
                yield self._answer(max(1.0, batch.num_rows / FULL_SHARE))
            except (_DeadError, _NurseryLostError) as death:
                if isinstance(death, _NurseryLostError):
                    losses += 1
                    if losses > 1:
                        raise TransientError(
                            "the process that guards the steps was killed twice in one task"
                        ) from death
                    if self._program.stateful:
                        raise TransientError("the process that guards the steps was killed") from death
                self.restarts += 1
                yield from self._replayed(batch, opening)
            batch, slot = upcoming, (slot + 1) % SLOTS
            sent = batch is not None and self._sent(batch, slot)
        try:
            yield from self._finished()
        except (_DeadError, _NurseryLostError) as death:
            if self._program.stateful:
                raise ShardError(f"the steps did not survive the end of the shard: {death}") from death
            self._begun(opening)
            yield from self._finished()

    def _finished(self) -> Iterator[Output]:
        """Ask for what the task still holds, piece by piece."""
        more = True
        while more:
            self._send(b"F")
            answer = self._answer(1.0)
            more = answer.facts.get(MORE, False)
            yield answer

    def close(self) -> None:
        """End child and nursery."""
        self._let_go()
        self._arena.close()
        if self._own_nurseries is not None:
            self._own_nurseries.close()

    def _replayed(self, batch: pa.RecordBatch, opening: bytes) -> Iterator[Output | Lost]:
        """Find out, one by one, which documents of a batch the child does not survive."""
        for row in range(batch.num_rows):
            document = batch.slice(row, 1)
            try:
                self._begun(opening)
                self._send_batch(document, 0, self._limits.cpu_seconds)
                answer = self._answer(1.0)
            except _DeadError as death:
                if self._program.stateful:
                    raise MustRestart(document, death.reason, death.detail) from death
                yield Lost(document, death.reason, death.detail)
            except _NurseryLostError as loss:
                raise TransientError("the process that guards the steps was killed during a replay") from loss
            else:
                if not self._program.stateful:
                    yield answer
        if self._program.stateful:
            raise ShardError(
                "the steps died on a batch, and on none of its documents alone: their state has grown too large"
            )
        self._begun(opening)

    def _begun(self, opening: bytes) -> None:
        """Have a child that has begun the task."""
        for attempt in range(2):
            try:
                if self._link is None:
                    self._fork()
                self._send(b"B", opening)
                kind, data = self._received(self._limits.wall_seconds)
                _raise_told(kind, data)
                if kind != b"D":
                    raise _DeadError("crashed", "out of step")
                return
            except (_DeadError, _NurseryLostError) as death:
                if attempt:
                    raise TransientError(f"no child could begin the task: {death}") from death
                self._let_go()
                if isinstance(death, _NurseryLostError):
                    self._nurseries.discard()
                self._open()

    def _sent(self, batch: pa.RecordBatch, slot: int) -> bool:
        """Send a batch; say whether somebody was there to take it."""
        share = max(1.0, batch.num_rows / FULL_SHARE)
        try:
            self._send_batch(batch, slot, self._limits.cpu_seconds * share)
        except (_DeadError, _NurseryLostError):
            return False
        return True

    def _send_batch(self, batch: pa.RecordBatch, slot: int, cpu_seconds: float) -> None:
        length = self._arena.put(slot, batch)
        head = f"{cpu_seconds} {slot} {length or 0}".encode().ljust(64)
        if length is None:
            self._send(b"I", head, serialized(batch))
        else:
            self._send(b"A", head)

    def _answer(self, share: float) -> Output:
        """Receive an output, or find out why there is none."""
        kind, data = self._received(self._limits.wall_seconds * share)
        if kind == b"O":
            return output_from(data)
        if kind == b"S":
            output = self._arena.answer(data)
            if output is not None:
                return output
            self._end_child()
            raise _DeadError("crashed", "out of step")
        _raise_told(kind, data)
        self._end_child()
        raise _DeadError("memory limit", f"over {self._limits.memory:,} bytes")

    def _send(self, kind: bytes, *parts: bytes | pa.Buffer) -> None:
        if self._link is None:
            raise _DeadError("crashed", "gone")
        try:
            send(self._link, kind, *parts)
        except ClosedError:
            raise self._autopsy(timed_out=False) from None

    def _received(self, seconds: float) -> tuple[bytes, bytearray]:
        link = self._link
        if link is None:
            raise _DeadError("crashed", "gone")
        if not _readable(link, seconds):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGKILL)
            raise self._autopsy(timed_out=True)
        try:
            return receive(link)
        except ClosedError:
            raise self._autopsy(timed_out=False) from None

    def _autopsy(self, *, timed_out: bool) -> Exception:
        """Have the nursery bury the child; return what it died of."""
        code = self._bury()
        if code is None:
            return _NurseryLostError("the nursery is gone")
        if timed_out:
            return _DeadError("wall limit", f"over {self._limits.wall_seconds:g} s")
        if code == -signal.SIGPROF:
            return _DeadError("cpu limit", f"over {self._limits.cpu_seconds:g} s")
        if code == -signal.SIGKILL:
            # None of our limits ends so: somebody else did it, most likely the system, short of memory.
            raise TransientError("the guarded process was killed from outside; if memory is short, use fewer workers")
        return _DeadError("crashed", signal.Signals(-code).name if code < 0 else f"exit {code}")

    def _bury(self) -> int | None:
        """Wait for the child's end; return its exit code, or None where the nursery is gone too."""
        if self._link is not None:
            self._link.close()
        self._link, self._child = None, 0
        if self._control is None:
            return None
        try:
            send(self._control, b"W")
            kind, data = receive(self._control)
        except ClosedError:
            return None
        return int(bytes(data)) if kind == b"S" else None

    def _end_child(self) -> None:
        if self._link is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGKILL)
            self._bury()
        self._documents = 0

    def _fork(self) -> None:
        """Have the nursery fork a child; the first time, wait until it has opened the program."""
        if self._control is None:
            raise _NurseryLostError("the nursery is gone")
        ours, theirs = socket.socketpair()
        try:
            if not self._ready:
                kind, data = receive(self._control)
                _raise_told(kind, data)
                if kind == b"E":
                    raise UnforeseenError(f"the steps could not be opened: {bytes(data).decode(errors='replace')}")
                self._ready = True
            send(self._control, b"F")
            socket.send_fds(self._control, [b"x"], [theirs.fileno()])
            _, data = receive(self._control)
        except (ClosedError, BrokenPipeError, ConnectionResetError) as error:
            ours.close()
            raise _NurseryLostError("the nursery is gone") from error
        except (UnforeseenError, RecipeError):
            ours.close()
            raise
        finally:
            theirs.close()
        self._link, self._child, self._documents = ours, int(bytes(data)), 0

    def _open(self) -> None:
        """Have the nursery open the program; what comes of it is found out when a child is asked for."""
        self._control = self._nurseries.living().open(self._program, self._limits, self._arena.descriptor)
        self._ready = False

    def _let_go(self) -> None:
        """Leave child and opener, which end when their sockets do."""
        for link in (self._link, self._control):
            if link is not None:
                link.close()
        self._link, self._control, self._child = None, None, 0


class Unguarded:
    """The same without a child: for debuggers, and for tests to compare with. A bad page takes the worker down."""

    restarts = 0

    def __init__(self, program: Program) -> None:
        self._worker = program.open()

    def run(self, batches: Iterable[pa.RecordBatch], opening: bytes = b"") -> Iterator[Output | Lost]:
        """Take a task's batches through the program; yield its answers."""
        self._worker.begin(opening)
        for batch in batches:
            yield self._worker.work(batch)
        more = True
        while more:
            answer = self._worker.finish()
            more = answer.facts.get(MORE, False)
            yield answer

    def close(self) -> None:
        """Do nothing."""


def _raise_told(kind: bytes, data: bytearray) -> None:
    """Raise what the other side tells of: a bug of ours, or what the user has to mend."""
    if kind == b"X":
        raise UnforeseenError(
            f"the guarded steps raised, which they should not:\n{bytes(data).decode(errors='replace')}"
        )
    if kind == RECIPE_ERROR:
        raise RecipeError(bytes(data).decode(errors="replace"))


def _readable(link: socket.socket, seconds: float) -> bool:
    poll = select.poll()
    poll.register(link, select.POLLIN)
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if poll.poll(left * 1000):
            return True
    return False
