"""A storage as Arrow knows file systems: for reading files whose names and sizes are known, wherever they lie."""

from collections.abc import Mapping
from io import IOBase
from typing import Any, cast

import pyarrow as pa
import pyarrow.fs

from dclm_pipeline.errors import PipelineError
from dclm_pipeline.storage import Storage, open_storage


def filesystem_of(url: str, sizes: Mapping[str, int]) -> pyarrow.fs.PyFileSystem:
    """Return a read-only file system of the named files below a place; it can be sent to other processes."""
    return pyarrow.fs.PyFileSystem(_Files(url, dict(sizes)))


class _Files(pyarrow.fs.FileSystemHandler):
    """What Arrow asks of a file system, answered from a storage."""

    def __init__(self, url: str, sizes: dict[str, int]) -> None:
        self._url = url
        self._sizes = sizes
        self._opened: Storage | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how another process makes the same."""
        return _Files, (self._url, self._sizes)

    def __eq__(self, other: object) -> bool:
        """Tell whether another one shows the same files."""
        return isinstance(other, _Files) and (self._url, self._sizes) == (other._url, other._sizes)

    def __ne__(self, other: object) -> bool:
        """Arrow asks for both."""
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def get_type_name(self) -> str:
        """Return what this is called in messages."""
        return "dclm"

    def normalize_path(self, path: str) -> str:
        """Return the path: it is one of ours, as it is."""
        return path

    def get_file_info(self, paths: str | list[str]) -> list[pyarrow.fs.FileInfo]:
        """Return what is known of files."""
        kinds, paths = pyarrow.fs.FileType, [paths] if isinstance(paths, str) else paths
        return [
            pyarrow.fs.FileInfo(path, kinds.File, size=self._sizes[path])
            if path in self._sizes
            else pyarrow.fs.FileInfo(path, kinds.NotFound)
            for path in paths
        ]

    def get_file_info_selector(self, selector: pyarrow.fs.FileSelector) -> list[pyarrow.fs.FileInfo]:
        """Return what is known of all files below a folder."""
        begin = f"{selector.base_dir.rstrip('/')}/" if selector.base_dir else ""
        return self.get_file_info([path for path in self._sizes if path.startswith(begin)])

    def open_input_file(self, path: str) -> pa.PythonFile:
        """Open a file for reading anywhere in it."""
        if self._opened is None:
            self._opened = open_storage(self._url)
        return pa.PythonFile(cast("IOBase", self._opened.open(path)), mode="r")

    def open_input_stream(self, path: str) -> pa.PythonFile:
        """Open a file for reading from front to end."""
        return self.open_input_file(path)

    def create_dir(self, path: str, recursive: bool) -> None:
        """Refuse: this is for reading."""
        raise _read_only(path)

    def delete_dir(self, path: str) -> None:
        """Refuse: this is for reading."""
        raise _read_only(path)

    def delete_dir_contents(self, path: str, missing_dir_ok: bool = False) -> None:
        """Refuse: this is for reading."""
        raise _read_only(path)

    def delete_root_dir_contents(self) -> None:
        """Refuse: this is for reading."""
        raise _read_only(self._url)

    def delete_file(self, path: str) -> None:
        """Refuse: this is for reading."""
        raise _read_only(path)

    def move(self, src: str, dest: str) -> None:
        """Refuse: this is for reading."""
        raise _read_only(src)

    def copy_file(self, src: str, dest: str) -> None:
        """Refuse: this is for reading."""
        raise _read_only(src)

    def open_output_stream(self, path: str, metadata: Any) -> pa.PythonFile:
        """Refuse: this is for reading."""
        raise _read_only(path)

    def open_append_stream(self, path: str, metadata: Any) -> pa.PythonFile:
        """Refuse: this is for reading."""
        raise _read_only(path)


def _read_only(path: str) -> PipelineError:
    return PipelineError(f"{path}: a pool that was opened is for reading; a recipe makes another one of it")
