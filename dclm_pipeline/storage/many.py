"""Many small requests at once: what a driver asks of a store takes as long as the slowest few, not as all together."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

AT_ONCE = 32
# Few enough that a list of a million is never held in futures; the first ones fewer, for who wants no more than one.
_MOST_STRETCH = 4096
Item = TypeVar("Item")
Answer = TypeVar("Answer")


def at_once(ask: Callable[[Item], Answer], items: Iterable[Item]) -> Iterable[Answer]:
    """Yield what `ask` returns for each item, in their order; the first error ends it."""
    waiting, count = iter(items), AT_ONCE
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="asking") as pool:
        while stretch := list(islice(waiting, count)):
            yield from pool.map(ask, stretch)
            count = min(2 * count, _MOST_STRETCH)
