"""WET files as a source of texts: what Common Crawl itself takes out of its pages, all text of each, menus included.

Knows conversion records; how WARC files are framed, split and mended is told beside it.
"""

from typing import ClassVar, Literal

import pyarrow as pa

from dclm_pipeline.schema import TEXT, with_columns
from dclm_pipeline.sources import InputShard
from dclm_pipeline.sources.addresses import read_address
from dclm_pipeline.sources.columns import Column
from dclm_pipeline.sources.pages import Failed, Skipped, kind_of, read_date
from dclm_pipeline.sources.records import ADDRESS, DATE, LANGUAGES, RECORD_ID, Record
from dclm_pipeline.sources.texts import TextBatch
from dclm_pipeline.sources.warc import WarcFiles, WarcReading
from dclm_pipeline.storage import Storage

_COLUMNS = {"crawl_languages": Column(type="string")}
_SCHEMA = with_columns(TEXT, pa.schema([("crawl_languages", pa.string())]))


class Wet(WarcFiles):
    """Texts from WET files: the conversion records of a crawl, with the languages that the crawl found in them."""

    revision: ClassVar[int] = 1
    libraries: ClassVar[tuple[str, ...]] = ("isal", "zstandard", "publicsuffixlist")

    kind: Literal["wet"] = "wet"

    def document_schema(self) -> pa.Schema:
        """Return the columns of a text with its address and the languages that the crawl names."""
        return _SCHEMA

    def read(self, storage: Storage, shard: InputShard, rows: int, size: int) -> WarcReading:
        """Read a file, or the records that begin in a part of it."""
        return WarcReading(storage, shard, self.most_body, _Texts(shard.name, self.most_body, rows, size))


class _Texts(TextBatch):
    """Texts of conversion records."""

    def __init__(self, source: str, most_body: int, rows: int, size: int) -> None:
        super().__init__(source, _SCHEMA, _COLUMNS, rows, size)
        self._most_body = most_body

    def take_record(self, record: Record) -> Skipped | Failed | None:
        """Add the text that a record holds, or say why it holds none."""
        header = record.header
        if header is None:
            return Failed(record.trouble)
        if header.type != b"conversion" and (header.type or not record.trouble):
            return Skipped(kind_of(header))
        address = read_address(header.text(ADDRESS))
        if record.trouble or record.block is None:
            return Failed(record.trouble, address.url or None)
        if address.trouble:
            return Skipped(address.trouble) if address.skip else Failed(address.trouble, address.url or None)
        if len(record.block) > self._most_body:
            return Failed("body too large", address.url, f"{len(record.block)} bytes, at most {self._most_body}")
        try:
            text = record.block.decode()
        except UnicodeDecodeError as error:
            return Failed("not UTF-8", address.url, str(error))
        row = {"text": text, "date": read_date(header.text(DATE)), "record_id": header.text(RECORD_ID)}
        more = {"crawl_languages": header.text(LANGUAGES)}
        self.add(record.place, record.offset, row | {"url": header.text(ADDRESS)}, more)
        return None
