"""What the operating system's complaints mean for a task: try again, or set the shard aside and say what to do.

Knows error numbers, not what was being done. A missing object stays a `FileNotFoundError`.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from dclm_pipeline.errors import ShardError, TransientError

_PASSING = {
    errno.EIO: "the device or network file system failed to answer",
    errno.ESTALE: "the network file system has lost the file for now",
    errno.ETIMEDOUT: "the file system did not answer in time",
    errno.EHOSTDOWN: "the file server is down",
    errno.EHOSTUNREACH: "the file server cannot be reached",
    errno.ENETUNREACH: "the file server cannot be reached",
    errno.ECONNRESET: "the file server broke off",
    errno.EAGAIN: "the file system is busy",
    errno.EBUSY: "the file is busy",
    errno.EINTR: "it was interrupted",
    errno.EMFILE: "this process has too many files open; raise `ulimit -n`",
    errno.ENFILE: "this machine has too many files open",
}

_LASTING = {
    errno.ENOSPC: "no space is left on the device; free some or name another place, then run again",
    errno.EDQUOT: "the disk quota is used up; free some or name another place, then run again",
    errno.EACCES: "permission denied; let this user read and write there or name another place, then run again",
    errno.EPERM: "not permitted; let this user read and write there or name another place, then run again",
    errno.EROFS: "the file system is read-only; name another place, then run again",
    errno.ENAMETOOLONG: "the name is too long for the file system; shorten it",
    errno.ENOTDIR: "a file lies where a folder is needed; move it away, then run again",
    errno.EEXIST: "a file lies where a folder is needed; move it away, then run again",
    errno.EISDIR: "a folder lies where a file is needed; move it away, then run again",
    errno.ENOTEMPTY: "a folder lies where a file is needed; move it away, then run again",
    errno.ELOOP: "its symbolic links lead in a circle; mend them, then run again",
    errno.EFBIG: "the file is larger than the file system allows; name another place, then run again",
}


@contextmanager
def naming(place: str) -> Iterator[None]:
    """Turn trouble of the operating system with `place` into an error of a task that says what to do."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno is None:
            raise
        if error.errno in _PASSING:
            raise TransientError(f"{place}: {_PASSING[error.errno]} ({error.strerror})") from error
        meaning = _LASTING.get(error.errno, "the operating system refused; see its message, then run again")
        raise ShardError(f"{place}: {meaning} ({error.strerror})") from error
