"""WARC records as values, and the headers that say what they are.

Knows the header's form and its many variants (bare line feeds, folded lines, odd case, blanks about the colon); not
where records lie, nor what is in them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MOST_HEADER = 64 * 1024

# What may begin a record where one is expected, and what must where bytes were lost: there, every variant that is read
# is one more way to take a page's text for a record.
BEGINS = re.compile(rb"(?i:WARC)/\d+\.\d+")
BEGINS_STRICTLY = re.compile(rb"WARC/(?:0\.1[78]|1\.[01])\r?\n")
LONGEST_STRICT = len(b"WARC/0.17\r\n")
LONGEST_BEGINNING = 32
BLANK_LINE = re.compile(rb"\n\r?\n")
# What may lie between records: line ends, and the padding that tapes and block stores leave.
BLANKS = b"\r\n\0 \t"

TYPE = b"WARC-Type"
LENGTH = b"Content-Length"
ADDRESS = b"WARC-Target-URI"
RECORD_ID = b"WARC-Record-ID"
WARCINFO_ID = b"WARC-Warcinfo-ID"
DATE = b"WARC-Date"
TRUNCATED = b"WARC-Truncated"
LANGUAGES = b"WARC-Identified-Content-Language"
BLOCK_DIGEST = b"WARC-Block-Digest"
PAYLOAD_DIGEST = b"WARC-Payload-Digest"

_NAMES = frozenset(
    {
        TYPE,
        LENGTH,
        ADDRESS,
        RECORD_ID,
        WARCINFO_ID,
        DATE,
        TRUNCATED,
        LANGUAGES,
        BLOCK_DIGEST,
        PAYLOAD_DIGEST,
        b"Content-Type",
        b"WARC-Concurrent-To",
        b"WARC-IP-Address",
        b"WARC-Identified-Payload-Type",
        b"WARC-Filename",
        b"WARC-Profile",
        b"WARC-Protocol",
        b"WARC-Cipher-Suite",
        b"WARC-Refers-To",
        b"WARC-Refers-To-Target-URI",
        b"WARC-Refers-To-Date",
        b"WARC-Segment-Number",
        b"WARC-Segment-Origin-ID",
        b"WARC-Segment-Total-Length",
    }
)
_BY_LOWER = {name.lower(): name for name in _NAMES}
_AT_BEGINNING = {b"\n" + name: name for name in _NAMES}
_FOLD = re.compile(rb"\r?\n[ \t]+")
_MOST_DIGITS = 18  # of a length: fits 64 bits, and no file is longer


@dataclass(frozen=True, slots=True)
class Header:
    """The named fields of a record; where a name stands twice, the first counts."""

    fields: Mapping[bytes, bytes]

    def value(self, name: bytes) -> bytes | None:
        """Return a field's value, or nothing where it is missing or empty."""
        return self.fields.get(name, b"").strip() or None

    def text(self, name: bytes) -> str | None:
        """Return a field's value as text: UTF-8, or else Latin-1."""
        value = self.value(name)
        if value is None:
            return None
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value.decode("latin-1")

    @property
    def type(self) -> bytes:
        """Return the record's type in lower case, empty where it is missing."""
        return (self.value(TYPE) or b"").lower()

    @property
    def length(self) -> int | None:
        """Return the length of the record's block, or nothing where the header does not say it."""
        value = self.value(LENGTH)
        return int(value) if value is not None and value.isdigit() and len(value) <= _MOST_DIGITS else None

    @property
    def warcinfo(self) -> bytes | None:
        """Return the id of the warcinfo record that this record belongs to; its own, where it is one."""
        return self.value(RECORD_ID) if self.type == b"warcinfo" else self.value(WARCINFO_ID)


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was found.

    `place` names where it begins within its file, `offset` is the offset of the member that holds its first byte.
    `header` is missing where it cannot be read, `block` where the record is broken, or larger than wanted; `trouble`
    then says why, in a few words.
    """

    offset: int
    place: str
    header: Header | None
    block: bytes | None
    trouble: str = ""


def parse_header(data: bytes) -> Header:
    """Read a header, from its version line on; the blank line at its end need not be there."""
    rest = data[data.find(b"\n") + 1 :].rstrip(b"\r\n")
    # Most headers have lines of `name: value` alone, with names as the standard writes them, and are read in two fifths of
    # the time. There are as many names as lines, and each has a line's beginning before it, so no value holds one.
    parts = (b"\n" + rest).replace(b"\r\n", b": \n").split(b": ")
    try:
        fields = dict(zip(map(_AT_BEGINNING.__getitem__, parts[::2]), parts[1::2], strict=True))
    except (KeyError, ValueError):
        fields = {}
    if len(fields) == rest.count(b"\n") + 1:
        return Header(fields)
    fields = {}
    for line in _FOLD.sub(b" ", rest).split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon:
            name = name.strip()
            fields.setdefault(_BY_LOWER.get(name.lower(), name), value.strip())
    return Header(fields)
