"""Common Crawl as a source of chosen pages: a crawl's URL index says which records fit, and only those are fetched.

What comes out is what reading the whole files and leaving out the other records would give, ids included. The index is
read when a run is planned: a selection is a list of places, and part of the plan.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.sizes import Size
from dclm_pipeline.sources import InputShard, Offer
from dclm_pipeline.sources.crawl_listing import INDEX_FILE, WARC_FILE, Crawl, is_file_of, listed
from dclm_pipeline.sources.lines import Lines, codec_of_lines
from dclm_pipeline.sources.picked import MOST_FETCHED, PickedReading
from dclm_pipeline.sources.spans import Spans
from dclm_pipeline.sources.url_conditions import Addressed, Between, Condition, Languages, OneOf, sort_key
from dclm_pipeline.sources.url_index import Selection, select
from dclm_pipeline.sources.warc import PageRecords
from dclm_pipeline.sources.window import Window
from dclm_pipeline.step import Place
from dclm_pipeline.storage import Storage, open_storage

_LISTING = "cc-index-table.paths.gz"
_PARQUET = re.compile(r"\.parquet$", re.IGNORECASE)
_SUBSET = "subset=warc/"
_LONGEST_URL = 64 * 1024
_LARGEST = 2**31 - 1

Length = Annotated[int, Field(ge=1, le=_LARGEST)]
Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$")]
TopLevel = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,63}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")]


class CommonCrawlIndex(Crawl, PageRecords):
    """Pages from a crawl of Common Crawl that its URL index says are wanted: by language, host, address, type, length.

    All conditions must be fulfilled, of a list one of its values. The index covers the whole crawl: hosts, domains and
    addresses are found in it at once, languages and types by looking through a column of it.
    """

    kind: Literal["common_crawl_index"] = "common_crawl_index"
    index: Place = Field(default="", description="A copy of the index: a folder of Parquet files; default: its own.")
    languages: tuple[Language, ...] = Field(
        default=(), description="Languages of the text by the crawl's detection: three letters, such as eng."
    )
    any_language: bool = Field(default=False, description="Let a page in that is only in part in one of `languages`.")
    hosts: tuple[Host, ...] = Field(default=(), description="Hosts, such as www.example.org; not those below them.")
    domains: tuple[Host, ...] = Field(default=(), description="Hosts with all that are below them: example.org.")
    tlds: tuple[TopLevel, ...] = Field(default=(), description="Top-level domains, such as org.")
    urls: Place = Field(default="", description="A file of addresses, one a line, also packed; exactly as crawled.")
    mime: tuple[str, ...] = Field(default=(), description="Types that the crawl detected, such as text/html.")
    least_length: int = Field(
        default=0, ge=0, le=_LARGEST, description="Bytes that a record takes in its WARC file, at least."
    )
    most_length: Length | None = Field(default=None, description="The same, at most.")
    gap: Size = Field(default=64 * 1024, ge=0, description="Records closer than this are fetched by one request.")

    selecting: ClassVar[frozenset[str]] = frozenset(
        {"crawl", "languages", "any_language", "hosts", "domains", "tlds", "mime", "least_length", "most_length", "gap"}
    )

    @model_validator(mode="after")
    def _lengths_meet(self) -> Self:
        if self.most_length is not None and self.least_length > self.most_length:
            raise ValueError(
                f"least_length is {self.least_length} and most_length {self.most_length}, so no record fits; "
                "give a most_length that is no less"
            )
        return self

    def shards(self, storage: Storage) -> Iterator[InputShard]:
        """List the files with records that fit, by name; each shard is such a file's records."""
        yield from self.offer(storage).shards

    def offer(self, storage: Storage) -> Offer:
        """Read the index; what is told is what share of the crawl fits, and how many requests that takes."""
        place, files = self.files(storage)
        found = select(place, files, self.conditions(), lambda name: is_file_of(self.crawl, name, WARC_FILE))
        if not found.spans:
            raise RecipeError(
                f"{self.index or self.crawl}: of the {found.known_records:,} records in the index none fits all that the "
                "source asks for; ask for less, or look for a slip of the pen"
            )
        shards = tuple(_shard(name, spans) for name, spans in found.spans.items())
        return Offer(shards, lambda: self._told(storage, found))

    def for_reading(self) -> Self:
        """Leave out what chooses records: it may be long, and they have been chosen."""
        nothing: dict[str, object] = dict.fromkeys(("languages", "hosts", "domains", "tlds", "mime"), ())
        return self.model_copy(update=nothing | {"urls": "", "index": ""})

    def read(self, storage: Storage, shard: InputShard, rows: int, size: int) -> PickedReading:
        """Read the records of a file that fit."""
        return PickedReading(storage, shard, *self.gathering(shard, rows, size), self.gap)

    def _told(self, storage: Storage, found: Selection) -> str:
        try:
            files = len(listed(storage, self.crawl, "warc.paths.gz", "", WARC_FILE))
            whole = f"; the crawl has {files:,} files, of which {len(found.spans):,} hold some"
        except RecipeError:
            whole = ""
        requests = sum(len(spans.borders(self.gap, MOST_FETCHED)) - 1 for spans in found.spans.values())
        return (
            f"{found.records:,} of {found.known_records:,} records, {found.size / 1e6:,.1f} MB of about "
            f"{found.known_bytes / 1e6:,.1f} MB ({found.size / max(found.known_bytes, 1):.3%}), by {requests:,} requests{whole}"
        )

    def files(self, storage: Storage) -> tuple[Storage, list[str]]:
        """Return where the index lies, and its files."""
        if self.index:
            place = open_storage(self.index)
            paths = [entry.path for entry in place.entries() if _PARQUET.search(entry.path)]
            of_records = [path for path in paths if "subset=" not in path or _SUBSET in path]
            of_records = [path for path in of_records if "crawl=" not in path or f"crawl={self.crawl}/" in path]
            if not of_records:
                raise RecipeError(f"{self.index}: holds no Parquet file of a URL index")
            return place, of_records
        paths = [path for path in listed(storage, self.crawl, _LISTING, "", INDEX_FILE) if _SUBSET in path]
        if not paths:
            raise RecipeError(f"{self.crawl}: its {_LISTING} names no file of its URL index; give a copy as `index`")
        return storage, paths

    def conditions(self) -> list[Condition]:
        """Return what a row of the index must fulfil."""
        found: list[Condition] = [OneOf("fetch_status", self.status)]
        if self.hosts:
            found.append(Addressed("url_host_name", self.hosts))
        if self.domains:
            found.append(Addressed("url_host_name", self.domains, below=True))
        if self.tlds:
            found.append(OneOf("url_host_tld", self.tlds))
        if self.urls:
            found.append(Addressed("url", _addresses(self.urls)))
        if self.languages:
            found.append(Languages(self.languages, self.any_language))
        if self.mime:
            found.append(OneOf("content_mime_detected", self.mime))
        if self.least_length or self.most_length is not None:
            most = _LARGEST if self.most_length is None else self.most_length
            found.append(Between("warc_record_length", self.least_length, most))
        return found


