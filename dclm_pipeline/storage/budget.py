"""How much a run asks of a server: requests and bytes a second, one budget for all of its workers.

Where nobody set a limit there is none, until a server says that it is too much. Then the rate is half of what it was
when it was refused, for all; from there it grows, quickly up to near where it was, slowly beyond. A `Keeper` keeps the
budget of a run; each process has an `Account` with one, here or elsewhere. Nothing is kept on disk.
"""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from dclm_pipeline.storage.doubts import Doubts, Given
from dclm_pipeline.storage.patience import MOST_ASKED_SECONDS, BusyError, DoubtfulError

# So little is asked of a server in any case, by all workers together: less than a browser does.
LEAST_RATE = 2.0
# Up to this share of the rate that was refused the rate doubles within seconds, beyond it grows by a little.
NEAR = 0.85
QUICKLY, SLOWLY = 1.41, 1.02  # in a second
MORE_QUICKLY = 0.03  # in a second, for each second without a refusal
# What is granted is made within so many seconds.
HORIZON_SECONDS = 0.5
# How many times what is really made the rate may be.
UNUSED = 4
# As long as a server has refused nothing, an account asks its keeper this seldom.
FREE_SECONDS = 1.0
LOOKED_BACK_SECONDS = 2.0


@dataclass(frozen=True)
class Lease:
    """Leave to make a request after `wait` seconds, and more without asking for `free` seconds.

    Where it is not `granted`, there is to be asked again after `wait` seconds: what is granted is soon made, so that a
    rate that is halved holds at once.
    """

    wait: float
    granted: bool = True
    free: float = 0.0


class Keeper(Protocol):
    """Keeps the budget of a run."""

    def ask(self, host: str, made: int) -> Lease:
        """Return when a request may be made; `made` were made since the last time without asking."""
        ...

    def refused(self, host: str, seconds: float, age: float, made: int) -> None:
        """Take note that a server refused a request granted `age` seconds ago, and wants `seconds` to pass; `made` as for `ask`."""
        ...

    def gave(self, host: str) -> None:
        """Take note that a server gave somebody something."""
        ...

    def doubted(self, host: str, name: str) -> bool:
        """Take note that a server refused an object without a reason; return whether it seems to be asked too often."""
        ...

    def spend(self, size: int) -> float:
        """Return how long to wait for having taken so many bytes."""
        ...


@dataclass
class _Host:
    """What is known of one server."""

    rate: float | None
    near: float = float("inf")
    next: float = 0.0
    grown: float = 0.0
    cut: float = float("-inf")
    made: list[tuple[float, int]] = field(default_factory=list)
    # Of the requests under way when the rate was last cut: how many, at what rate, and how many were refused.
    wave: int = 1
    wave_rate: float = 0.0
    wave_refused: int = 0
    doubts: Doubts = field(default_factory=Doubts)


