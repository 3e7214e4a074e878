"""WARC files as a source of pages: what Common Crawl and other crawlers write.

Knows which files are WARC files, how large ones are split, and how pages become rows; records and members are read in
the modules beside it. Reads gzip and zstd members, bzip2 and xz streams and plain files, by their content. ARC and lz4
are refused by name. Known gap: parts of a segmented record are not joined; the first stands for it, where it can.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.ids import document_id
from dclm_pipeline.schema import PAGE
from dclm_pipeline.sizes import Size
from dclm_pipeline.sources import InputShard, ReadingFacts, Reject, Source
from dclm_pipeline.sources.detect import codec_by_magic, codec_of, nothing_found
from dclm_pipeline.sources.pages import Failed, Page, Skipped, Wanted, read_page
from dclm_pipeline.sources.records import BLANKS, Record
from dclm_pipeline.sources.trail import Customs
from dclm_pipeline.sources.walk import Walk, customs_of
from dclm_pipeline.sources.window import Window
from dclm_pipeline.storage import Storage
from dclm_pipeline.tally import SourceTally

_NAME = re.compile(r"\.w?arc(\.(wet|wat))?(\.(gz|zst|zstd|bz2|xz|lz4))?$", re.IGNORECASE)
_EDGE = 64 * 1024
_HEAD = 4 * 1024 * 1024
_MOST_FIRST_MEMBER = 16 * 1024 * 1024


class Warc(Source):
    """Pages from WARC files: the responses of a crawl that are pages, as their servers sent them."""

    revision: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ("isal", "brotli", "zstandard", "publicsuffixlist")
    prelude: ClassVar[tuple[str, ...]] = ("decode",)

    kind: Literal["warc"] = "warc"
    most_body: Size = Field(default=8 * 2**20, ge=1, description="Bytes of the largest page; larger ones are rejects.")
    split: Annotated[Size, Field(ge=1)] | None = Field(
        default=256 * 2**20, description="Files of gzip or zstd members above this size are read in parts; null: never."
    )
    types: tuple[str, ...] = Field(
        default=("text/html", "application/xhtml+xml", "text/plain"), description="MIME types that make documents."
    )
    status: tuple[int, ...] = Field(default=(200,), description="HTTP status codes that make documents.")
    verify_digests: bool = Field(default=False, description="Reject records whose digests are wrong.")

    def document_schema(self) -> pa.Schema:
        """Return the columns of a page."""
        return PAGE

    def shards(self, storage: Storage) -> Iterator[InputShard]:
        """List the files whose names are those of WARC files, large ones in parts."""
        for entry in storage.entries():
            if not _NAME.search(entry.path) and not storage.url.endswith(f"/{entry.path}"):
                continue
            head = storage.read(entry.path, 0, _EDGE)
            tail = storage.read(entry.path, max(0, entry.size - _EDGE), _EDGE)
            edges = hashlib.sha256(head + tail).hexdigest()
            if self.split is None or entry.size <= self.split or not _has_members(storage, entry.path):
                yield InputShard(entry.path, entry.size, edges)
                continue
            for start in range(0, entry.size, self.split):
                yield InputShard(entry.path, entry.size, edges, start, min(entry.size, start + self.split))

    def read(self, storage: Storage, shard: InputShard, rows: int, size: int) -> "WarcReading":
        """Read a file, or the records that begin in a part of it."""
        wanted = Wanted(self.most_body, frozenset(self.types), frozenset(self.status), self.verify_digests)
        return WarcReading(storage, shard, wanted, rows, size)


class WarcReading:
    """One pass over a file, or a part of it."""

    def __init__(self, storage: Storage, shard: InputShard, wanted: Wanted, rows: int, size: int) -> None:
        """Read `shard` in batches of at most `rows` pages and about `size` bytes."""
        self._storage = storage
        self._shard = shard
        self._wanted = wanted
        self._rows = max(1, rows)
        self._size = size
        self._facts: ReadingFacts | None = None

    @property
    def facts(self) -> ReadingFacts:
        """Return what the pass found out; only after its end."""
        if self._facts is None:
            raise RuntimeError(f"{self._shard.name}: its facts are known once it has been read to its end")
        return self._facts

    def __iter__(self) -> Iterator[pa.RecordBatch | Reject]:
        """Yield batches of pages and, between them, rejects."""
        shard = self._shard
        whole = shard.end is None
        with self._storage.open(shard.name) as file:
            codec = codec_of(Window(file, 0, 0), shard.name)
            customs = customs_of(Window(file, 0, 0, _HEAD), codec)
            window = Window(file, shard.start, shard.end)
            walk = Walk(window, codec, customs, self._wanted.most_block, shard.end)
            begin = _begin(shard, walk)
            counts = _Counts()
            if begin is not None:
                yield from self._pages(walk, begin, counts)
            if whole and not counts.seen:
                if walk.damage.keys() - {"padding"}:
                    raise nothing_found(window, codec, shard.name)
                walk.damage["empty"] += 1
            digest, length = window.sha256()
        following = walk.following
        if shard.begins is not None and shard.end is not None and shard.begins >= shard.end:
            following = shard.begins if shard.begins < window.size else None
        tally = SourceTally(counts.documents, dict(counts.skipped), dict(counts.failed), dict(+walk.damage))
        self._facts = ReadingFacts(digest, length, tally, begin, following)

    def _pages(self, walk: Walk, begin: int, counts: "_Counts") -> Iterator[pa.RecordBatch | Reject]:
        batch = _Batch(self._shard.name)
        for record in walk.records(begin):
            found = read_page(record, self._wanted)
            if isinstance(found, Page):
                counts.documents += 1
                batch.add(record, found)
                if len(batch) >= self._rows or batch.size >= self._size:
                    yield batch.take()
            elif isinstance(found, Skipped):
                counts.skipped[found.reason] += 1
            else:
                counts.failed[found.reason] += 1
                if len(batch):
                    yield batch.take()
                yield self._reject(record, found)
        if len(batch):
            yield batch.take()

    def _reject(self, record: Record, failed: Failed) -> Reject:
        name = self._shard.name
        known = None if record.header is None else document_id(name, record.place)
        return Reject(known, name, record.offset, failed.url, "source", failed.reason, failed.detail)


class _Counts:
    """What has become of the records so far."""

    def __init__(self) -> None:
        self.documents = 0
        self.skipped: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    @property
    def seen(self) -> int:
        """Return how many records there were whose header could be read, or that should have been there."""
        return self.documents + self.skipped.total() + self.failed.total()


class _Batch:
    """Pages that are on their way to becoming a record batch."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._rows: list[tuple[Record, Page]] = []
        self.size = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, record: Record, page: Page) -> None:
        """Add a page."""
        self._rows.append((record, page))
        self.size += len(page.body)

    def take(self) -> pa.RecordBatch:
        """Return the pages as a batch, and begin another."""
        rows, self._rows, self.size = self._rows, [], 0
        pages = [page for _, page in rows]
        columns: list[list[object]] = [
            [document_id(self._source, record.place) for record, _ in rows],
            [page.record_id for page in pages],
            [self._source] * len(rows),
            [record.offset for record, _ in rows],
            [page.address.url for page in pages],
            [page.address.site for page in pages],
            [page.date for page in pages],
            [page.mime for page in pages],
            [page.charset for page in pages],
            [page.truncated for page in pages],
        ]
        arrays = [pa.array(column, PAGE.field(place).type) for place, column in enumerate(columns)]
        return pa.RecordBatch.from_arrays([*arrays, _joined([page.body for page in pages])], schema=PAGE)


