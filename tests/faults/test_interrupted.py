"""Runs that end in the middle: killed, refused by the store, or beside each other."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dclm_pipeline.engine import outputs
from dclm_pipeline.errors import IncompleteError, IntegrityError
from dclm_pipeline.pools.receipt import receipt_from_bytes
from tests.engine.crawls import EVERYTHING, EXTRACT, bytes_of, recipe, run_inline

DRIVER = """
import sys
from dclm_pipeline.api import run
run(sys.argv[1], sys.argv[2], sys.argv[3], executor=sys.argv[4], workers=2)
"""


def start_driver(text, crawl, pool, executor):
    """Start a run in a process of its own."""
    recipe(text, pool.parent)
    words = [str(pool.parent / "recipe.yaml"), str(crawl), str(pool), executor]
    with (pool.parent / "driver.log").open("a") as log:
        return subprocess.Popen([sys.executable, "-c", DRIVER, *words], stdout=log, stderr=log, start_new_session=True)


def wait_for(condition, seconds=60.0):
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


@pytest.mark.slow
def test_a_killed_driver_is_resumed_to_the_same_bytes(crawl, tmp_path):
    run_inline(EVERYTHING, crawl, tmp_path / "clean" / "pool")
    pool = tmp_path / "killed" / "pool"
    driver = start_driver(EVERYTHING, crawl, pool, "inline")
    wait_for(lambda: any((pool.parent / "saved").glob("*/receipts/*.json")) or driver.poll() is not None)
    driver.send_signal(signal.SIGKILL)
    driver.wait()

    resumed = run_inline(EVERYTHING, crawl, pool)

    assert resumed.story.known > 0
    assert bytes_of(pool) == bytes_of(tmp_path / "clean" / "pool")


@pytest.mark.slow
def test_two_runs_at_once_leave_one_whole_pool(crawl, tmp_path):
    run_inline(EVERYTHING, crawl, tmp_path / "clean" / "pool")
    pool = tmp_path / "both" / "pool"
    drivers = [start_driver(EVERYTHING, crawl, pool, "inline") for _ in range(2)]

    assert [driver.wait(120) for driver in drivers] == [0, 0]
    assert bytes_of(pool) == bytes_of(tmp_path / "clean" / "pool")


def test_a_put_that_fails_between_data_and_receipt_leaves_nothing_half_done(crawl, tmp_path, monkeypatch):
    run_inline(EXTRACT, crawl, tmp_path / "clean" / "pool")
    pool = tmp_path / "pool"
    calls = []

    def failing(storage, receipt):
        calls.append(receipt.key)
        raise OSError("the store went away")

    monkeypatch.setattr("dclm_pipeline.engine.perform.commit", failing)
    with pytest.raises(IncompleteError, match="went away"):
        run_inline(EXTRACT, crawl, pool)
    monkeypatch.undo()

    assert not (pool / "manifest.json").exists()
    assert not list((pool / "receipts").glob("*"))
    run_inline(EXTRACT, crawl, pool)
    assert bytes_of(pool) == bytes_of(tmp_path / "clean" / "pool")


def test_a_file_that_is_no_warc_is_set_aside_by_name_while_the_others_finish(crawl, tmp_path):
    source = tmp_path / "crawl"
    source.mkdir()
    good = sorted(crawl.rglob("*.warc.gz"))[0]
    (source / "a.warc.gz").write_bytes(b"<html>no archive</html>" * 100)
    (source / "b.warc.gz").write_bytes(good.read_bytes())

    with pytest.raises(IncompleteError, match=r"(?s)1 of 2 tasks .*a\.warc\.gz is no WARC file"):
        run_inline(EXTRACT, source, tmp_path / "pool")

    assert not (tmp_path / "pool" / "manifest.json").exists()
    assert len(list((tmp_path / "pool" / "receipts").glob("*.json"))) == 1
    (source / "a.warc.gz").unlink()
    assert run_inline(EXTRACT, source, tmp_path / "pool").story.performed == 1


def test_another_result_for_a_finished_task_is_reported(crawl, tmp_path):
    run_inline(EXTRACT, crawl, tmp_path / "pool")
    path = next(path for path in (tmp_path / "pool" / "receipts").glob("*.json") if '"docs"' in path.read_text())
    values = json.loads(path.read_text())
    receipt = receipt_from_bytes(path.read_bytes(), str(path))
    values["files"]["docs"]["content"]["text"] = "0" * 64
    path.write_text(json.dumps(values))

    from dclm_pipeline.storage import open_storage

    with pytest.raises(IntegrityError, match="not deterministic"):
        outputs.commit(open_storage(str(tmp_path / "pool")), receipt)


def test_no_process_is_left_after_an_interrupt(crawl, tmp_path):
    driver = start_driver(EVERYTHING, crawl, tmp_path / "pool", "inline")
    wait_for(lambda: (tmp_path / "saved").exists() or driver.poll() is not None)
    os.kill(driver.pid, signal.SIGINT)
    driver.wait(30)

    wait_for(lambda: not list(_left_of(str(tmp_path).encode())), 10)


def _left_of(parent):
    """Yield the processes that a dead process has left to the first one."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            command = (stat.parent / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent in command or (b"engine.child.nursery" in command and fields[1] == "1" and fields[0] != "Z"):
            yield stat
