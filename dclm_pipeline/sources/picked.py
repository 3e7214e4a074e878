"""Single records out of WARC files, by their offsets: only they are asked for, neighbours by one request.

Knows where records lie, and reads each by itself, so that damage to one costs no other.
"""

import hashlib
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pyarrow as pa

from dclm_pipeline.sources import InputShard, ReadingFacts, Reject
from dclm_pipeline.sources.detect import codec_by_magic
from dclm_pipeline.sources.records import Record
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
            for offset, data in run:
                self._digest.update(data)
                self._bytes += len(data)
                yield self._record(offset, data)

    def _fetched(self, run: list[Span]) -> list[tuple[int, bytes]]:
        """Return the bytes of each record of a run, by its offset."""
        first, last = run[0][0], sum(run[-1])
        data = self._storage.read(self._shard.name, first, last - first)
        return [(offset, data[offset - first : offset - first + length]) for offset, length in run]

    def _record(self, offset: int, data: bytes) -> Record:
        """Return the record that begins at `offset`, whose bytes these should be."""
        window = Window(io.BytesIO(data))
        codec = codec_by_magic(window, data)
        walk = None if codec is None or not data else Walk(window, codec, Customs(), self._most_block, None)
        record = None if walk is None else next(walk.records(0), None)
        if walk is not None:
            self._damage.update(walk.damage)
        if record is None or record.offset:
            return Record(offset, str(offset), None, None, "no record there")
        return replace(record, offset=offset, place=str(offset))
