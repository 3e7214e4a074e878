"""Members: the stretches of a file that are unpacked on their own (gzip members, zstd frames, bzip2 and xz streams).

Knows compression, not records. A member unpacks piece by piece, so that neither a large member nor one that unpacks to
a great deal needs more than a few megabytes. It never raises for what is in the file: when it is over, `trouble` says
what was wrong and `end` where to go on, `remark` what was wrong without costing anything. A file that is not compressed is one member.

Known gaps: the part of an xz or bzip2 stream before damage in it may lack its last block. lz4 is not read.
"""

import bz2
import lzma
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from isal import isal_zlib

from dclm_pipeline.sources.frames import Frame, dictionary_of
from dclm_pipeline.sources.window import Window

BAD_MEMBER = "bad_member"
BAD_CHECKSUM = "bad_checksum"
ENDS_EARLY = "ends_early"

_IsalError: type[Exception] = vars(isal_zlib)["IsalError"]  # whose stubs take it for an instance

# Large enough that most members are one slice, small enough that handing back what follows the member costs little.
_SLICE = 32 * 1024
_MOST_PIECE = 1024 * 1024
# When a member is unpacked again up to damage in it.
_SLICE_BEFORE = 4 * 1024
_XZ_MEMORY = 128 * 1024 * 1024
_GZIP_MAGIC = b"\x1f\x8b\x08"
_MOST_NAME = 64 * 1024


class Member(Protocol):
    """One member being unpacked."""

    offset: int
    end: int
    over: bool
    trouble: str
    remark: str

    def read(self) -> bytes:
        """Return the next piece; nothing where the member is over."""
        ...


class PlainMember:
    """A whole file that is not compressed."""

    def __init__(self, window: Window, offset: int) -> None:
        """Begin at `offset`."""
        self._window = window
        self.offset = self.end = offset
        self.over = False
        self.trouble = self.remark = ""

    def read(self) -> bytes:
        """Return the next piece."""
        piece = bytes(self._window.piece(self.end, _MOST_PIECE))
        self.end += len(piece)
        self.over = not piece
        return piece


class GzipMember:
    """A gzip member, its header read and its checksum taken here, so that damage leaves us knowing where we are."""

    def __init__(self, window: Window, offset: int, data: int, small: bool) -> None:
        """Begin the member at `offset` whose deflated data begin at `data`."""
        self._window = window
        self._data = data
        self._slice = 1024 if small else _SLICE
        self._most = 4096 if small else _MOST_PIECE
        self._inflater = isal_zlib.decompressobj(wbits=-15)
        self._full = False
        self._checksum = 0
        self._length = 0
        self.offset = offset
        self.end = data
        self.over = False
        self.trouble = self.remark = ""

    def read(self) -> bytes:
        """Return the next piece."""
        inflater = self._inflater
        while not self.over:
            pending: bytes | memoryview = inflater.unconsumed_tail
            if not pending and not self._full:
                pending = self._window.piece(self.end, self._slice)
                if not pending:
                    self._stop(ENDS_EARLY)
                    break
                self.end += len(pending)
            try:
                piece: bytes = inflater.decompress(pending, self._most)
            except _IsalError:
                piece = self._replay(self.end - len(pending))
                self._stop(BAD_MEMBER)
                return piece
            self._full = len(piece) == self._most
            self._checksum = isal_zlib.crc32(piece, self._checksum)
            self._length += len(piece)
            if inflater.eof:
                self._finish(len(inflater.unused_data))
            if piece:
                return piece
        return b""

    def _finish(self, unused: int) -> None:
        begin = self.end - unused
        trailer = self._window.peek(begin, 8)
        self.end = begin + len(trailer)
        if len(trailer) < 8:
            self._stop(ENDS_EARLY)
            return
        checksum = int.from_bytes(trailer[:4], "little")
        length = int.from_bytes(trailer[4:], "little")
        if (checksum, length) == (self._checksum, self._length & 0xFFFFFFFF):
            self._stop("")
        elif checksum == self._checksum or (
            length == self._length & 0xFFFFFFFF and _is_byte(checksum ^ self._checksum)
        ):
            # It is the trailer that was damaged: data that differ have a checksum that differs everywhere.
            self._stop("")
            self.remark = "bad_trailer"
        else:
            self._stop(BAD_CHECKSUM)

    def _stop(self, trouble: str) -> None:
        self.over = True
        self.trouble = trouble

    def _replay(self, failed: int) -> bytes:
        """Unpack once more, byte by byte from where the slice that failed begins; return what is new.

        What is unpacked before the damage, and where it is noticed, must not depend on how the file was sliced.
        """
        inflater = isal_zlib.decompressobj(wbits=-15)
        found: list[bytes] = []
        passed, place = 0, self._data
        while place < self.end:
            part = self._window.piece(place, min(_SLICE_BEFORE, failed - place) if place < failed else 1)
            place += len(part)
            try:
                piece: bytes = inflater.decompress(part)
            except _IsalError:
                break
            found.append(piece[max(0, self._length - passed) :])
            passed += len(piece)
        self.end = place
        return b"".join(found)


