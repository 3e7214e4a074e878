"""Which charset a page is in: labels of the Encoding standard, what the page declares, what its bytes look like.

Knows nothing of batches. Decoders are Python's; where they part from the standard's (bytes that the standard maps to
C1 controls, a few extension tables) the standard's character becomes U+FFFD.
"""

import codecs
import re
from dataclasses import dataclass

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

REPLACEMENT = "\ufffd"

# How much of a page is looked at for a declaration. The standard says 1024 bytes; browsers and old pages go further.
DECLARATION_BYTES = 4096

# Names of the Encoding standard by the codec that map_encoding_to_html5 answers, where lower-casing is not enough.
_NAMES = {
    "cp866": "ibm866",
    "euc_jp": "euc-jp",
    "euc_kr": "euc-kr",
    "iso8859-11": "windows-874",
    "iso2022_jp": "iso-2022-jp",
    "koi8_r": "koi8-r",
    "koi8_u": "koi8-u",
    "mac-roman": "macintosh",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
}

# Labels that map_encoding_to_html5 answers with a name that Python does not know.
_MISSING = {"x-mac-cyrillic": "x-mac-cyrillic", "x-mac-ukrainian": "x-mac-cyrillic", "iso-8859-8-i": "iso-8859-8-i"}

# Codecs of Python that are nearest to what the standard means by a name.
_CODECS = {
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
    "windows-874": "cp874",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "ibm866": "cp866",
    "iso-8859-8-i": "iso-8859-8",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
}

_COMMENT_START = b"<!--"
_TAG = re.compile(rb"</?[A-Za-z][^\t\n\f\r />]*")
_META = re.compile(rb"<meta[\t\n\f\r /]", re.IGNORECASE)
_XML = re.compile(rb"""<\?xml[^>]*?\bencoding[\t\n\f\r ]*=[\t\n\f\r ]*(?:"([^">]*)"|'([^'>]*)')""")
_ATTRIBUTE = re.compile(
    rb"""[\t\n\f\r /]*([^\t\n\f\r />=][^\t\n\f\r />=]*)"""
    rb"""(?:[\t\n\f\r ]*=[\t\n\f\r ]*(?:"([^"]*)"|'([^']*)'|([^\t\n\f\r >"'][^\t\n\f\r >]*)))?"""
)
_CONTENT = re.compile(rb"""charset[\t\n\f\r ]*=[\t\n\f\r ]*(?:"([^"]*)"|'([^']*)'|([^\t\n\f\r ;"']+))""", re.IGNORECASE)
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xfe\xff", "utf-16be"), (b"\xff\xfe", "utf-16le"))


@dataclass(frozen=True)
class Decoded:
    """A page as text, and how many characters stand for bytes that could not be read."""

    text: str
    charset: str
    broken: int
    beyond_ascii: int

    @property
    def broken_share(self) -> float:
        """Return the share of the characters beyond ASCII that could not be read."""
        return self.broken / self.beyond_ascii if self.beyond_ascii else 0.0


def known_charset(label: str | None) -> str | None:
    """Return the standard's name for a label; None for no label, an unknown one and the refused charsets."""
    if label is None:
        return None
    label = label.strip("\t\n\f\r ").lower()
    if label in _MISSING:
        return _MISSING[label]
    codec = map_encoding_to_html5(label, fallback_utf8=False)
    if codec is None:
        return None
    found = _name(codec)
    try:
        codecs.lookup(_CODECS.get(found, found))
    except LookupError:
        return None
    return found


def _name(codec: str) -> str:
    lowered = codec.lower()
    if lowered in _NAMES:
        return _NAMES[lowered]
    return re.sub(r"^iso8859-", "iso-8859-", re.sub(r"^cp(125\d|874)$", r"windows-\1", lowered))


def marked_charset(body: bytes) -> tuple[str, int] | None:
    """Return the charset that a byte order mark names, and the mark's length."""
    return next(((charset, len(mark)) for mark, charset in _MARKS if body.startswith(mark)), None)


def declared_charset(body: bytes) -> str | None:
    """Return the charset that an XML declaration or a meta element near the beginning names, not in a comment."""
    head = body[:DECLARATION_BYTES]
    xml = _XML.match(head)
    if xml:
        return _usable(known_charset((xml[1] or xml[2] or b"").decode("latin-1")))
    place = 0
    while (place := head.find(b"<", place)) >= 0:
        if head.startswith(_COMMENT_START, place):
            end = head.find(b"-->", place + 2)
            if end < 0:
                return None
            place = end + 3
        elif _META.match(head, place):
            attributes, place = _attributes(head, place + 5)
            found = _of_meta(attributes)
            if found:
                return found
        elif tag := _TAG.match(head, place):
            _, place = _attributes(head, tag.end())
        elif head[place + 1 : place + 2] in (b"!", b"/", b"?"):
            place = head.find(b">", place)
            if place < 0:
                return None
        else:
            place += 1
    return None


def _attributes(head: bytes, place: int) -> tuple[dict[bytes, bytes], int]:
    """Return a tag's attributes (the first of each name), and where it ends."""
    found: dict[bytes, bytes] = {}
    while attribute := _ATTRIBUTE.match(head, place):
        found.setdefault(attribute[1].lower(), attribute[2] or attribute[3] or attribute[4] or b"")
        place = attribute.end()
    end = head.find(b">", place)
    return found, len(head) if end < 0 else end + 1


def _of_meta(attributes: dict[bytes, bytes]) -> str | None:
    label = attributes.get(b"charset")
    if label is None and attributes.get(b"http-equiv", b"").lower() == b"content-type":
        content = _CONTENT.search(attributes.get(b"content", b""))
        label = content and (content[1] or content[2] or content[3])
    if label is None:
        return None
    text = label.decode("latin-1")
    # The standard's two exceptions for what a page says of itself.
    return "windows-1252" if text.strip().lower() == "x-user-defined" else _usable(known_charset(text))


def _usable(charset: str | None) -> str | None:
    # A declaration that could be read as ASCII cannot be true.
    return "utf-8" if charset in ("utf-16le", "utf-16be") else charset


def detected_charset(body: bytes) -> str:
    """Return what the bytes look like; where nothing speaks, windows-1252, as browsers fall back to."""
    if wide := wide_charset(body):
        return wide
    return known_charset(detect_encoding(body)) or "windows-1252"


def wide_charset(body: bytes) -> str | None:
    """Tell UTF-16 without a mark from where its zero bytes stand: Western text has one in every second place."""
    sample = body[:DECLARATION_BYTES]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    most, least = max(even, odd), min(even, odd)
    if most < 2 or most * 4 < len(sample) or least * 8 > most:
        return None
    return "utf-16le" if odd > even else "utf-16be"


def decode(body: bytes, charset: str) -> Decoded:
    """Read bytes as a charset, with U+FFFD for what cannot be read; no lone surrogates."""
    text = body.decode(_CODECS.get(charset, charset), "replace")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    ascii_characters = len(text.encode("ascii", "ignore"))
    # A character that the end of a cut page halves is no sign of a wrong charset.
    broken = text.count(REPLACEMENT) - text.endswith(REPLACEMENT)
    if charset == "utf-8":
        broken -= body.count(REPLACEMENT.encode())
    return Decoded(text, charset, max(broken, 0), len(text) - ascii_characters)
