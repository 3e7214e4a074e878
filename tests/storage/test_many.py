import threading

import pytest

from dclm_pipeline.storage.many import AT_ONCE, at_once


def test_answers_come_in_the_order_of_the_items():
    assert list(at_once(lambda number: number * 2, iter(range(10_000)))) == list(range(0, 20_000, 2))
    assert list(at_once(str, [])) == []


def test_many_are_asked_at_once():
    together = threading.Barrier(AT_ONCE)

    assert list(at_once(lambda _: together.wait(20) >= 0, range(AT_ONCE))) == [True] * AT_ONCE


def test_an_error_ends_it():
    def ask(number):
        if number == 3:
            raise FileNotFoundError(str(number))
        return number

    with pytest.raises(FileNotFoundError, match="3"):
        list(at_once(ask, range(10)))
