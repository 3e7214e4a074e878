"""Objects as files below a folder, or the one file that a path names.

An object appears whole or not at all, and stays after a power cut once its writing has returned: it is written under
a private name in its folder, synchronized, renamed, and the folder synchronized. That costs two waits for the disk an
object (0.3 ms together on a virtual disk, ten or twenty on a spinning one), against seconds of work in it.

A process that is killed while it writes leaves a `.tmp-…` file, which no listing shows; `sweep` removes it.
"""

import io
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote, urlsplit

from dclm_pipeline.errors import RecipeError, TransientError
from dclm_pipeline.storage import Entry, durable
from dclm_pipeline.storage.folders import walk
from dclm_pipeline.storage.paths import UNFINISHED, check_path, check_prefix
from dclm_pipeline.storage.trouble import naming

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BUFFER = 256 * 1024


class LocalStorage:
    """The files below a folder; built for one file, that file's folder, of which only the file is listed."""

    def __init__(self, root: Path, only: str | None = None) -> None:
        """Reach the files below `root`; listings show the file named `only`, where one is given, and nothing else."""
        self._root = root.absolute()
        self._only = only

    @classmethod
    def at(cls, url: str) -> "LocalStorage":
        """Build the storage for a path or file:// URL, relative to the working folder of this moment.

        Where a single file lies there, the storage is rooted at its folder, `entries` lists that file alone, under
        its name, and `url` is still the file's. The folder need not exist: writing makes it.
        """
        path = _path_of_url(url) if url.startswith("file://") else url
        if not path or "\0" in path:
            raise RecipeError(f"{url!r} is no path; name a folder or file")
        place = Path(path).absolute()
        with naming(str(place)):
            single = place.is_file()
        return cls(place.parent, place.name) if single else cls(place)

    @property
    def url(self) -> str:
        """Return the absolute path of the folder, or of the single file."""
        return str(self._root if self._only is None else self._root / self._only)

    def entries(self, prefix: str = "") -> Iterator[Entry]:
        """List the files, links to files included; folders are read one at a time, as the listing gets to them."""
        check_prefix(prefix)
        if self._only is None:
            yield from walk(self._root, prefix)
        elif self._only.startswith(prefix):
            with suppress(FileNotFoundError):
                yield Entry(self._only, self.size(self._only))

    def size(self, path: str) -> int:
        """Return a file's size in bytes."""
        place = self._place(path)
        with self._looking(path):
            found = place.stat()
        if not stat.S_ISREG(found.st_mode):
            raise self._missing(path)
        return found.st_size

    def read(self, path: str, start: int = 0, length: int | None = None) -> bytes:
        """Return a file's bytes from `start`, at most `length` of them."""
        if start < 0 or (length is not None and length < 0):
            raise ValueError(f"{path}: cannot read {length} bytes from {start}")
        with io.BufferedReader(self._file(path)) as file:
            # Never more than there is: room for the bytes asked for is made before they are read.
            there = max(0, os.fstat(file.fileno()).st_size - start)
            file.seek(start)
            return file.read(there if length is None else min(length, there))

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading."""
        return io.BufferedReader(self._file(path), _BUFFER)

    def put(self, path: str, data: bytes) -> None:
        """Write a whole file, in place of any other."""
        final = self._place(path)
        with self._writing(path):
            durable.replace(final, io.BytesIO(data))

    def put_file(self, path: str, local: Path) -> None:
        """Move a file here, or copy and remove it where it cannot be moved (another file system, a link)."""
        final = self._place(path)
        with naming(str(local)):
            file = local.open("rb")
        with file, self._writing(path):
            if not durable.move(file, local, final):
                durable.replace(final, file)
                local.unlink()

    def put_if_absent(self, path: str, data: bytes) -> bool:
        """Write a whole file unless there is one; say whether it was written. Of two at once, one wins."""
        final = self._place(path)
        with self._writing(path):
            return not final.exists() and durable.write_if_free(final, io.BytesIO(data))

    def delete(self, path: str) -> None:
        """Remove a file, or the link and not what it points to; it is no error if there is none."""
        place = self._place(path)
        with naming(self._name(path)), suppress(FileNotFoundError, NotADirectoryError):
            if not stat.S_ISDIR(place.lstat().st_mode):
                place.unlink()

    def sweep(self, seconds: float) -> int:
        """Remove files that were begun longer ago than that and never got their name."""
        found = 0
        for folder, _, names in os.walk(self._root if self._only is None else self._root / self._only):
            for name in names:
                place = Path(folder, name)
                with naming(str(place)), suppress(FileNotFoundError):
                    if name.startswith(UNFINISHED) and time.time() - place.lstat().st_mtime >= seconds:
                        place.unlink()
                        found += 1
        return found

    def begin(self, path: str) -> None:
        """Begin a file and leave it without its name, as a writer that is killed does."""
        final = self._place(path)
        with self._writing(path):
            durable.write_unfinished(final, io.BytesIO(b"begun"))

    def _place(self, path: str) -> Path:
        return self._root / check_path(path)

    def _name(self, path: str) -> str:
        return str(self._root / path)

    def _missing(self, path: str) -> FileNotFoundError:
        return FileNotFoundError(f"{self._name(path)}: no such file")

    @contextmanager
    def _looking(self, path: str) -> Iterator[None]:
        """What lies below a file is as missing as what is not there."""
        with naming(self._name(path)):
            try:
                yield
            except (FileNotFoundError, NotADirectoryError) as error:
                raise self._missing(path) from error

    @contextmanager
    def _writing(self, path: str) -> Iterator[None]:
        """A folder that goes while a file is written into it is passing trouble, not a missing object."""
        with naming(self._name(path)):
            try:
                yield
            except FileNotFoundError as error:
                raise TransientError(f"{self._name(path)}: its folder went away while it was written") from error

    def _file(self, path: str) -> "_File":
        place = self._place(path)
        with self._looking(path):
            # Without O_NONBLOCK, opening a named pipe waits for somebody to write to it.
            descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise self._missing(path)
        return _File(descriptor, str(place))


class _File(io.FileIO):
    """An open file that names itself when reading it meets trouble."""

    def __init__(self, descriptor: int, place: str) -> None:
        super().__init__(descriptor, "rb")
        self._place = place

    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        with naming(self._place):
            return super().readinto(buffer)

    def readall(self) -> bytes:
        with naming(self._place):
            return super().readall()


def _path_of_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
        raise RecipeError(
            f"{url}: not a file of this machine; write it like file:///folder, with %3F for ? and %23 for #"
        )
    return unquote(parts.path)
