"""Compile everything ahead, so that no worker waits for it.

Every module of this package is a kernel room; whoever adds one need not tell this file.
"""

import os
import time
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules


def seems_cold() -> bool:
    """Tell whether nothing compiled lies beside the kernels, where it is kept unless that cannot be written to."""
    cache = Path(__file__).parent / "__pycache__"
    beside = "NUMBA_CACHE_DIR" not in os.environ and os.access(cache if cache.is_dir() else cache.parent, os.W_OK)
    return beside and next(cache.glob("*.nbi"), None) is None


def warm() -> dict[str, float]:
    """Compile (or load from the cache) every kernel; return the seconds by module, 0.0 for what was loaded before."""
    seconds = {}
    for module in sorted(iter_modules([str(Path(__file__).parent)]), key=lambda found: found.name):
        begun = time.perf_counter()
        import_module(f"dclm_pipeline.kernels.{module.name}")
        seconds[module.name] = round(time.perf_counter() - begun, 3)
    return seconds
