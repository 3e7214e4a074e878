"""Memory for many bytes that is used again, so that the system need not clear new pages for every batch.

What is handed out comes back by itself when nobody looks at it any more, neither NumPy nor Arrow. No more than
`MOST_KEPT` bytes wait to be used again.
"""

import mmap
import weakref

import numpy as np
from numpy.typing import NDArray

# Below, the allocator's own ways are as good.
LEAST = 2**20
MOST_KEPT = 64 * 2**20

# Pages of the kind of which the system hands out 512 at a time.
_STEP = 2 * 2**20


class Rooms:
    """Pieces of memory, some handed out, some waiting."""

    def __init__(self, most_kept: int = MOST_KEPT) -> None:
        """Keep at most so many bytes that nobody uses."""
        self._most_kept = most_kept
        self._waiting: list[mmap.mmap] = []

    @property
    def waiting_bytes(self) -> int:
        """Return how many bytes wait to be used again."""
        return sum(map(len, self._waiting))

    def of(self, size: int) -> NDArray[np.uint8]:
        """Return so many bytes, of which nobody knows what they are."""
        if size < LEAST:
            return np.empty(size, np.uint8)
        memory = self._found(size) or _made(-(-size // _STEP) * _STEP)
        lent = np.frombuffer(memory, np.uint8)
        # Slices, and what Arrow makes of them, keep this array; when it goes, nobody looks at the memory any more.
        weakref.finalize(lent, self._back, memory).atexit = False
        return lent[:size]

    def _found(self, size: int) -> mmap.mmap | None:
        """Take the smallest piece that waits and is large enough, but not twice as large."""
        for memory in sorted(self._waiting, key=len):
            if size <= len(memory) <= 2 * size + _STEP:
                try:
                    self._waiting.remove(memory)
                except ValueError:  # another thread was faster
                    continue
                return memory
        return None

    def _back(self, memory: mmap.mmap) -> None:
        if self.waiting_bytes + len(memory) <= self._most_kept:
            self._waiting.append(memory)


def _made(size: int) -> mmap.mmap:
    memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return memory


ROOMS = Rooms()
