"""A storage that loses a promise is found out: for each promise one way to lose it, and the promise must see it."""

import io
import threading
from urllib.parse import unquote
from uuid import uuid4

import pytest

from dclm_pipeline.errors import RecipeError, ShardError
from dclm_pipeline.storage import Entry
from dclm_pipeline.storage.contract import PROMISES, Amounts, fresh_room, outcome_of, try_object
from dclm_pipeline.storage.local import LocalStorage
from dclm_pipeline.storage.memory import MemoryStorage
from tests.storage.serving import serving

AMOUNTS = Amounts(many=35, large=3 * 2**20, rounds=3, tries=3)


def _others_among_two(old):
    """Look first and write then, as stores without `If-None-Match` are used; two always come between each other."""
    meeting = threading.Barrier(2)

    def put_if_absent(self, path, data):
        there = [entry.path for entry in self.entries(path)]
        meeting.wait(20)
        if not there:
            self.put(path, data)
        return not there

    return put_if_absent


def _cached_listings(old):
    seen = {}

    def entries(self, prefix=""):
        if (self.url, prefix) not in seen:
            seen[self.url, prefix] = list(old(self, prefix))
        return iter(seen[self.url, prefix])

    return entries


def _halves_first(old):
    """Write a half, and the rest once somebody has looked."""
    looked = threading.Event()
    read = MemoryStorage.read

    def looking(self, path, start=0, length=None):
        data = read(self, path, start, length)
        looked.set()
        return data

    def put(self, path, data):
        if threading.current_thread() is not threading.main_thread():
            MemoryStorage.read = looking
            old(self, path, data[: len(data) // 2])
            looked.wait(20)
            MemoryStorage.read = read
        old(self, path, data)

    return put


class _Live(io.RawIOBase):
    """A file that asks for whatever lies there now."""

    def __init__(self, storage, path):
        self._storage, self._path, self._place = storage, path, 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=0):
        self._place = offset + (0, self._place, self._storage.size(self._path))[whence]
        return self._place

    def readinto(self, buffer):
        part = self._storage.read(self._path, self._place, len(buffer))
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)


def _swallowing(error, answer):
    def wrap(old):
        def swallow(self, *arguments):
            try:
                return old(self, *arguments)
            except error:
                return answer

        return swallow

    return wrap


def _refusing_the_end(old):
    def read(self, path, start=0, length=None):
        if start and start >= self.size(path):
            raise ShardError("416")
        return old(self, path, start, length)

    return read


def _minding(old):
    def delete(self, path):
        self.size(path)
        old(self, path)

    return delete


def _always_winning(old):
    def put_if_absent(self, path, data):
        self.put(path, data)
        return True

    return put_if_absent


