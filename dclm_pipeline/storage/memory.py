"""Objects in this process's memory: the storage to test with, and a home for pools that are gone with the process.

Buckets are known by name: every storage for `memory://name/…` of one process reaches the same objects. Behaves as an
object store does: there are no folders, only paths. Not shared with other processes, forked children included.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import BinaryIO
from urllib.parse import quote, unquote, urlsplit

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.storage import Entry
from dclm_pipeline.storage.paths import check_path, check_prefix
from dclm_pipeline.storage.trouble import naming

_buckets: dict[str, dict[str, bytes]] = {}
_lock = Lock()


class MemoryStorage:
    """The objects of one bucket below one path."""

    def __init__(self, bucket: str, root: str = "") -> None:
        """Reach the objects of `bucket` whose paths begin with `root` (empty, or ending in `/`)."""
        self._bucket = bucket
        self._root = root
        with _lock:
            self._objects = _buckets.setdefault(bucket, {})

    @classmethod
    def at(cls, url: str) -> "MemoryStorage":
        """Build the storage for `memory://name` or `memory://name/below/it`."""
        parts = urlsplit(url)
        root = unquote(parts.path).strip("/")
        if parts.scheme != "memory" or not parts.netloc or parts.query or parts.fragment:
            raise RecipeError(f"{url}: not a place in memory; write it like memory://name/folder")
        return cls(parts.netloc, f"{check_path(root)}/" if root else "")

    @staticmethod
    def forget(bucket: str) -> None:
        """Drop a bucket with all its objects; it is no error if there is none."""
        with _lock:
            _buckets.pop(bucket, None)

    @property
    def url(self) -> str:
        """Return `memory://` and the names of the bucket and the root."""
        return f"memory://{self._bucket}/{quote(self._root)}".removesuffix("/")

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """List the objects as they are when the listing begins."""
        begin = self._root + check_prefix(prefix)
        with _lock:
            found = [(path, len(data)) for path, data in self._objects.items() if path.startswith(begin)]
        for path, size in sorted(found):
            yield Entry(path.removeprefix(self._root), size)

    def size(self, path: str) -> int:
        """Return an object's size in bytes."""
        return len(self._find(path))

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """Return an object's bytes from `start`, at most `length` of them."""
        if start < 0 or (length is not None and length < 0):
            raise ValueError(f"{path}: cannot read {length} bytes from {start}")
        return self._find(path)[start : None if length is None else start + length]

    def open(self, path: str) -> BinaryIO:
        """Open an object for reading; later writes of the same path do not show."""
        return io.BufferedReader(io.BytesIO(self._find(path)))

    def put(self, path: str, data: bytes) -> None:
        """Write a whole object, in place of any other."""
        place = self._root + check_path(path)
        with _lock:
            self._objects[place] = bytes(data)

    def put_file(self, path: str, local: Path) -> None:
        """Write a local file as a whole object and remove the file, so that nobody comes to rely on it."""
        check_path(path)
        with naming(str(local)):
            self.put(path, local.read_bytes())
            local.unlink()

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """Write a whole object unless there is one; say whether it was written."""
        place = self._root + check_path(path)
        with _lock:
            if place in self._objects:
                return False
            self._objects[place] = bytes(data)
            return True

    def delete(self, path: str) -> None:
        """Remove an object; it is no error if there is none."""
        place = self._root + check_path(path)
        with _lock:
            self._objects.pop(place, None)

    def sweep(self, seconds: float) -> int:
        """Find nothing: a writer that is killed takes all of this with it."""
        del seconds
        return 0

    def _find(self, path: str) -> bytes:
        place = self._root + check_path(path)
        with _lock:
            data = self._objects.get(place)
        if data is None:
            raise FileNotFoundError(f"{self.url}/{path}: no such object")
        return data
