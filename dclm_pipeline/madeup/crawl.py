"""A made-up crawl on disk: WARC files named as Common Crawl names them, and the truth about every page.

What the files say depends on (pages, seed, shards, mean size) alone, and page by page on (seed, number, mean size)
alone: another number of shards cuts the same row of pages elsewhere. Streams: memory does not grow with the crawl.

A line of truth is about one response: `url`, `record_id`, `warc` (relative to the folder) and `offset` say which;
`kind`, `language`, `charset` (that of the bytes), `labelled` (where the charset is declared: both, header, meta,
nowhere; wrong: the header names another), `truncated` and `text` (the content, a line a block, title and surroundings
left out) what it is; `duplicate_of` (the original's url), `duplicate_kind` (exact: same body; near: much the same
text in another template) and `jaccard` (of the texts' word 13-grams) whose copy. Equal by accident, and not marked:
empty bodies, and pages without content of one site.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.madeup import index
from dclm_pipeline.madeup.pages import LEAST_MEAN_BYTES, Page, page_of
from dclm_pipeline.madeup.warc import compress, records_of, warcinfo

CRAWL = "CC-MAIN-2025-00"
TRUTH = "truth.jsonl"
MEAN_BYTES = 15_000
MOST_PAGES = 10_000_000

_SEGMENT = f"{CRAWL}/segments/1735689600000.00/warc"
_NAME = "CC-MAIN-20250101000000-20250101030000-{number:05d}.warc.gz"
_PAGES_PER_SHARD = 1_000
_LEAST_SHARDS = 4
_PROGRESS_PAGES = 250
_UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class CrawlFacts:
    """What was written; `bytes` is the size of the WARC files, `paths` are theirs, relative to the folder."""

    pages: int
    shards: int
    bytes: int
    paths: tuple[str, ...]


def write_crawl(
    folder: Path,
    pages: int,
    seed: int = 0,
    shards: int | None = None,
    mean_bytes: int = MEAN_BYTES,
    progress: Callable[[int], None] | None = None,
    listed: bool = False,
) -> CrawlFacts:
    """Write a made-up crawl below `folder`, in place of any that an earlier call wrote there, whole or not.

    A folder in which anything else lies is refused.

    Where it is `listed`, the files lie below `crawl-data/`, with the crawl's listings and its URL index beside them:
    what the sources `common_crawl` and `common_crawl_index` read.

    `shards` is by default one for a thousand pages, but four at least; `mean_bytes` is the mean size of a body;
    `progress` is told how many pages are written, every 250 and at the end.
    """
    count = _shard_count(pages, shards)
    if mean_bytes < LEAST_MEAN_BYTES:
        raise RecipeError(
            f"a mean of {mean_bytes} bytes a page is too small for a page; ask for {LEAST_MEAN_BYTES} or more"
        )
    if folder.exists() and not folder.is_dir():
        raise RecipeError(f"{folder} is a file; name a folder for the crawl")
    segment = f"crawl-data/{_SEGMENT}" if listed else _SEGMENT
    paths = tuple(f"{segment}/{_NAME.format(number=number)}" for number in range(count))
    _require_free(folder)
    folder.mkdir(parents=True, exist_ok=True)
    size = 0
    parts: list[str] = []
    unfinished_truth = folder / (TRUTH + _UNFINISHED)
    # First: it says whose folder this is.
    with unfinished_truth.open("wb") as truth:
        _remove_earlier(folder)
        (folder / segment).mkdir(parents=True, exist_ok=True)
        for shard, path in enumerate(paths):
            opening, name = warcinfo(seed, path.rpartition("/")[2])
            unfinished = folder / (path + _UNFINISHED)
            rows: list[dict[str, Any]] = []
            with unfinished.open("wb") as warc:
                warc.write(compress(opening))
                for number in range(shard * pages // count, (shard + 1) * pages // count):
                    page = page_of(seed, number, mean_bytes)
                    offset, length = _write_page(warc, truth, path, page, seed, name)
                    if listed:
                        rows.append(index.row(page, path, offset, length))
                    if progress is not None and ((number + 1) % _PROGRESS_PAGES == 0 or number + 1 == pages):
                        progress(number + 1)
                size += warc.tell()
            unfinished.rename(folder / path)
            if listed:
                parts.append(index.write_part(folder, CRAWL, shard, rows))
    if listed:
        index.write_listing(folder, CRAWL, "warc.paths.gz", paths)
        index.write_listing(folder, CRAWL, "cc-index-table.paths.gz", parts)
    # Last: a folder with its truth is whole.
    unfinished_truth.rename(folder / TRUTH)
    return CrawlFacts(pages, count, size, paths)


def _shard_count(pages: int, shards: int | None) -> int:
    if not 1 <= pages <= MOST_PAGES:
        raise RecipeError(f"a crawl of {pages} pages cannot be made up; ask for 1 to {MOST_PAGES}")
    if shards is None:
        return min(pages, max(_LEAST_SHARDS, -(-pages // _PAGES_PER_SHARD)))
    if not 1 <= shards <= pages:
        raise RecipeError(f"{pages} pages cannot be cut into {shards} shards; ask for 1 to {pages}")
    return shards


def _require_free(folder: Path) -> None:
    """Refuse a folder in which something else lies: it would be read as a part of the crawl, or the crawl as its."""
    if any((folder / name).is_file() for name in (TRUTH, TRUTH + _UNFINISHED)):
        return
    found = next(folder.iterdir(), None) if folder.is_dir() else None
    if found is not None:
        raise RecipeError(
            f"{folder}: is not empty ({found.name}), and no crawl of ours; name a folder that is empty or not there"
        )


def _remove_earlier(folder: Path) -> None:
    """Remove what an earlier call left, or the folder would hold pages of two crawls."""
    (folder / TRUTH).unlink(missing_ok=True)
    for above in (folder, folder / "crawl-data"):
        for path in (above / _SEGMENT).glob("CC-MAIN-20250101000000-20250101030000-?????.warc.gz*"):
            path.unlink()
    for path in folder.glob(f"cc-index/table/cc-main/warc/crawl={CRAWL}/subset=warc/part-?????.gz.parquet"):
        path.unlink()


def _write_page(
    warc: BinaryIO, truth: BinaryIO, path: str, page: Page, seed: int, warcinfo_name: str
) -> tuple[int, int]:
    """Write a page's records, and its line of truth; return where its response lies, and how long it is."""
    records = records_of(seed, page, warcinfo_name)
    warc.write(compress(records.request))
    offset = warc.tell()
    warc.write(compress(records.response))
    length = warc.tell() - offset
    warc.write(compress(records.metadata))
    truth.write(_truth_line(page, records.record_id, path, offset))
    return offset, length


def _truth_line(page: Page, record_id: str, path: str, offset: int) -> bytes:
    line = {
        "url": page.url,
        "record_id": record_id,
        "warc": path,
        "offset": offset,
        "kind": page.kind,
        "language": page.language,
        "charset": page.charset,
        "labelled": page.labelled,
        "truncated": page.truncated,
        "duplicate_of": page.duplicate_of,
        "duplicate_kind": page.duplicate_kind,
        "jaccard": page.jaccard,
        "text": page.text,
    }
    return (json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
