"""From record to record through a file: records as they lie, whatever their headers claim.

Knows record headers and where blocks end; not what is in a block. A length that is wrong costs at most its own record:
where a record does not end as its header says, its end is where the next header begins or its member ends.

Holds at most `most_block` and a few megabytes. Nothing here may depend on how the file was cut into pieces for reading.
Known gaps: in a compressed stretch of many records, one whose length is wrong and beyond `most_block` takes the records
with it that lie within that length; a checksum that is wrong costs the last record of its member alone.
"""

import re
from collections import Counter
from collections.abc import Iterator

from dclm_pipeline.sources.members import ENDS_EARLY, Codec
from dclm_pipeline.sources.records import (
    BEGINS,
    BLANK_LINE,
    BLANKS,
    LONGEST_BEGINNING,
    MOST_HEADER,
    Header,
    Record,
    parse_header,
)
from dclm_pipeline.sources.trail import REASONS, Customs, Trail
from dclm_pipeline.sources.window import Window

_BLANKS = re.compile(rb"[\r\n\0 \t]*")
# After a record: zeros alone are padding behind its end, not its end, which a length too short would leave out.
_TAIL = re.compile(rb"(?:[ \t]*[\r\n][\r\n\0 \t]*)?")
_MOST_BLANKS = 64 * 1024
_ENDS = (b"\r\n\r\n", b"\n\n")
# A record's end and the version line after it may be damaged at once without saying anything about its length.
_SHORT_GAP = 8


_HEAD_RECORDS = 16
_HEAD_BLOCK = 1024 * 1024


