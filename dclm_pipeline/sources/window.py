"""A file seen through a window that moves forwards, and back where a reader must look again.

Knows offsets and bytes, not what they mean. Holds one buffer, whatever the size of the file. Takes the SHA-256 of one
stretch of the file as it goes by; what no reader looked at is read at the end, for the digest alone.
"""

import hashlib
from typing import BinaryIO, Protocol

_BUFFER = 256 * 1024


class Digest(Protocol):
    """What takes bytes as they go by."""

    def update(self, data: memoryview, /) -> None:
        """Take some more."""
        ...

    def hexdigest(self) -> str:
        """Return the digest of all that was taken."""
        ...


class Window:
    """An open file, addressed by offset."""

    def __init__(
        self,
        file: BinaryIO,
        start: int = 0,
        end: int | None = None,
        most: int | None = None,
        digest: Digest | None = None,
    ) -> None:
        """Look at `file`, hashing [start, end), into `digest` where one has begun; as if it had `most` bytes."""
        self._file = file
        size = file.seek(0, 2)
        self.size = size if most is None else min(size, most)
        self._base = 0
        self._buffer = b""
        self._place = size
        self._end = self.size if end is None else min(end, self.size)
        self._start = self._hashed = min(start, self._end)
        self._digest: Digest = hashlib.sha256() if digest is None else digest

    @property
    def seen(self) -> int:
        """Return how many bytes of the stretch have gone by."""
        return self._hashed - self._start

    def piece(self, offset: int, most: int) -> memoryview:
        """Return at most `most` bytes at `offset`, as many as are at hand; none at the file's end alone."""
        begin = offset - self._base
        if not 0 <= begin < len(self._buffer):
            self._load(offset)
            begin = 0
        return memoryview(self._buffer)[begin : begin + most]

    def peek(self, offset: int, length: int) -> bytes:
        """Return `length` bytes at `offset`, fewer at the file's end alone."""
        begin = offset - self._base
        if begin >= 0 and begin + length <= len(self._buffer):
            return self._buffer[begin : begin + length]
        piece = self.piece(offset, length)
        parts = [bytes(piece)]
        found = len(piece)
        while found < length and (piece := self.piece(offset + found, length - found)):
            parts.append(bytes(piece))
            found += len(piece)
        return b"".join(parts)

    def find(self, needle: bytes, offset: int) -> int:
        """Return where `needle` begins at or after `offset`, or -1."""
        while len(self.piece(offset, len(needle))):
            place = self._buffer.find(needle, offset - self._base)
            if place >= 0:
                return self._base + place
            if self._place >= self.size:
                break
            # It may stand across the buffer's end.
            offset = max(offset + 1, self._place - len(needle) + 1)
            self._load(offset)
        return -1

    def skip(self, unwanted: bytes, offset: int) -> int:
        """Return the first offset from `offset` on whose byte is none of `unwanted`, or the file's size."""
        while piece := self.piece(offset, _BUFFER):
            rest = len(bytes(piece).lstrip(unwanted))
            offset += len(piece) - rest
            if rest:
                break
        return offset

    def sha256(self) -> tuple[str, int]:
        """Return the digest, and the length of the stretch, once all of it has been read."""
        while self._hashed < self._end:
            before = self._hashed
            self._load(before)
            if self._hashed == before:
                break
        return self._digest.hexdigest(), self._hashed - self._start

    def _load(self, offset: int) -> None:
        most = min(_BUFFER, self.size - offset)
        if most <= 0 or offset < 0:
            self._base, self._buffer = offset, b""
            return
        if offset != self._place:
            self._file.seek(offset)
        self._base = offset
        self._buffer = self._file.read(most)
        self._place = offset + len(self._buffer)
        if self._base <= self._hashed < min(self._place, self._end):
            self._digest.update(memoryview(self._buffer)[self._hashed - self._base : self._end - self._base])
            self._hashed = min(self._place, self._end)
