"""Small URL indexes for tests, in memory, with every row where the test wants it."""

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dclm_pipeline.sources.url_conditions import Condition, OneOf
from dclm_pipeline.sources.url_index import Selection, select
from dclm_pipeline.storage.memory import MemoryStorage

CRAWL = "CC-MAIN-2025-00"
FILE = f"crawl-data/{CRAWL}/segments/1.0/warc/a.warc.gz"
SCHEMA = pa.schema(
    [
        pa.field("url_surtkey", pa.string()),
        pa.field("url", pa.string()),
        pa.field("url_host_name", pa.string()),
        pa.field("url_host_tld", pa.string()),
        pa.field("fetch_status", pa.int16()),
        pa.field("content_mime_detected", pa.string()),
        pa.field("content_languages", pa.string()),
        pa.field("warc_filename", pa.string()),
        pa.field("warc_record_offset", pa.int32()),
        pa.field("warc_record_length", pa.int32()),
    ]
)


def row(offset: int, length: int = 100, host: str = "www.example.org", **values: Any) -> dict[str, Any]:
    """Return a row about a page on a host."""
    return {
        "url_surtkey": ",".join(reversed(host.removeprefix("www.").split("."))) + ")/",
        "url": f"https://{host}/",
        "url_host_name": host,
        "url_host_tld": host.rpartition(".")[2],
        "fetch_status": 200,
        "content_mime_detected": "text/html",
        "content_languages": "eng",
        "warc_filename": FILE,
        "warc_record_offset": offset,
        "warc_record_length": length,
    } | values


def table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Return rows as a table of the index's own types."""
    return pa.Table.from_pylist([*rows], schema=SCHEMA)


def retyped(index: pa.Table, column: str, kind: pa.DataType) -> pa.Table:
    """Return a table with a column of another type."""
    values = index[column].combine_chunks()
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type).dictionary_encode()
    return index.set_column(index.schema.get_field_index(column), column, values.cast(kind))


def stored(*tables: pa.Table, **writing: Any) -> MemoryStorage:
    """Return a storage that holds an index of some files."""
    MemoryStorage.forget("index-tests")
    storage = MemoryStorage("index-tests")
    for number, one in enumerate(tables):
        sink = pa.BufferOutputStream()
        pq.write_table(one, sink, **writing)
        storage.put(f"part-{number:05d}.parquet", sink.getvalue().to_pybytes())
    return storage


def selected(storage: MemoryStorage, conditions: Iterable[Condition] = (OneOf("fetch_status", (200,)),)) -> Selection:
    """Return what a stored index says that fits, of files that are called as those of a crawl are."""
    files = [entry.path for entry in storage.entries()]
    return select(storage, files, [*conditions], lambda name: name.endswith(".warc.gz"))


def places(selection: Selection) -> dict[str, list[list[int]]]:
    """Return offset and length of each record, by file."""
    return {name: spans.places.tolist() for name, spans in selection.spans.items()}
