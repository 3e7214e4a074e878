"""Where assets are kept on a machine: files by their SHA-256, in a folder that all processes of a user share.

A file gets its name once its bytes are known to have the digest, so what has a name is whole. Of processes that want
the same one, one fetches and the others wait; where the file system has no locks they all fetch, and the last one wins
with the same bytes.
"""

import fcntl
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from dclm_pipeline.engine.assets.bundled import find_bundled
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.storage import open_storage
from dclm_pipeline.storage.paths import FORSAKEN_SECONDS, UNFINISHED
from dclm_pipeline.storage.trouble import naming

CACHE = "DCLM_ASSET_CACHE"
CHUNK = 2**20
# Is told how many bytes have come, and how many there are.
Advance = Callable[[int, int], None]


def object_path(sha256: str) -> str:
    """Return where, below a cache or a mirror, the bytes of a digest lie."""
    return f"sha256/{sha256}"


@dataclass(frozen=True)
class AssetCache:
    """The assets in a folder."""

    folder: Path

    def find(self, sha256: str) -> Path | None:
        """Return the file of a digest, if it is here or came with the package."""
        path = self.folder / object_path(sha256)
        return path if path.is_file() else find_bundled(sha256)

    def digests(self) -> list[str]:
        """Return the digests of all that is here."""
        return [entry.path.rpartition("/")[2] for entry in open_storage(str(self.folder)).entries("sha256/")]

    def add(self, sha256: str, source: BinaryIO, name: str, advance: Advance) -> Path:
        """Take in what `source` holds, from its beginning on, if it has the digest."""
        whole = source.seek(0, os.SEEK_END)
        source.seek(0)
        made, size = hashlib.sha256(), 0
        with naming(str(self.folder)):
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = self.folder / f"{UNFINISHED}{secrets.token_hex(12)}"
            try:
                with temporary.open("xb") as file:
                    while part := source.read(CHUNK):
                        file.write(part)
                        made.update(part)
                        size += len(part)
                        advance(size, whole)
                if made.hexdigest() != sha256:
                    raise IntegrityError(
                        f"{name}: is sha256:{made.hexdigest()} ({size:,} bytes), and sha256:{sha256} is expected; it was "
                        "not kept. Whoever serves it has another file now, or the digest was copied wrongly"
                    )
                open_storage(str(self.folder)).put_file(object_path(sha256), temporary)
            finally:
                temporary.unlink(missing_ok=True)
        return self.folder / object_path(sha256)

    def sweep(self) -> None:
        """Remove what killed processes left unfinished."""
        open_storage(str(self.folder)).sweep(FORSAKEN_SECONDS)

    @contextmanager
    def alone_with(self, sha256: str) -> Iterator[None]:
        """Keep other processes of this machine from fetching the same."""
        path = self.folder / f"{UNFINISHED}lock-{sha256}"
        with naming(str(self.folder)):
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor = _locked(path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(descriptor)


def cache_here() -> AssetCache:
    """Return this machine's cache: `DCLM_ASSET_CACHE`, or a folder among the user's caches."""
    named = os.environ.get(CACHE, "")
    if named:
        path = Path(named).expanduser()
        if not path.is_absolute():
            raise RecipeError(f"{CACHE} is {named!r}: give a whole path, as workers may start in other folders")
        return AssetCache(path)
    caches = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return AssetCache((caches if caches.is_absolute() else Path.home() / ".cache") / "dclm" / "assets")


def _locked(path: Path) -> int:
    """Return the descriptor of a lock that is ours; where the file system has no locks, nobody waits."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Whoever had it has removed it: what counts is the one that others will find.
        with suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file; one that has not changed is read once a process."""
    facts = path.stat()
    return _sha256(str(path), facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256(path: str, size: int, changed: int) -> str:
    del size, changed  # they are in the call so that a changed file is read again
    made = hashlib.sha256()
    with open_storage(path).open(Path(path).name) as file:
        while part := file.read(CHUNK):
            made.update(part)
    return made.hexdigest()
