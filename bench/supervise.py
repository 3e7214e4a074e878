"""The process between a measurement and what it measures; `bench.measure` starts it, as a script of its own.

It adopts every descendant whose parent dies, waits for all of them, and looks at them now and then. What a process used is
known exactly once somebody has waited for it. Where a parent ignores the end of its children (Ray's raylet does), nobody
waits and the system forgets; for those, what was last seen of them is added, at most one look old.

Known gap: without /proc there are no looks, so no sum of memory and nothing about children of such parents.
"""

import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

if __name__ == "__main__":  # run by its path, so that the package's folder is not where Python looks
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.processes import Process, descendants, is_deaf, peak_resident

LOOK_SECONDS = 0.05
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
# Linux counts `ru_maxrss` in KiB, macOS in bytes.
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Watch:
    """What has been seen of the descendants so far."""

    def __init__(self) -> None:
        self.seen: dict[int, Process] = {}
        self.deaf: set[int] = set()
        self.waited: dict[int, int] = {}  # exit codes
        self.killed: set[int] = set()
        self.forgotten_seconds = 0.0
        self.peak_process = 0
        self.peak_sum = 0

    def look(self) -> None:
        """Look at every living descendant, and at who is gone since the last look."""
        living = descendants(os.getpid())
        for pid, process in self.seen.items():
            again = living.get(pid)
            if again is not None and again.started == process.started:
                continue
            if process.parent in self.deaf and pid not in self.waited:
                self.forgotten_seconds += process.cpu_seconds
        self.seen = living
        self.deaf = {pid for pid in living if is_deaf(pid)}
        self.peak_process = max(self.peak_process, *map(peak_resident, living), 0)
        self.peak_sum = max(self.peak_sum, sum(process.resident for process in living.values()))

    def reap(self) -> bool:
        """Wait for every child that has ended; say whether there are any others."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            self.waited[pid] = os.waitstatus_to_exitcode(status)

    def kill(self) -> None:
        """Kill every living descendant."""
        for pid in descendants(os.getpid()):
            self.killed.add(pid)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def supervise(command: Sequence[str], linger: float) -> dict[str, float | int]:
    """Run a command to its end and that of all its descendants; kill those that outlive it by `linger` seconds."""
    _adopt_orphans()
    asked_to_stop: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked_to_stop.append(number))
    woken = _wake_up_when_children_end()
    watch = Watch()
    begun = time.perf_counter()
    main = os.posix_spawnp(command[0], list(command), os.environ, setsigdef=[signal.SIGPIPE])
    wall = 0.0
    try:
        while watch.reap():
            if main in watch.waited and not wall:
                wall = time.perf_counter() - begun
            watch.look()
            if asked_to_stop or (wall and time.perf_counter() - begun > wall + linger):
                watch.kill()
            select.select([woken], [], [], LOOK_SECONDS)
            _drain(woken)
        wall = wall or time.perf_counter() - begun
        watch.look()
    finally:
        watch.kill()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "code": watch.waited[main],
        "cpu_seconds": used.ru_utime + used.ru_stime + watch.forgotten_seconds,
        "forgotten_seconds": watch.forgotten_seconds,
        "wall_seconds": wall,
        "peak_process": max(watch.peak_process, used.ru_maxrss * MAXRSS_UNIT),
        "peak_sum": max(watch.peak_sum, watch.peak_process, used.ru_maxrss * MAXRSS_UNIT),
        "outlived": len(watch.killed),
    }


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def _wake_up_when_children_end() -> int:
    woken, waker = os.pipe()
    os.set_blocking(woken, False)
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return woken


def _drain(pipe: int) -> None:
    try:
        os.read(pipe, 4096)
    except BlockingIOError:
        return


def main() -> None:
    """Supervise the command of the arguments, and write what it used to the file descriptor of the first."""
    answer, linger, *command = sys.argv[1:]
    os.set_inheritable(int(answer), False)
    try:
        found = json.dumps(supervise(command, float(linger)))
    except OSError as error:
        found = json.dumps({"error": str(error)})
    os.write(int(answer), found.encode())


if __name__ == "__main__":
    main()
