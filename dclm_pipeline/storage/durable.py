"""Writing files so that they appear whole or not at all, and stay once it is said that they are written.

The order is what counts: the bytes are on the disk before the name is, and the name before the writer goes on. So a
receipt that is found after a power cut never tells of a file that is not.
"""

import errno
import os
import secrets
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from dclm_pipeline.storage.exclusive import name_if_free
from dclm_pipeline.storage.paths import UNFINISHED

_COPY = 4 * 1024 * 1024

# The permissions that this user's new files get. Asked for once, because asking changes them for a moment.
_umask = os.umask(0o077)
os.umask(_umask)
_PERMISSIONS = 0o666 & ~_umask


def replace(final: Path, source: BinaryIO) -> None:
    """Write all of `source` to `final`, in place of any other file."""
    temporary = write_unfinished(final, source)
    try:
        temporary.replace(final)
    except BaseException:
        temporary.unlink()
        raise
    _synchronize_folder(final.parent)


def write_if_free(final: Path, source: BinaryIO) -> bool:
    """Write all of `source` to `final` unless there is a file; say whether it was written."""
    temporary = write_unfinished(final, source)
    try:
        written = name_if_free(temporary, final)
    finally:
        with suppress(FileNotFoundError):  # it was renamed, not linked
            temporary.unlink()
    if written:
        _synchronize_folder(final.parent)
    return written


def move(file: BinaryIO, local: Path, final: Path) -> bool:
    """Rename `local`, which is open as `file`; say whether it could be done, which it cannot between file systems."""
    found = local.lstat()
    # With another name or a link in between, somebody could later change the object through it.
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        return False
    _make_folder(final.parent)
    _settle(file)
    try:
        local.replace(final)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return False
    _synchronize_folder(final.parent)
    return True


def write_unfinished(final: Path, source: BinaryIO) -> Path:
    """Copy `source` to a private file beside `final`, and wait until the disk has it."""
    _make_folder(final.parent)
    temporary = final.parent / f"{UNFINISHED}{secrets.token_hex(12)}"
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
        try:
            shutil.copyfileobj(source, file, _COPY)
            file.flush()
            _settle(file)
        except BaseException:
            temporary.unlink()
            raise
    return temporary


def _settle(file: BinaryIO) -> None:
    """Give a file the permissions of this user's files, and wait until the disk has it."""
    with suppress(PermissionError):  # some file systems have one set of permissions for all files
        os.fchmod(file.fileno(), _PERMISSIONS)
    os.fsync(file.fileno())


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _synchronize_folder(folder.parent)


def _synchronize_folder(folder: Path) -> None:
    """Wait until the disk has the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems keep names on the server at once, and have nothing to synchronize.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP):
            raise
    finally:
        os.close(descriptor)
