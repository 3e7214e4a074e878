"""Tasks tell how far they are while they are at it, and what they leave does not depend on who hears it."""

from dclm_pipeline.engine import underway
from dclm_pipeline.engine.events import TaskDone, TasksUnderway
from dclm_pipeline.engine.underway import Listening, Reached, now_and_then, telling_by_file
from tests.engine.crawls import EXTRACT, bytes_of, run_inline


def test_a_task_tells_of_documents_and_bytes_before_it_is_done(crawl, tmp_path, monkeypatch):
    monkeypatch.setattr(underway, "TELLING_SECONDS", 0.0)
    events = []
    run_inline(EXTRACT, crawl, tmp_path / "pool", listener=events.append)
    first = next(event for event in events if isinstance(event, TaskDone))
    told = [event.reached for event in events[: events.index(first)] if isinstance(event, TasksUnderway)]
    reached = [each[first.task.key] for each in told]
    documents, sizes = [each.documents for each in reached], [each.bytes for each in reached]

    assert documents == sorted(set(documents))
    assert documents[-1] == first.done.receipt.tally.source.documents
    assert sizes == sorted(sizes)
    assert 0 < sizes[-1] <= first.done.receipt.inputs[0].bytes


def test_what_is_left_does_not_depend_on_telling(crawl, tmp_path, monkeypatch):
    run_inline(EXTRACT, crawl, tmp_path / "quiet" / "pool")
    monkeypatch.setattr(underway, "TELLING_SECONDS", 0.0)
    run_inline(EXTRACT, crawl, tmp_path / "telling" / "pool")

    assert bytes_of(tmp_path / "quiet" / "pool") == bytes_of(tmp_path / "telling" / "pool")


def test_what_comes_too_soon_is_not_passed_on():
    told = []
    tell = now_and_then(told.append)
    for documents in range(1000):
        tell(Reached(documents, 0))

    assert told == []


def test_a_worker_tells_by_a_file_that_goes_with_its_task(tmp_path, monkeypatch):
    monkeypatch.setattr(underway, "TELLING_SECONDS", 0.0)
    heard = []
    listening = Listening(tmp_path / "underway", heard.append)
    with telling_by_file(str(tmp_path / "underway"), "one") as tell:
        listening.listen()
        tell(Reached(3, 2**40))
        listening.listen()
    listening.listen()

    assert heard == [{"one": Reached(3, 2**40)}]


def test_a_worker_that_was_killed_is_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(underway, "TELLING_SECONDS", 0.0)
    heard = []
    listening = Listening(tmp_path / "underway", heard.append)
    (tmp_path / "underway" / "half").write_bytes(b"1234")
    (tmp_path / "underway" / "one").write_bytes(bytes(16))
    listening.listen()
    listening.forget("one")
    listening.forget("never seen")
    listening.listen()

    assert heard == [{"one": Reached(0, 0)}]


def test_a_task_does_not_fail_where_nobody_can_be_told(tmp_path, monkeypatch):
    monkeypatch.setattr(underway, "TELLING_SECONDS", 0.0)
    with telling_by_file(str(tmp_path / "gone"), "one") as tell:
        tell(Reached(1, 1))

    assert list(tmp_path.iterdir()) == []
