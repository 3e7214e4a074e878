"""Give a finished file its name unless the name is taken, in one step that no other process can come between.

A hard link does it on nearly every file system, network ones included. Where there are no hard links, Linux can be
asked to rename without replacing. Where neither works, the answer is a refusal: a check followed by a rename would let
two processes both believe that they were first.
"""

import ctypes
import errno
import os
from pathlib import Path

from dclm_pipeline.errors import ShardError

_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL})
_HERE = -100  # AT_FDCWD
_NO_REPLACE = 1  # RENAME_NOREPLACE


def name_if_free(temporary: Path, final: Path) -> bool:
    """Name the file at `temporary` also (or only) `final`; say whether the name was free."""
    try:
        os.link(temporary, final)
    except FileExistsError:
        # Over a network the answer to a link that succeeded may get lost, and the second try finds the first.
        return final.exists() and final.samefile(temporary)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return rename_if_free(temporary, final)
    return True


def rename_if_free(temporary: Path, final: Path) -> bool:
    """Rename `temporary` to `final` where the system can do so without replacing; say whether the name was free."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        raise ShardError(_refusal(final, "this system has no renameat2"))
    if rename(_HERE, os.fsencode(temporary), _HERE, os.fsencode(final), ctypes.c_uint(_NO_REPLACE)) == 0:
        return True
    code = ctypes.get_errno()
    if code == errno.EEXIST:
        return False
    if code in _NO_LINKS:
        raise ShardError(_refusal(final, os.strerror(code)))
    raise OSError(code, os.strerror(code), str(final))


def _refusal(final: Path, why: str) -> str:
    return (
        f"{final}: this file system can neither link files nor rename them without replacing ({why}), so two workers "
        f"could both believe to be first; keep pools on another file system"
    )
