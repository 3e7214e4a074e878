"""Refusals without a reason: a private object slows nobody down, a server that is asked too often is heeded."""

import pytest

from dclm_pipeline.errors import ShardError
from dclm_pipeline.storage import doubts, open_storage, patience
from dclm_pipeline.storage.budget import Account, Budget, deal_with
from dclm_pipeline.storage.doubts import TOGETHER_SECONDS, Doubts, Given, says_too_often
from dclm_pipeline.storage.patience import BusyError
from dclm_pipeline.storage.refusals import meaning_of
from tests.storage.serving import serving

OBJECTS = {name: name.encode() for name in "abc"}


@pytest.fixture
def served(monkeypatch):
    monkeypatch.setattr(patience, "FIRST_SECONDS", 0.0)
    with serving(OBJECTS) as server:
        yield server


@pytest.fixture
def budget():
    keeper = Budget(most_requests=1000.0)  # which nobody reaches here
    deal_with(keeper)
    return keeper


def rate(budget, served) -> float:
    return budget.rate(served.url.strip("/").rpartition("/")[2])


def gets(served) -> int:
    return sum(method == "GET" for method, _, _ in served.asked)


def test_one_private_object_ends_soon_and_slows_nobody_down(served, budget):
    storage = open_storage(served.url)
    served.private.add("b")
    storage.read("a")
    before = gets(served)
    with pytest.raises(ShardError, match=r"b: the server refuses \(403\): it is private"):
        storage.read("b")

    assert gets(served) - before == 2
    assert storage.read("c") == b"c"
    assert rate(budget, served) == 1000.0


def test_where_everything_is_private_nothing_is_taken_for_too_often(served, budget):
    storage = open_storage(served.url)
    served.private |= OBJECTS.keys()
    for name in OBJECTS:
        with pytest.raises(ShardError, match="refuses"):
            storage.read(name)

    assert rate(budget, served) == 1000.0


def test_several_objects_refused_by_a_server_that_gave_others_are_too_much(served, budget):
    storage = open_storage(served.url)
    storage.read("a")
    served.faults += [403] * 2
    with pytest.raises(ShardError, match="refuses"):
        storage.read("b")
    served.faults += [403] * 3

    assert storage.read("c") == b"c"
    assert rate(budget, served) < 1000.0


def test_an_object_that_was_to_be_had_is_refused_for_asking_too_often(served, budget):
    storage = open_storage(served.url)
    storage.read("a")
    served.faults += [403] * 5

    assert storage.read("a") == b"a"
    assert rate(budget, served) < 1000.0


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        pytest.param({"Retry-After": "1"}, b"", marks=pytest.mark.slow),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, b""),
        pytest.param({}, b"<Error><Code>SlowDown</Code></Error>", marks=pytest.mark.slow),
        ({}, b"You have exceeded a secondary rate limit."),
    ],
)
def test_a_server_that_says_why_is_heeded_at_once(served, budget, headers, text, monkeypatch):
    monkeypatch.setattr(patience, "MOST_ASKED_SECONDS", 0.0)
    served.faults += [("says", 403, headers, text)] * 5

    assert open_storage(served.url).read("a") == b"a"
    assert rate(budget, served) < 1000.0


@pytest.mark.parametrize(
    ("refusals", "too_often"),
    [
        ([("a", 0)], False),
        ([("a", 0), ("a", 1)], False),
        ([("a", 0), ("b", 1)], True),
        ([("a", 0), ("b", TOGETHER_SECONDS)], False),
        ([("a", 0), ("a", 1), ("b", TOGETHER_SECONDS)], True),
    ],
)
@pytest.mark.parametrize("gave", [True, False])
def test_refusals_are_held_against_each_other_where_a_server_gave_something(refusals, too_often, gave):
    known = Doubts(gave)

    assert [known.add(name, now) for name, now in refusals][-1] == (too_often and gave)


def test_workers_hear_of_what_others_were_given_and_refused():
    keeper = Budget()
    one, two, three = (Account(keeper) for _ in range(3))
    one.gave("host", "a")

    assert one.givers() == ["host"]
    assert [two.doubted("host", "b"), two.doubted("elsewhere", "c"), three.doubted("host", "d")] == [False, False, True]


def test_only_the_latest_objects_are_remembered(monkeypatch):
    monkeypatch.setattr(doubts, "MOST_REMEMBERED", 2)
    given = Given()
    for name in ("a", "b", "a", "c"):
        given.add(name)

    assert [name in given for name in "abc"] == [True, False, True]


@pytest.mark.parametrize(
    ("code", "headers", "meant"),
    [
        ("SlowDown", {}, BusyError),
        ("AccessDenied", {"retry-after": "3"}, BusyError),
        ("AccessDenied", {}, ShardError),
        ("403", {}, ShardError),
    ],
)
def test_a_store_is_heeded_where_it_says_that_it_is_asked_too_often(code, headers, meant):
    facts = {"ResponseMetadata": {"HTTPStatusCode": 403, "HTTPHeaders": headers}, "Error": {"Code": code}}
    error = meaning_of(facts, "object")

    assert (type(error), getattr(error, "throttled", False)) == (meant, meant is BusyError)


@pytest.mark.parametrize(
    ("told", "too_often"),
    [
        ("SlowDown", True),
        ("Please reduce your request rate.", True),
        ("ThrottlingException", True),
        ("Too Many Requests", True),
        ("AccessDenied", False),
        ("generated by a slow server, down below", False),
        ("", False),
    ],
)
def test_what_servers_say_is_understood(told, too_often):
    assert says_too_often(told) == too_often
