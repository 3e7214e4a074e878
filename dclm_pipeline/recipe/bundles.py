"""A user's own module as a value: its source travels with the work, so any machine can import it.

Knows Python's files, not what they mean. Known gap: of a package all `*.py` files travel, of a module itself alone;
what else they import or read must be there on every machine.
"""

import hashlib
import importlib
import inspect
import os
import shutil
import stat
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path, PurePosixPath
from types import ModuleType

from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.recipe.kinds import kind_of, register
from dclm_pipeline.step import Step

MOST_BYTES = 4 * 2**20
_PACKAGE = __name__.partition(".")[0]


@dataclass(frozen=True)
class CodeBundle:
    """The source files of one module or package, by their path below the folder that Python would look in."""

    module: str
    files: tuple[tuple[str, bytes], ...]
    sha256: str

    @property
    def root(self) -> str:
        """Return the outermost package."""
        return self.module.partition(".")[0]

    def code_digest(self) -> str:
        """Return the digest of the files: what stands for the user's code in keys."""
        digest = hashlib.sha256()
        for path, data in self.files:
            digest.update(f"{path}\0{len(data)}\0".encode())
            digest.update(data)
        return digest.hexdigest()


def bundle(module: str, folder: str) -> CodeBundle:
    """Read the source of a module that is found in `folder`, or else where Python looks."""
    if not all(part.isidentifier() for part in module.split(".")):
        raise RecipeError(f"uses: {module!r} is no name of a Python module")
    root = module.partition(".")[0]
    if root in sys.stdlib_module_names or root == _PACKAGE:
        raise RecipeError(f"uses: {root!r} is a module that is there already; give yours another name")
    try:
        files = tuple((path, file.read_bytes()) for path, file in _files_of(root, module, folder))
    except OSError as error:
        raise RecipeError(f"uses: {module!r} cannot be read: {error}") from error
    code = CodeBundle(module, files, "")
    return CodeBundle(module, files, code.code_digest())


def _files_of(root: str, module: str, folder: str) -> list[tuple[str, Path]]:
    """Return the files of the package or module that `root` is."""
    # Not `find_spec` of importlib: it answers with what was imported before under this name, from wherever.
    PathFinder.invalidate_caches()
    found = PathFinder.find_spec(root, [str(Path(folder).absolute()), *sys.path])
    if found is None:
        raise RecipeError(f"uses: there is no module {module!r} in {Path(folder).absolute()} nor where Python looks")
    files: list[tuple[str, Path]] = []
    if found.submodule_search_locations is None:
        origin = Path(found.origin or "")
        if origin.suffix != ".py":
            raise RecipeError(f"uses: {module!r} is {origin.name}; only modules in Python can be sent to workers")
        files.append((origin.name, origin))
    for location in map(Path, found.submodule_search_locations or ()):
        files += [(f"{root}/{path.relative_to(location).as_posix()}", path) for path in sorted(location.rglob("*.py"))]
    files = [(name, path) for name, path in files if path.is_file()]
    size = sum(path.stat().st_size for _, path in files)
    if size > MOST_BYTES:
        raise RecipeError(f"uses: {module!r} has {size:,} bytes of source; {MOST_BYTES:,} can be sent to workers")
    return files


# By outermost package: what was imported, and the folder that it was imported from.
_IMPORTED: dict[str, tuple[CodeBundle, Path]] = {}


def imported_bundle(module: str) -> CodeBundle | None:
    """Return the bundle that a module was imported from, if it was."""
    known = _IMPORTED.get(module.partition(".")[0])
    return None if known is None else known[0]


def import_bundle(code: CodeBundle) -> ModuleType:
    """Import a bundle from a private folder; the same files are imported once a process."""
    if code.code_digest() != code.sha256:
        raise IntegrityError(f"uses: the source of {code.module!r} is not what its digest says; send it again")
    known = _IMPORTED.get(code.root)
    if known is not None and known[0].sha256 == code.sha256 and code.root in sys.modules:
        return _import(code, known[1])
    before = _forget(code.root)
    folder = _unpacked(code)
    try:
        module = _import(code, folder)
    except RecipeError:
        _forget(code.root)
        sys.modules.update(before)
        raise
    _IMPORTED[code.root] = (code, folder)
    return module


def register_steps(code: CodeBundle) -> tuple[type[Step], ...]:
    """Let recipes name the steps of a bundle: those that its module, or one within it, defines and its module has."""
    module = import_bundle(code)
    steps = []
    for value in vars(module).values():
        if not isinstance(value, type) or not issubclass(value, Step) or inspect.isabstract(value):
            continue
        if f"{value.__module__}.".startswith(f"{module.__name__}.") and kind_of(value):
            register(value)
            steps.append(value)
    return tuple(steps)


def _import(code: CodeBundle, folder: Path) -> ModuleType:
    with _first_on_path(folder):
        importlib.invalidate_caches()
        try:
            return importlib.import_module(code.module)
        except (Exception, SystemExit) as error:
            said = f"{type(error).__name__}: {error}"
            if isinstance(error, ModuleNotFoundError):
                said += f"; {code.root!r} alone is sent to workers, so what it imports must be in it or be installed"
            raise RecipeError(f"uses: {code.module!r} fails at {_place_of(error, folder)}: {said}") from error


def _place_of(error: BaseException, folder: Path) -> str:
    """Return the line of the user's code, as `file:line`, at which it failed."""
    lines = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename is not None:
        lines.append((error.filename, error.lineno))
    own = [(Path(name), line) for name, line in lines if Path(name).is_relative_to(folder)]
    return f"{own[-1][0].relative_to(folder).as_posix()}:{own[-1][1]}" if own else "its import"


def _forget(root: str) -> dict[str, ModuleType]:
    """Take a package out of what is imported, and return it."""
    names = [name for name in sys.modules if name == root or name.startswith(f"{root}.")]
    return {name: sys.modules.pop(name) for name in names}


def _unpacked(code: CodeBundle) -> Path:
    """Return a folder that holds a bundle's files, the same for the same files, where nobody else can write."""
    if any(PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts for path, _ in code.files):
        raise RecipeError(f"uses: {code.module!r} has files outside of its own folder")
    shelf = Path(tempfile.gettempdir()) / f"dclm-uses-{os.getuid()}"
    shelf.mkdir(mode=0o700, exist_ok=True)
    facts = shelf.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        raise RecipeError(f"uses: {shelf} can be written by others; remove it, as Python code is imported from there")
    folder = shelf / code.sha256
    if _holds(folder, code):
        return folder
    made = Path(tempfile.mkdtemp(dir=shelf))
    for path, data in code.files:
        target = made / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    try:
        made.rename(folder)
    except OSError:
        # Another process was faster, or somebody has tidied up inside: only what is whole can be shared.
        if not _holds(folder, code):
            return made
        shutil.rmtree(made)
    return folder


def _holds(folder: Path, code: CodeBundle) -> bool:
    files: Sequence[tuple[Path, bytes]] = [(folder / path, data) for path, data in code.files]
    return all(path.is_file() and path.read_bytes() == data for path, data in files)


@contextmanager
def _first_on_path(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        # The code may have changed the path itself; what it did is its own affair.
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