class Walk:
    """One walk over the records that begin in a stretch of a file.

    `following` is, at the end, the offset of the first member at or after the stretch's end.
    """

    def __init__(self, window: Window, codec: Codec, customs: Customs, most_block: int, end: int | None) -> None:
        """Walk through `window` up to the first member at or after `end`."""
        self._trail = Trail(window, codec, customs)
        self._unpacked = self._trail.unpacked
        self._most = most_block + MOST_HEADER
        self._end = end
        self._skipped = "unpacked_bytes_skipped" if codec.members else "bytes_skipped"
        self.damage = self._trail.damage
        self.following: int | None = None

    def first_member(self, offset: int, before: int | None) -> int | None:
        """Return the offset of the first member in [offset, before) that may be one of ours."""
        return self._trail.search(offset, before)

    def records(self, begin: int) -> Iterator[Record]:
        """Yield the records from `begin` on."""
        trail = self._trail
        going = trail.enter(begin)
        while going and self._to_record():
            if self._end is not None and trail.fresh and self._unpacked.member.offset >= self._end:
                self.following = self._unpacked.member.offset
                break
            while trail.lost:
                yield trail.lost.popleft()
            yield self._sole_record() or self._read_record()
        yield from trail.lost

    def _to_record(self) -> bool:
        """Go to where the next record begins; say whether there is one."""
        unpacked = self._unpacked
        while True:
            data, place = unpacked.data, unpacked.at
            if place < len(data):
                if BEGINS.match(data, place):
                    return True
                blanks = _BLANKS.match(data, place)
                place = unpacked.at = place if blanks is None else blanks.end()
            if place == len(data):
                if not unpacked.more() and not self._trail.leave():
                    return False
            elif BEGINS.match(data, place):
                return True
            elif len(data) - place >= LONGEST_BEGINNING or not unpacked.more():
                self._skip_junk()

    def _skip_junk(self) -> None:
        """Go to the next header in this member that may be one of ours, or to the member's end."""
        unpacked = self._unpacked
        self._trail.fresh = False
        begin = unpacked.position
        found = False
        while not found:
            if self._trail.customs.lone:
                unpacked.at = len(unpacked.data)
            else:
                found, unpacked.at = self._trail.scan(unpacked.at)
            if not found and not unpacked.more():
                unpacked.at = len(unpacked.data)
                break
        self.damage[self._skipped] += unpacked.position - begin

    def _sole_record(self) -> Record | None:
        """Read the record that a sound member consists of, as nearly all do, and go past it; nothing for any other."""
        unpacked, trail = self._unpacked, self._trail
        data, member = unpacked.data, unpacked.member
        if unpacked.at or not (trail.fresh and trail.codec.members and member.over) or member.trouble:
            return None
        blank = BLANK_LINE.search(data, 0, MOST_HEADER)
        if blank is None:
            return None
        begin, end = blank.end(), len(data) - len(_ENDS[0])
        header = parse_header(bytes(data[:begin]))
        if header.length != end - begin or end > self._most or not data.endswith(_ENDS[0]):
            return None
        trail.fresh, trail.met, trail.last_name = False, True, header.warcinfo
        with memoryview(data) as view:
            block = bytes(view[begin:end])
        unpacked.at = len(data)
        return Record(member.offset, str(member.offset), header, block)

    def _read_record(self) -> Record:
        """Read the record that begins here, and go past it."""
        unpacked, trail = self._unpacked, self._trail
        offset, inner = unpacked.origin()
        place = str(offset) if trail.fresh else f"{offset}+{inner}"
        if not trail.codec.members:
            offset += inner
            place = str(offset)
        trail.fresh, trail.met = False, True
        length = self._header_length()
        lines = bytes(unpacked.data[unpacked.at : unpacked.at + (length or MOST_HEADER)])
        # Of a header that is cut, the last line may be cut too.
        header = parse_header(lines if length else lines[: lines.rfind(b"\n") + 1])
        if not length:
            return Record(offset, place, header, None, self._without_end_of_header())
        trail.last_name = header.warcinfo
        size = header.length
        if size is None:
            self.damage["bad_length"] += 1
            self._skip_broken(length)
            return Record(offset, place, header, None, "bad length")
        block, trouble = self._read_block(length, length + size)
        return Record(offset, place, header, block, trouble)

    def _header_length(self) -> int:
        """Return the length of the header that begins here, or 0 where its end cannot be found."""
        unpacked = self._unpacked
        while True:
            end = BLANK_LINE.search(unpacked.data, unpacked.at, unpacked.at + MOST_HEADER)
            if end is not None:
                return end.end() - unpacked.at
            if unpacked.available >= MOST_HEADER or not self._trail.follow():
                return 0

    def _without_end_of_header(self) -> str:
        unpacked = self._unpacked
        if unpacked.available >= MOST_HEADER:
            self.damage["bad_header"] += 1
            self._skip_broken(1)
            return "header too long"
        unpacked.at = len(unpacked.data)
        return self._why_over("bad_header")

    def _read_block(self, begin: int, end: int) -> tuple[bytes | None, str]:
        """Read the block at [begin, end) from here and go past it; return it, or what is wrong with it."""
        unpacked = self._unpacked
        while unpacked.available < end:
            if unpacked.available > self._most:
                return None, self._pass_large(begin, end)
            if not self._trail.follow():
                return self._shorter(begin)
        if end > self._most:
            return None, self._pass_large(begin, end)
        followed_by = self._what_follows(end)
        if followed_by == "nothing" and unpacked.member.trouble:
            unpacked.at = len(unpacked.data)
            return None, self._why_over("bad_length")
        if followed_by == "junk":
            return self._other_end(begin, end)
        with memoryview(unpacked.data) as data:
            block = bytes(data[unpacked.at + begin : unpacked.at + end])
        unpacked.at += end
        return block, ""

    def _what_follows(self, end: int) -> str:
        """Tell what follows a record that ends `end` bytes from here: a record, nothing, or junk."""
        unpacked = self._unpacked
        while True:
            begin = unpacked.at + end
            tail = _TAIL.match(unpacked.data, begin, begin + _MOST_BLANKS)
            place = begin if tail is None else tail.end()
            if BEGINS.match(unpacked.data, place) or place - begin == _MOST_BLANKS:
                return "record"
            left = len(unpacked.data) - place
            if left >= LONGEST_BEGINNING:
                return "junk"
            if not unpacked.more():
                return "junk" if left else "nothing"

    def _pass_large(self, begin: int, end: int) -> str:
        """Go past a record that is larger than wanted; return what to say of it."""
        unpacked = self._unpacked
        if not self._trail.codec.members and not self._lands_well(sum(unpacked.origin()) + end):
            # Look before leaping: a length that is wrong must not cost what lies behind it.
            self.damage["bad_length"] += 1
            self._skip_broken(begin)
            return "bad length"
        left = end
        while unpacked.available < left:
            left -= unpacked.available
            unpacked.at = len(unpacked.data)
            if not self._trail.follow():
                return self._why_over("bad_length")
        unpacked.at += left
        return "body too large"

    def _lands_well(self, offset: int) -> bool:
        """Tell whether a record of a plain file that ends at `offset` is followed by another, or by nothing."""
        window = self._trail.window
        if offset > window.size:
            return False
        rest = window.peek(offset, _MOST_BLANKS).lstrip(BLANKS)
        return not rest or BEGINS.match(rest) is not None

    def _shorter(self, begin: int) -> tuple[bytes | None, str]:
        """Read a block of which there is less than its header says, and go past it."""
        unpacked = self._unpacked
        if unpacked.member.trouble:
            unpacked.at = len(unpacked.data)
            return None, self._why_over("bad_length")
        found, place = (False, 0) if self._trail.customs.lone else self._trail.scan(unpacked.at + begin)
        end = place - unpacked.at if found else unpacked.available
        block = _closed(unpacked.data[unpacked.at + begin : unpacked.at + end])
        unpacked.at += end
        if not found and not self._trail.codec.members:
            # A member that is sound has not been cut; a plain file may have been, even at an empty line.
            self.damage[ENDS_EARLY] += 1
            return None, REASONS[ENDS_EARLY]
        self.damage["bad_length"] += 1
        return block, "" if block is not None else "bad length"

    def _other_end(self, begin: int, end: int) -> tuple[bytes | None, str]:
        """Read a block that is followed by what is no record, and go past it."""
        unpacked = self._unpacked
        if unpacked.data.startswith(_ENDS, unpacked.at + end):
            # It has its own end: what is wrong lies behind it.
            block = bytes(unpacked.data[unpacked.at + begin : unpacked.at + end])
            unpacked.at += end
            return block, ""
        boundary = self._next_boundary(begin)
        if boundary is None:
            self.damage["bad_length"] += 1
            self._skip_broken(begin)
            return None, "bad length"
        if unpacked.member.over and unpacked.member.trouble and boundary == unpacked.available:
            unpacked.at = len(unpacked.data)
            return None, self._why_over("bad_length")
        whole = bytes(unpacked.data[unpacked.at + begin : unpacked.at + boundary])
        unpacked.at += boundary
        if 0 <= boundary - end <= _SHORT_GAP and not whole.endswith(_ENDS):
            self.damage[self._skipped] += boundary - end
            return whole[: end - begin], ""
        self.damage["bad_length"] += 1
        closed = _closed(whole)
        return closed, "" if closed is not None else "bad length"

    def _next_boundary(self, begin: int) -> int | None:
        """Return how far from here the next record of the member begins or the member ends, if that is near."""
        unpacked, sought = self._unpacked, begin
        found = False
        while not found:
            if not self._trail.customs.lone:
                found, place = self._trail.scan(unpacked.at + sought)
                sought = place - unpacked.at
            if found:
                break
            if unpacked.available > self._most + MOST_HEADER:
                return None
            if not unpacked.more():
                found, sought = True, unpacked.available
        return sought if sought <= self._most else None

    def _skip_broken(self, read: int) -> None:
        """Leave a record of which only `read` bytes are sound, for the next header, or the member's end where members
        hold one record each."""
        self._unpacked.at += read
        self._skip_junk()

    def _why_over(self, otherwise: str) -> str:
        """Return why the record in hand has no more bytes; damage to its member is counted when that is left."""
        member = self._unpacked.member
        if member.trouble:
            return REASONS[member.trouble]
        if member.end >= self._trail.window.size:
            self.damage[ENDS_EARLY] += 1
            return REASONS[ENDS_EARLY]
        self.damage[otherwise] += 1
        return otherwise.replace("_", " ")


