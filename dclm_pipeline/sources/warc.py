"""WARC files as a source of pages: what Common Crawl and other crawlers write.

Knows which files are WARC files, how large ones are split, and how pages become rows; records and members are read in
the modules beside it. Reads gzip and zstd members, bzip2 and xz streams and plain files, by their content. ARC and lz4
are refused by name. Known gap: parts of a segmented record are not joined; the first stands for it, where it can.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar, Literal, Protocol

import numpy as np
import pyarrow as pa
from pydantic import Field

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.ids import document_id
from dclm_pipeline.schema import PAGE
from dclm_pipeline.sizes import Size
from dclm_pipeline.sources import InputShard, OnePass, ReadingFacts, Reject, Source
from dclm_pipeline.sources.detect import codec_by_magic, codec_of, nothing_found
from dclm_pipeline.sources.listing import EDGE, file_shards
from dclm_pipeline.sources.pages import Failed, Page, Skipped, Wanted, read_page
from dclm_pipeline.sources.records import BLANKS, Record
from dclm_pipeline.sources.trail import Customs
from dclm_pipeline.sources.walk import Walk, customs_of
from dclm_pipeline.sources.window import Window
from dclm_pipeline.storage import Storage
from dclm_pipeline.tally import SourceTally

_NAME = re.compile(r"\.w?arc(\.(wet|wat))?(\.(gz|zst|zstd|bz2|xz|lz4))?$", re.IGNORECASE)
_HEAD = 4 * 1024 * 1024
_MOST_FIRST_MEMBER = 16 * 1024 * 1024

Status = Annotated[int, Field(ge=100, le=599)]


class WarcRecords(Source):
    """Settings of sources whose documents stand in records of WARC files."""

    most_body: Size = Field(default=8 * 2**20, ge=1, description="Bytes of the largest page; larger ones are rejects.")


class WarcFiles(WarcRecords):
    """Settings of sources that read WARC files whole."""

    split: Annotated[Size, Field(ge=1)] | None = Field(
        default=256 * 2**20, description="Files of gzip or zstd members above this size are read in parts; null: never."
    )

    def shards(self, storage: Storage) -> Iterator[InputShard]:
        """List the files whose names are those of WARC files, large ones in parts."""
        return file_shards(storage, _NAME, self.split, lambda storage, entry: _has_members(storage, entry.path))


class PageRecords(WarcRecords):
    """Settings of sources whose documents are pages: which records of a crawl are pages."""

    revision: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ("isal", "brotli", "zstandard", "publicsuffixlist")
    prelude: ClassVar[tuple[str, ...]] = ("decode",)

    types: tuple[str, ...] = Field(
        default=("text/html", "application/xhtml+xml", "text/plain"),
        min_length=1,
        description="MIME types that make documents.",
    )
    status: tuple[Status, ...] = Field(
        default=(200,), min_length=1, description="HTTP status codes that make documents."
    )
    verify_digests: bool = Field(default=False, description="Reject records whose digests are wrong.")

    def document_schema(self) -> pa.Schema:
        """Return the columns of a page."""
        return PAGE

    def gathering(self, shard: InputShard, rows: int, size: int) -> tuple[int, "Gathering"]:
        """Return the size of the largest record that is worth reading, and what gathers pages from records."""
        wanted = Wanted(self.most_body, frozenset(self.types), frozenset(self.status), self.verify_digests)
        return wanted.most_block, _Pages(shard.name, wanted, rows, size)


class PageFiles(PageRecords, WarcFiles):
    """Settings of sources of pages that read WARC files whole."""

    def read(self, storage: Storage, shard: InputShard, rows: int, size: int) -> "WarcReading":
        """Read a file, or the records that begin in a part of it."""
        return WarcReading(storage, shard, *self.gathering(shard, rows, size))


class Warc(PageFiles):
    """Pages from WARC files: the responses of a crawl that are pages, as their servers sent them."""

    kind: Literal["warc"] = "warc"


class Gathering(Protocol):
    """Documents gathered from records, until they are enough for a batch."""

    def __len__(self) -> int:
        """Return how many there are."""
        ...

    @property
    def full(self) -> bool:
        """Tell whether it is time to take the batch."""
        ...

    def take_record(self, record: Record) -> Skipped | Failed | None:
        """Add the document that a record holds, or say why it holds none."""
        ...

    def take(self) -> pa.RecordBatch:
        """Return the documents as a batch, and begin another."""
        ...


class RecordReading(OnePass):
    """One pass over records, however they are come by."""

    def __init__(self, storage: Storage, shard: InputShard, most_block: int, gathering: Gathering) -> None:
        """Read `shard`; blocks of more than `most_block` bytes are passed by."""
        super().__init__(shard)
        self._storage = storage
        self._most_block = most_block
        self._gathering = gathering

    def _documents(self, records: Iterable[Record], counts: "Counts") -> Iterator[pa.RecordBatch | Reject]:
        """Yield batches of what records hold and, between them, rejects; all are counted."""
        batch = self._gathering
        for record in records:
            found = batch.take_record(record)
            if found is None:
                counts.documents += 1
                if batch.full:
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


class WarcReading(RecordReading):
    """One pass over a file, or a part of it."""

    def __iter__(self) -> Iterator[pa.RecordBatch | Reject]:
        """Yield batches of pages and, between them, rejects."""
        shard = self._shard
        whole = shard.end is None
        with self._storage.open(shard.name) as file:
            codec = codec_of(Window(file, 0, 0), shard.name)
            customs = customs_of(Window(file, 0, 0, _HEAD), codec)
            window = self._window = Window(file, shard.start, shard.end)
            walk = Walk(window, codec, customs, self._most_block, shard.end)
            begin = _begin(shard, walk)
            counts = Counts()
            if begin is not None:
                yield from self._documents(walk.records(begin), counts)
            if whole and not counts.seen:
                if walk.damage.keys() - {"padding"}:
                    raise nothing_found(window, codec, shard.name)
                walk.damage["empty"] += 1
            digest, length = window.sha256()
        following = walk.following
        if shard.begins is not None and shard.end is not None and shard.begins >= shard.end:
            following = shard.begins if shard.begins < window.size else None
        self._facts = ReadingFacts(digest, length, counts.tally(walk.damage), begin, following)


class Counts:
    """What has become of the records so far."""

    def __init__(self) -> None:
        self.documents = 0
        self.skipped: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    @property
    def seen(self) -> int:
        """Return how many records there were whose header could be read, or that should have been there."""
        return self.documents + self.skipped.total() + self.failed.total()

    def tally(self, damage: Counter[str]) -> SourceTally:
        """Return all of it."""
        return SourceTally(self.documents, dict(self.skipped), dict(self.failed), dict(+damage))


class _Pages:
    """Pages that are on their way to becoming a record batch."""

    def __init__(self, source: str, wanted: Wanted, most_rows: int, most_size: int) -> None:
        self._source = source
        self._wanted = wanted
        self._most_rows, self._most_size = max(1, most_rows), most_size
        self._rows: list[tuple[Record, Page]] = []
        self._size = 0

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def full(self) -> bool:
        """Tell whether it is time to take the batch."""
        return len(self._rows) >= self._most_rows or self._size >= self._most_size

    def take_record(self, record: Record) -> Skipped | Failed | None:
        """Add the page that a record holds, or say why it holds none."""
        found = read_page(record, self._wanted)
        if not isinstance(found, Page):
            return found
        self._rows.append((record, found))
        self._size += len(found.body)
        return None

    def take(self) -> pa.RecordBatch:
        """Return the pages as a batch, and begin another."""
        rows, self._rows, self._size = self._rows, [], 0
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
            [page.rights for page in pages],
        ]
        arrays = [pa.array(column, PAGE.field(place).type) for place, column in enumerate(columns)]
        return pa.RecordBatch.from_arrays([*arrays, _joined([page.body for page in pages])], schema=PAGE)


def _joined(bodies: list[bytes | memoryview]) -> Array:
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
        codec = codec_by_magic(window, window.peek(offset, EDGE))
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
            if Walk(window, codec, Customs(), EDGE, None).first_member(offset, offset + 1) is not None:
                return True
            # A frame that holds the dictionary is followed by the first that holds a record.
            member = codec.begin(window, offset, False) if empty else None
        return False
