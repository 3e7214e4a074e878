"""Lines of a text file, packed or not, each with its offset in the unpacked text.

Knows members and line ends; not what a line holds. A line that is longer than allowed is passed by in pieces, one that
is cut by the file's end or by damage is told apart from a last line without its line end.
"""

from collections import Counter
from collections.abc import Iterator

from dclm_pipeline.sources.detect import codec_by_magic
from dclm_pipeline.sources.members import Codec, plain_codec
from dclm_pipeline.sources.window import Window

TOO_LONG = "line too long"
CUT = "line cut"
_HEAD = 64 * 1024


def codec_of_lines(window: Window) -> Codec:
    """Return how a file of lines is packed, by its first bytes."""
    return codec_by_magic(window, window.peek(0, _HEAD)) or plain_codec()


class Lines:
    """The lines of a file that begin in a range of it: pairs of an offset, and the line or why it cannot be had."""

    def __init__(self, window: Window, codec: Codec, start: int, end: int | None, most: int) -> None:
        """Read the lines that begin in [start, end) of the unpacked text; only plain files have other starts than 0."""
        self._window = window
        self._codec = codec
        self._start = start
        self._end = end
        self._most = most
        self.damage: Counter[str] = Counter()
        self.first: int | None = None
        self.following: int | None = None
        self._cut = False

    def __iter__(self) -> Iterator[tuple[int, bytes | str]]:
        """Yield offsets and lines without their line ends; in place of a line, `TOO_LONG` or `CUT`."""
        # A range begins behind the first line end at or after the byte before it.
        place = max(0, self._start - 1)
        inside = self._start > 0
        buffer, long_at = b"", -1
        for piece in self._pieces(place):
            buffer = buffer + piece if buffer else piece
            at = 0
            while (end := buffer.find(b"\n", at)) >= 0:
                begin = long_at if long_at >= 0 else place + at
                if not inside:
                    if self._is_past(begin):
                        return
                    yield begin, TOO_LONG if long_at >= 0 or end - at > self._most else buffer[at:end]
                inside, long_at, at = False, -1, end + 1
            place += at
            buffer = buffer[at:]
            if len(buffer) > self._most:
                long_at = long_at if long_at >= 0 else place
                place += len(buffer)
                buffer = b""
        if (buffer or long_at >= 0) and not inside:
            begin = long_at if long_at >= 0 else place
            if not self._is_past(begin):
                yield begin, CUT if self._cut else TOO_LONG if long_at >= 0 else buffer

    def _is_past(self, begin: int) -> bool:
        """Take note of where a line begins; tell whether that is beyond the range."""
        if self._end is not None and begin >= self._end:
            self.following = begin
            return True
        if self.first is None:
            self.first = begin
        return False

    def _pieces(self, place: int) -> Iterator[bytes]:
        """Yield the text from `place` on, and take note of what is wrong with the file."""
        window, offset = self._window, place
        while offset < window.size:
            member = self._codec.begin(window, offset, False)
            if member is None:
                self.damage["bytes_skipped"] += window.size - offset
                return
            while piece := member.read():
                yield piece
            if member.remark:
                self.damage[member.remark] += 1
            if member.trouble:
                self.damage[member.trouble] += 1
                self._cut = True
                return
            offset = max(member.end, offset + 1)
