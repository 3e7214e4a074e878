"""Single records out of WARC files, by their offsets: only they are asked for, neighbours by one request.

Knows where records lie, and reads each by itself, so that damage to one costs no other. What a worker holds does not
depend on how large a record is, or is said to be: one that is larger than a request may bring is read piece by piece.
"""

import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import BinaryIO

import pyarrow as pa

from dclm_pipeline.sources import InputShard, ReadingFacts, Reject
from dclm_pipeline.sources.detect import codec_by_magic
from dclm_pipeline.sources.records import LONGEST_BEGINNING, Record
from dclm_pipeline.sources.spans import Span, Spans
from dclm_pipeline.sources.trail import Customs
from dclm_pipeline.sources.walk import Walk
from dclm_pipeline.sources.warc import Counts, Gathering, RecordReading
from dclm_pipeline.sources.window import Window
from dclm_pipeline.storage import Storage
from dclm_pipeline.storage.many import at_once
from dclm_pipeline.storage.remote import waiting

# What one request may bring, and how many are under way: together what a worker holds.
MOST_FETCHED = 4 * 2**20
FETCHED_AT_ONCE = 8


def joined(spans: Spans, gap: int) -> Iterator[list[Span]]:
    """Cut spans into runs to be fetched by one request each: neighbours at most `gap` apart."""
    for begin, end in pairwise(spans.borders(gap, MOST_FETCHED).tolist()):
        yield [(offset, length) for offset, length in spans.places[begin:end].tolist()]


class PickedReading(RecordReading):
    """One pass over chosen records of a file."""

    def __init__(self, storage: Storage, shard: InputShard, most_block: int, gathering: Gathering, gap: int) -> None:
        """Read the spans of `shard`."""
        super().__init__(storage, shard, most_block, gathering)
        self._gap = gap
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._damage: Counter[str] = Counter()

    @property
    def seen(self) -> int:
        """Return how many bytes of the records have been read so far."""
        return self._bytes

    def __iter__(self) -> Iterator[pa.RecordBatch | Reject]:
        """Yield batches of pages and, between them, rejects."""
        counts = Counts()
        yield from self._documents(self._records(), counts)
        self._facts = ReadingFacts(self._digest.hexdigest(), self._bytes, counts.tally(self._damage))

    def _records(self) -> Iterator[Record]:
        fetched = at_once(self._fetched, joined(self._shard.spans, self._gap), FETCHED_AT_ONCE)
        while True:
            with waiting.counted():
                run = next(fetched, None)
            if run is None:
                return
            for (offset, length), data in run:
                if data is None:
                    with self._storage.open(self._shard.name) as file:
                        record = self._record(file, offset, length)
                else:
                    record = self._record(io.BytesIO(data), 0, length)
                yield replace(record, offset=offset, place=str(offset))

    def _fetched(self, run: list[Span]) -> list[tuple[Span, bytes | None]]:
        """Return the spans of a run with their bytes, or a large one without."""
        first, last = run[0][0], sum(run[-1])
        if last - first > MOST_FETCHED:
            return [(span, None) for span in run]
        data = self._storage.read(self._shard.name, first, last - first)
        return [((offset, length), data[offset - first : offset - first + length]) for offset, length in run]

    def _record(self, file: BinaryIO, begin: int, length: int) -> Record:
        """Return the record that begins at `begin`, and has `length` bytes if all is well."""
        window = Window(file, begin, begin + length, begin + length, self._digest)
        head = window.peek(begin, LONGEST_BEGINNING)
        codec = codec_by_magic(window, head) if head else None
        record = None
        if codec is not None:
            walk = Walk(window, codec, Customs(), self._most_block, None)
            record = next(walk.records(begin), None)
            self._damage.update(walk.damage)
        _, hashed = window.sha256()
        self._bytes += hashed
        if record is None or record.offset != begin:
            return Record(begin, "", None, None, "no record there")
        return record
