"""Small WARC files for tests, with every byte where the test wants it."""

import gzip
import io
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import zstandard

from dclm_pipeline.sources import InputShard, ReadingFacts, Reject
from dclm_pipeline.sources.warc import Warc
from dclm_pipeline.storage.memory import MemoryStorage

NAME = "crawl.warc.gz"
WARCINFO = "<urn:uuid:00000000-0000-4000-8000-000000000000>"


def page(word: str, length: int = 300) -> bytes:
    """Return a page about a word."""
    text = f"<p>Something is said about {word}.</p>\r\n".encode()
    return b"<!DOCTYPE html>\n<html><body>" + text * (1 + length // len(text)) + b"</body></html>\n"


def http(body: bytes, *lines: str, status: str = "HTTP/1.1 200 OK") -> bytes:
    """Return an HTTP answer."""
    head = [status, *(lines or ("Content-Type: text/html; charset=utf-8",))]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def record(kind: str, url: str | None, block: bytes, *lines: str, warcinfo: str | None = WARCINFO) -> bytes:
    """Return a record with its end."""
    head = ["WARC/1.0", f"WARC-Type: {kind}"]
    head += [f"WARC-Target-URI: {url}"] if url is not None else []
    head += [f"WARC-Warcinfo-ID: {warcinfo}"] if warcinfo is not None else []
    head += lines
    if not any(line.lower().startswith("content-length") for line in lines):
        head.append(f"Content-Length: {len(block)}")
    return "\r\n".join(head).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def response(word: str, body: bytes | None = None, *lines: str, warcinfo: str | None = WARCINFO) -> bytes:
    """Return a response record of a page."""
    content = page(word) if body is None else body
    date = "WARC-Date: 2024-05-18T00:00:00Z"
    return record("response", f"https://example.com/{word}", http(content), date, *lines, warcinfo=warcinfo)


def info() -> bytes:
    """Return a warcinfo record."""
    return record("warcinfo", None, b"software: tests\r\n", f"WARC-Record-ID: {WARCINFO}", warcinfo=None)


def packed(data: bytes, level: int = 6) -> bytes:
    """Return a gzip member."""
    return gzip.compress(data, level, mtime=0)


def framed(data: bytes) -> bytes:
    """Return a zstd frame with a checksum."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


def bomb(head: bytes, size: int) -> bytes:
    """Return a gzip member of `head` and zeros, `size` MiB of them, without ever holding them."""
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    zeros = bytes(2**20)
    start = deflater.compress(head) + deflater.flush(zlib.Z_FULL_FLUSH)
    once = deflater.compress(zeros) + deflater.flush(zlib.Z_FULL_FLUSH)
    checksum = zlib.crc32(head)
    for _ in range(size):
        checksum = zlib.crc32(zeros, checksum)
    trailer = checksum.to_bytes(4, "little") + ((len(head) + size * 2**20) % 2**32).to_bytes(4, "little")
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + start + once * size + deflater.flush() + trailer


@dataclass
class Found:
    """What came out of a file."""

    rows: list[dict[str, object]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    facts: list[ReadingFacts] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        """Return the last part of each address."""
        return [str(row["url"]).rpartition("/")[2] for row in self.rows]

    @property
    def damage(self) -> dict[str, int]:
        """Return the damage, all parts of the file together."""
        return dict(sum((facts.tally for facts in self.facts[1:]), self.facts[0].tally).damage)


def stored(data: bytes, name: str = NAME) -> MemoryStorage:
    """Return a storage that holds one file."""
    MemoryStorage.forget("warc-tests")
    storage = MemoryStorage("warc-tests")
    storage.put(name, data)
    return storage


def read_shards(storage: MemoryStorage, warc: Warc, shards: Iterable[InputShard], rows: int = 3) -> Found:
    """Read shards one after the other."""
    found = Found()
    for shard in shards:
        reading = warc.read(storage, shard, rows, 2**20)
        for item in reading:
            if isinstance(item, Reject):
                found.rejects.append(item)
            else:
                found.rows += item.to_pylist()
        found.facts.append(reading.facts)
    return found


def read(data: bytes, name: str = NAME, **settings: object) -> Found:
    """Read a file with the given settings."""
    storage = stored(data, name)
    warc = Warc.model_validate(settings)
    return read_shards(storage, warc, warc.shards(storage))


def read_as_engine_does(data: bytes, split: int) -> Found:
    """Read a file in parts, and each part again whose first record is not where its predecessor ended."""
    storage = stored(data)
    warc = Warc(split=split)
    parts = [(shard, read_shards(storage, warc, [shard])) for shard in warc.shards(storage)]
    expected = parts[0][1].facts[0].following
    for place, (shard, found) in enumerate(parts[1:], 1):
        assert shard.end is not None
        begins = shard.size if expected is None else expected
        first = begins if begins < shard.end else None
        if found.facts[0].first != first:
            mended = InputShard(shard.name, shard.size, shard.edges, shard.start, shard.end, begins)
            parts[place] = mended, read_shards(storage, warc, [mended])
        if first is not None:
            expected = parts[place][1].facts[0].following
    together = Found()
    for _, found in parts:
        together.rows += found.rows
        together.rejects += found.rejects
        together.facts += found.facts
    return together


def offsets(members: Sequence[bytes]) -> list[int]:
    """Return where each member begins."""
    places, place = [], 0
    for member in members:
        places.append(place)
        place += len(member)
    return places


def as_file(data: bytes) -> io.BytesIO:
    """Return bytes as an open file."""
    return io.BytesIO(data)
