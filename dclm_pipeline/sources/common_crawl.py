"""Common Crawl as a source of pages: a crawl by its name, all of its WARC files or a seeded sample of them.

Knows where a crawl keeps its listing, and what a line of that may be; WARC files are read as any others. The files of
a crawl never change, so each is known by its name and asked for once, by the task that reads it.
Known gaps: WET files, and the listings of single segments.
"""

import gzip
import hashlib
import io
import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.sizes import Size
from dclm_pipeline.sources import InputShard
from dclm_pipeline.sources.listing import in_parts
from dclm_pipeline.sources.warc import PageFiles
from dclm_pipeline.step import Place
from dclm_pipeline.storage import Storage, open_storage

HOME = "https://data.commoncrawl.org/"
_CRAWL = r"^CC-MAIN-\d{4}(-\d{2}){1,2}(-[A-Z]{1,10})?$"
_LINE = re.compile(r"crawl-data/[A-Za-z0-9_-]{1,64}(/[A-Za-z0-9._-]{1,200}){1,6}\.warc\.gz")
_MOST_LISTING = 256 * 2**20


class CommonCrawl(PageFiles):
    """Pages from a crawl of Common Crawl: its name, and how many of its WARC files.

    Files are drawn by a hash of `seed` and their name, so a larger sample holds the smaller ones. Read over HTTPS, or
    from `s3://commoncrawl/` by whoever has keys and runs beside it.
    """

    kind: Literal["common_crawl"] = "common_crawl"
    path: Place = Field(default=HOME, description="Where crawls lie: a mirror, `s3://commoncrawl/`, or a folder.")
    crawl: str = Field(pattern=_CRAWL, description="The crawl, such as CC-MAIN-2024-18.")
    files: int | None = Field(default=None, ge=1, description="How many WARC files; null: all, or `share` of them.")
    share: float | None = Field(default=None, gt=0, le=1, description="What share of the WARC files.")
    seed: int = Field(default=0, description="What the sample is drawn by.")
    listing: Place = Field(default="", description="A copy of the crawl's warc.paths.gz; default: the crawl's own.")
    split: Annotated[Size, Field(ge=1)] | None = Field(
        default=None, description="Read files above this size in parts; asks for the size of each file beforehand."
    )

    revision: ClassVar[int] = 1
    selecting: ClassVar[frozenset[str]] = frozenset({"crawl", "files", "share", "seed"})

    @model_validator(mode="after")
    def _draws_one_way(self) -> Self:
        if self.files is not None and self.share is not None:
            raise ValueError("files and share both say how many; give one of them")
        return self

    def shards(self, storage: Storage) -> Iterator[InputShard]:
        """List the files that are drawn, in the order of the crawl's listing."""
        paths = self._paths(storage)
        wanted = frozenset(self._drawn(paths))
        for path in paths:
            if path in wanted:
                yield from self._shards_of(storage, path)

    def _shards_of(self, storage: Storage, path: str) -> list[InputShard]:
        known = hashlib.sha256(f"common crawl\0{path}".encode()).hexdigest()
        size = 0 if self.split is None else storage.size(path)
        return in_parts(InputShard(path, size, known), self.split)

    def _drawn(self, paths: list[str]) -> list[str]:
        if self.files is None and self.share is None:
            return paths
        count = self.files if self.files is not None else max(1, round(len(paths) * (self.share or 0)))
        if count > len(paths):
            raise RecipeError(f"source: files is {count}, and {self.crawl} has {len(paths)}; ask for fewer")
        return sorted(paths, key=self._luck)[:count]

    def _luck(self, path: str) -> bytes:
        return hashlib.sha256(f"{self.seed}\0{path}".encode()).digest()

    def _paths(self, storage: Storage) -> list[str]:
        """Return the crawl's files; every line of a listing must be what a crawl's file is called."""
        name, data = self._listing(storage)
        if data.startswith(b"\x1f\x8b"):
            try:
                with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
                    data = packed.read(_MOST_LISTING + 1)
            except (OSError, EOFError) as error:
                raise IntegrityError(f"{name}: is damaged ({error}); fetch it again") from error
        if len(data) > _MOST_LISTING:
            raise RecipeError(f"{name}: is larger than any listing ({_MOST_LISTING:,} bytes)")
        paths = data.decode("utf-8", "replace").split()
        for path in paths:
            if not _LINE.fullmatch(path) or ".." in path or path.split("/")[1] != self.crawl:
                raise RecipeError(f"{name}: holds {path[:200]!r}, which is no WARC file of {self.crawl}")
        if len(set(paths)) != len(paths):
            raise RecipeError(f"{name}: names a file twice; give a listing without repetitions")
        return paths

    def _listing(self, storage: Storage) -> tuple[str, bytes]:
        if self.listing:
            place = open_storage(self.listing)
            entry = next(place.entries(), None)
            if entry is None:
                raise RecipeError(f"{self.listing}: no such file; name a copy of {self.crawl}'s warc.paths.gz")
            return self.listing, place.read(entry.path)
        path = f"crawl-data/{self.crawl}/warc.paths.gz"
        try:
            return f"{storage.url}{path}", storage.read(path)
        except FileNotFoundError as error:
            raise RecipeError(
                f"{error}: there is no crawl {self.crawl} there; https://commoncrawl.org/get-started lists them"
            ) from error
