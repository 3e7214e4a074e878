"""The processes below one, as Linux shows them: whose child each is, what it has used, whether it hears its children.

Reads /proc and nothing else; on other systems it sees no processes.
"""

import os
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
KIB = 1024


@dataclass(frozen=True)
class Process:
    """One process at one moment; `cpu_seconds` is its own and that of the children it has waited for."""

    pid: int
    parent: int
    started: int
    cpu_seconds: float
    resident: int


def descendants(of: int) -> dict[int, Process]:
    """Return the processes below `of` by their numbers, without `of` itself."""
    living = {process.pid: process for process in _living()}
    children: dict[int, list[int]] = {}
    for process in living.values():
        children.setdefault(process.parent, []).append(process.pid)
    found: dict[int, Process] = {}
    waiting = list(children.get(of, ()))
    while waiting:
        pid = waiting.pop()
        found[pid] = living[pid]
        waiting += children.get(pid, ())
    return found


def peak_resident(pid: int) -> int:
    """Return the most bytes that a process has held at once, 0 if it is gone."""
    return int(_status(pid).get("VmHWM", "0 kB").split()[0]) * KIB


def is_deaf(pid: int) -> bool:
    """Tell whether a process ignores the end of its children: then nobody is ever told what those have used."""
    ignored = int(_status(pid).get("SigIgn", "0"), 16)
    return bool(ignored >> (signal.SIGCHLD - 1) & 1)


def _living() -> Iterable[Process]:
    if not PROC.is_dir():
        return
    tick, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    for folder in PROC.iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            line = (folder / "stat").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        # The second field is the command's name in brackets, which may hold blanks and brackets of its own.
        fields = line[line.rindex(b")") + 2 :].split()
        used = sum(map(int, fields[11:15])) / tick  # user, system, and the same of waited-for children
        yield Process(int(folder.name), int(fields[1]), int(fields[19]), used, int(fields[21]) * page)


def _status(pid: int) -> Mapping[str, str]:
    try:
        lines = (PROC / str(pid) / "status").read_text("utf-8", "replace").splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)
