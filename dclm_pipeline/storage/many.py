"""Many requests at once: what is asked of a store takes as long as the slowest few, not as all together."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

AT_ONCE = 32
Item = TypeVar("Item")
Answer = TypeVar("Answer")


def at_once(ask: Callable[[Item], Answer], items: Iterable[Item], most: int = AT_ONCE) -> Iterator[Answer]:
    """Yield what `ask` returns for each item, in their order; the first error ends it.

    No more than `most` are asked for, or wait to be taken, at any time.
    """
    waiting: deque[Future[Answer]] = deque()
    with ThreadPoolExecutor(most, thread_name_prefix="asking") as pool:
        try:
            for item in items:
                if len(waiting) >= most:
                    yield waiting.popleft().result()
                waiting.append(pool.submit(ask, item))
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
