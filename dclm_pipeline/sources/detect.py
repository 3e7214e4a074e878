"""What a file is, by its first bytes: its name may lie, and often does.

Knows what WARC files look like, and enough of other formats to say what a file is instead.
"""

from collections.abc import Callable

from dclm_pipeline.errors import ShardError
from dclm_pipeline.sources.members import Codec, gzip_codec, plain_codec, stream_codec, zstd_codec
from dclm_pipeline.sources.records import BEGINS, BLANKS
from dclm_pipeline.sources.trail import Customs
from dclm_pipeline.sources.walk import Walk
from dclm_pipeline.sources.window import Window

_ARC = "an ARC file, the format before WARC; convert it, for example with `warcio recompress`"
_OTHERS = (
    (b"filedesc://", _ARC),
    (b"\x04\x22\x4d\x18", "compressed with lz4; compress it anew with gzip or zstd, one member a record"),
    (b"PK\x03\x04", "a ZIP archive; unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it"),
    (b"Rar!", "a RAR archive; unpack it"),
    (b"%PDF-", "a PDF document"),
    (b"PAR1", "a Parquet file; read it with the source `parquet`"),
    (b"<!doctype", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<?xml", "an XML document"),
)
_HEAD = 64 * 1024
# How far into a file whose beginning is damaged a record is sought.
_MOST_SOUGHT = 16 * 1024 * 1024


def codec_of(window: Window, name: str) -> Codec:
    """Return how a file's members are to be read; a `ShardError` says what a file is that holds no WARC records."""
    begin = window.skip(BLANKS, 0)
    head = window.peek(begin, _HEAD)
    codec = codec_by_magic(window, head)
    if codec is not None:
        if codec.members and _first_piece(window, codec, begin).startswith(b"filedesc://"):
            raise ShardError(f"{name} is {_ARC}")
        return codec
    for magic, meaning in _OTHERS:
        if head[: len(magic)].lower() == magic.lower():
            raise ShardError(f"{name} is no WARC file but {meaning}")
    return _by_search(window, name)


def nothing_found(window: Window, codec: Codec, name: str) -> ShardError:
    """Return the error for a file that holds bytes and not one record."""
    begin = window.skip(BLANKS, 0)
    found = (window.peek(begin, 40) if not codec.members else _first_piece(window, codec, begin)[:40]) or b""
    packed = "" if not codec.members else f" packed with {codec.name}"
    return ShardError(
        f"{name} holds no WARC record: it is{packed} {found!r}…; a WARC file begins with WARC/1.0; name another file "
        "or leave this one out"
    )


def codec_by_magic(window: Window, head: bytes) -> Codec | None:
    """Return the codec that a file's first bytes, blanks left out, name."""
    if head.startswith(b"\x1f\x8b"):
        return gzip_codec()
    if head.startswith(b"\x28\xb5\x2f\xfd") or (head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F):
        return zstd_codec(window)
    if head.startswith(b"BZh"):
        return stream_codec("bzip2")
    if head.startswith(b"\xfd7zXZ\x00"):
        return stream_codec("xz")
    return plain_codec() if not head or BEGINS.match(head) else None


def _by_search(window: Window, name: str) -> Codec:
    """Find out what a file is whose beginning is damaged, by what can be read first."""
    before: int | None = _MOST_SOUGHT
    found: Codec | None = None
    makers: tuple[Callable[[], Codec], ...] = (plain_codec, gzip_codec, lambda: zstd_codec(window))
    for codec in (make() for make in makers):
        walk = Walk(window, codec, Customs(), _HEAD, None)
        first = walk.first_member(0, before)
        if not codec.members:
            first = next((record.offset for record in walk.records(0) if not record.trouble), None)
        if first is not None and (before is None or first < before):
            before, found = first, codec
    if found is None:
        raise nothing_found(window, plain_codec(), name)
    return found


def _first_piece(window: Window, codec: Codec, offset: int) -> bytes:
    member = codec.begin(window, offset, True)
    return b"" if member is None else member.read().lstrip(BLANKS)
