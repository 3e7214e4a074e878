"""Common Crawl as a source: a crawl by its name, all of its files or a seeded sample of them, pages or texts.

The files of a crawl never change, so each is known by its name and asked for once, by the task that reads it. Known
gap: the listings of single segments.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.sizes import Size
from dclm_pipeline.sources import InputShard
from dclm_pipeline.sources.crawl_listing import HOME, WARC_FILE, WET_FILE, Crawl, listed
from dclm_pipeline.sources.listing import in_parts
from dclm_pipeline.sources.warc import PageFiles, WarcFiles
from dclm_pipeline.sources.wet import WetFiles
from dclm_pipeline.step import Place
from dclm_pipeline.storage import Storage

__all__ = ["HOME", "CommonCrawl", "CommonCrawlWet"]


class CrawlFiles(Crawl, WarcFiles):
    """Settings of sources that read files of a crawl whole: how many of them."""

    files: int | None = Field(default=None, ge=1, description="How many files; null: all, or `share` of them.")
    share: float | None = Field(default=None, gt=0, le=1, description="What share of the files.")
    seed: int = Field(default=0, description="What the sample is drawn by.")
    listing: Place = Field(default="", description="A copy of the crawl's listing of these files; default: its own.")
    split: Annotated[Size, Field(ge=1)] | None = Field(
        default=None, description="Read files above this size in parts; asks for the size of each file beforehand."
    )

    selecting: ClassVar[frozenset[str]] = frozenset({"crawl", "files", "share", "seed"})
    listed_in: ClassVar[str]
    pattern: ClassVar[re.Pattern[str]]

    @model_validator(mode="after")
    def _draws_one_way(self) -> Self:
        if self.files is not None and self.share is not None:
            raise ValueError("files and share both say how many; give one of them")
        return self

    def shards(self, storage: Storage) -> Iterator[InputShard]:
        """List the files that are drawn, in the order of the crawl's listing."""
        paths = listed(storage, self.crawl, self.listed_in, self.listing, self.pattern)
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


class CommonCrawl(CrawlFiles, PageFiles):
    """Pages from a crawl of Common Crawl: its name, and how many of its WARC files.

    Files are drawn by a hash of `seed` and their name, so a larger sample holds the smaller ones. Read over HTTPS, or
    from `s3://commoncrawl/` by whoever has keys and runs beside it.
    """

    kind: Literal["common_crawl"] = "common_crawl"

    listed_in: ClassVar[str] = "warc.paths.gz"
    pattern: ClassVar[re.Pattern[str]] = WARC_FILE


class CommonCrawlWet(CrawlFiles, WetFiles):
    """Texts that Common Crawl took out of a crawl's pages: its name, and how many of its WET files.

    Drawn and read as those of `common_crawl` are; the same seed draws other files, for they have other names.
    """

    kind: Literal["common_crawl_wet"] = "common_crawl_wet"

    listed_in: ClassVar[str] = "wet.paths.gz"
    pattern: ClassVar[re.Pattern[str]] = WET_FILE
