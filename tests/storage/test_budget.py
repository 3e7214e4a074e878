"""One budget for a run: what a server bears is found out by few refusals, and shared by all."""

import heapq
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dclm_pipeline.storage import open_storage
from dclm_pipeline.storage.budget import LEAST_RATE, Account, Budget, Lease, deal_with, within_budget
from dclm_pipeline.storage.patience import FIRST_SECONDS, MOST_ASKED_SECONDS, BusyError, seconds_of
from dclm_pipeline.storage.remote import requests
from tests.storage.serving import serving
from tests.storage.throttle import Throttle

HOST = "host"


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def simulated(
    workers: int, wanted: int, rate: float, latency: float, budget: Budget, clock: Clock
) -> tuple[int, float]:
    """Let workers get objects from a server that bears `rate` requests a second; return the requests and seconds."""
    random.seed(workers * wanted)
    throttle = Throttle(rate, rate / 4, clock)
    done = made = 0
    begun = clock.now
    events = [(clock.now + random.random() * latency, number, "ask", 0, 0.0) for number in range(workers)]
    free = [0.0] * workers
    untold = [0] * workers
    heapq.heapify(events)
    while done < wanted:
        clock.now, worker, what, failures, granted = heapq.heappop(events)
        if what == "ask" and clock.now < free[worker]:
            untold[worker] += 1
            heapq.heappush(events, (clock.now, worker, "send", failures, clock.now))
        elif what == "ask":
            lease = budget.ask(HOST, untold[worker])
            untold[worker], free[worker] = 0, clock.now + lease.free
            following = "send" if lease.granted else "ask"
            heapq.heappush(events, (clock.now + lease.wait, worker, following, failures, clock.now))
        elif what == "send":
            made += 1
            following = "good" if throttle.bears() else "refused"
            heapq.heappush(events, (clock.now + latency, worker, following, failures, granted))
        elif what == "good":
            done += 1
            heapq.heappush(events, (clock.now, worker, "ask", 0, 0.0))
        else:
            budget.refused(HOST, 0.0, clock.now - granted, untold[worker])
            free[worker], untold[worker] = 0.0, 0
            wait = FIRST_SECONDS * 2**failures * random.uniform(0.5, 1)
            heapq.heappush(events, (clock.now + wait, worker, "ask", failures + 1, 0.0))
    return made, clock.now - begun


