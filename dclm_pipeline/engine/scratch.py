"""Private folders for files in the making; those of processes that were killed go when the next one is made.

A folder is locked as long as its process lives, whatever happens to that process: the system lets go of the lock.
"""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

# Between its making and its locking a folder looks forsaken.
FORSAKEN_SECONDS = 60.0


class PrivateFolder:
    """A new folder that nobody else can look into, made in `parent` (by default the system's place for such)."""

    def __init__(self, prefix: str, parent: str | None = None) -> None:
        """Make the folder, and remove those of the same prefix that were left behind."""
        within = Path(parent or tempfile.gettempdir())
        remove_forsaken(within, prefix)
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=within))
        self._lock = os.open(self.path, os.O_RDONLY)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Remove the folder and all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def remove_forsaken(within: Path, prefix: str) -> None:
    """Remove our own folders of a prefix whose processes are gone."""
    for folder in within.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or another's: then it is not ours to remove
            facts = folder.lstat()
            if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.getuid():
                continue
            if time.time() - facts.st_mtime > FORSAKEN_SECONDS and _is_free(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_free(folder: Path) -> bool:
    descriptor = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
