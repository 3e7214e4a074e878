"""Where comparisons are made: one crawl that all of them read, and a scratch folder for what they write.

The crawl is the WARC files of $DCLM_TEST_DATA/dev where that is set, and a made-up one with pages of 100 kB elsewhere,
each file several times, so that what is measured is longer than what it starts with.
Say which it was beside every number: the made-up web is plainer than the real one.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.addresses import make_addresses

COPIES = 3
PAGES = 500
MEAN_BYTES = 100_000
SMALL_SHARDS = 1_000
LARGE_BYTES = 10**9
DCLM = (sys.executable, "-m", "dclm_pipeline.cli")


@dataclass(frozen=True)
class Ground:
    """A crawl (folder, files and what to call it) and a folder to write to."""

    name: str
    crawl: Path
    warcs: tuple[Path, ...]
    one_page: Path
    two_pages: Path
    small_shards: Path
    scratch: Path

    @property
    def one_large(self) -> Path:
        """Return a folder with one WARC file of a gigabyte: the crawl over and over; made when it is first asked for."""
        folder = self.scratch / "large"
        if not folder.exists():
            folder.mkdir()
            with (folder / "large.warc.gz").open("wb") as large:
                while large.tell() < LARGE_BYTES:
                    for warc in self.warcs:
                        large.write(warc.read_bytes())
        return folder

    @property
    def addresses(self) -> Path:
        """Return a folder with a list of domains and with addresses; made when it is first asked for."""
        folder = self.scratch / "addresses"
        if not folder.exists():
            make_addresses(folder)
        return folder


def find_ground(scratch: Path) -> Ground:
    """Return the real crawl if there is one, else make one up."""
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
    one_page = _made_up(scratch / "one", "--pages", "1")
    two_pages = _made_up(scratch / "two", "--pages", "2", "--shards", "2")
    small_shards = _made_up(scratch / "small", "--pages", str(10 * SMALL_SHARDS), "--shards", str(SMALL_SHARDS))
    return Ground(name, crawl, warcs, one_page, two_pages, small_shards, scratch)


def _made_up(folder: Path, *options: str) -> Path:
    subprocess.run([*DCLM, "sample-crawl", str(folder), *options], check=True, stdout=subprocess.DEVNULL)
    return folder