@pytest.mark.parametrize("workers", [1, 8, 64, pytest.param(500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("rate", [5.0, 50.0, 2000.0])
def test_a_server_that_throttles_is_asked_little_more_than_it_must(workers, rate):
    clock = Clock()
    wanted = int(min(rate * 60, 20_000))
    made, seconds = simulated(workers, wanted, rate, 0.05, Budget(clock=clock), clock)
    possible = min(rate, workers / 0.05)

    assert made <= 1.3 * wanted + workers
    assert seconds <= 2.0 * wanted / possible + 20  # what finding out takes


def test_a_limit_is_kept_from_the_first_request_on():
    clock = Clock()
    budget = Budget(most_requests=8.0, clock=clock)
    leases = [budget.ask(HOST, 0) for _ in range(7)]

    assert [lease.wait for lease in leases[:5]] == [0.0, 0.125, 0.25, 0.375, 0.5]
    assert [lease.granted for lease in leases] == [True] * 5 + [False] * 2
    assert budget.ask("another", 0).wait == 0


def test_growth_ends_at_the_limit_and_halving_at_the_least():
    clock = Clock()
    budget = Budget(most_requests=10.0, clock=clock)
    for _ in range(30):
        budget.ask(HOST, 0)
        budget.refused(HOST, 0.0, 0.0, 0)
        clock.now += 0.001
    least = budget.rate(HOST)
    for _ in range(1000):
        clock.now += 0.1
        budget.ask(HOST, 0)

    assert least == LEAST_RATE
    assert budget.rate(HOST) == 10.0


def test_requests_that_were_under_way_when_the_rate_was_halved_tell_what_the_server_bore():
    clock = Clock()
    budget = Budget(most_requests=64.0, clock=clock)
    for _ in range(100):
        assert budget.ask(HOST, 0).granted
        clock.now += 1 / 64
    rates = []
    for _ in range(80):
        budget.refused(HOST, 0.0, 0.1, 0)
        clock.now += 0.001
        rates.append(budget.rate(HOST))

    assert rates[:20] == [32.0] * 20
    assert rates[-1] == pytest.approx(0.85 * 64 * 20 / 100)


def test_what_a_server_asks_for_is_waited_for_by_all():
    clock = Clock()
    budget = Budget(clock=clock)
    budget.ask(HOST, 0)
    budget.refused(HOST, 7.0, 0.0, 0)

    assert not budget.ask(HOST, 0).granted
    clock.now += 6.6
    assert budget.ask(HOST, 0) == Lease(pytest.approx(0.4))


def test_nobody_waits_for_an_hour_because_a_server_says_so():
    clock = Clock()
    budget = Budget(clock=clock)
    budget.ask(HOST, 0)
    budget.refused(HOST, 3600.0, 0.0, 0)
    clock.now += MOST_ASKED_SECONDS

    assert budget.ask(HOST, 0).granted


def test_calm_does_not_make_a_budget_forget():
    clock = Clock()
    budget = Budget(clock=clock)
    budget.ask(HOST, 0)
    budget.refused(HOST, 0.0, 0.0, 0)
    for _ in range(4000):  # an hour of ten requests a second
        for _ in range(9):
            budget.ask(HOST, 0)
        clock.now += 0.9

    assert budget.rate(HOST) <= 60.0


def test_only_what_says_that_it_is_too_much_slows_a_run_down():
    keeper = Budget()
    deal_with(keeper)
    with pytest.raises(BusyError), within_budget(HOST, "object"):
        raise BusyError("a fault", throttled=False)

    assert keeper.rate(HOST) is None


def test_bytes_are_paced():
    clock = Clock()
    budget = Budget(most_bytes=1000.0, clock=clock)

    assert [budget.spend(500) for _ in range(3)] == pytest.approx([0.5, 1.0, 1.5])
    clock.now += 10
    assert budget.spend(100) == pytest.approx(0.1)


def test_an_account_asks_seldom_as_long_as_nothing_is_refused_and_tells_what_it_made():
    told = []

    class Telling:
        free = True

        def ask(self, host, made):
            told.append(made)
            return Lease(0.0, free=60.0 if self.free else 0.0)

        def refused(self, host, seconds, age, made):
            told.append(made)

    keeper = Telling()
    account = Account(keeper)
    for _ in range(100):
        account.request(HOST)
    keeper.free = False
    account.refused(HOST, 0.0, time.monotonic())
    account.request(HOST)

    assert told == [0, 99, 0]


def test_a_refusal_is_told_whoever_makes_the_request():
    keeper = Budget()
    deal_with(keeper)
    try:
        with pytest.raises(BusyError), within_budget(HOST, "object"):
            raise BusyError("not now")
    finally:
        deal_with(Budget())

    assert keeper.rate(HOST) is not None


@pytest.mark.slow
def test_over_http_many_threads_share_what_the_server_bears():
    wanted = 400
    deal_with(Budget())
    with serving({"object": b"x"}, Throttle(60.0, 15.0)) as server:
        storage = open_storage(f"{server.url}/")
        before = requests["http GET"]
        with ThreadPoolExecutor(16) as pool:
            assert all(pool.map(lambda _: storage.read("object") == b"x", range(wanted)))
        made = requests["http GET"] - before
    deal_with(Budget())

    assert wanted < made <= 1.3 * wanted


@pytest.mark.parametrize(
    ("told", "seconds"), [("7", 7.0), ("", 0.0), ("Wed, 21 Oct", 0.0), ("\xb2", 0.0), ("9" * 400, 0.0)]
)
def test_what_a_server_asks_for_is_a_number_of_seconds(told, seconds):
    assert seconds_of(told) == seconds
