"""Files on servers, whatever protocol they come by."""

import pytest

from dclm_pipeline.errors import TransientError
from dclm_pipeline.storage import patience
from dclm_pipeline.storage.remote import open_remote, read_remote, waiting

DATA = b"0123456789"


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
