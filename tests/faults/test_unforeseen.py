"""What nobody foresaw costs the task it happens in: it is set aside by name, and the others finish."""

import errno

import pytest

from dclm_pipeline.engine import drive, perform
from dclm_pipeline.errors import ExitCode, IncompleteError
from tests.engine.crawls import EXTRACT, bytes_of, run_inline


def failing(monkeypatch, error: Exception, times: int = 1) -> None:
    """Have the first tasks of the second shard raise."""
    performed, left = perform.perform_segment, [times]

    def fail_once(task, *rest):
        if task.ordinal == 1 and left[0]:
            left[0] -= 1
            raise error
        return performed(task, *rest)

    monkeypatch.setattr(perform, "perform_segment", fail_once)


def test_a_bug_in_one_task_is_told_where_it_is_and_the_next_run_goes_on(crawl, tmp_path, monkeypatch):
    out = tmp_path / "pool"
    failing(monkeypatch, ZeroDivisionError("nobody thought of this"))

    with pytest.raises(IncompleteError, match=r"1 of \d+ tasks.*(?s:.*)ZeroDivisionError: nobody thought") as raised:
        run_inline(EXTRACT, crawl, out)
    again = run_inline(EXTRACT, crawl, out)

    assert raised.value.exit_code == ExitCode.BUG
    assert not (tmp_path / "pool" / "manifest.json.tmp").exists()
    assert again.story.performed == 2  # the task, and the join of what all left beside their documents
    run_inline(EXTRACT, crawl, tmp_path / "fresh" / "pool")
    assert bytes_of(out) == bytes_of(tmp_path / "fresh" / "pool")


def test_a_full_disk_is_waited_for(crawl, tmp_path, monkeypatch):
    monkeypatch.setattr(drive, "FIRST_WAIT_SECONDS", 0.001)
    failing(monkeypatch, OSError(errno.ENOSPC, "No space left on device"), times=3)

    ran = run_inline(EXTRACT, crawl, tmp_path / "pool")

    assert ran.story.retried == 3