def _joined(bodies: list[bytes]) -> Array:
    """Return bodies as one column, each copied once: Arrow's own way grows as it goes."""
    offsets = np.cumsum([0, *map(len, bodies)], dtype=np.int64)
    buffers = [None, from_numpy(offsets).buffers()[1], pa.py_buffer(b"".join(bodies))]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(bodies), buffers)


def _begin(shard: InputShard, walk: Walk) -> int | None:
    """Return where the first member of a shard begins, or nothing where none begins in it."""
    if shard.begins is not None:
        return shard.begins if shard.end is None or shard.begins < shard.end else None
    return 0 if shard.start == 0 else walk.first_member(shard.start, shard.end)


def _has_members(storage: Storage, path: str) -> bool:
    """Tell whether a file is one of members, by where the first ends and whether a record begins in the second."""
    with storage.open(path) as file:
        window = Window(file, 0, 0, _MOST_FIRST_MEMBER)
        offset = window.skip(BLANKS, 0)
        codec = codec_by_magic(window, window.peek(offset, _EDGE))
        if codec is None or not codec.parts:
            return False
        member = codec.begin(window, offset, False)
        while member is not None:
            empty = not member.read()
            while member.read():
                pass
            if member.trouble or member.end <= offset:
                return False
            offset = member.end
            if Walk(window, codec, Customs(), _EDGE, None).first_member(offset, offset + 1) is not None:
                return True
            # A frame that holds the dictionary is followed by the first that holds a record.
            member = codec.begin(window, offset, False) if empty else None
        return False
