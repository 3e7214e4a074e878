"""A terminal to try commands at.

A command is a process of its own, with its own exit code, as anybody's is; what all commands import is imported once
for all of them, in a process that makes those of the commands. Where that cannot be (only on Linux is it safe), and
where a test wants it so, each command begins from nothing.
"""

import atexit
import json
import os
import select
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

SECONDS = 120
# Reads a command in each line; the copy of it that a command becomes leaves the loop, and ends as any program does.
MAKER = """
import json, os, runpy, sys
import dclm_pipeline.api, dclm_pipeline.barriers, dclm_pipeline.cli.commands, dclm_pipeline.engine.run, dclm_pipeline.stages
for line in sys.stdin:
    asked = json.loads(line)
    child = os.fork()
    if child == 0:
        break
    status = os.waitpid(child, 0)[1]
    print(os.waitstatus_to_exitcode(status), flush=True)
else:
    sys.exit()
os.environ.clear()
os.environ.update(asked["environment"])
os.chdir(asked["here"])
for descriptor, (path, flags) in enumerate([(os.devnull, os.O_RDONLY), (asked["out"], os.O_WRONLY), (asked["err"], os.O_WRONLY)]):
    os.dup2(os.open(path, flags), descriptor)
sys.argv[1:] = asked["words"]
sys.path[0] = os.getcwd()
runpy.run_module("dclm_pipeline.cli", run_name="__main__", alter_sys=True)
"""


def dclm(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command; its exit code must be the one named."""
    return (_quick if sys.platform == "linux" else _from_nothing)([str(word) for word in words], code)


def dclm_from_nothing(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a command in an interpreter that has imported nothing; its exit code must be the one named."""
    return _from_nothing([str(word) for word in words], code)


def _from_nothing(words: list[str], code: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dclm_pipeline.cli", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == code, done.stderr
    return done


def _quick(words: list[str], code: int) -> subprocess.CompletedProcess[str]:
    maker = _maker()
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        for path in (out, err):
            path.touch()
        here = {"here": str(Path.cwd()), "environment": dict(os.environ)}
        asked = {"words": words, "out": str(out), "err": str(err)} | here
        print(json.dumps(asked), file=maker.stdin, flush=True)
        answered = select.select([maker.stdout], [], [], SECONDS)[0]
        done = subprocess.CompletedProcess(words, int(maker.stdout.readline()) if answered else -1)
        done.stdout, done.stderr = out.read_text(), err.read_text()
    assert answered, f"still at it after {SECONDS} seconds: dclm {' '.join(words)}: {done.stderr}"
    assert done.returncode == code, done.stderr
    return done


@lru_cache(maxsize=1)
def _maker() -> "subprocess.Popen[str]":
    maker = subprocess.Popen([sys.executable, "-c", MAKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(_end, maker)
    return maker


def _end(maker: "subprocess.Popen[str]") -> None:
    with maker:
        maker.stdin.close()
        if select.select([maker.stdout], [], [], 5)[0] == []:
            maker.kill()