def customs_of(window: Window, codec: Codec) -> Customs:
    """Look at the records in `window`, which shows the head of a file.

    Of a head that is damaged, what comes before the damage is believed, and the warcinfo record at its beginning.
    """
    found: list[tuple[int, Header, bool]] = []
    walk = Walk(window, codec, Customs(), _HEAD_BLOCK, None)
    for record in walk.records(0):
        if record.header is not None and not record.trouble:
            found.append((record.offset, record.header, not walk.damage.keys() - {"padding"}))
        if len(found) == _HEAD_RECORDS:
            break
    named = [(name, sound) for _, header, sound in found if header.type != b"warcinfo" and (name := header.warcinfo)]
    names = {name for name, sound in named if sound}
    own = found[0][1].warcinfo if found and found[0][1].type == b"warcinfo" else None
    if own is not None and any(name == own for name, _ in named):
        names.add(own)
    elif named and not names:
        names = {Counter(name for name, _ in named).most_common(1)[0][0]}
    offsets = [offset for offset, _, sound in found if sound]
    lone = codec.members and len(offsets) > 1 and len(set(offsets)) == len(offsets)
    return Customs(frozenset(names), lone)


def _closed(block: bytes | bytearray) -> bytes | None:
    """Return a block without the line ends that close its record; nothing where they are missing."""
    for end in _ENDS:
        if block.endswith(end):
            return bytes(block[: -len(end)])
    return None
