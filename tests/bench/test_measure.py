"""CPU seconds are those of every process of a run, whoever its parent was and whatever became of it."""

import sys

import pytest

from bench.measure import CannotMeasureError, measure

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="descendants are followed on Linux alone")

BURN = "import time\nwhile time.process_time() < 0.15: pass\n"
SPAWN = "import os, signal, subprocess, sys, time\nchild = [sys.executable, '-S', '-c', BURN]\n"

CHILD = "subprocess.run(child)"
UNWAITED = "subprocess.Popen(child, start_new_session=True)"
DETACHED = """
if os.fork() == 0:
    os.setsid()
    subprocess.Popen(child)
    os._exit(0)
os.wait()
"""
# Ray's raylet does so: what its workers used is in nobody's books.
FORGOTTEN = """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
pid = os.spawnv(os.P_NOWAIT, sys.executable, child)
while os.path.exists(f'/proc/{pid}'):
    time.sleep(0.01)
"""
# Two that hold 64 MiB each, for as long as several looks take.
TWINS = """
import subprocess, sys
hold = [sys.executable, '-S', '-c', "import time; held = b'x' * (64 << 20); time.sleep(0.25)"]
for twin in [subprocess.Popen(hold) for _ in range(2)]:
    twin.wait()
"""


def python(program):
    return [sys.executable, "-S", "-c", f"BURN = {BURN!r}\n{program}"]


@pytest.mark.parametrize("program", [BURN, SPAWN + CHILD, SPAWN + UNWAITED, SPAWN + DETACHED])
def test_every_descendant_is_waited_for(program, tmp_path):
    measured = measure(python(program), output=tmp_path / "output")

    assert (measured.code, measured.outlived, measured.forgotten_seconds) == (0, 0, 0.0)
    assert 0.15 <= measured.cpu_seconds < 0.15 + 0.25


def test_children_that_nobody_waits_for_are_counted_as_last_seen(tmp_path):
    measured = measure(python(SPAWN + FORGOTTEN), output=tmp_path / "output")

    assert measured.code == 0
    assert 0.05 <= measured.forgotten_seconds < 0.15 + 0.1


def test_memory_is_that_of_the_largest_and_of_all(tmp_path):
    measured = measure(python(TWINS), output=tmp_path / "output")

    assert measured.code == 0
    assert 64 << 20 <= measured.peak_process < 100 << 20
    assert 128 << 20 <= measured.peak_sum < 200 << 20


def test_what_outlives_the_command_is_killed_and_said(tmp_path):
    program = SPAWN + "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], start_new_session=True)"
    measured = measure(python(program), output=tmp_path / "output", linger=0.05)

    assert (measured.code, measured.outlived) == (0, 1)
    assert measured.wall_seconds < 5


def test_the_exit_code_and_the_output_are_those_of_the_command(tmp_path):
    measured = measure(python("print('said'); raise SystemExit(7)"), output=tmp_path / "output")

    assert measured.code == 7
    assert (tmp_path / "output").read_text() == "said\n"


def test_a_command_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(CannotMeasureError, match="no-such-command"):
        measure(["no-such-command"], output=tmp_path / "output")


def test_a_command_that_takes_too_long_is_stopped_with_all_its_children(tmp_path):
    program = SPAWN + "subprocess.run(['sleep', '60'])"

    with pytest.raises(CannotMeasureError, match="had not ended after"):
        measure(python(program), output=tmp_path / "output", seconds=0.2)
