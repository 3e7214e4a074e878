"""Where comparisons are made: one crawl that all of them read, and a scratch folder for what they write.

The crawl is the WARC files of $DCLM_TEST_DATA/dev where that is set, and a made-up one with pages of 100 kB elsewhere,
each file several times, so that what is measured is longer than what it starts with.
Say which it was beside every number: the made-up web is plainer than the real one.
"""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from itertools import cycle
from pathlib import Path

from bench.addresses import make_addresses
from bench.serving import serving

COPIES = 3
PAGES = 500
MEAN_BYTES = 100_000
# A seed whose first page is a whole one, in English.
ONE_KEPT = "2"
SMALL_SHARDS = 1_000
LARGE_BYTES = 10**9
STREAMED_BYTES = 60 * 10**6
LATENCY_SECONDS = 0.1
DCLM = (sys.executable, "-m", "dclm_pipeline.cli")


@dataclass(frozen=True)
class Ground:
    """A crawl (folder, files and what to call it) and a folder to write to; what else is needed is made when it is.

    `streamed_bytes` is the least size of the file that is read from servers. Those run until `stack` is closed.
    """

    name: str
    crawl: Path
    warcs: tuple[Path, ...]
    scratch: Path
    stack: ExitStack = field(default_factory=ExitStack)
    streamed_bytes: int = STREAMED_BYTES

    @cached_property
    def one_page(self) -> Path:
        """Return a made-up crawl of one page, which every recipe of `recipes` keeps."""
        return _made_up(self.scratch / "one", "--pages", "1", "--seed", ONE_KEPT)

    @cached_property
    def two_pages(self) -> Path:
        """Return a made-up crawl of two pages in two files."""
        return _made_up(self.scratch / "two", "--pages", "2", "--shards", "2")

    @cached_property
    def small_shards(self) -> Path:
        """Return a made-up crawl of many small files."""
        pages = str(10 * SMALL_SHARDS)
        return _made_up(self.scratch / "small", "--pages", pages, "--shards", str(SMALL_SHARDS))

    @cached_property
    def one_large(self) -> Path:
        """Return a folder with one WARC file of a gigabyte: the crawl over and over."""
        return self._repeated(self.scratch / "large" / "large.warc.gz", LARGE_BYTES).parent

    @cached_property
    def streamed(self) -> Path:
        """Return a WARC file to be read from disk and from servers: the crawl over and over."""
        return self._repeated(self.scratch / "served" / "streamed.warc.gz", self.streamed_bytes)

    @cached_property
    def streamed_page(self) -> Path:
        """Return a WARC file of one page beside it."""
        (page,) = self.one_page.rglob("*.warc.gz")
        return Path(shutil.copyfile(page, self.streamed.with_name("page.warc.gz")))

    @cached_property
    def web(self) -> str:
        """Return the address of a server of those two files."""
        return self.stack.enter_context(serving(self.streamed_page.parent))

    @cached_property
    def late_web(self) -> str:
        """Return the address of one that lets each request wait."""
        return self.stack.enter_context(serving(self.streamed_page.parent, LATENCY_SECONDS))

    def _repeated(self, place: Path, size: int) -> Path:
        """Write the crawl's files over and over into one of at least that size."""
        place.parent.mkdir()
        with place.open("wb") as large:
            for warc in cycle(self.warcs):
                large.write(warc.read_bytes())
                if large.tell() >= size:
                    return place
        raise ValueError(f"{self.crawl} holds no pages")

    @property
    def addresses(self) -> Path:
        """Return a folder with a list of domains and with addresses; made when it is first asked for."""
        folder = self.scratch / "addresses"
        if not folder.exists():
            make_addresses(folder)
        return folder


def find_ground(scratch: Path, stack: ExitStack, streamed_bytes: int = STREAMED_BYTES) -> Ground:
    """Return the real crawl if there is one, else make one up; what it starts is ended by `stack`."""
    data = os.environ.get("DCLM_TEST_DATA", "")
    pages = Path(data) / "dev" if data else scratch / "pages"
    if not data:
        _made_up(pages, "--pages", str(PAGES), "--mean-bytes", str(MEAN_BYTES))
    crawl = scratch / "crawl"
    crawl.mkdir()
    for copy in range(COPIES):
        for warc in pages.rglob("*.warc.gz"):
            shutil.copyfile(warc, crawl / f"{copy}-{warc.name}")
    warcs = tuple(sorted(crawl.iterdir()))
    if not warcs:
        raise FileNotFoundError(
            f"{pages} holds no .warc.gz; set DCLM_TEST_DATA to a folder whose dev/ does, or unset it"
        )
    name = f"{COPIES} times {'$DCLM_TEST_DATA/dev' if data else f'{PAGES} made-up pages'}"
    return Ground(name, crawl, warcs, scratch, stack, streamed_bytes)


def _made_up(folder: Path, *options: str) -> Path:
    subprocess.run([*DCLM, "sample-crawl", str(folder), *options], check=True, stdout=subprocess.DEVNULL)
    return folder
