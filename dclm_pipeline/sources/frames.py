"""zstd frames, read block by block, so that a few bytes that unpack to gigabytes cost one block at a time.

Knows the frame format (RFC 8878) as far as the sizes of blocks; what is in them is left to the library. The dictionary
of a file may stand in a skippable frame at its beginning, itself compressed or not, as the WARC convention for zstd
has it.
"""

from __future__ import annotations

import zstandard

from dclm_pipeline.sources.window import Window

_MAGIC = b"\x28\xb5\x2f\xfd"
_DICTIONARY_MAGIC = b"\x37\xa4\x30\xec"
_MOST_BLOCK = 128 * 1024
MOST_WINDOW = 128 * 1024 * 1024  # what the command line program accepts without being asked
_MOST_DICTIONARY = 16 * 1024 * 1024


class Frame:
    """A zstd frame being unpacked; a skippable frame is one that unpacks to nothing."""

    def __init__(
        self, window: Window, offset: int, dictionary: zstandard.ZstdCompressionDict | None, most_window: int
    ) -> None:
        """Begin the frame at `offset`."""
        self._window = window
        self._stream = zstandard.ZstdDecompressor(dict_data=dictionary, max_window_size=most_window).decompressobj()
        self._checksum = 0
        self._begun = False
        self.offset = self.end = offset
        self.over = False
        self.trouble = self.remark = ""

    @classmethod
    def at(
        cls,
        window: Window,
        offset: int,
        dictionary: zstandard.ZstdCompressionDict | None = None,
        most_window: int = MOST_WINDOW,
    ) -> Frame | None:
        """Begin a frame where one begins; one that needs more memory than `most_window` is damaged."""
        head = window.peek(offset, 8)
        if len(head) >= 4 and _is_skippable(head):
            frame = cls(window, offset, dictionary, most_window)
            frame.end = min(window.size, offset + 8 + int.from_bytes(head[4:8], "little"))
            frame.over = True
            return frame
        return cls(window, offset, dictionary, most_window) if head[:4] == _MAGIC else None

    def read(self) -> bytes:
        """Return the next piece."""
        while not self.over:
            part, last = self._next_part()
            if not part:
                self._stop("ends_early" if self.end >= self._window.size else "bad_member")
                break
            try:
                piece = self._stream.decompress(part)
            except zstandard.ZstdError:
                self._stop("bad_checksum" if last and self._checksum else "bad_member")
                break
            if last:
                self._stop("")
            if piece:
                return piece
        return b""

    def _next_part(self) -> tuple[bytes, bool]:
        """Return the frame's header, its next block, or its checksum, and whether the frame ends with it."""
        if not self._begun:
            self._begun = True
            return self._take(self._header_length()), False
        if self._checksum == 2:
            return self._take(4), True
        head = self._window.peek(self.end, 3)
        value = int.from_bytes(head, "little")
        last, kind, length = value & 1, value >> 1 & 3, value >> 3
        if len(head) < 3:
            self.end += len(head)
            return b"", False
        if kind == 3 or length > _MOST_BLOCK:
            return b"", False
        block = self._take(3 + (1 if kind == 1 else length))
        if last and self._checksum:
            self._checksum = 2
            return block, False
        return block, bool(last)

    def _header_length(self) -> int:
        descriptor = self._window.peek(self.end + 4, 1)
        if not descriptor:
            return 5
        flags = descriptor[0]
        single = flags >> 5 & 1
        self._checksum = flags >> 2 & 1
        size = (1 if single else 0, 2, 4, 8)[flags >> 6]
        return 5 + (1 - single) + (0, 1, 2, 4)[flags & 3] + size

    def _take(self, length: int) -> bytes:
        part = self._window.peek(self.end, length)
        self.end += len(part)
        return part if len(part) == length else b""

    def _stop(self, trouble: str) -> None:
        self.over = True
        self.trouble = trouble


def dictionary_of(window: Window) -> zstandard.ZstdCompressionDict | None:
    """Return the dictionary in a skippable frame at the file's beginning, if there is one."""
    head = window.peek(0, 8)
    length = int.from_bytes(head[4:8], "little")
    if len(head) < 8 or not _is_skippable(head) or length > _MOST_DICTIONARY:
        return None
    content = window.peek(8, length)
    if content.startswith(_MAGIC):
        try:
            content = zstandard.ZstdDecompressor().stream_reader(content).read(_MOST_DICTIONARY)
        except zstandard.ZstdError:
            return None
    return zstandard.ZstdCompressionDict(content) if content.startswith(_DICTIONARY_MAGIC) else None


def _is_skippable(head: bytes) -> bool:
    return 0x50 <= head[0] <= 0x5F and head[1:4] == b"\x2a\x4d\x18"
