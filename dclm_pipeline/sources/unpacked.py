"""What has been unpacked of a file and not yet been left behind, across the ends of members.

Knows members; not records. Holds the bytes from `at` on, and whatever lies before it in the same piece.
"""

from dclm_pipeline.sources.members import Member
from dclm_pipeline.sources.records import BEGINS, BLANKS, LONGEST_BEGINNING


class Unpacked:
    """Unpacked bytes: `data` from `at` on is what has not been used yet."""

    member: Member

    def __init__(self) -> None:
        """Hold nothing."""
        self.data: bytes | bytearray = b""
        self.at = 0
        self._gone = 0  # bytes that lay before `data`
        self._began: list[tuple[int, int]] = []  # where members began, counted like `position`, and their offsets
        self._next: tuple[Member, bytes] | None = None

    @property
    def available(self) -> int:
        """Return how many bytes are at hand."""
        return len(self.data) - self.at

    @property
    def position(self) -> int:
        """Return how many bytes have been used."""
        return self._gone + self.at

    def origin(self) -> tuple[int, int]:
        """Return the offset of the member in which the next byte lies, and how far into it."""
        began = self._began
        while len(began) > 1 and began[1][0] <= self.position:
            del began[0]
        return began[0][1], self.position - began[0][0]

    def begin(self, member: Member) -> None:
        """Begin a member in place of whatever was at hand."""
        self._gone += len(self.data)
        self.data, self.at = b"", 0
        self._began = [(self._gone, member.offset)]
        self.member = member
        self._next = None

    def more(self) -> bool:
        """Unpack some more of the member; say whether there was any."""
        if self.member.over:
            return False
        piece = self.member.read()
        if not piece:
            return False
        self._append(piece)
        return True

    @property
    def keeps_next(self) -> bool:
        """Tell whether the member after this one is known to begin with a record."""
        return self._next is not None

    def continue_with(self, member: Member) -> bool:
        """Go on in the member after this one, unless a record begins there; then keep it for `next_member`."""
        beginning = b""
        while len(beginning.lstrip(BLANKS)) < LONGEST_BEGINNING and (piece := member.read()):
            beginning += piece
        if (not beginning and member.trouble) or BEGINS.match(beginning.lstrip(BLANKS)):
            self._next = member, beginning
            return False
        self._began.append((self._gone + len(self.data), member.offset))
        self.member = member
        self._append(beginning)
        return True

    def next_member(self) -> bool:
        """Begin the member that `continue_with` has kept, if it has."""
        if self._next is None:
            return False
        member, beginning = self._next
        self.begin(member)
        self._append(beginning)
        return True

    def _append(self, piece: bytes) -> None:
        if self.at == len(self.data):
            self.data = piece
        else:
            if isinstance(self.data, bytes):
                self.data = bytearray(memoryview(self.data)[self.at :])
            else:
                del self.data[: self.at]
            self.data += piece
        self._gone += self.at
        self.at = 0