class StreamMember:
    """A bzip2 or xz stream."""

    def __init__(self, window: Window, offset: int, xz: bool) -> None:
        """Begin the stream at `offset`."""
        self._window = window
        self._stream = lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY) if xz else bz2.BZ2Decompressor()
        self.offset = self.end = offset
        self.over = False
        self.trouble = self.remark = ""

    def read(self) -> bytes:
        """Return the next piece."""
        stream = self._stream
        while not self.over:
            pending = bytes(self._window.piece(self.end, _SLICE)) if stream.needs_input else b""
            if stream.needs_input and not pending:
                self.over, self.trouble = True, ENDS_EARLY
                break
            self.end += len(pending)
            try:
                piece = stream.decompress(pending, _MOST_PIECE)
            except (OSError, lzma.LZMAError):
                self.over, self.trouble = True, BAD_MEMBER
                break
            if stream.eof:
                self.over = True
                self.end -= len(stream.unused_data)
            if piece:
                return piece
        return b""


@dataclass(frozen=True)
class Codec:
    """How the members of a file are found and begun.

    `begin` returns nothing where no member begins; told `small`, one that unpacks in small pieces, to look at its
    beginning only. `magic` is what a search looks for. Where `members` is false, the file is one stretch of records
    and a search goes by their version lines; where `parts` is true, each member may be unpacked without the others.
    """

    name: str
    magic: bytes
    members: bool
    parts: bool
    begin: Callable[[Window, int, bool], Member | None]


def gzip_codec() -> Codec:
    """Return the codec of gzip members."""
    return Codec("gzip", _GZIP_MAGIC, True, True, _begin_gzip)


def zstd_codec(window: Window) -> Codec:
    """Return the codec of zstd frames, with the dictionary at the file's beginning where there is one."""
    dictionary = dictionary_of(window)

    def begin(window: Window, offset: int, small: bool) -> Member | None:
        del small
        return Frame.at(window, offset, dictionary)

    return Codec("zstd", b"\x28\xb5\x2f\xfd", True, True, begin)


def stream_codec(name: str) -> Codec:
    """Return the codec of `bzip2` or `xz` streams."""
    xz = name == "xz"
    magic = b"\xfd7zXZ\x00" if xz else b"BZh"

    def begin(window: Window, offset: int, small: bool) -> Member | None:
        del small
        return StreamMember(window, offset, xz) if window.peek(offset, len(magic)) == magic else None

    return Codec(name, magic, True, False, begin)


def plain_codec() -> Codec:
    """Return the codec of files that are not compressed."""
    return Codec("plain", b"WARC/", False, False, _begin_plain)


def places_of(magic: bytes, window: Window, offset: int) -> Iterator[int]:
    """Find every place from `offset` on where `magic` stands."""
    while (offset := window.find(magic, offset)) >= 0:
        yield offset
        offset += 1


def _begin_gzip(window: Window, offset: int, small: bool) -> GzipMember | None:
    head = window.peek(offset, 10)
    if not head or not head.startswith(_GZIP_MAGIC[: len(head)]):
        return None
    if len(head) < 10:
        return _cut(GzipMember(window, offset, offset + len(head), small))
    flags = head[3]
    if flags & 0xE0:  # reserved, RFC 1952 section 2.3.1.2
        return None
    place = offset + 10
    if flags & 4:
        place += 2 + int.from_bytes(window.peek(place, 2), "little")
    for flag in (8, 16):  # a file name, a comment, each ended by NUL
        if flags & flag:
            length = window.peek(place, _MOST_NAME).find(b"\0")
            if length < 0:
                return _cut(GzipMember(window, offset, place, small)) if window.size - place < _MOST_NAME else None
            place += length + 1
    place += 2 if flags & 2 else 0
    member = GzipMember(window, offset, place, small)
    return member if place < window.size else _cut(member)


def _is_byte(difference: int) -> bool:
    return any(difference & ~(0xFF << shift) == 0 for shift in (0, 8, 16, 24))


def _cut(member: GzipMember) -> GzipMember:
    member.over, member.trouble = True, ENDS_EARLY
    return member


def _begin_plain(window: Window, offset: int, small: bool) -> PlainMember | None:
    del small
    return PlainMember(window, offset) if offset < window.size else None
