"""Members: the stretches of a file that are unpacked on their own (gzip members, zstd frames, bzip2 and xz streams).

Knows compression, not records. A member unpacks piece by piece, so that neither a large member nor one that unpacks to
a great deal needs more than a few megabytes. It never raises for what is in the file: when it is over, `trouble` says
what was wrong and `end` where to go on, `remark` what was wrong without costing anything. A file that is not compressed
is one member.

Known gap: lz4 is not read.
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
                self._finish(inflater.unused_data)
            if piece:
                return piece
        return b""

    def _finish(self, unused: bytes) -> None:
        begin = self.end - len(unused)
        trailer = unused[:8] if len(unused) >= 8 else self._window.peek(begin, 8)
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
            if self.end < self._window.size and self._window.peek(self.end, 3) != _GZIP_MAGIC:
                self.end = begin  # some of it is missing: the next member may begin within these eight bytes
        else:
            self._stop(BAD_CHECKSUM)

    def _stop(self, trouble: str) -> None:
        self.over = True
        self.trouble = trouble

    def _replay(self, failed: int) -> bytes:
        inflater = isal_zlib.decompressobj(wbits=-15)

        def unpack(part: memoryview) -> Iterator[bytes]:
            yield inflater.decompress(part)

        piece, self.end = _unpack_again(unpack, self._window, (self._data, failed, self.end), self._length)
        return piece


class StreamMember:
    """A bzip2 or xz stream."""

    def __init__(self, window: Window, offset: int, xz: bool) -> None:
        """Begin the stream at `offset`."""
        self._window = window
        self._xz = xz
        self._stream = _stream(xz)
        self._length = 0
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
                return self._replay(self.end - len(pending))
            self._length += len(piece)
            if stream.eof:
                self.over = True
                self.end -= len(stream.unused_data)
            if piece:
                return piece
        return b""

    def _replay(self, failed: int) -> bytes:
        stream = _stream(self._xz)

        def unpack(part: memoryview) -> Iterator[bytes]:
            yield stream.decompress(part, _MOST_PIECE)
            while not stream.needs_input and not stream.eof:
                yield stream.decompress(b"", _MOST_PIECE)

        piece, self.end = _unpack_again(unpack, self._window, (self.offset, failed, self.end), self._length)
        return piece


@dataclass(frozen=True)
class Codec:
    """How the members of a file are found and begun.

    `begin` returns nothing where no member begins; told `small`, one that unpacks in small pieces, to look at its
    beginning only. `magic` is what a search looks for. Where `members` is false, the file is one stretch of records
    and a search goes by their version lines; where `parts` is true, each member may be unpacked without the others.
    `proves_cuts` says that a member which runs into the file's end is sound so far: damage would have shown. A zstd
    block that is damaged may claim to be longer than the rest of the file.
    """

    name: str
    magic: bytes
    members: bool
    parts: bool
    proves_cuts: bool
    begin: Callable[[Window, int, bool], Member | None]


def gzip_codec() -> Codec:
    """Return the codec of gzip members."""
    return Codec("gzip", _GZIP_MAGIC, True, True, True, _begin_gzip)


def zstd_codec(window: Window) -> Codec:
    """Return the codec of zstd frames, with the dictionary at the file's beginning where there is one."""
    dictionary = dictionary_of(window)

    def begin(window: Window, offset: int, small: bool) -> Member | None:
        del small
        return Frame.at(window, offset, dictionary)

    return Codec("zstd", b"\x28\xb5\x2f\xfd", True, True, False, begin)


def stream_codec(name: str) -> Codec:
    """Return the codec of `bzip2` or `xz` streams."""
    xz = name == "xz"
    magic = b"\xfd7zXZ\x00" if xz else b"BZh"

    def begin(window: Window, offset: int, small: bool) -> Member | None:
        del small
        return StreamMember(window, offset, xz) if window.peek(offset, len(magic)) == magic else None

    return Codec(name, magic, True, False, False, begin)


def plain_codec() -> Codec:
    """Return the codec of files that are not compressed."""
    return Codec("plain", b"WARC/", False, False, True, _begin_plain)


def places_of(magic: bytes, window: Window, offset: int) -> Iterator[int]:
    """Find every place from `offset` on where `magic` stands."""
    while (offset := window.find(magic, offset)) >= 0:
        yield offset
        offset += 1


def _stream(xz: bool) -> lzma.LZMADecompressor | bz2.BZ2Decompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY) if xz else bz2.BZ2Decompressor()


def _unpack_again(
    unpack: Callable[[memoryview], Iterator[bytes]], window: Window, places: tuple[int, int, int], known: int
) -> tuple[bytes, int]:
    """Unpack a damaged member once more, byte by byte in the slice that failed.

    `places` are where its data begin, where the slice does, and where it ends. Return what comes after the `known`
    bytes, and where the damage is noticed: neither must depend on how the file was sliced.
    """
    place, failed, end = places
    found: list[bytes] = []
    passed = 0
    try:
        while place < end:
            part = window.piece(place, min(_SLICE_BEFORE, failed - place) if place < failed else 1)
            place += len(part)
            for piece in unpack(part):
                found.append(piece[max(0, known - passed) :])
                passed += len(piece)
    except (_IsalError, OSError, lzma.LZMAError):
        pass
    return b"".join(found), place


def _begin_gzip(window: Window, offset: int, small: bool) -> GzipMember | None:
    head = window.peek(offset, 10)
    if not head or not head.startswith(_GZIP_MAGIC[: len(head)]):
        return None
    if len(head) < 10:
        return _broken(GzipMember(window, offset, offset + len(head), small), ENDS_EARLY)
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
                return _broken(GzipMember(window, offset, offset + 10, small), BAD_MEMBER)
            place += length + 1
    place += 2 if flags & 2 else 0
    if place >= window.size:
        # Fields that run on to the file's end may be cut, or damaged so that they seem that long.
        trouble = BAD_MEMBER if flags else ENDS_EARLY
        return _broken(GzipMember(window, offset, min(place, window.size), small), trouble)
    return GzipMember(window, offset, place, small)


def _is_byte(difference: int) -> bool:
    return any(difference & ~(0xFF << shift) == 0 for shift in (0, 8, 16, 24))


def _broken(member: GzipMember, trouble: str) -> GzipMember:
    member.over, member.trouble = True, trouble
    return member


def _begin_plain(window: Window, offset: int, small: bool) -> PlainMember | None:
    del small
    return PlainMember(window, offset) if offset < window.size else None