def _shard(name: str, spans: Spans) -> InputShard:
    known = hashlib.sha256(f"common crawl records\0{name}\0".encode() + spans.packed).hexdigest()
    return InputShard(name, spans.size, known, spans=spans)


def _addresses(place: str) -> tuple[str, ...]:
    storage = open_storage(place)
    entry = next(storage.entries(), None)
    if entry is None:
        raise RecipeError(f"{place}: no such file; name one with an address on each line")
    with storage.open(entry.path) as file:
        window = Window(file)
        lines = Lines(window, codec_of_lines(window), 0, None, _LONGEST_URL)
        found = [(offset, line) for offset, line in lines if not isinstance(line, bytes) or line.strip()]
    if lines.damage or not found:
        raise RecipeError(f"{place}: is damaged, or holds no addresses")
    return tuple(_address(place, offset, line) for offset, line in found)


def _address(place: str, offset: int, line: bytes | str) -> str:
    if isinstance(line, str):
        raise RecipeError(f"{place}: {line} at byte {offset:,}, where an address has {_LONGEST_URL:,} bytes at most")
    try:
        address = line.strip().decode()
        known = sort_key(urlsplit(address).hostname or "")
    except ValueError as error:
        raise _no_address(place, line) from error
    if not known:
        raise _no_address(place, line)
    return address


def _no_address(place: str, line: bytes) -> RecipeError:
    told = line.strip()[:200].decode(errors="replace")
    return RecipeError(f"{place}: {told!r} is no address; write each as it was crawled: https://www.example.org/page")
