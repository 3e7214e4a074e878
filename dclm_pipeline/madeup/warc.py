"""WARC records as Common Crawl lays them out: one gzip member each; request, response and metadata for a page.

Knows how a page becomes records; not where they are written. Members have no time stamp, so equal records are equal
bytes under one version of zlib; another version (or zlib-ng) may compress the same records otherwise.
"""

import zlib
from base64 import b32encode
from dataclasses import dataclass
from hashlib import sha1

from dclm_pipeline.madeup.luck import Luck
from dclm_pipeline.madeup.pages import Page

# Level 1: a crawl is made far oftener than it is stored.
_LEVEL = 1
# A small window for the small records, because setting up a large one costs more than compressing them.
_SMALL_WINDOW = 12
_SMALL_MEMORY = 5
_GZIP = 16

_AGENT = "CCBot/2.0 (made-up; https://crawler.example/)"
_PATIENCE_MS = 3_000
_HOURS = 3


@dataclass(frozen=True)
class Records:
    """The records of a page, not yet compressed, and the name of its response."""

    request: bytes
    response: bytes
    metadata: bytes
    record_id: str


def compress(record: bytes) -> bytes:
    """Return a record as a gzip member."""
    if len(record) > 1 << _SMALL_WINDOW:
        return zlib.compress(record, _LEVEL, _GZIP + zlib.MAX_WBITS)
    squeeze = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP + _SMALL_WINDOW, _SMALL_MEMORY)
    return squeeze.compress(record) + squeeze.flush()


def warcinfo(seed: int, file_name: str) -> tuple[bytes, str]:
    """Return the record that describes a file, and its name."""
    (name,) = _record_names(Luck(seed, f"warcinfo/{file_name}"), 1)
    block = (
        b"isPartOf: CC-MAIN-2025-00\r\npublisher: The made-up web\r\n"
        b"description: Pages that nobody wrote, for tests and demonstrations\r\noperator: nobody@crawler.example\r\n"
        b"hostname: crawler.example\r\nsoftware: dclm sample-crawl\r\nrobots: not asked\r\nformat: WARC File Format 1.0\r\n"
        b"conformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.0/\r\n"
    )
    head = (
        f"WARC-Type: warcinfo\r\nWARC-Date: 2025-01-01T00:00:00Z\r\nWARC-Record-ID: {name}\r\n"
        f"Content-Length: {len(block)}\r\nContent-Type: application/warc-fields\r\nWARC-Filename: {file_name}\r\n"
        f"WARC-Block-Digest: {_digest(block)}\r\n"
    )
    return _record(head, block), name


def records_of(seed: int, page: Page, warcinfo_name: str) -> Records:
    """Return a page's request, response and metadata."""
    luck = Luck(seed, "fetch", page.number)
    request_name, response_name, metadata_name = _record_names(luck, 3)
    seconds = luck.below(_HOURS * 3600)
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    common = f"WARC-Date: 2025-01-01T{clock}Z\r\nWARC-Warcinfo-ID: {warcinfo_name}\r\nWARC-Target-URI: {page.url}\r\n"
    asked = _request_head(page)
    http_head = _http_head(page, luck, clock)
    answered = http_head + page.body
    noted = _notes(page, luck)
    truncated = "WARC-Truncated: length\r\n" if page.truncated else ""
    return Records(
        _record(
            f"WARC-Type: request\r\nWARC-Record-ID: {request_name}\r\nContent-Length: {len(asked)}\r\n"
            f"Content-Type: application/http; msgtype=request\r\n{common}WARC-IP-Address: {page.site.address}\r\n"
            f"WARC-Block-Digest: {_digest(asked)}\r\n",
            asked,
        ),
        _record(
            f"WARC-Type: response\r\nWARC-Record-ID: {response_name}\r\nContent-Length: {len(answered)}\r\n"
            f"Content-Type: application/http; msgtype=response\r\n{common}WARC-Concurrent-To: {request_name}\r\n"
            f"WARC-IP-Address: {page.site.address}\r\nWARC-Payload-Digest: {_digest(page.body)}\r\n"
            f"WARC-Block-Digest: {_digest(answered)}\r\n{truncated}"
            f"WARC-Identified-Payload-Type: {page.identified}\r\n",
            answered,
        ),
        _record(
            f"WARC-Type: metadata\r\nWARC-Record-ID: {metadata_name}\r\nContent-Length: {len(noted)}\r\n"
            f"Content-Type: application/warc-fields\r\n{common}WARC-Concurrent-To: {response_name}\r\n"
            f"WARC-Block-Digest: {_digest(noted)}\r\n",
            noted,
        ),
        response_name,
    )


def _record(head: str, block: bytes) -> bytes:
    return b"WARC/1.0\r\n" + head.encode() + b"\r\n" + block + b"\r\n\r\n"


def _digest(data: bytes) -> str:
    return "sha1:" + b32encode(sha1(data, usedforsecurity=False).digest()).decode()


def _record_names(luck: Luck, count: int) -> list[str]:
    digits = luck.numbers(2 * count).astype("<u8").tobytes().hex()
    # Version 4, variant 1: what names made of random bits say of themselves (RFC 9562).
    return [
        f"<urn:uuid:{name[:8]}-{name[8:12]}-4{name[13:16]}-a{name[17:20]}-{name[20:]}>"
        for name in (digits[32 * i : 32 * i + 32] for i in range(count))
    ]


def _request_head(page: Page) -> bytes:
    origin, _, path = page.url.partition("://")[2].partition("/")
    return (
        f"GET /{path} HTTP/1.1\r\nUser-Agent: {_AGENT}\r\n"
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\n"
        f"Accept-Encoding: br,gzip\r\nHost: {origin}\r\nConnection: Keep-Alive\r\n\r\n"
    ).encode()


def _http_head(page: Page, luck: Luck, clock: str) -> bytes:
    """Return the head of a response, content and transfer encodings undone and kept under other names, as the crawl does."""
    status = page.status if luck.chance(0.9) else page.status.partition(" ")[0] + " "
    lines = [f"Date: Wed, 01 Jan 2025 {clock} GMT", f"Server: {page.site.server}"]
    if page.content_type:
        lines.append(f"Content-Type: {page.content_type}")
    if page.location:
        lines.append(f"Location: {page.location}")
    if luck.chance(0.6):
        lines += ["X-Crawler-Transfer-Encoding: chunked", "X-Crawler-Content-Encoding: gzip"]
    lines += ["Connection: keep-alive", "Vary: Accept-Encoding"][: luck.below(3)]
    if luck.chance(0.5):
        lines.append(f'ETag: "{luck.hexadecimal(10)}"')
    if luck.chance(0.3):
        lines.append(f"Set-Cookie: session={luck.hexadecimal(20)}; path=/; HttpOnly")
    lines.append(f"Content-Length: {len(page.body)}")
    if page.site.small_names:
        lines = [name.lower() + colon + value for name, colon, value in (line.partition(":") for line in lines)]
    return (f"HTTP/1.1 {status}\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode()


def _notes(page: Page, luck: Luck) -> bytes:
    charset = f"charset-detected: {page.charset.upper()}\r\n" if page.charset else ""
    language = (
        f'languages-cld2: {{"reliable":true,"languages":[{{"code":"{page.language}"}}]}}\r\n' if page.language else ""
    )
    return f"fetchTimeMs: {luck.between(20, _PATIENCE_MS)}\r\n{charset}{language}".encode()
