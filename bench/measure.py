"""What a command costs: CPU seconds of it and of all its descendants, wall seconds, and memory.

Every ratio of this project is one of CPU seconds of all processes of a run, detached ones such as Ray's included.
Knows nothing of what the command does. Where /proc is missing (macOS), memory is that of the largest process alone.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SUPERVISOR = Path(__file__).with_name("supervise.py")
LINGER_SECONDS = 10.0


@dataclass(frozen=True)
class Measured:
    """What a command used.

    `forgotten_seconds` is the part of `cpu_seconds` that was seen and not accounted for by the system, known to a
    twentieth of a second a process. `peak_process` is the most bytes that one process held, `peak_sum` the most that
    all held at one look; memory that processes share counts in each. `outlived` counts descendants that were killed
    because they had not ended some seconds after the command.
    """

    code: int
    cpu_seconds: float
    forgotten_seconds: float
    wall_seconds: float
    peak_process: int
    peak_sum: int
    outlived: int


class CannotMeasureError(Exception):
    """The command could not be started, or did not end in time."""


def measure(
    command: Sequence[str],
    *,
    output: Path,
    environment: Mapping[str, str] | None = None,
    seconds: float = 3600.0,
    linger: float = LINGER_SECONDS,
) -> Measured:
    """Run a command for at most so many seconds, all it prints going to the file `output`, and return what it used."""
    answer, writing = os.pipe()
    with os.fdopen(answer) as reading, output.open("wb") as log:
        supervisor = subprocess.Popen(
            [sys.executable, "-S", str(SUPERVISOR), str(writing), str(linger), *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=None if environment is None else dict(environment),
            pass_fds=(writing,),
        )
        os.close(writing)
        try:
            supervisor.wait(seconds)
        except subprocess.TimeoutExpired:
            raise CannotMeasureError(f"{command[0]} had not ended after {seconds:g} seconds; see {output}") from None
        finally:
            if supervisor.poll() is None:
                supervisor.terminate()  # it kills all that it has started, and ends
                supervisor.wait()
        found = json.loads(reading.read() or '{"error": "the supervisor was killed"}')
    if "error" in found:
        raise CannotMeasureError(f"{command[0]}: {found['error']}")
    return Measured(**found)
