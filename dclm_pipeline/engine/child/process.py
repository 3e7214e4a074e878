"""What a process that does nothing but our work sets about itself: never called in a user's own process.

Pages come and go by the hundred thousand, and each takes megabytes for a moment. The allocators would hand that memory
back to the system every time and ask for it again; the garbage collector would look through all that was imported.
"""

import ctypes
import gc
import sys

import pyarrow as pa

# glibc's names for what is kept at the top of the heap, and from what size on a block is mapped on its own.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
KEPT_BYTES = 256 * 2**20
MAPPED_BYTES = 32 * 2**20
PAD_BYTES = 16 * 2**20
# Objects made between two collections; Python's own 700 is for programs whose objects form circles.
COLLECT_AFTER = 50_000


def settle() -> None:
    """Set allocator and garbage collector for many large short-lived values; where there is no glibc, the latter."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)
    # Arrow's own allocator hands memory back in the background: the system clears it again and again.
    pa.set_memory_pool(pa.system_memory_pool())
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for name, value in (
            (_M_TRIM_THRESHOLD, KEPT_BYTES),
            (_M_TOP_PAD, PAD_BYTES),
            (_M_MMAP_THRESHOLD, MAPPED_BYTES),
        ):
            mallopt(name, value)
