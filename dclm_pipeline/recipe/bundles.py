"""A user's own module as a value: its source travels with the work, so any machine can import it."""

import hashlib
import importlib
import importlib.util
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from dclm_pipeline.errors import RecipeError

MOST_BYTES = 4 * 2**20


@dataclass(frozen=True)
class CodeBundle:
    """The source files of one module or package."""

    module: str
    files: tuple[tuple[str, bytes], ...]
    sha256: str


def bundle(module: str, folder: str) -> CodeBundle:
    """Read the source of a module that is found in `folder`, or else where Python looks."""
    if not all(part.isidentifier() for part in module.split(".")):
        raise RecipeError(f"uses: {module!r} is no name of a Python module")
    root = module.partition(".")[0]
    with _first_on_path(folder):
        importlib.invalidate_caches()
        try:
            found = importlib.util.find_spec(root)
        except (ImportError, ValueError) as error:
            raise RecipeError(f"uses: {module!r} cannot be looked up: {error}") from error
    if found is None or found.origin is None:
        raise RecipeError(f"uses: there is no module {module!r} in {Path(folder).absolute()} nor where Python looks")
    origin = Path(found.origin)
    if found.submodule_search_locations:
        base = origin.parent
        paths = sorted(path for path in base.rglob("*.py") if path.is_file())
        files = [(path.relative_to(base.parent).as_posix(), path.read_bytes()) for path in paths]
    else:
        files = [(origin.name, origin.read_bytes())]
    size = sum(len(data) for _, data in files)
    if size > MOST_BYTES:
        raise RecipeError(f"uses: {module!r} has {size:,} bytes of source; {MOST_BYTES:,} can be sent to workers")
    digest = hashlib.sha256()
    for path, data in files:
        digest.update(f"{path}\0{len(data)}\0".encode())
        digest.update(data)
    return CodeBundle(module, tuple(files), digest.hexdigest())


_IMPORTED: dict[str, tuple[CodeBundle, ModuleType]] = {}


def imported_bundle(module: str) -> CodeBundle | None:
    """Return the bundle that a module was imported from, if it was."""
    known = _IMPORTED.get(module)
    return None if known is None else known[0]


def import_bundle(code: CodeBundle) -> ModuleType:
    """Import a bundle from a private folder; the same bundle is imported once a process."""
    known = _IMPORTED.get(code.module)
    if known is not None and known[0] == code:
        return known[1]
    root = code.module.partition(".")[0]
    for name in [name for name in sys.modules if name == root or name.startswith(f"{root}.")]:
        del sys.modules[name]
    folder = Path(tempfile.mkdtemp(prefix="dclm-uses-"))
    for path, data in code.files:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    with _first_on_path(str(folder)):
        importlib.invalidate_caches()
        try:
            module = importlib.import_module(code.module)
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            raise RecipeError(f"uses: {code.module!r} fails at {where}: {type(error).__name__}: {error}") from error
    _IMPORTED[code.module] = (code, module)
    return module


@contextmanager
def _first_on_path(folder: str) -> Iterator[None]:
    sys.path.insert(0, str(Path(folder).absolute()))
    try:
        yield
    finally:
        sys.path.remove(str(Path(folder).absolute()))
