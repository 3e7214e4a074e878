"""What kind of thing a body is: what its label says, checked against its first bytes.

Knows labels and magic numbers; no charsets beyond telling UTF-16 and UTF-32 from binary data. Looks at the first
16 KiB alone.
"""

import re

HTML = "text/html"

# Labels that say what the body is, so that it need not be looked at; other labels are as good as none.
KNOWN = frozenset(
    {
        "application/atom+xml",
        "application/javascript",
        "application/json",
        "application/ld+json",
        "application/msword",
        "application/pdf",
        "application/rdf+xml",
        "application/rss+xml",
        "application/vnd.ms-excel",
        "application/x-javascript",
        "application/xhtml+xml",
        "application/xml",
        "application/zip",
        "image/gif",
        "image/jpeg",
        "image/png",
        "image/svg+xml",
        "image/webp",
        "text/calendar",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
        "text/markdown",
        "text/plain",
        "text/xml",
    }
)
_KNOWN_FAMILIES = ("image/", "audio/", "video/", "font/")

_SAMPLE = 16 * 1024
_MARKUP = re.compile(
    rb"[\s\0]*(?:<!--|<\?xml|<!doctype\s+html|<(?:html|head|body|script|iframe|h1|div|font|table|a|style|title|b|br|p|"
    rb"meta|link|article|section|main|header|nav|ul|ol|center|form|img)[\s/>])",
    re.IGNORECASE,
)
_ANYWHERE = re.compile(rb"<(?:html|body|head|title)[\s>]", re.IGNORECASE)
_MAGIC = re.compile(
    b"|".join(
        [
            rb"\x89PNG\r|GIF8[79]a|\xff\xd8\xff|RIFF....WEBP|BM....\x00{4}|II\*\x00|MM\x00\*|\x00\x00\x01\x00[^\x00]",
            rb"PK\x03\x04|PK\x05\x06|\x1f\x8b\x08|BZh[1-9]1AY|\xfd7zXZ|7z\xbc\xaf|Rar!\x1a|\x28\xb5\x2f\xfd",
            rb"\x04\x22\x4d\x18|RIFF....(?:WAVE|AVI )|OggS\x00|fLaC\x00|ID3[\x02-\x04]|\xff[\xfb\xf3\xf2][\x10-\xef]",
            rb"....ftyp|\x1aE\xdf\xa3|\x7fELF|MZ[\x80-\xff]\x00|\xca\xfe\xba\xbe|\x00asm|SQLite format 3\x00",
            rb"[FC]WS[\x03-\x08\x0e-\x1f]|%PDF-|\xd0\xcf\x11\xe0\xa1\xb1|wOF[F2][\x00\x01]|OTTO\x00|\x00\x01\x00{3}",
        ]
    ),
    re.DOTALL,
)
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_WIDE_LABELS = ("utf-16", "utf16", "utf-32", "utf32", "ucs-2", "ucs-4", "iso-10646", "unicode")
# Control characters that no charset uses for text. Escape is left out: ISO-2022-JP is full of it.
_CONTROLS = bytes([*range(1, 9), *range(14, 27), *range(28, 32)])
_NO_TEXT = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
# Random bytes hold a tenth of them, compressed ones too; a page a few by accident.
_MOST_CONTROLS = 0.02
_MOST_NULS = 0.3
_LEAST_WIDE_NULS = 0.7


def decide(label: str | None, charset: str | None, body: bytes | memoryview) -> tuple[str | None, bool]:
    """Return a body's MIME type, nothing where that cannot be told, and whether it is binary data."""
    sample = bytes(body[:_SAMPLE])
    named = label if label is not None and (label in KNOWN or label.startswith(_KNOWN_FAMILIES)) else None
    if named is not None and not named.startswith("text/") and named != "application/xhtml+xml":
        return named, False
    if is_binary(sample, charset):
        return named, True
    if named is not None:
        return named, False
    return (HTML if looks_like_markup(sample) else None), False


def looks_like_markup(body: bytes) -> bool:
    """Tell whether a body begins like a page, in whatever charset."""
    head = body[:4096]
    if b"\0" in head:
        head = head.replace(b"\0", b"")
    for mark in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        head = head.removeprefix(mark)
    return _MARKUP.match(head) is not None or _ANYWHERE.search(head) is not None


def is_binary(sample: bytes, charset: str | None) -> bool:
    """Tell whether a body is binary data, whatever its label says."""
    if _MAGIC.match(sample):
        return True
    if sample.startswith(_WIDE_MARKS) or (charset is not None and charset.lower().startswith(_WIDE_LABELS)):
        sample = sample.replace(b"\0", b"")
        # What is left of wide text is not a page's bytes: its high bytes may look like control characters.
        return not sample
    nuls = sample.count(0) if 0 in sample else 0  # most pages have none, which is found out in a tenth of the time
    if nuls and _is_wide(sample):
        return False
    text = len(sample) - nuls
    if nuls > _MOST_NULS * len(sample) and not looks_like_markup(sample):
        return True
    controls = text - len(sample.translate(None, _CONTROLS + b"\0"))
    return controls > _MOST_CONTROLS * text


def _is_wide(sample: bytes) -> bool:
    """Tell UTF-16 and UTF-32 without a mark: most characters have zeros in all their bytes but one."""
    for charset, width, lane in (("utf-16-le", 2, 0), ("utf-16-be", 2, 1), ("utf-32-le", 4, 0), ("utf-32-be", 4, 3)):
        characters = len(sample) // width
        zeros = sample.count(0) - sample[lane::width].count(0)
        if characters and zeros >= _LEAST_WIDE_NULS * characters * (width - 1):
            text = sample[: characters * width].decode(charset, "replace")
            if "<" in text and len(_NO_TEXT.findall(text)) <= _MOST_CONTROLS * characters:
                return True
    return False
