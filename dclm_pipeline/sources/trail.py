"""From member to member through a file, over damage, without taking a page's own bytes for members.

Knows members and what begins a record; reads no records. Where bytes were lost, the next member (or, in a stretch of
records without members, the next header) counts only if it begins a WARC record and, where the records at the head of
the file name their warcinfo record, names that one too (or the one that the last record before the damage named): a
stored .warc.gz on a page looks like members of our own. What lies between is counted.
"""

from collections import Counter, deque
from dataclasses import dataclass

from dclm_pipeline.sources.members import BAD_CHECKSUM, BAD_MEMBER, ENDS_EARLY, Codec, places_of
from dclm_pipeline.sources.records import (
    BEGINS_STRICTLY,
    BLANK_LINE,
    BLANKS,
    LENGTH,
    LONGEST_STRICT,
    MOST_HEADER,
    TYPE,
    Header,
    Record,
    parse_header,
)
from dclm_pipeline.sources.unpacked import Unpacked
from dclm_pipeline.sources.window import Window

REASONS = {BAD_MEMBER: "damaged member", BAD_CHECKSUM: "bad checksum", ENDS_EARLY: "ends early"}

# Damage is noticed at the latest a stored block (64 KiB) and a slice behind it, checksums apart.
_NOTICED_WITHIN = 128 * 1024


@dataclass(frozen=True)
class Customs:
    """What the head of a file says of all of it.

    `names` are the ids of the warcinfo records that its records name (empty: they name none), `lone` says that every
    member holds one record.
    """

    names: frozenset[bytes] = frozenset()
    lone: bool = False


class Trail:
    """The members of a file, one after the other.

    `fresh` says that only blanks have been met in the member so far, `met` that a record has. `lost` are the records
    known to have begun where nothing can be read, `last_name` is the warcinfo record that the last header read names.
    """

    def __init__(self, window: Window, codec: Codec, customs: Customs) -> None:
        """Stand before `window`, in no member yet."""
        self.window = window
        self.codec = codec
        self.customs = customs
        self.unpacked = Unpacked()
        self.fresh, self.met = True, False
        self.lost: deque[Record] = deque()
        self.last_name: bytes | None = None
        self.damage: Counter[str] = Counter()

    def enter(self, offset: int) -> bool:
        """Begin the member at `offset`, or the next one where there is none; say whether there is one."""
        member = self.codec.begin(self.window, offset, False)
        if member is None:
            filled = self.window.skip(BLANKS, offset)
            if filled > offset:
                self.damage["padding"] += filled - offset
            if filled >= self.window.size:
                return False
            member = self.codec.begin(self.window, filled, False)
            if member is None:
                found = self.search(filled, None)
                return self._enter_after(filled, found)
        self.unpacked.begin(member)
        self.fresh, self.met = True, False
        return True

    def leave(self) -> bool:
        """Go on to the member after this one; say whether there is one."""
        member = self.unpacked.member
        if member.remark:
            self.damage[member.remark] += 1
        if not self.met and not self.fresh and not member.trouble:
            self.damage["not_a_record"] += 1
        if self.unpacked.next_member():
            self.fresh, self.met = True, False
            return True
        if not member.trouble:
            return self.enter(member.end)
        self.damage[member.trouble] += 1
        if not self.met:
            self.lost.append(Record(member.offset, str(member.offset), None, None, REASONS[member.trouble]))
        found = None
        begin = max(member.offset + 1, member.end - _NOTICED_WITHIN)
        if member.trouble == BAD_CHECKSUM and self._begins_record(member.end, frozenset()):
            # It may have run on through members; where they do not name themselves, its end is a better guess.
            found = self.search(begin, member.end) if self.customs.names else None
            if found is None:
                return self.enter(member.end)
        # A file that ends within a member that is sound so far has lost its end and nothing before it.
        elif member.trouble != ENDS_EARLY or not self.codec.proves_cuts or self.customs.names:
            found = self.search(begin, None)
        return self._enter_after(member.offset, found)

    def follow(self) -> bool:
        """Get more of what is being read, from the member after this one where it goes on there."""
        unpacked = self.unpacked
        if unpacked.more():
            return True
        member = unpacked.member
        if member.trouble or unpacked.keeps_next or not self.codec.members:
            return False
        following = self.codec.begin(self.window, member.end, False)
        if following is None or not unpacked.continue_with(following):
            return False
        if member.remark:
            self.damage[member.remark] += 1
        return True

    def search(self, offset: int, before: int | None) -> int | None:
        """Return the offset of the first member in [offset, before) that may be one of ours."""
        if not self.codec.members:
            return offset
        for place in places_of(self.codec.magic, self.window, offset):
            if before is not None and place >= before:
                return None
            if self._begins_record(place, self.customs.names):
                return place
        return None

    def scan(self, place: int) -> tuple[bool, int]:
        """Look at what is unpacked from `place` on for a header that may be one of ours.

        Return its place; or, where there is none, the place from which to look again once there is more.
        """
        data = self.unpacked.data
        blank = BLANK_LINE.search(data, place)
        match = BEGINS_STRICTLY.search(data, place)
        while match is not None:
            if blank is not None and blank.start() < match.start():
                blank = BLANK_LINE.search(data, match.start())
            later = BEGINS_STRICTLY.search(data, match.end())
            # Of the version lines before one blank line only the last can be a record's.
            if later is None or (blank is not None and later.start() >= blank.end()):
                if blank is None:
                    if len(data) - match.start() <= MOST_HEADER:
                        return False, match.start()
                elif blank.end() - match.start() <= MOST_HEADER:
                    header = parse_header(bytes(data[match.start() : blank.end()]))
                    if self._may_be_ours(header, self.customs.names):
                        return True, match.start()
            match = later
        return False, max(place, len(data) - LONGEST_STRICT + 1)

    def _enter_after(self, offset: int, found: int | None) -> bool:
        self.damage["bytes_skipped"] += (self.window.size if found is None else found) - offset
        return found is not None and self.enter(found)

    def _begins_record(self, offset: int, names: frozenset[bytes]) -> bool:
        """Tell whether a member at `offset` begins with a record that names one of `names`, where there are any."""
        member = self.codec.begin(self.window, offset, True)
        if member is None:
            return False
        data = b""
        while len(data) < MOST_HEADER and not BLANK_LINE.search(data) and (piece := member.read()):
            data = (data + piece).lstrip(BLANKS)
        end = BLANK_LINE.search(data, 0, MOST_HEADER)
        if end is None or not BEGINS_STRICTLY.match(data):
            return False
        return self._may_be_ours(parse_header(data[: end.end()]), names)

    def _may_be_ours(self, header: Header, names: frozenset[bytes]) -> bool:
        if TYPE not in header.fields or LENGTH not in header.fields:
            return False
        return not names or header.warcinfo in names or (header.warcinfo or b"") == self.last_name
