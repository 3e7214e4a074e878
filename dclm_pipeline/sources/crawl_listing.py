"""Which files a crawl of Common Crawl has, by its own listings, of which a copy may lie elsewhere.

Knows what a line of a listing may be: whatever else it holds never becomes a path.
"""

import gzip
import io
import re

from pydantic import Field

from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.sources.warc import WarcRecords
from dclm_pipeline.step import Place
from dclm_pipeline.storage import Storage, open_storage

HOME = "https://data.commoncrawl.org/"
_CRAWL = r"^CC-MAIN-\d{4}(-\d{2}){1,2}(-[A-Z]{1,10})?$"
_MOST_LISTING = 256 * 2**20
WARC_FILE = re.compile(r"crawl-data/(?P<crawl>[A-Za-z0-9_-]{1,64})(/[A-Za-z0-9._-]{1,200}){1,6}\.warc\.gz")
WET_FILE = re.compile(r"crawl-data/(?P<crawl>[A-Za-z0-9_-]{1,64})(/[A-Za-z0-9._-]{1,200}){1,6}\.warc\.wet\.gz")
INDEX_FILE = re.compile(
    r"cc-index/[a-z/-]{1,64}/crawl=(?P<crawl>[A-Za-z0-9_-]{1,64})/subset=[a-z]+/[\w.-]{1,200}\.parquet"
)


class Crawl(WarcRecords):
    """Settings of sources that are a crawl of Common Crawl."""

    path: Place = Field(default=HOME, description="Where crawls lie: a mirror, `s3://commoncrawl/`, or a folder.")
    crawl: str = Field(pattern=_CRAWL, description="The crawl, such as CC-MAIN-2024-18.")


def is_file_of(crawl: str, path: str, pattern: re.Pattern[str]) -> bool:
    """Tell whether a path is what a file of a crawl is called."""
    found = pattern.fullmatch(path)
    return found is not None and "/." not in path and found["crawl"] == crawl


def listed(storage: Storage, crawl: str, name: str, copy: str, pattern: re.Pattern[str]) -> list[str]:
    """Return the files that a crawl's listing `name` names, or a `copy` of it where there is one."""
    place, data = _read(storage, crawl, name, copy)
    if data.startswith(b"\x1f\x8b"):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                data = packed.read(_MOST_LISTING + 1)
        except (OSError, EOFError) as error:
            raise IntegrityError(f"{place}: is damaged ({error}); fetch it again") from error
    if len(data) > _MOST_LISTING:
        raise RecipeError(f"{place}: is larger than any listing ({_MOST_LISTING:,} bytes)")
    paths = data.decode("utf-8", "replace").split()
    for path in paths:
        if not is_file_of(crawl, path, pattern):
            raise RecipeError(f"{place}: holds {path[:200]!r}, which is no such file of {crawl}")
    if len(set(paths)) != len(paths):
        raise RecipeError(f"{place}: names a file twice; give a listing without repetitions")
    return paths


def _read(storage: Storage, crawl: str, name: str, copy: str) -> tuple[str, bytes]:
    if copy:
        place = open_storage(copy)
        entry = next(place.entries(), None)
        if entry is None:
            raise RecipeError(f"{copy}: no such file; name a copy of {crawl}'s {name}")
        return copy, place.read(entry.path)
    path = f"crawl-data/{crawl}/{name}"
    try:
        return f"{storage.url}{path}", storage.read(path)
    except FileNotFoundError as error:
        raise RecipeError(
            f"{error}: there is no crawl {crawl} there; https://commoncrawl.org/get-started lists them"
        ) from error
