"""Files on servers, whatever protocol they come by."""

import threading

import pytest

from dclm_pipeline.errors import TransientError
from dclm_pipeline.storage import patience
from dclm_pipeline.storage.remote import open_remote, read_remote, waiting
from tests.storage.test_ahead import until

DATA = b"0123456789"
MIB = 2**20


class Sent:
    """An answer that has come."""

    tag = ""

    def __init__(self, data, size):
        self.left, self.size = data, size

    def read(self, most):
        part, self.left = self.left[:most], self.left[most:]
        return part

    def close(self):
        pass


class Failing:
    """A server that fails once, then answers."""

    def __init__(self):
        self.failed = False

    def __call__(self, start, end, tag):
        if not self.failed:
            self.failed = True
            raise TransientError("not now")
        return Sent(DATA[start:end], len(DATA))


class Slow:
    """An answer whose parts come when they are let through; counts how many were asked for."""

    tag, size = "tag", 64 * MIB

    def __init__(self, left, through):
        self.left, self.through = left, threading.Semaphore(through)
        self.begun = 0

    def read(self, most):
        self.begun += 1
        self.through.acquire(timeout=20)
        size = min(most, self.left)
        self.left -= size
        return bytes(size)

    def close(self):
        self.through.release(1000)


class Server:
    """A server of slow answers: of each, so many parts are let through; notes what it is asked for."""

    def __init__(self, *through):
        self.through = list(through)
        self.asked, self.answers = [], []

    def __call__(self, start, end, tag):
        self.asked.append((start, end))
        self.answers.append(Slow((end or Slow.size) - start, self.through.pop(0)))
        return self.answers[-1]


def by_parts(fetch):
    return read_remote(fetch, "object", 0, None)


def as_file(fetch):
    with open_remote(fetch, "object", len(DATA)) as file:
        return file.read()


@pytest.mark.parametrize("read", [by_parts, as_file])
def test_pauses_before_another_attempt_count_as_waiting(read, monkeypatch):
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.04)
    before = waiting.seconds

    assert read(Failing()) == DATA
    assert waiting.seconds - before >= 0.02


def test_what_comes_next_is_on_its_way_before_anybody_wants_it():
    server = Server(1)
    with open_remote(server, "object", Slow.size) as file:
        file.read(1)

        until(lambda: server.answers[0].begun == 2)
        assert server.asked == [(0, None)]


def test_so_is_what_follows_a_jump_where_reading_goes_on():
    server = Server(100, 100, 1)
    with open_remote(server, "object", Slow.size) as file:
        file.read(1)
        file.seek(20 * MIB)
        file.read(MIB)
        file.read(1)

        until(lambda: server.answers[2].begun == 2)
        assert server.asked == [(0, None), (20 * MIB, 21 * MIB), (21 * MIB, 23 * MIB)]


@pytest.mark.parametrize("tag", ["", "tag"])
def test_who_begins_in_the_middle_makes_one_request(tag):
    server = Server(100)
    with open_remote(server, "object", Slow.size, tag) as file:
        file.seek(20 * MIB)

        assert len(file.read()) == 44 * MIB
    assert server.asked == [(20 * MIB, None)]
