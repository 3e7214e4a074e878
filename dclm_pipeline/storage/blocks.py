"""Blocks of objects in a folder that processes and machines share: each whole, with its SHA-256 behind it, or not there.

Knows keys and numbers of blocks, not where they come from. A block is written beside all of them and then named. What a
process that was killed left of one is removed by who uses the folder a day later: nobody writes a block for a day, and
whoever did would lose that block and nothing else.
"""

import hashlib
import logging
import secrets
from contextlib import suppress
from pathlib import Path

from dclm_pipeline.errors import TaskError
from dclm_pipeline.storage.local import LocalStorage
from dclm_pipeline.storage.paths import FORSAKEN_SECONDS, UNFINISHED

BLOCK_BYTES = 8 * 2**20
_DIGEST_BYTES = 32
_LOG = logging.getLogger(__name__)


class Blocks:
    """The blocks of one object of a known size that are kept in a folder; `name` is what messages call it."""

    def __init__(self, folder: Path, key: str, name: str, size: int) -> None:
        """Reach the blocks of a key below `folder`; looks at nothing."""
        self._unfinished = _unfinished_in(folder)
        self._place = folder / key[:2] / key
        self._name = name
        self._size = size
        self._keeping = True

    def holding(self, place: int) -> tuple[int, int]:
        """Return the number of the block that holds a byte of the object, and the byte's place in it."""
        return divmod(place, BLOCK_BYTES)

    def length(self, number: int) -> int:
        """Return how long a block is: none is, behind the object's end."""
        return max(0, min(BLOCK_BYTES, self._size - number * BLOCK_BYTES))

    def read(self, number: int) -> bytes | None:
        """Return a block that is kept and undamaged."""
        try:
            data = (self._place / str(number)).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            _LOG.warning("%s: the cache cannot be read: %s", self._name, error)
            return None
        block, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
        good = len(block) == self.length(number) and hashlib.sha256(block).digest() == digest
        return block if good else None

    def keep(self, number: int, block: bytes) -> None:
        """Write a block; where that fails once, no more is tried."""
        if not self._keeping:
            return
        unfinished = self._unfinished / f"{UNFINISHED}{secrets.token_hex(12)}"
        try:
            for folder in (self._unfinished, self._place):
                folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(block + hashlib.sha256(block).digest())
            unfinished.replace(self._place / str(number))
        except OSError as error:
            _LOG.warning("%s: nothing more of it is kept in the cache: %s", self._name, error)
            self._keeping = False
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)


def sweep_blocks(folder: Path) -> int:
    """Remove what killed processes left of blocks in a folder, and say how many."""
    try:
        return LocalStorage(_unfinished_in(folder)).sweep(FORSAKEN_SECONDS)
    except TaskError as error:
        _LOG.warning("%s: what was left unfinished in the cache stays there: %s", folder, error)
        return 0


def _unfinished_in(folder: Path) -> Path:
    return folder / "unfinished"
