"""The guard: a document costs itself at most."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from dclm_pipeline.engine.child.arena import Arena
from dclm_pipeline.engine.child.guard import Guard, Unguarded
from dclm_pipeline.engine.child.work import ChildLimits, Lost, MustRestart, Output
from dclm_pipeline.errors import TransientError, UnforeseenError
from tests.engine.guard_programs import Obeys

LIMITS = ChildLimits(cpu_seconds=1.0, wall_seconds=60.0, memory=2**28)


@pytest.fixture(scope="module")
def guard():
    """Return a guard shared by the tests of this module."""
    with Guard(Obeys(), LIMITS) as shared:
        yield shared


def batches(texts: list[str], rows: int) -> list[pa.RecordBatch]:
    """Return texts as batches."""
    whole = pa.table({"text": texts})
    return whole.to_batches(max_chunksize=rows)


def ran(guard: Guard | Unguarded, texts: list[str], rows: int) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Return the texts that survived, in order, and what was lost."""
    left: list[str] = []
    lost: list[tuple[str, str, str]] = []
    for answer in guard.run(batches(texts, rows)):
        if isinstance(answer, Lost):
            lost.append((answer.document["text"][0].as_py(), answer.reason, answer.detail))
        elif "docs" in answer.tables:
            left += answer.tables["docs"]["text"].to_pylist()
    return left, lost


@pytest.mark.parametrize("rows", [1, 7, 32])
def test_a_document_that_crashes_is_lost_and_its_neighbours_are_not(guard, rows):
    texts = [str(i) for i in range(40)]
    texts[3] = texts[17] = "segfault"
    texts[18] = "exit"

    left, lost = ran(guard, texts, rows)

    assert left == [text for text in texts if text.isdigit()]
    assert lost == [
        ("segfault", "crashed", "SIGSEGV"),
        ("segfault", "crashed", "SIGSEGV"),
        ("exit", "crashed", "exit 3"),
    ]


@pytest.mark.parametrize(("order", "reason"), [("loop", "cpu limit"), ("eat", "memory limit")])
def test_a_document_that_costs_too_much_is_lost_by_reason(guard, order, reason):
    left, lost = ran(guard, ["a", order, "b"], 2)

    assert left == ["a", "b"]
    assert [(text, why) for text, why, _ in lost] == [(order, reason)]


def test_a_document_that_sleeps_too_long_is_lost_by_the_clock():
    with Guard(Obeys(), replace(LIMITS, wall_seconds=1.0)) as guard:
        left, lost = ran(guard, ["a", "sleep", "b"], 2)

    assert left == ["a", "b"]
    assert [(text, why) for text, why, _ in lost] == [("sleep", "wall limit")]


def test_good_documents_get_the_answers_of_an_unguarded_run(guard):
    texts = [str(i) * (i % 7) for i in range(100)]

    assert ran(guard, texts, 9) == ran(Unguarded(Obeys()), texts, 9) == (texts, [])


def test_a_batch_larger_than_the_shared_memory_gets_through(guard):
    texts = ["x" * 40_000_000, "y"]

    assert ran(guard, texts, 2) == (texts, [])


def test_an_answer_larger_than_the_shared_memory_gets_through(guard):
    texts = ["x" * 20_000_000, "y" * 10_000_000, "z"]

    assert ran(guard, texts, 3) == (texts, [])


@pytest.mark.parametrize("lengths", [{"docs": -64}, {"docs": 2**40}, {"docs": 2**25, "more": 64}])
def test_an_answer_that_cannot_lie_in_shared_memory_is_none(lengths):
    arena = Arena.make()

    assert arena.answer(bytearray(json.dumps({"facts": {}, "tables": lengths}).encode())) is None
    arena.close()


def test_an_answer_does_not_change_with_the_memory_it_came_through():
    arena = Arena.make()
    tables = {"docs": batches(["a", "ж", ""], 3)[0], "signals": batches(["b"], 1)[0], "none": batches(["b"], 1)[0][:0]}
    answer = arena.answer(bytearray(arena.put_answer(Output(tables, {"fact": 1}))))
    arena.put_answer(Output({"docs": batches(["z" * 5000], 1)[0]}, {}))

    assert (answer.tables, answer.facts) == (tables, {"fact": 1})
    arena.close()


