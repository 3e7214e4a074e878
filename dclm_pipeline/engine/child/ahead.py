"""Loading the kernels that steps compute with, before any document is there whose time is measured.

Stages import their kernels when they first use them, as these are compiled (or loaded) on import. Which those are is
read off the text of the step's module and of the modules of this package that it imports, once for a run; a program
carries their names to the nursery of each worker, which loads them before it forks.
"""

import ast
import inspect
import sys
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from dclm_pipeline.kernels.warm import modules
from dclm_pipeline.step import Step

_PACKAGE = "dclm_pipeline"
_KERNELS = f"{_PACKAGE}.kernels"
# Tables of all characters, which take a tenth of a second: a child that makes its own does so every 20,000 documents.
_TABLES = (("characters", "character_table"), ("words.shingles", "small_letters"), ("words.folding", "small_letters"))


def kernels_of(steps: Iterable[Step]) -> tuple[str, ...]:
    """Return the modules of kernels that steps may use; all that there are, where the text of a step cannot be had."""
    waiting = {made.__module__ for step in steps for made in type(step).__mro__ if issubclass(made, Step)}
    met: set[str] = set()
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        met.add(name)
        if name.startswith(f"{_KERNELS}."):
            found.add(name)
            continue
        imported = _imports(name)
        if imported is None:
            return tuple(f"{_KERNELS}.{name}" for name in modules())
        waiting |= imported - met
    return tuple(sorted(found))


def load_kernels(names: Iterable[str]) -> None:
    """Import kernels, by the names of their modules; of other modules none."""
    for name in names:
        if name.startswith(f"{_KERNELS}.") and name not in sys.modules:
            import_module(name)
    _make_tables()


def _make_tables() -> None:
    for name, table in _TABLES:
        kernels = sys.modules.get(f"{_KERNELS}.{name}")
        if kernels is not None:
            getattr(kernels, table)()  # kept from here on, by this process and by those forked from it


@cache
def _imports(name: str) -> frozenset[str] | None:
    """Return the modules of this package that a module imports, anywhere in its text; None without its text.

    Modules other than kernels are read, not imported: what they need beside may not be installed.
    """
    try:
        if name in sys.modules:
            text = inspect.getsource(sys.modules[name])
        else:
            spec = find_spec(name)
            text = Path(spec.origin).read_text(encoding="utf-8") if spec is not None and spec.origin else ""
    except (OSError, TypeError):
        return None
    tree = ast.parse(text)
    named: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            named.update(_reached(node.module, [alias.name for alias in node.names]))
    return frozenset(name for name in named if name.startswith(f"{_PACKAGE}."))


def _reached(module: str, names: list[str]) -> set[str]:
    """Return those of a module's names that are modules, and the module itself for the others."""
    if not module.startswith(_PACKAGE):
        return set()
    modules = {f"{module}.{name}" for name in names if _is_module(f"{module}.{name}")}
    return modules if len(modules) == len(names) else {module, *modules}


def _is_module(name: str) -> bool:
    if name.startswith(f"{_KERNELS}."):  # to look for it is to load, and so to compile, what it would lie in
        return name.removeprefix(f"{_KERNELS}.") in modules()
    parent = sys.modules.get(name.rpartition(".")[0])
    return name in sys.modules or (hasattr(parent, "__path__") and find_spec(name) is not None)
