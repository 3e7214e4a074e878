"""Objects of servers kept on a local or shared disk: whoever reads one again, on any machine, asks the server only
which version it has.

Knows nothing of protocols. An object is kept in blocks, under a digest of where it lies, how large it is and which
version; an object without a version is never kept. The folder grows, and may be deleted at any time.
"""

import hashlib
import io
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, runtime_checkable

from dclm_pipeline.storage import Entry, Storage
from dclm_pipeline.storage.answers import Fetch
from dclm_pipeline.storage.blocks import Blocks, sweep_blocks
from dclm_pipeline.storage.placed import PlacedFile
from dclm_pipeline.storage.remote import BUFFER, open_remote, read_remote

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@runtime_checkable
class Versioned(Storage, Protocol):
    """A storage that can say which version of an object it has."""

    def version(self, path: str) -> tuple[int, str]:
        """Return an object's size, and what names its version; nothing where there is no such name."""
        ...

    def fetch_of(self, path: str) -> Fetch:
        """Return what asks for parts of an object."""
        ...


class CachedStorage:
    """A storage for reading, whose objects are kept once they have been read."""

    def __init__(self, storage: Versioned, folder: Path) -> None:
        """Read from `storage`, and keep what is read below `folder`."""
        self._storage = storage
        self._folder = folder

    @property
    def url(self) -> str:
        """Return the place that is read."""
        return self._storage.url

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """List the objects that the server has."""
        return self._storage.entries(prefix)

    def size(self, path: str) -> int:
        """Ask the server for an object's size."""
        return self._storage.size(path)

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """Ask the server for a part of an object: parts that are asked for one by one are not kept."""
        return self._storage.read(path, start, length)

    def open(self, path: str) -> BinaryIO:
        """Open an object for reading, as far as it is kept from disk."""
        size, version = self._storage.version(path)
        if not version:
            return self._storage.open(path)
        # The version is asked for by name: blocks of two never lie side by side.
        remote = partial(open_remote, self._storage.fetch_of(path), self._name(path), size, version)
        return io.BufferedReader(_CachedFile(remote, path, size, self._blocks(path, size, version)), BUFFER)

    def beginning(self, path: str, most: int) -> bytes:
        """Return the first bytes of an object, and keep the blocks in which they lie."""
        size, version = self._storage.version(path)
        if not version:
            return self._storage.read(path, 0, most)
        blocks, fetch = self._blocks(path, size, version), self._storage.fetch_of(path)
        found = bytearray()
        while len(found) < min(most, size):
            number, _ = blocks.holding(len(found))
            block = blocks.read(number)
            if block is None:
                block = read_remote(fetch, self._name(path), len(found), blocks.length(number), version)
                blocks.keep(number, block)
            found += block
        return bytes(found[:most])

    def put(self, path: str, data: bytes) -> None:
        """Write to the server."""
        self._storage.put(path, data)

    def put_file(self, path: str, local: Path) -> None:
        """Write to the server."""
        self._storage.put_file(path, local)

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """Write to the server."""
        return self._storage.put_if_absent(path, data)

    def delete(self, path: str) -> None:
        """Remove from the server."""
        self._storage.delete(path)

    def sweep(self, seconds: float) -> int:
        """Remove from the server what was left unfinished."""
        return self._storage.sweep(seconds)

    def _name(self, path: str) -> str:
        return f"{self._storage.url}/{path}"

    def _blocks(self, path: str, size: int, version: str) -> Blocks:
        key = hashlib.sha256(f"{self._storage.url}\0{path}\0{size}\0{version}".encode()).hexdigest()
        return Blocks(self._folder, key, path, size)


def cached(storage: Storage, folder: Path) -> Storage:
    """Return a storage for reading; what is read of a server's objects is kept in a folder."""
    if not isinstance(storage, Versioned):
        return storage
    sweep_blocks(folder)
    return CachedStorage(storage, folder)


def beginning_of(storage: Storage, path: str, most: int) -> bytes:
    """Return the first bytes of an object; where `storage` keeps what is read, they are kept."""
    return storage.beginning(path, most) if isinstance(storage, CachedStorage) else storage.read(path, 0, most)


class _CachedFile(PlacedFile):
    """An open object: blocks that are kept are read from disk, the others from the server, and kept."""

    def __init__(self, open_it: Callable[[], BinaryIO], path: str, size: int, blocks: Blocks) -> None:
        super().__init__(path, size)
        self._open = open_it
        self._blocks = blocks
        self._remote: BinaryIO | None = None
        self._number = -1  # the block at hand
        self._block: bytes | None = None  # its bytes, where it is kept
        self._come = bytearray()  # what has come of it from the server, from its beginning on

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read some bytes; none at the object's end alone."""
        view = memoryview(buffer).cast("B")
        number, within = self._blocks.holding(self._place)
        most = min(len(view), self._blocks.length(number) - within)
        if most <= 0:
            return 0
        if number != self._number:
            self._number, self._block, self._come = number, self._blocks.read(number), bytearray()
        part = self._received(most) if self._block is None else self._block[within : within + most]
        if self._block is None:
            self._note(within, part)
        view[: len(part)] = part
        self._place += len(part)
        return len(part)

    def close(self) -> None:
        """Let go of the connection."""
        if self._remote is not None:
            self._remote.close()
        super().close()

    def _received(self, most: int) -> bytes:
        if self._remote is None:
            self._remote = self._open()
        if self._remote.tell() != self._place:
            self._remote.seek(self._place)
        return self._remote.read(most)

    def _note(self, within: int, part: bytes) -> None:
        """Note what has come of the block at hand; keep it once it is whole."""
        known = len(self._come)
        if not within <= known < within + len(part):
            return
        self._come += part[known - within :]
        if len(self._come) == self._blocks.length(self._number):
            self._block, self._come = bytes(self._come), bytearray()
            self._blocks.keep(self._number, self._block)
