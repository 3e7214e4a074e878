import threading
import time

import pytest

from dclm_pipeline.errors import TransientError
from dclm_pipeline.storage import ahead
from dclm_pipeline.storage.ahead import Ahead


class Sending:
    """An answer of so many parts, then an end or an error; waits where it is told to."""

    size, tag = 10**9, "tag"

    def __init__(self, parts, error=None, gate=None):
        self.left, self.error, self.gate = list(parts), error, gate
        self.closed = False

    def read(self, most):
        del most
        if self.gate is not None:
            self.gate.wait()
        if self.closed:
            raise ValueError("closed")
        if self.left:
            return self.left.pop(0)
        if self.error is not None:
            raise self.error
        return b""

    def close(self):
        self.closed = True


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_what_is_sent_is_read_in_order_and_to_its_end():
    answer = Ahead(Sending([b"abc", b"defg", b"h"]))

    assert [answer.read(2) for _ in range(8)] == [b"ab", b"c", b"de", b"fg", b"h", b"", b"", b""]
    answer.close()


def test_an_error_is_raised_where_it_would_have_been_met():
    answer = Ahead(Sending([b"abc"], TransientError("broken")))

    assert answer.read(5) == b"abc"
    for _ in range(2):
        with pytest.raises(TransientError, match="broken"):
            answer.read(5)
    answer.close()


def test_it_reads_ahead_as_far_as_its_bound_and_no_further():
    sending = Sending([b"x"] * 10 * ahead.MOST_PARTS)
    answer = Ahead(sending)

    until(lambda: len(sending.left) == 9 * ahead.MOST_PARTS - 1)
    time.sleep(0.05)
    assert len(sending.left) == 9 * ahead.MOST_PARTS - 1
    answer.close()


def test_nothing_runs_on_once_it_is_closed():
    sending = Sending([b"x"] * 10 * ahead.MOST_PARTS)
    answer = Ahead(sending)
    answer.close()

    assert sending.closed
    assert not answer._thread.is_alive()


def test_closing_does_not_wait_for_a_server_that_sends_nothing():
    gate = threading.Event()
    sending = Sending([b"x"], gate=gate)
    answer = Ahead(sending)
    answer.close()
    gate.set()

    until(lambda: sending.closed and not answer._thread.is_alive())
