"""The URL index of a made-up crawl: what Common Crawl's table says of each response, one file for each WARC file.

Knows the table's columns as far as anybody asks for them; rows of a file are in the order of their sort keys.
"""

import gzip
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from dclm_pipeline.arrow import schema_of
from dclm_pipeline.madeup.pages import Page

_ROWS_A_GROUP = 500
_LANGUAGES = {
    "en": "eng",
    "de": "deu",
    "fr": "fra",
    "es": "spa",
    "it": "ita",
    "pl": "pol",
    "ru": "rus",
    "ja": "jpn",
}
_TEXT = pa.string()
_SCHEMA = schema_of(
    pa.field("url_surtkey", _TEXT),
    pa.field("url", _TEXT),
    pa.field("url_host_name", _TEXT),
    pa.field("url_host_tld", _TEXT),
    pa.field("fetch_status", pa.int16()),
    pa.field("content_mime_type", _TEXT),
    pa.field("content_mime_detected", _TEXT),
    pa.field("content_charset", _TEXT),
    pa.field("content_languages", _TEXT),
    pa.field("content_truncated", _TEXT),
    pa.field("warc_filename", _TEXT),
    pa.field("warc_record_offset", pa.int32()),
    pa.field("warc_record_length", pa.int32()),
)


def row(page: Page, warc: str, offset: int, length: int) -> dict[str, Any]:
    """Return what the index says of a response that lies at `offset` of a WARC file."""
    parts = urlsplit(page.url)
    host = parts.hostname or ""
    key = ",".join(reversed(re.sub(r"^www\d*\.", "", host).split(".")))
    return {
        "url_surtkey": f"{key}){parts.path.lower()}" + (f"?{parts.query.lower()}" if parts.query else ""),
        "url": page.url,
        "url_host_name": host,
        "url_host_tld": host.rpartition(".")[2],
        "fetch_status": int(page.status.partition(" ")[0]),
        "content_mime_type": page.content_type.partition(";")[0] or None,
        "content_mime_detected": page.identified,
        "content_charset": page.charset.upper() if page.charset else None,
        "content_languages": _LANGUAGES.get(page.language or ""),
        "content_truncated": "length" if page.truncated else None,
        "warc_filename": warc,
        "warc_record_offset": offset,
        "warc_record_length": length,
    }


def write_part(folder: Path, crawl: str, number: int, rows: Sequence[dict[str, Any]]) -> str:
    """Write a file of the index below a crawl's folder; return its path there."""
    path = f"cc-index/table/cc-main/warc/crawl={crawl}/subset=warc/part-{number:05d}.gz.parquet"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(sorted(rows, key=lambda one: (one["url_surtkey"], one["url"])), schema=_SCHEMA)
    pq.write_table(table, folder / path, row_group_size=_ROWS_A_GROUP, compression="gzip")
    return path


def write_listing(folder: Path, crawl: str, name: str, paths: Sequence[str]) -> None:
    """Write one of a crawl's listings."""
    (folder / "crawl-data" / crawl).mkdir(parents=True, exist_ok=True)
    listing = "".join(f"{path}\n" for path in paths).encode()
    (folder / "crawl-data" / crawl / name).write_bytes(gzip.compress(listing, mtime=0))
