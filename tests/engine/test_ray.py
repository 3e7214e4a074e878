"""The Ray executor: the same bytes as inline, whoever dies on the way."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.crawls import EVERYTHING, bytes_of, recipe, run_inline
from tests.faults.test_interrupted import start_driver, wait_for


@pytest.fixture(scope="module")
def reference(crawl, tmp_path_factory):
    """Return the bytes of a pool built inline."""
    pool = tmp_path_factory.mktemp("reference") / "pool"
    run_inline(EVERYTHING, crawl, pool)
    return bytes_of(pool)


def command(crawl: Path, pool: Path, *more: str) -> list[str]:
    """Return the command line of a run on Ray."""
    recipe(EVERYTHING, pool.parent)
    path = str(pool.parent / "recipe.yaml")
    return [sys.executable, "-m", "dclm_pipeline.cli", "run", path, "--source", str(crawl), "--out", str(pool), *more]


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.slow
def test_any_number_of_workers_gives_the_bytes_of_inline(crawl, reference, tmp_path, workers):
    subprocess.run(command(crawl, tmp_path / "pool", "--workers", str(workers)), check=True, timeout=120)

    assert bytes_of(tmp_path / "pool") == reference


@pytest.mark.slow
def test_a_killed_worker_costs_its_task_and_nothing_else(crawl, reference, tmp_path):
    driver = start_driver(EVERYTHING, crawl, tmp_path / "pool", "ray")
    wait_for(lambda: workers_at_task(driver.pid) or driver.poll() is not None)
    for pid in workers_at_task(driver.pid)[:1]:
        os.kill(pid, signal.SIGKILL)

    assert driver.wait(120) == 0, (tmp_path / "driver.log").read_text()
    assert bytes_of(tmp_path / "pool") == reference


@pytest.mark.slow
def test_a_killed_driver_is_resumed_on_another_executor(crawl, reference, tmp_path):
    driver = start_driver(EVERYTHING, crawl, tmp_path / "pool", "ray")
    wait_for(lambda: any(tmp_path.glob("saved/*/receipts/*.json")) or driver.poll() is not None)
    driver.send_signal(signal.SIGKILL)
    driver.wait()

    run_inline(EVERYTHING, crawl, tmp_path / "pool")

    assert bytes_of(tmp_path / "pool") == reference


@pytest.mark.slow
def test_one_process_can_run_several_times(crawl, reference, tmp_path):
    for name in ("one", "two"):
        run_inline(EVERYTHING, crawl, tmp_path / name / "pool", executor="ray", workers=1)

        assert bytes_of(tmp_path / name / "pool") == reference


@pytest.mark.slow
def test_nobody_else_can_look_into_rays_folder(crawl, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(short_folder(tmp_path)))
    driver = start_driver(EVERYTHING, crawl, tmp_path / "pool", "ray")
    folders = []
    wait_for(lambda: folders.extend(short_folder(tmp_path).glob("dclm-ray-*/token")) or folders or driver.poll() == 0)
    modes = [(stat.S_IMODE(token.stat().st_mode), stat.S_IMODE(token.parent.stat().st_mode)) for token in folders[:1]]

    assert modes == [(0o600, 0o700)]
    assert driver.wait(120) == 0


def short_folder(tmp_path: Path) -> Path:
    """Return a folder whose path is short enough for Ray's sockets."""
    folder = Path("/tmp", f"t{os.getpid()}")
    folder.mkdir(exist_ok=True)
    return folder


def workers_at_task(session: int) -> list[int]:
    """Return the Ray workers of a session that have a task of the first segment in hand: Ray shows it as their title."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            title = (entry / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        if int(fields[3]) == session and title.startswith(b"ray::decode"):
            found.append(int(entry.name))
    return found
