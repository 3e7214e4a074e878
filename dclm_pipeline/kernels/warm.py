"""Compile everything ahead, so that no worker waits for it.

Every module of this package and of its rooms may hold kernels; whoever adds one need not tell this file.
"""

import ast
import gc
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from functools import cache
from graphlib import TopologicalSorter
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

MOST_PROCESSES = 8
_FRAME_SLOTS = 2**17
_HERE = Path(__file__).parent


def seems_cold() -> bool:
    """Tell whether nothing compiled lies beside the kernels, where it is kept unless that cannot be written to."""
    cache = Path(__file__).parent / "__pycache__"
    beside = "NUMBA_CACHE_DIR" not in os.environ and os.access(cache if cache.is_dir() else cache.parent, os.W_OK)
    return beside and next(cache.glob("*.nbi"), None) is None


def compile_all(processes: int | None = None) -> Iterator[tuple[int, int]]:
    """Compile every kernel, in several processes at once; yield how many modules are done, and of how many.

    A module is begun when all that it imports are done: two processes would otherwise compile those twice.
    """
    needed = needs(modules())
    ahead = _ahead(needed)
    waiting = sorted(needed, key=ahead.__getitem__)
    begun: dict[Future[None], str] = {}
    done: set[str] = set()
    most = processes or min(os.cpu_count() or 1, MOST_PROCESSES)
    with ProcessPoolExecutor(most, get_context("spawn"), _begin) as pool:
        while len(done) < len(needed):
            for name in [name for name in reversed(waiting) if needed[name] <= done][: most - len(begun)]:
                waiting.remove(name)
                begun[pool.submit(_compile, name)] = name
            for future in wait(begun, return_when=FIRST_COMPLETED).done:
                future.result()
                done.add(begun.pop(future))
                yield len(done), len(needed)


def needs(of: Iterable[str]) -> dict[str, set[str]]:
    """Return which of some modules each of them imports, by their names under this package."""
    names = set(of)
    return {name: set(_imported(name)) & names for name in sorted(names)}


def _imported(name: str) -> Iterator[str]:
    for node in _parsed(name).body:
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{__package__}."):
            around = f"{node.module}.".removeprefix(f"{__package__}.")
            yield around[:-1]
            yield from (f"{around}{alias.name}" for alias in node.names)


def _ahead(needed: Mapping[str, set[str]]) -> dict[str, int]:
    """Return how much text is compiled from each module on, to the last that waits for it: most of all is begun first."""
    within: dict[str, set[str]] = {}
    order = list(TopologicalSorter(needed).static_order())
    for name in order:
        within[name] = {name}.union(*(within[other] for other in needed[name]))
    sizes = {name: _file(name).stat().st_size for name in order}
    # Parts are compiled within the kernels of others, and by themselves not at all.
    work = {
        name: sum(map(sizes.__getitem__, within[name])) * ("@kernel" in _file(name).read_text("utf-8"))
        for name in order
    }
    ahead = dict.fromkeys(order, 0)
    for name in reversed(order):
        ahead[name] += work[name]
        for other in needed[name]:
            ahead[other] = max(ahead[other], ahead[name])
    return ahead


def _parsed(name: str) -> ast.Module:
    return ast.parse(_file(name).read_text("utf-8"))


def _file(name: str) -> Path:
    return _HERE / f"{name.replace('.', os.sep)}.py"


def _begin() -> None:
    # The compiler makes many small things that stay: looking through all of them now and then takes a tenth.
    gc.disable()


def _compile(name: str) -> None:
    import_module(f"dclm_pipeline.kernels.{name}")


# Python asks the system for the memory of frames in small stretches: a compiler that calls to and fro over the end of one
# asks and gives back all the time, a tenth of its own. A frame that says it may need much is given a stretch that all it
# calls fits into, too.
_compile.__code__ = _compile.__code__.replace(co_stacksize=_FRAME_SLOTS)


@cache
def modules() -> tuple[str, ...]:
    """Return the names of all modules of this package, as they are under it: `strings`, `words.counts`."""
    paths = (path.relative_to(_HERE) for path in _HERE.rglob("*.py") if path.name != "__init__.py")
    return tuple(sorted(".".join(path.with_suffix("").parts) for path in paths))


def warm() -> dict[str, float]:
    """Compile (or load from the cache) every kernel; return the seconds by module, 0.0 for what was loaded before."""
    seconds = {}
    for name in modules():
        begun = time.perf_counter()
        _compile(name)
        seconds[name] = round(time.perf_counter() - begun, 3)
    return seconds
