"""The nursery: a small process with one thread, from which guarded children are forked.

Forking from a process full of threads is not safe, and a worker is one; so the worker starts this process first, by
exec, and talks to it over a socket. It imports what programs are made of, and the kernels that each names; for each it
forks an opener, which opens it once, and forks children that share the opened models with it and with each other. A
rehearser opens steps in a child of its own, and tells what came of it.
What is missing on macOS: the limit on memory, and the signal at the parent's death (children end when their socket does).
"""

import contextlib
import ctypes
import gc
import json
import os
import pickle
import resource
import signal
import socket
import sys
import tempfile
import traceback
from pathlib import Path
from typing import IO

import pyarrow as pa

from dclm_pipeline.engine.child import programs
from dclm_pipeline.engine.child.ahead import load_kernels
from dclm_pipeline.engine.child.arena import Arena
from dclm_pipeline.engine.child.channel import (
    RECIPE_ERROR,
    REHEARSE,
    ClosedError,
    deserialized,
    output_parts,
    receive,
    send,
)
from dclm_pipeline.engine.child.opening_steps import problems_of_opening
from dclm_pipeline.engine.child.process import settle
from dclm_pipeline.engine.child.work import ChildLimits, Output, Program, Worker
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.kernels import compiled
from dclm_pipeline.recipe.shipping import unpack

_PR_SET_PDEATHSIG = 1
_SHARED = (compiled, programs)  # numba, steps and Arrow: imported once for all programs


def main() -> None:
    """Serve the worker at the other end of the socket until it closes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker is told of an interrupt, and closes the socket
    _die_with_parent()
    link = socket.socket(fileno=int(sys.argv[1]))
    settle()
    openers: set[int] = set()
    try:
        while True:
            kind, kernels = receive(link)
            # Where that fails, it does so again where the program is opened, and the worker is told of it.
            with contextlib.suppress(Exception):
                load_kernels(json.loads(bytes(kernels)))
            openers -= _ended(openers, os.WNOHANG)
            control, *memory = socket.recv_fds(link, 1, 2)[1]
            opener = os.fork()
            if opener == 0:
                link.close()
                if kind == REHEARSE:
                    _be_rehearser(socket.socket(fileno=control))
                _be_opener(socket.socket(fileno=control), memory[0])
            openers.add(opener)
            for descriptor in (control, *memory):
                os.close(descriptor)
    except (ClosedError, ValueError):
        # The worker is gone, or went while it sent. What openers cost is told of once they have been waited for.
        _ended(openers, 0)


def _ended(openers: set[int], flags: int) -> set[int]:
    """Wait for openers, and return those that have ended."""
    return {opener for opener in openers if os.waitpid(opener, flags)[0]}


def _be_opener(control: socket.socket, memory: int) -> None:
    """Open one program and fork children from it, until the worker closes the socket; never return."""
    _die_with_parent()
    child = 0
    try:
        arena = Arena(memory)
        _, data = receive(control)
        program, limits = pickle.loads(data)
        worker = _open(program, control)
        gc.freeze()
        while True:
            kind, _ = receive(control)
            if kind == b"F":
                (descriptor,) = socket.recv_fds(control, 1, 1)[1]
                child = os.fork()
                if child == 0:
                    control.close()
                    _serve(socket.socket(fileno=descriptor), arena, worker, limits, program.stateful)
                os.close(descriptor)
                send(control, b"C", str(child).encode())
            elif kind == b"W":
                _, status = os.waitpid(child, 0)
                child = 0
                send(control, b"S", str(os.waitstatus_to_exitcode(status)).encode())
    except (ClosedError, ValueError):
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    finally:
        os._exit(0)  # a forked process must not run what its parent has still to do


def _be_rehearser(control: socket.socket) -> None:
    """Have a child open steps, and tell what is wrong with them, or what it ended with; never return."""
    _die_with_parent()
    try:
        _, data = receive(control)
        with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as said:
            child = os.fork()
            if child == 0:
                _rehearse(data, answer.fileno(), said.fileno())
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            problems, last = ([], _last_line(said)) if code else (json.loads(_all_of(answer)), "")
        send(control, b"R", json.dumps([problems, code, last]).encode())
    except (ClosedError, ValueError):
        pass  # the worker is gone
    finally:
        os._exit(0)


def _rehearse(data: bytearray, answer: int, said: int) -> None:
    """Open packed steps, and write what is wrong as JSON; never return."""
    _die_with_parent()
    code = 1
    try:
        for stream in (1, 2):
            os.dup2(said, stream)
        steps, assets = pickle.loads(data)
        os.write(answer, json.dumps(problems_of_opening(unpack(steps), assets)).encode())
        code = 0
    except BaseException:  # noqa: BLE001 - nothing may run on in a forked child but its end, and its last line is told
        os.write(said, traceback.format_exc().encode(errors="replace"))
    finally:
        os._exit(code)


def _all_of(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _last_line(file: IO[bytes]) -> str:
    return _all_of(file).decode(errors="replace").strip().rpartition("\n")[2]


def _open(program: Program, control: socket.socket) -> Worker:
    """Open the program, or tell the worker why that cannot be done."""
    try:
        worker = program.open()
    except RecipeError as error:
        send(control, RECIPE_ERROR, str(error).encode())
        os._exit(0)
    except Exception as error:  # noqa: BLE001 - whatever it is, the worker is told, and raises it there
        send(control, b"E", f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    send(control, b"R")
    return worker


def _serve(link: socket.socket, arena: Arena, worker: Worker, limits: ChildLimits, stateful: bool) -> None:
    """Be a guarded child: answer until the link closes, and never return."""
    code = 0
    try:
        _confine(limits)
        while True:
            _answer(link, arena, worker, stateful)
    except ClosedError:
        pass
    except BaseException:  # noqa: BLE001 - nothing may run on in a forked child but its end
        code = 70
    finally:
        os._exit(code)


def _answer(link: socket.socket, arena: Arena, worker: Worker, stateful: bool) -> None:
    kind, data = receive(link)
    try:
        if kind == b"B":
            worker.begin(bytes(data))
            return send(link, b"D")
        if kind == b"F":
            return _hand_over(link, arena, worker.finish())
        cpu, slot, length = (float(part) for part in bytes(data[:64]).split())
        if kind == b"A":
            batch = arena.get(int(slot), int(length), copied=stateful)
        else:
            batch = deserialized(pa.py_buffer(bytes(data[64:])))
        signal.setitimer(signal.ITIMER_PROF, cpu)
        output = worker.work(batch)
        signal.setitimer(signal.ITIMER_PROF, 0)
        return _hand_over(link, arena, output)
    except MemoryError:
        return send(link, b"M")
    except ClosedError:
        raise
    except RecipeError as error:
        return send(link, RECIPE_ERROR, str(error).encode())
    except Exception:  # noqa: BLE001 - steps' exceptions are caught by the chain: this is a bug of ours, to be told
        return send(link, b"X", traceback.format_exc().encode(errors="replace"))


def _hand_over(link: socket.socket, arena: Arena, output: Output) -> None:
    """Answer with an output: through shared memory, or the socket where it is too large."""
    head = arena.put_answer(output)
    if head is None:
        send(link, b"O", *output_parts(output))
    else:
        send(link, b"S", head)


def _confine(limits: ChildLimits) -> None:
    """Take from this process what a page could do harm with."""
    _die_with_parent()
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        mapped = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except FileNotFoundError:
        return  # no such figures here: macOS
    resource.setrlimit(resource.RLIMIT_AS, (mapped + limits.memory, mapped + limits.memory))


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