class Budget:
    """The keeper itself: for all threads of a process, or behind a message queue for those of others."""

    def __init__(
        self,
        most_requests: float | None = None,
        most_bytes: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Allow so many requests to each server and so many bytes in all a second; None: as many as it bears."""
        self._most_requests = most_requests
        self._most_bytes = most_bytes
        self._clock = clock
        self._hosts: dict[str, _Host] = {}
        self._bytes_free = 0.0
        self._lock = threading.Lock()

    def ask(self, host: str, made: int) -> Lease:
        """Return when a request may be made."""
        with self._lock:
            now = self._clock()
            known = self._host(host)
            self._grow(known, now)
            begin = max(known.next, now)
            if begin - now > HORIZON_SECONDS:
                self._note(known, now, made)
                return Lease(random.uniform(HORIZON_SECONDS, 3 * HORIZON_SECONDS), granted=False)
            self._note(known, now, made + 1)
            if known.rate is None:
                return Lease(begin - now, free=FREE_SECONDS)
            known.next = begin + 1.0 / known.rate
            return Lease(begin - now)

    def refused(self, host: str, seconds: float, age: float, made: int) -> None:
        """Halve the rate; of requests granted before it was last halved, learn what share the server bore."""
        seconds = min(seconds, MOST_ASKED_SECONDS)
        with self._lock:
            now = self._clock()
            known = self._host(host)
            if made:
                self._note(known, now, made)
            if now - age >= known.cut:
                rate = known.rate if known.rate is not None else self._observed(known, now)
                # What was seen when nothing was limited yet says little: growth from there is quick until the next refusal.
                known.near = float("inf") if known.rate is None else rate
                known.rate = max(LEAST_RATE, rate / 2)
                known.cut = known.grown = now
                known.wave, known.wave_rate, known.wave_refused = self._lately(known, now), rate, 1
            elif known.rate is not None:
                known.wave_refused += 1
                borne = known.wave_rate * (1 - min(1.0, known.wave_refused / known.wave))
                known.rate = max(LEAST_RATE, min(known.rate, NEAR * borne))
            known.next = max(known.next, now + seconds)

    def gave(self, host: str) -> None:
        """Take note that a server gave somebody something."""
        with self._lock:
            self._host(host).doubts.gave = True

    def doubted(self, host: str, name: str) -> bool:
        """Return whether refusals without a reason, with this one, are for asking too often."""
        with self._lock:
            return self._host(host).doubts.add(name, self._clock())

    def spend(self, size: int) -> float:
        """Return how long to wait for having taken so many bytes."""
        if self._most_bytes is None:
            return 0.0
        with self._lock:
            now = self._clock()
            self._bytes_free = max(self._bytes_free, now) + size / self._most_bytes
            return self._bytes_free - now

    def rate(self, host: str) -> float | None:
        """Return how many requests a second a server is sent at most at the moment."""
        return self._host(host).rate

    def _host(self, host: str) -> _Host:
        if host not in self._hosts:
            self._hosts[host] = _Host(self._most_requests)
        return self._hosts[host]

    def _note(self, known: _Host, now: float, made: int) -> None:
        known.made = [(when, count) for when, count in known.made if when > now - LOOKED_BACK_SECONDS]
        known.made.append((now, made))

    def _observed(self, known: _Host, now: float) -> float:
        """Return how many requests a second have been made lately."""
        begun = min((when for when, _ in known.made), default=now)
        return max(2 * LEAST_RATE, self._lately(known, now) / max(now - begun, 0.25))

    def _lately(self, known: _Host, now: float) -> int:
        return max(1, sum(made for when, made in known.made if when > now - LOOKED_BACK_SECONDS))

    def _grow(self, known: _Host, now: float) -> None:
        if known.rate is None or now <= known.grown:
            return
        seconds, known.grown = now - known.grown, now
        pace = QUICKLY if known.rate < NEAR * known.near else min(QUICKLY, SLOWLY + (now - known.cut) * MORE_QUICKLY)
        rate = known.rate * pace ** min(seconds, 10.0)
        if known.rate < NEAR * known.near:
            rate = min(rate, NEAR * known.near)
        # What nobody makes use of says nothing about what a server bears.
        used = max(UNUSED * LEAST_RATE, UNUSED * self._lately(known, now) / LOOKED_BACK_SECONDS)
        rate = min(rate, max(known.rate, used))
        known.rate = rate if self._most_requests is None else min(rate, self._most_requests)


class Account:
    """This process's dealings with the keeper."""

    def __init__(self, keeper: Keeper, *, counts_bytes: bool = False) -> None:
        """Ask `keeper`; of bytes only where they are limited."""
        self._keeper = keeper
        self._counts_bytes = counts_bytes
        self._free: dict[str, float] = {}
        self._made: dict[str, int] = {}
        self._given: defaultdict[str, Given] = defaultdict(Given)
        self._lock = threading.Lock()

    def request(self, host: str) -> float:
        """Wait until a request may be made; return when that was granted."""
        while True:
            now = time.monotonic()
            with self._lock:
                free = now < self._free.get(host, 0.0)
                made = self._made.get(host, 0)
                self._made[host] = made + 1 if free else 0
            if free:
                return now
            lease = self._keeper.ask(host, made)
            if lease.free:
                self._free[host] = now + lease.free
            if lease.wait > 0:
                time.sleep(lease.wait)
            if lease.granted:
                return now

    def refused(self, host: str, seconds: float, granted: float) -> None:
        """Tell that a server refused a request granted at `granted`."""
        with self._lock:
            self._free.pop(host, None)
            made = self._made.pop(host, 0)
        self._keeper.refused(host, seconds, time.monotonic() - granted, made)

    def gave(self, host: str, name: str) -> None:
        """Take note that a server gave an object; the keeper is told of the first."""
        with self._lock:
            first = host not in self._given
            self._given[host].add(name)
        if first:
            self._keeper.gave(host)

    def doubted(self, host: str, name: str) -> bool:
        """Return whether a server that refuses an object without a reason seems to be asked too often."""
        with self._lock:
            before = host in self._given and name in self._given[host]
        return before or self._keeper.doubted(host, name)

    def givers(self) -> list[str]:
        """Return the servers that have given this process something."""
        with self._lock:
            return list(self._given)

    def spend(self, size: int) -> None:
        """Wait for having taken so many bytes."""
        if self._counts_bytes and (wait := self._keeper.spend(size)) > 0:
            time.sleep(wait)


_account = Account(Budget())


def account() -> Account:
    """Return this process's account."""
    return _account


@contextmanager
def within_budget(host: str, name: str) -> Iterator[None]:
    """Ask for an object within the block, when that may be done; a refusal in it is told."""
    granted = _account.request(host)
    try:
        yield
    except DoubtfulError as error:
        if not _account.doubted(host, name):
            raise
        _account.refused(host, error.seconds, granted)
        raise BusyError(str(error)) from error
    except BusyError as error:
        if error.throttled:
            _account.refused(host, error.seconds, granted)
        raise
    else:
        _account.gave(host, name)


def deal_with(keeper: Keeper, *, counts_bytes: bool = False) -> None:
    """Let this process ask a keeper from now on."""
    global _account
    _account = Account(keeper, counts_bytes=counts_bytes)
