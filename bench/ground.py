"""Where comparisons are made: one crawl that all of them read, and a scratch folder for what they write.

The crawl is the WARC files of $DCLM_TEST_DATA/dev where that is set, and a made-up one with pages of 100 kB elsewhere.
Say which it was beside every number: the made-up web is plainer than the real one.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PAGES = 500
MEAN_BYTES = 100_000
DCLM = (sys.executable, "-m", "dclm_pipeline.cli")


@dataclass(frozen=True)
class Ground:
    """A crawl (folder, files and what to call it) and a folder to write to."""

    name: str
    crawl: Path
    warcs: tuple[Path, ...]
    scratch: Path


def find_ground(scratch: Path) -> Ground:
    """Return the real crawl if there is one, else make one up."""
    data = os.environ.get("DCLM_TEST_DATA", "")
    crawl = Path(data) / "dev" if data else scratch / "crawl"
    if not data:
        made = [*DCLM, "sample-crawl", str(crawl), "--pages", str(PAGES), "--mean-bytes", str(MEAN_BYTES)]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    warcs = tuple(sorted(crawl.rglob("*.warc.gz")))
    if not warcs:
        raise FileNotFoundError(
            f"{crawl} holds no .warc.gz; set DCLM_TEST_DATA to a folder whose dev/ does, or unset it"
        )
    return Ground("$DCLM_TEST_DATA/dev" if data else f"made-up, {PAGES} pages", crawl, warcs, scratch)