def test_the_task_is_told_what_is_particular_about_it(guard):
    *_, last = guard.run(batches(["a", "b"], 1), b"opening")

    assert isinstance(last, Output)
    assert last.facts["opening"] == "opening"


def test_an_exception_is_a_bug_of_ours_and_is_told_with_its_traceback(guard):
    with pytest.raises(UnforeseenError, match="this is a bug"):
        ran(guard, ["a", "raise"], 2)
    assert ran(guard, ["a"], 2) == (["a"], [])


def test_a_program_that_cannot_be_opened_says_why():
    with (
        Guard(Obeys(fails_to_open=True), LIMITS) as broken,
        pytest.raises(UnforeseenError, match=r"model\.bin is not there"),
    ):
        ran(broken, ["a"], 1)


def test_a_task_with_state_begins_again_without_the_document():
    with Guard(Obeys(stateful=True), LIMITS) as guard:
        with pytest.raises(MustRestart) as restart:
            ran(guard, ["a", "segfault", "b"], 3)
        left = ran(guard, ["a", "b"], 3)

    assert restart.value.document["text"].to_pylist() == ["segfault"]
    assert left == (["a", "b"], [])


def test_descriptors_do_not_leak_over_tasks(guard):
    ran(guard, ["a", "segfault"], 2)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(30):
        ran(guard, ["a", "exit"], 2)

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_nursery_that_is_killed_is_started_again():
    with Guard(Obeys(), LIMITS) as guard:
        assert ran(guard, ["a"], 1) == (["a"], [])
        for pid in nurseries_of(os.getpid()):
            if (Path("/proc") / str(pid)).exists():
                os.kill(pid, signal.SIGKILL)

        assert ran(guard, ["b", "c"], 1)[0] == ["b", "c"]


ORPHAN = """
import sys, time
from dclm_pipeline.engine.child.guard import Guard
from tests.engine.guard_programs import Obeys
from tests.engine.test_guard import LIMITS, batches
guard = Guard(Obeys(), LIMITS)
list(guard.run(batches(["a"], 1)))
print("ready", flush=True)
time.sleep(60)
"""


def test_nothing_is_left_when_the_worker_is_killed():
    parent = subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    family = nurseries_of(parent.pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 10
    while any(Path("/proc", str(pid)).exists() for pid in family) and time.monotonic() < end:
        time.sleep(0.01)

    assert family
    assert not [pid for pid in family if Path("/proc", str(pid)).exists()]


def nurseries_of(parent: int) -> list[int]:
    """Return the nursery of a process and its children."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(entry.name)] = int(fields[1])
    direct = [pid for pid, above in parents.items() if above == parent and _is_nursery(pid)]
    return direct + [pid for pid, above in parents.items() if above in direct]


def _is_nursery(pid: int) -> bool:
    try:
        return b"dclm_pipeline.engine.child.nursery" in Path("/proc", str(pid), "cmdline").read_bytes()
    except FileNotFoundError:
        return False


def test_a_task_that_ends_in_the_middle_leaves_nothing_to_the_next(guard):
    def breaking(rows):
        yield from batches(rows, 1)
        raise TransientError("the connection broke")

    with pytest.raises(TransientError, match="connection broke"):
        list(guard.run(breaking(["a", "b", "c"])))

    assert ran(guard, ["d", "e"], 1) == (["d", "e"], [])


def test_a_child_that_somebody_else_kills_costs_no_document(guard):
    assert ran(guard, ["a"], 1) == (["a"], [])
    answers = guard.run(batches(["b", "sleep"], 1))
    next(answers)
    os.kill(guard._child, signal.SIGKILL)

    with pytest.raises(TransientError, match="killed from outside"):
        list(answers)
    assert ran(guard, ["c"], 1) == (["c"], [])
