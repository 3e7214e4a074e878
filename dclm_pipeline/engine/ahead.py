"""Loading the kernels that steps compute with, before any document is there whose time is measured.

Stages import their kernels when they first use them, as these are compiled (or loaded) on import. Which those are is
read off the text of the step's module and of the modules of this package that it imports.
"""

import ast
import inspect
import sys
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from dclm_pipeline.kernels.warm import warm
from dclm_pipeline.step import Step

_PACKAGE = "dclm_pipeline"
_KERNELS = f"{_PACKAGE}.kernels"
# Tables of all characters, which take a tenth of a second: a child that makes its own does so every 20,000 documents.
_TABLES = (("characters", "character_table"), ("shingles", "small_letters"), ("folding", "small_letters"))


def load_kernels(steps: Iterable[Step]) -> None:
    """Import every kernel that steps may use; all that there are, where the text of a step cannot be had."""
    waiting = {made.__module__ for step in steps for made in type(step).__mro__ if issubclass(made, Step)}
    met: set[str] = set()
    while waiting:
        name = waiting.pop()
        met.add(name)
        module = sys.modules.get(name) or _imported(name)
        if module is not None and not _is_kernel(name):
            imported = _imports(module)
            if imported is None:
                warm()
                break
            waiting |= {other for other in imported if other not in met}
    for name, table in _TABLES:
        kernels = sys.modules.get(f"{_KERNELS}.{name}")
        if kernels is not None:
            getattr(kernels, table)()  # kept from here on, by this process and by those forked from it


def _imported(name: str) -> ModuleType | None:
    """Import a module; nothing where it wants a library that is not installed, so that no step here can use it."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == _PACKAGE:
            raise
        return None


def _is_kernel(name: str) -> bool:
    return name == _KERNELS or name.startswith(f"{_KERNELS}.")


@cache
def _imports(module: ModuleType) -> frozenset[str] | None:
    """Return the modules of this package that a module imports, anywhere in its text; None without its text."""
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):
        return None
    named: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            named.update(_reached(node.module, [alias.name for alias in node.names]))
    return frozenset(name for name in named if name.startswith(f"{_PACKAGE}."))


def _reached(module: str, names: list[str]) -> set[str]:
    """Return a module and those of its names that are modules."""
    if not module.startswith(_PACKAGE):
        return set()
    return {module, *(inner for name in names if (inner := f"{module}.{name}") in sys.modules or _is_module(inner))}


def _is_module(name: str) -> bool:
    parent = sys.modules.get(name.rpartition(".")[0])
    return hasattr(parent, "__path__") and find_spec(name) is not None
