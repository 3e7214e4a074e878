"""From a WARC record to a page, or to the reason why it is none.

Knows records, heads, encodings and labels; not where records lie, nor what a page says. Of the records of a crawl only
responses make documents: what others hold is no page as a server sent it, or is held once more by a response.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from dclm_pipeline.sources import mime
from dclm_pipeline.sources.addresses import Address, read_address
from dclm_pipeline.sources.encodings import undo
from dclm_pipeline.sources.http import MOST_HEAD, Head, read_head
from dclm_pipeline.sources.records import (
    ADDRESS,
    BLOCK_DIGEST,
    DATE,
    PAYLOAD_DIGEST,
    RECORD_ID,
    TRUNCATED,
    Header,
    Record,
)

_TYPES = frozenset(
    {b"warcinfo", b"request", b"metadata", b"revisit", b"resource", b"conversion", b"continuation", b"response"}
)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d*)?Z", re.ASCII)
_MOST_LABEL = 100
_ALGORITHMS = {"sha1", "sha256", "sha512", "md5"}
_UNPACKED_LABELS = (None, "text/html", "application/xhtml+xml", "text/plain")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which pages make documents: at most so many bytes, of these types and status codes."""

    most_body: int
    types: frozenset[str]
    status: frozenset[int]
    verify_digests: bool

    @property
    def most_block(self) -> int:
        """Return the size of the largest record whose block is worth keeping."""
        return self.most_body + MOST_HEAD


@dataclass(frozen=True, slots=True)
class Page:
    """A page as its server sent it; `body` may be a part of its record's block."""

    record_id: str | None
    address: Address
    date: datetime | None
    mime: str
    charset: str | None
    truncated: str | None
    rights: str | None
    body: bytes | memoryview


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that is meant to make no document."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A record that should have made a document, or may have, and is too broken for it."""

    reason: str
    url: str | None = None
    detail: str | None = None


class Sound(NamedTuple):
    """What a record has that may make a document."""

    header: Header
    block: bytes
    address: Address


def read_page(record: Record, wanted: Wanted) -> Page | Skipped | Failed:
    """Read the page that a record holds."""
    sound = sound_record(record, b"response")
    if not isinstance(sound, Sound):
        return sound
    header, block, address = sound
    head = read_head(block)
    if head is None or (head.status is None and block and not mime.looks_like_markup(block)):
        return Failed("bad http head", address.url)
    if wanted.verify_digests and (wrong := _wrong_digest(header, block, head)):
        return Failed("wrong digest", address.url, wrong)
    if head.status is not None and head.status not in wanted.status:
        return Skipped(f"status {head.status if 100 <= head.status < 600 else 'other'}")
    if head.mime in mime.KNOWN and head.mime not in wanted.types:
        return _of_type(head.mime)
    return _with_body(block, header, head, address, wanted)


def sound_record(record: Record, kind: bytes) -> Sound | Skipped | Failed:
    """Return the parts of a whole record of one kind that has an address of the web."""
    header = record.header
    if header is None:
        return Failed(record.trouble)
    if header.type != kind and (header.type or not record.trouble):
        return Skipped(kind_of(header))
    address = read_address(header.text(ADDRESS))
    if record.trouble or record.block is None:
        return Failed(record.trouble, address.url or None)
    if address.trouble:
        return Skipped(address.trouble) if address.skip else Failed(address.trouble, address.url or None)
    return Sound(header, record.block, address)


def kind_of(header: Header) -> str:
    """Return what a record says it is, in words for a tally."""
    kind = header.type
    return f"type {kind.decode() if kind in _TYPES else 'other' if kind else 'missing'}"


def _with_body(block: bytes, header: Header, head: Head, address: Address, wanted: Wanted) -> Page | Skipped | Failed:
    encodings = head.encodings
    if not encodings and head.mime in _UNPACKED_LABELS and block.startswith(b"\x1f\x8b\x08", head.body):
        encodings = ("gzip",)  # the label was lost on the way
    truncated = header.text(TRUNCATED)
    body: bytes | memoryview = memoryview(block)[head.body :]
    if head.chunked or encodings:
        undone = undo(bytes(body), head.chunked, encodings, wanted.most_body)
        if undone.trouble or (undone.cut and not truncated):
            return Failed(undone.trouble or "body cut", address.url)
        body = undone.body
    if not body:
        return Skipped("no body")
    if len(body) > wanted.most_body:
        return Failed("body too large", address.url, f"{len(body)} bytes, at most {wanted.most_body}")
    kind, binary = mime.decide(head.mime, head.charset, body)
    if binary:
        return Skipped("binary")
    if kind is None or kind not in wanted.types:
        return _of_type(kind)
    return Page(
        header.text(RECORD_ID),
        address,
        read_date(header.text(DATE)),
        kind,
        head.charset,
        truncated and truncated[:_MOST_LABEL],
        head.rights,
        body,
    )


def read_date(written: str | None) -> datetime | None:
    """Read a date in UTC, to the second; nothing for what is no date."""
    found = None if written is None else _DATE.fullmatch(written)
    if found is None:
        return None
    try:
        year, month, day, hour, minute, second = map(int, found.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _of_type(kind: str | None) -> Skipped:
    return Skipped(f"mime {'unknown' if kind is None else kind if kind in mime.KNOWN else 'other'}")


def _wrong_digest(header: Header, block: bytes, head: Head) -> str | None:
    """Return the digest that the record does not have; nothing where all agree or cannot be told."""
    for name, data in ((BLOCK_DIGEST, block), (PAYLOAD_DIGEST, block[head.body :])):
        written = header.text(name) or ""
        algorithm, _, value = written.partition(":")
        if algorithm.lower() not in _ALGORITHMS:
            continue
        digest = hashlib.new(algorithm.lower(), data, usedforsecurity=False).digest()
        if digest not in (_hex(value), _base32(value)):
            if name == BLOCK_DIGEST:
                return written
            # Some crawlers take it before chunks are joined, others after.
            undone = undo(data, head.chunked, (), len(data))
            if hashlib.new(algorithm.lower(), undone.body, usedforsecurity=False).digest() not in (
                _hex(value),
                _base32(value),
            ):
                return written
    return None


def _hex(value: str) -> bytes | None:
    try:
        return bytes.fromhex(value)
    except ValueError:
        return None


def _base32(value: str) -> bytes | None:
    try:
        return base64.b32decode(value.upper() + "=" * (-len(value) % 8))
    except (binascii.Error, ValueError):
        return None
