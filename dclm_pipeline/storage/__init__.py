"""Where bytes lie: one protocol, known by URL, and nothing about what the bytes mean.

A storage is rooted at a place; paths below it are relative, with `/` between names. Objects are written whole or not
at all. `open_storage` builds one from its URL, on whatever machine needs it; a storage object is never sent anywhere.
What all of them promise is tried in `contract`, by the tests and by `dclm storage-check`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import urlsplit

from dclm_pipeline.errors import RecipeError


@dataclass(frozen=True, order=True)
class Entry:
    """One object in a listing."""

    path: str
    size: int


class Storage(Protocol):
    """What every store can do. A missing object is a `FileNotFoundError`; trouble that may pass, a `TransientError`."""

    @property
    def url(self) -> str:
        """Return what `open_storage` needs to build this storage again."""
        ...

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """List the objects whose path begins with `prefix`, by path in code point order; none where nothing lies."""
        ...

    def size(self, path: str) -> int:
        """Return an object's size in bytes."""
        ...

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """Return an object's bytes from `start`, at most `length` of them."""
        ...

    def open(self, path: str) -> BinaryIO:
        """Open an object for reading; seekable, buffered."""
        ...

    def put(self, path: str, data: bytes) -> None:
        """Write a whole object, in place of any other."""
        ...

    def put_file(self, path: str, local: Path) -> None:
        """Write a local file as a whole object, in place of any other; the local file may be moved away."""
        ...

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """Write a whole object unless there is one; say whether it was written. Of two at once, one wins."""
        ...

    def delete(self, path: str) -> None:
        """Remove an object; it is no error if there is none."""
        ...

    def sweep(self, seconds: float) -> int:
        """Remove what writers left unfinished longer ago than that, and say how much it was: they were killed."""
        ...


def is_remote(url: str) -> bool:
    """Tell whether a place is on another machine, which is asked over the network."""
    return urlsplit(url).scheme in ("http", "https", "s3", "hf")


def open_storage(url: str) -> Storage:
    """Build the storage for a URL or a local path."""
    scheme = urlsplit(url).scheme if "://" in url else ""
    if scheme in ("", "file"):
        from dclm_pipeline.storage.local import LocalStorage

        return LocalStorage.at(url)
    if scheme == "memory":
        from dclm_pipeline.storage.memory import MemoryStorage

        return MemoryStorage.at(url)
    if scheme in ("http", "https"):
        from dclm_pipeline.storage.http import HttpStorage

        return HttpStorage.at(url)
    if scheme == "s3":
        from dclm_pipeline.storage.s3 import S3Storage

        return S3Storage.at(url)
    if scheme == "hf":
        from dclm_pipeline.storage.hub import HubStorage

        return HubStorage.at(url)
    raise RecipeError(f"{url}: no storage knows the scheme {scheme!r}; a path, s3://, https:// or hf:// can be used")
