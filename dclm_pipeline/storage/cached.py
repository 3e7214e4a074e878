"""Objects of servers kept on a local or shared disk: whoever reads one again, on any machine, asks the server only
which version it has.

Knows nothing of protocols. An object is kept in blocks, each with its SHA-256 behind it, under a digest of where it
lies, how large it is and which version; an object without a version is never kept. Blocks are written whole or not at
all; a damaged one is fetched again. The folder grows, and may be deleted at any time.
"""

import hashlib
import io
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, runtime_checkable

from dclm_pipeline.storage import Entry, Storage
from dclm_pipeline.storage.answers import Fetch
from dclm_pipeline.storage.placed import PlacedFile
from dclm_pipeline.storage.remote import BUFFER, open_remote

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK_BYTES = 8 * 2**20
_DIGEST_BYTES = 32
_LOG = logging.getLogger(__name__)


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
        key = hashlib.sha256(f"{self._storage.url}\0{path}\0{size}\0{version}".encode()).hexdigest()
        # The version is asked for by name: blocks of two never lie side by side.
        remote = partial(open_remote, self._storage.fetch_of(path), f"{self._storage.url}/{path}", size, version)
        return io.BufferedReader(_CachedFile(remote, path, size, self._folder / key[:2] / key), BUFFER)

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


def cached(storage: Storage, folder: Path) -> Storage:
    """Return a storage for reading; what is read of a server's objects is kept in a folder."""
    return CachedStorage(storage, folder) if isinstance(storage, Versioned) else storage


class _CachedFile(PlacedFile):
    """An open object: blocks that are kept are read from disk, the others from the server, and kept."""

    def __init__(self, open_it: Callable[[], BinaryIO], path: str, size: int, folder: Path) -> None:
        super().__init__(path, size)
        self._open = open_it
        self._keeping = True
        self._folder = folder
        self._remote: BinaryIO | None = None
        self._number = -1  # the block at hand
        self._block: bytes | None = None  # its bytes, where it is kept
        self._come = bytearray()  # what has come of it from the server, from its beginning on

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read some bytes; none at the object's end alone."""
        view = memoryview(buffer).cast("B")
        number, within = divmod(self._place, BLOCK_BYTES)
        most = min(len(view), self._length(number) - within)
        if most <= 0:
            return 0
        if number != self._number:
            self._number, self._block, self._come = number, self._kept(number), bytearray()
        part = self._received(most) if self._block is None else self._block[within : within + most]
        if self._block is None:
            self._keep(within, part)
        view[: len(part)] = part
        self._place += len(part)
        return len(part)

    def close(self) -> None:
        """Let go of the connection."""
        if self._remote is not None:
            self._remote.close()
        super().close()

    def _length(self, number: int) -> int:
        return max(0, min(BLOCK_BYTES, self._size - number * BLOCK_BYTES))

    def _received(self, most: int) -> bytes:
        if self._remote is None:
            self._remote = self._open()
        if self._remote.tell() != self._place:
            self._remote.seek(self._place)
        return self._remote.read(most)

    def _kept(self, number: int) -> bytes | None:
        """Return a block that is kept and undamaged."""
        try:
            data = (self._folder / str(number)).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            _LOG.warning("%s: the cache cannot be read: %s", self._name, error)
            return None
        block, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
        good = len(block) == self._length(number) and hashlib.sha256(block).digest() == digest
        return block if good else None

    def _keep(self, within: int, part: bytes) -> None:
        """Note what has come of the block at hand; write it once it is whole."""
        known = len(self._come)
        if not self._keeping or not within <= known < within + len(part):
            return
        self._come += part[known - within :]
        if len(self._come) < self._length(self._number):
            return
        unfinished = self._folder / f"{self._number}.{secrets.token_hex(8)}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(self._come + hashlib.sha256(self._come).digest())
            unfinished.replace(self._folder / str(self._number))
        except OSError as error:
            _LOG.warning("%s: nothing more of it is kept in the cache: %s", self._name, error)
            self._keeping = False
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
        self._block, self._come = bytes(self._come), bytearray()
