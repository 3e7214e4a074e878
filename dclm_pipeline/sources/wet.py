"""WET files as a source of texts: what Common Crawl itself takes out of its pages, all text of each, menus included.

Knows conversion records; how WARC files are framed, split and mended is told beside it.
"""

from typing import ClassVar, Literal

import pyarrow as pa

from dclm_pipeline.schema import TEXT, with_columns
from dclm_pipeline.sources import InputShard
from dclm_pipeline.sources.columns import Column
from dclm_pipeline.sources.pages import Failed, Skipped, Sound, read_date, sound_record
from dclm_pipeline.sources.records import ADDRESS, DATE, LANGUAGES, RECORD_ID, Record
from dclm_pipeline.sources.texts import TextBatch
from dclm_pipeline.sources.warc import WarcFiles, WarcReading
from dclm_pipeline.storage import Storage

_COLUMNS = {"crawl_languages": Column(type="string")}
_SCHEMA = with_columns(TEXT, pa.schema([("crawl_languages", pa.string())]))


class WetFiles(WarcFiles):
    """Settings of sources whose documents are the conversion records of a crawl."""

    revision: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ("isal", "zstandard", "publicsuffixlist")

    def document_schema(self) -> pa.Schema:
        """Return the columns of a text with its address and the languages that the crawl names."""
        return _SCHEMA

    def read(self, storage: Storage, shard: InputShard, rows: int, size: int) -> WarcReading:
        """Read a file, or the records that begin in a part of it."""
        return WarcReading(storage, shard, self.most_body, _Texts(shard.name, self.most_body, rows, size))


class Wet(WetFiles):
    """Texts from WET files: the conversion records of a crawl, with the languages that the crawl found in them."""

    kind: Literal["wet"] = "wet"


class _Texts(TextBatch):
    """Texts of conversion records."""

    def __init__(self, source: str, most_body: int, rows: int, size: int) -> None:
        super().__init__(source, _SCHEMA, _COLUMNS, rows, size)
        self._most_body = most_body

    def take_record(self, record: Record) -> Skipped | Failed | None:
        """Add the text that a record holds, or say why it holds none."""
        sound = sound_record(record, b"conversion")
        if not isinstance(sound, Sound):
            return sound
        header, block, address = sound
        if len(block) > self._most_body:
            return Failed("body too large", address.url, f"{len(block)} bytes, at most {self._most_body}")
        try:
            text = block.decode()
        except UnicodeDecodeError as error:
            return Failed("not UTF-8", address.url, str(error))
        row = {"text": text, "date": read_date(header.text(DATE)), "record_id": header.text(RECORD_ID)}
        more = {"crawl_languages": header.text(LANGUAGES)}
        self.add(record.place, record.offset, row | {"url": header.text(ADDRESS)}, more)
        return None