LOSSES = {
    "lists-nothing": ("entries", lambda old: lambda self, prefix="": iter([Entry("ghost", 1)])),
    "lists-sizes": ("entries", lambda old: lambda self, prefix="": (Entry(e.path, 0) for e in old(self, prefix))),
    "lists-in-order": (
        "entries",
        lambda old: lambda self, prefix="": iter(sorted(old(self, prefix), key=lambda e: e.path.encode("utf-16-be"))),
    ),
    "lists-prefixes": ("entries", lambda old: lambda self, prefix="": old(self, prefix and f"{prefix.rstrip('/')}/")),
    "lists-many": ("entries", lambda old: lambda self, prefix="": iter(list(old(self, prefix))[:30])),
    "names-anything": ("put", lambda old: lambda self, path, data: old(self, unquote(path), data)),
    "shows-at-once": ("entries", _cached_listings),
    "tells-size": ("size", lambda old: lambda self, path: old(self, path) + 1),
    "reads-parts": ("read", lambda old: lambda self, path, start=0, length=None: old(self, path, 0, length)),
    "reads-past-the-end": ("read", _refusing_the_end),
    "refuses-backwards": (
        "read",
        lambda old: lambda self, path, start=0, length=None: old(self, path, max(0, start), length and max(0, length)),
    ),
    "opens": ("open", lambda old: lambda self, path: io.BytesIO(old(self, path).read()[:-1])),
    "misses": ("open", _swallowing(FileNotFoundError, io.BytesIO())),
    "refuses-outside": ("size", _swallowing(RecipeError, 0)),
    "writes": ("put", lambda old: lambda self, path, data: self.put_if_absent(path, data) and None),
    "writes-soon": ("put", lambda old: lambda self, path, data: old(self, path, data[:999])),
    "takes-files": ("put_file", lambda old: lambda self, path, local: self.put_if_absent(path, local.read_bytes())),
    "misses-files": ("put_file", _swallowing(FileNotFoundError, None)),
    "writes-once": ("put_if_absent", _always_winning),
    "deletes": ("delete", _minding),
    "folders": ("read", _swallowing(FileNotFoundError, b"")),
    "refuses-to-write-outside": ("put", _swallowing(RecipeError, None)),
    "builds-again": ("url", lambda old: property(lambda self: "memory://elsewhere")),
    "one-of-two-wins": ("put_if_absent", _others_among_two),
    "one-of-many-wins": ("put_if_absent", _others_among_two),
    "whole-or-not": ("put", _halves_first),
    "mixes-nothing": ("open", lambda old: lambda self, path: io.BufferedReader(_Live(self, path))),
    "takes-large": (
        "put_file",
        lambda old: lambda self, path, local: old(self, path, local) or self.put(path, self.read(path)[::-1]),
    ),
    "reads-soon": ("open", lambda old: lambda self, path: io.BytesIO(old(self, path).read(9))),
}
# What memory cannot lose is lost below.
ELSEWHERE = {"goes-on", "sweeps"}


def named(name):
    return next(promise for promise in PROMISES if promise.name == name)


def test_there_is_a_loss_for_every_promise():
    assert {promise.name for promise in PROMISES} == LOSSES.keys() | ELSEWHERE


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_found(monkeypatch, tmp_path, name):
    attribute, lose = LOSSES[name]
    place = f"memory://{uuid4().hex}"
    room = fresh_room(named(name), place, tmp_path, AMOUNTS)
    monkeypatch.setattr(MemoryStorage, attribute, lose(getattr(MemoryStorage, attribute)))
    outcome = outcome_of(named(name), lambda _: room)

    assert (outcome.kept, bool(outcome.seen), bool(outcome.expected)) == (False, True, True)
    MemoryStorage.forget(place.removeprefix("memory://"))


def test_writers_that_leave_something_for_good_are_found(monkeypatch, tmp_path):
    monkeypatch.setattr(LocalStorage, "sweep", lambda self, seconds: 0)
    (tmp_path / "scratch").mkdir()
    outcome = outcome_of(
        named("sweeps"), lambda promise: fresh_room(promise, str(tmp_path / "root"), tmp_path / "scratch", AMOUNTS)
    )

    assert (outcome.kept, "(0, 0, 0)" in outcome.seen) == (False, True)


@pytest.mark.parametrize(
    ("lost", "broken"),
    [
        ({"tags": False}, {"goes-on": "without a strong ETag"}),
        ({"versions": False}, {"goes-on": "though `If-Match` names another version"}),
        (
            {"ranges": False},
            {"goes-on": "does not answer with the part", "reads-parts": "does not answer with the part"},
        ),
    ],
    ids=str,
)
def test_servers_that_do_not_know_parts_or_versions_are_found(lost, broken):
    with serving({"a": bytes(range(256)) * 40}) as served:
        for name, value in lost.items():
            setattr(served, name, value)
        seen = {
            outcome.promise.name: outcome.seen
            for outcome in try_object(served.url, "a", AMOUNTS)
            if outcome.kept is False
        }

    assert broken.keys() <= seen.keys()
    assert [name for name, said in broken.items() if said not in seen[name]] == []
