"""Compile everything ahead, so that no worker waits for it.

Every module of this package is a kernel room; whoever adds one need not tell this file.
"""

import os
import time
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

MOST_PROCESSES = 8
_HERE = Path(__file__).parent


def seems_cold() -> bool:
    """Tell whether nothing compiled lies beside the kernels, where it is kept unless that cannot be written to."""
    cache = Path(__file__).parent / "__pycache__"
    beside = "NUMBA_CACHE_DIR" not in os.environ and os.access(cache if cache.is_dir() else cache.parent, os.W_OK)
    return beside and next(cache.glob("*.nbi"), None) is None


def compile_all(processes: int | None = None) -> Iterator[tuple[int, int]]:
    """Compile every kernel, in several processes at once; yield how many modules are done, and of how many."""
    # What takes longest must not be begun last: as a rule it is what has most text.
    waiting = sorted(rooms(), key=lambda room: -(_HERE / f"{room.replace('.', '/')}.py").stat().st_size)
    with get_context("spawn").Pool(processes or min(os.cpu_count() or 1, MOST_PROCESSES)) as pool:
        for done, _ in enumerate(pool.imap_unordered(_compile, waiting, chunksize=1), 1):
            yield done, len(waiting)


def _compile(room: str) -> None:
    import_module(f"dclm_pipeline.kernels.{room}")


@cache
def rooms() -> tuple[str, ...]:
    """Return the names of all modules of this package, as they are under it."""
    paths = (path.relative_to(_HERE) for path in _HERE.rglob("*.py") if path.name != "__init__.py")
    return tuple(sorted(".".join(path.with_suffix("").parts) for path in paths))


def warm() -> dict[str, float]:
    """Compile (or load from the cache) every kernel; return the seconds by module, 0.0 for what was loaded before."""
    seconds = {}
    for room in rooms():
        begun = time.perf_counter()
        _compile(room)
        seconds[room] = round(time.perf_counter() - begun, 3)
    return seconds
