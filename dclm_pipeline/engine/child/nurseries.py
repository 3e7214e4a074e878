"""The worker's side of the nursery: starting it, and having it open programs."""

import atexit
import contextlib
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import ClassVar

from dclm_pipeline.engine.assets import PlannedAssets
from dclm_pipeline.engine.child.channel import OPEN, REHEARSE, ClosedError, receive, send
from dclm_pipeline.engine.child.work import ChildLimits, Program

# What a nursery and its children know of the worker's environment.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "VIRTUAL_ENV")
_KEPT_PREFIXES = ("NUMBA_", "PYTHON")
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # The system's allocator reserves no address space ahead, which a limit on it would count.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
LAST_SECONDS = 5.0


def child_environment() -> dict[str, str]:
    """Return what a process that opens steps knows of this one's environment."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
    return kept | _ONE_THREAD | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


class Nursery:
    """The nursery of one worker process; started when it is made, so that it is ready when it is needed."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._made_for = os.getpid(), environment
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "dclm_pipeline.engine.child.nursery", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,
            )
        self._link = ours

    @property
    def lives(self) -> bool:
        """Say whether the process is there."""
        return self._process.poll() is None

    def serves(self, environment: dict[str, str]) -> bool:
        """Say whether it can be used here and now: it lives, and knows of this process and this environment."""
        return self.lives and self._made_for == (os.getpid(), environment)

    def open(self, program: Program, limits: ChildLimits, memory: int) -> socket.socket:
        """Have a program opened; return the socket to its opener, which answers when it is done, or is closed."""
        ours, theirs = socket.socketpair()
        # Where nobody is there any more, the socket is found closed as soon as somebody listens to it.
        with theirs, contextlib.suppress(ClosedError, BrokenPipeError, ConnectionResetError):
            send(self._link, OPEN, json.dumps(program.kernels).encode())
            socket.send_fds(self._link, [b"x"], [theirs.fileno(), memory])
            send(ours, b"P", pickle.dumps((program, limits)))
        return ours

    def rehearse(self, steps: bytes, assets: PlannedAssets, kernels: Sequence[str]) -> tuple[list[str], int, str]:
        """Have packed steps opened once; return what is wrong, the exit code of who did it, and the last it said."""
        ours, theirs = socket.socketpair()
        with ours:
            try:
                with theirs:
                    send(self._link, REHEARSE, json.dumps(kernels).encode())
                    socket.send_fds(self._link, [b"x"], [theirs.fileno()])
                    send(ours, b"P", pickle.dumps((steps, assets)))
                _, data = receive(ours)
            except (ClosedError, BrokenPipeError, ConnectionResetError):
                return [], -signal.SIGKILL, ""
            except BaseException:
                self._process.kill()  # it would wait for what takes too long for whoever interrupted
                self._process.wait()
                raise
        problems, code, last = json.loads(bytes(data))
        return [str(problem) for problem in problems], int(code), str(last)

    def close(self) -> None:
        """End the process, and all that were forked from it."""
        self._link.close()
        try:
            self._process.wait(timeout=LAST_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Nurseries:
    """One nursery for all guards of a workshop, and another one when it has died.

    What is given back when the workshop closes waits for the next one of this process, which need not start another.
    """

    _waiting: ClassVar[list[Nursery]] = []

    def __init__(self) -> None:
        self._nursery: Nursery | None = None

    def living(self) -> Nursery:
        """Return a nursery that lives."""
        if self._nursery is not None and not self._nursery.lives:
            self.discard()
        if self._nursery is None:
            environment = child_environment()
            while self._waiting and self._nursery is None:
                waiting = self._waiting.pop()
                if waiting.serves(environment):
                    self._nursery = waiting
                else:
                    waiting.close()
            self._nursery = self._nursery or Nursery(environment)
        return self._nursery

    def discard(self) -> None:
        """End the nursery, if there is one: it, or what it had forked, was found dead."""
        if self._nursery is not None:
            self._nursery.close()
        self._nursery = None

    def close(self) -> None:
        """Give the nursery back, if there is one that lives."""
        if self._nursery is not None and self._nursery.lives and not self._waiting:
            self._waiting.append(self._nursery)
            self._nursery = None
        self.discard()

    @classmethod
    def end(cls) -> None:
        """End what waits for another workshop."""
        while cls._waiting:
            cls._waiting.pop().close()


atexit.register(Nurseries.end)
