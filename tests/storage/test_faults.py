"""A store that is busy, connections that break and answers that are cut: data stays right, and requests few."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from dclm_pipeline.errors import TransientError
from dclm_pipeline.storage import Storage, open_storage, s3
from tests.storage.faulty import Fault, Request, in_bursts, in_turn

DATA = random.Random(6).randbytes(6_000_000)
OBJECTS = {"old": DATA, "small": b"0123456789", "empty": b""} | {f"many/{i}": b"" for i in range(7)}
BURST = 3
ANYWHERE = [Fault.BUSY, Fault.UNHEARD, Fault.UNANSWERED, Fault.CUT, Fault.UNFRAMED]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make large what is a few megabytes, and long what has more than four objects."""
    monkeypatch.setattr(s3, "PART_BYTES", 5 * 2**20)
    monkeypatch.setattr(s3, "PAGE_KEYS", 4)


def contents(storage: Storage) -> dict[str, bytes]:
    return {entry.path: storage.read(entry.path) for entry in storage.entries()}


def read_in_jumps(storage: Storage, path: str) -> list[bytes]:
    with storage.open(path) as file:
        return [file.read(100) for place in (0, 5_000_000, 10, 2_000_000, 5_999_990) if file.seek(place) == place]


def read_to_the_end(storage: Storage, path: str) -> bytes:
    with storage.open(path) as file:
        return file.read()


def put_a_file(storage: Storage, folder: Path, data: bytes) -> None:
    (folder / "file").write_bytes(data)
    storage.put_file("new", folder / "file")


# What is done, and how many requests that are where nothing goes wrong.
BEHAVIOURS: dict[str, tuple[Callable[[Storage, Path], Any], int]] = {
    "read": (lambda storage, _: [storage.read("old"), storage.read("small", 3, 4), storage.read("empty")], 3),
    "size": (lambda storage, _: storage.size("old"), 1),
    "open": (lambda storage, _: read_to_the_end(storage, "old"), 2),
    "seek": (lambda storage, _: read_in_jumps(storage, "old"), 5),
    "list": (lambda storage, _: list(storage.entries()), 3),
    "put": (lambda storage, _: [storage.put("new", DATA), storage.put("empty", b"")], 2),
    "put a file": (lambda storage, folder: put_a_file(storage, folder, b"short"), 1),
    "put a file in parts": (lambda storage, folder: put_a_file(storage, folder, 2 * DATA), 5),
    "put if absent": (lambda storage, _: [storage.put_if_absent("new", b"1"), storage.put_if_absent("new", b"2")], 2),
    "delete": (lambda storage, _: [storage.delete("old"), storage.delete("nothing")], 2),
}


@pytest.mark.parametrize("fault", [None, *ANYWHERE], ids=lambda fault: fault and fault.name)
@pytest.mark.parametrize(("behaviour", "untroubled"), BEHAVIOURS.values(), ids=BEHAVIOURS)
def test_bursts_of_faults_change_nothing_and_cost_two_requests_each_at_most(
    faulty, troubled, rival, tmp_path, behaviour, untroubled, fault
):
    reference = open_storage(f"memory://{uuid4().hex}")
    for path, data in OBJECTS.items():
        reference.put(path, data)
        rival.put(path, data)
    faulty.begin(in_bursts(fault, BURST if fault else 0))
    answer = behaviour(troubled, tmp_path)

    assert (answer, contents(rival)) == (behaviour(reference, tmp_path), contents(reference))
    assert untroubled <= len(faulty.asked) <= untroubled + 2 * len(faulty.spoiled)


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.UNHEARD, Fault.UNANSWERED], ids=lambda fault: fault.name)
def test_whoever_always_fails_is_asked_ten_times(faulty, troubled, fault):
    faulty.begin(lambda request: fault)

    with pytest.raises(TransientError):
        troubled.read("nothing")
    assert faulty.count() == {"GET": 10}


def test_whoever_lets_through_some_at_a_time_is_asked_on(faulty, troubled, rival):
    rival.put("old", DATA)
    faulty.begin(lambda request: Fault.CUT)

    assert troubled.read("old") == DATA
    assert 10 < faulty.count()["GET"] < 25


def completing(*faults: Fault) -> Callable[[Request], Fault | None]:
    """Spoil the requests that end an upload in parts, one by each fault."""
    script = in_turn(*faults)
    return lambda request: script(request) if request.method == "POST" and "uploadId=" in request.path else None


def test_an_upload_that_ended_unheard_by_us_is_whole_even_if_the_store_has_forgotten_it(
    faulty, troubled, rival, tmp_path
):
    faulty.begin(completing(Fault.UNANSWERED, Fault.FORGOTTEN))
    put_a_file(troubled, tmp_path, 2 * DATA)

    assert (contents(rival), list(tmp_path.iterdir())) == ({"new": 2 * DATA}, [])


@pytest.mark.parametrize("faults", [[Fault.FORGOTTEN], [Fault.BUSY, Fault.FORGOTTEN]])
def test_an_upload_that_was_given_up_by_others_may_be_tried_again(faulty, troubled, rival, tmp_path, faults):
    rival.put("new", b"old")
    faulty.begin(completing(*faults))

    with pytest.raises(TransientError, match="given up"):
        put_a_file(troubled, tmp_path, 2 * DATA)
    assert (contents(rival), (tmp_path / "file").stat().st_size) == ({"new": b"old"}, 2 * len(DATA))


def test_an_upload_that_was_begun_twice_is_swept(faulty, troubled, rival, tmp_path):
    faulty.begin(in_turn(Fault.UNANSWERED))
    put_a_file(troubled, tmp_path, 2 * DATA)

    assert (rival.sweep(-2), rival.sweep(-2), contents(rival)) == (1, 0, {"new": 2 * DATA})
