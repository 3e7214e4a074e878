"""Writing an object unless there is one: what a store makes of that is found out, and the answer is true."""

from collections import Counter

import pytest

from dclm_pipeline.errors import TransientError
from dclm_pipeline.storage import absent, open_storage
from dclm_pipeline.storage.absent import Heed
from stand_ins.stores import new_bucket
from tests.storage.faulty import Fault, in_turn

LOSSES = {"unheard": Fault.UNHEARD, "unanswered": Fault.UNANSWERED, "busy": Fault.BUSY, "conflict": Fault.CONFLICT}


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    monkeypatch.setattr(absent, "SETTLE_SECONDS", 0.0)


def without_conditions(request):
    return Fault.HEEDLESS


def refusing_conditions(request):
    return Fault.REFUSED if request.conditional else None


@pytest.mark.parametrize(
    ("script", "heed"),
    [(in_turn(), Heed.WRITING), (without_conditions, Heed.NEVER), (refusing_conditions, Heed.NEVER)],
    ids=["looks when it writes", "never looks", "refuses"],
)
def test_what_a_store_makes_of_a_condition_is_found_out(faulty, script, heed):
    storage = open_storage(new_bucket(faulty.url))
    faulty.begin(script)
    answers = [storage.put_if_absent("a", b"first"), storage.put_if_absent("a", b"second")]

    assert (storage._heed(), answers, storage.read("a")) == (heed, [True, False], b"first")
    assert [entry.path for entry in storage.entries()] == ["a"]


def test_a_store_that_looks_when_a_request_comes_in_is_found_out(swift):
    storage = open_storage(new_bucket(swift))
    answers = [storage.put_if_absent("a", b"first"), storage.put_if_absent("a", b"second")]

    assert (storage._heed(), answers, storage.read("a")) == (Heed.BEGINNING, [True, False], b"first")
    assert [entry.path for entry in storage.entries()] == ["a"]


@pytest.mark.parametrize("fault", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("before", range(4))
def test_it_is_found_out_whatever_becomes_of_the_answers(faulty, fault, before):
    storage = open_storage(new_bucket(faulty.url))
    faulty.begin(in_turn(*[None] * before, fault, fault, fault))

    assert storage._heed() is Heed.WRITING
    assert len(faulty.asked) <= 12
    assert list(storage.entries()) == []


def test_a_store_that_never_answers_is_tried_ten_times(faulty):
    storage = open_storage(new_bucket(faulty.url))
    faulty.begin(lambda request: Fault.UNHEARD)

    with pytest.raises(TransientError):
        storage.put_if_absent("a", b"")
    assert 10 <= faulty.count()["PUT"] <= 20


@pytest.mark.parametrize("fault", LOSSES.values(), ids=LOSSES)
def test_what_was_absent_was_written_whatever_became_of_the_answers(faulty, troubled, rival, fault):
    faulty.begin(in_turn(fault, fault))

    assert (troubled.put_if_absent("a", b"ours"), rival.read("a")) == (True, b"ours")
    assert faulty.count() <= Counter(PUT=3, HEAD=1)


@pytest.mark.parametrize("data", [b"ours", b"theirs"])
def test_what_a_rival_wrote_meanwhile_is_not_ours_even_if_it_is_the_same(faulty, troubled, rival, data):
    def overtaken(request):
        return Fault.UNHEARD if request.number == 0 and rival.put_if_absent("a", data) else None

    faulty.begin(overtaken)

    assert (troubled.put_if_absent("a", b"ours"), rival.read("a")) == (False, data)


@pytest.mark.parametrize(
    ("number", "ours"), [(0, False), (1, True), (2, False)], ids=["before we look", "before we write", "after we wrote"]
)
def test_where_a_store_never_looks_whoever_wrote_last_has_written(faulty, troubled, rival, monkeypatch, number, ours):
    def overtaken(request):
        if request.number == number:
            rival.put("a", b"theirs")

    monkeypatch.setattr(type(troubled), "_heed", lambda storage: Heed.NEVER)
    faulty.begin(overtaken)

    assert troubled.put_if_absent("a", b"ours") == ours
    assert rival.read("a") == (b"ours" if ours else b"theirs")
