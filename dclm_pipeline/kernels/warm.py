"""Compile everything ahead, so that no worker waits for it.

Every module of this package is a kernel room; whoever adds one need not tell this file.
"""

import ast
import gc
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from graphlib import TopologicalSorter
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from pkgutil import iter_modules

from dclm_pipeline import kernels

MOST_PROCESSES = 8


def seems_cold() -> bool:
    """Tell whether nothing compiled lies beside the kernels, where it is kept unless that cannot be written to."""
    cache = Path(__file__).parent / "__pycache__"
    beside = "NUMBA_CACHE_DIR" not in os.environ and os.access(cache if cache.is_dir() else cache.parent, os.W_OK)
    return beside and next(cache.glob("*.nbi"), None) is None


def compile_all(processes: int | None = None) -> Iterator[tuple[int, int]]:
    """Compile every kernel, in several processes at once; yield how many modules are done, and of how many.

    A module is begun when all that it imports are done: two processes would otherwise compile those twice.
    """
    needed = needs(rooms())
    ahead = _ahead(needed)
    waiting = sorted(needed, key=ahead.__getitem__)
    begun: dict[Future[None], str] = {}
    done: set[str] = set()
    most = processes or min(os.cpu_count() or 1, MOST_PROCESSES)
    with ProcessPoolExecutor(most, get_context("spawn"), _begin) as pool:
        while len(done) < len(needed):
            for room in [room for room in reversed(waiting) if needed[room] <= done][: most - len(begun)]:
                waiting.remove(room)
                begun[pool.submit(_compile, room)] = room
            for future in wait(begun, return_when=FIRST_COMPLETED).done:
                future.result()
                done.add(begun.pop(future))
                yield len(done), len(needed)


def needs(of: Iterable[str]) -> dict[str, set[str]]:
    """Return which of some modules each of them imports."""
    names = set(of)
    return {
        room: {
            name
            for node in _parsed(room).body
            if isinstance(node, ast.ImportFrom) and node.module
            for name in (
                [alias.name for alias in node.names]
                if node.module == __package__
                else [node.module.removeprefix(f"{__package__}.")]
            )
            if name in names
        }
        for room in sorted(names)
    }


def _ahead(needed: Mapping[str, set[str]]) -> dict[str, int]:
    """Return how much text is compiled from each module on, to the last that waits for it: most of all is begun first."""
    within: dict[str, set[str]] = {}
    order = list(TopologicalSorter(needed).static_order())
    for room in order:
        within[room] = {room}.union(*(within[other] for other in needed[room]))
    sizes = {room: _file(room).stat().st_size for room in order}
    # Parts are compiled within the kernels of others, and by themselves not at all.
    work = {
        room: sum(map(sizes.__getitem__, within[room])) * ("@kernel" in _file(room).read_text("utf-8"))
        for room in order
    }
    ahead = dict.fromkeys(order, 0)
    for room in reversed(order):
        ahead[room] += work[room]
        for other in needed[room]:
            ahead[other] = max(ahead[other], ahead[room])
    return ahead


def _parsed(room: str) -> ast.Module:
    return ast.parse(_file(room).read_text("utf-8"))


def _file(room: str) -> Path:
    return Path(kernels.__path__[0]) / f"{room}.py"


def _begin() -> None:
    # The compiler makes many small things that stay: looking through all of them as often as usual takes a tenth.
    gc.set_threshold(20_000, 20, 20)


def _compile(room: str) -> None:
    import_module(f"dclm_pipeline.kernels.{room}")


def rooms() -> list[str]:
    """Return the names of all modules of this package."""
    return sorted(found.name for found in iter_modules([str(Path(__file__).parent)]))


def warm() -> dict[str, float]:
    """Compile (or load from the cache) every kernel; return the seconds by module, 0.0 for what was loaded before."""
    seconds = {}
    for room in rooms():
        begun = time.perf_counter()
        _compile(room)
        seconds[room] = round(time.perf_counter() - begun, 3)
    return seconds
