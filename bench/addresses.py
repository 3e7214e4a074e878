"""Made-up addresses, and a made-up list of two million domains, one in twenty of the addresses listed.

`python -m bench.addresses FOLDER` writes them; `--by step` and `--by set` then look them up, by `url_filter` and by a
plain Python set, and print how many are listed, and how many were looked up a second.
"""

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa

from dclm_pipeline.stages.url_filter import UrlFilter

DOMAINS = 2_000_000
ADDRESSES = 1_000_000
ROWS = 4096
LISTED = 0.05
_PARTS = ("ba", "ke", "lo", "mi", "nu", "ra", "so", "ti", "va", "ze", "shop", "news", "web", "line", "my", "on", "the")
_ENDS = (".com", ".org", ".net", ".de", ".co.uk", ".info", ".fr")


def make_addresses(folder: Path) -> None:
    """Write `domains.txt` and `addresses.txt`."""
    luck = random.Random(1)

    def name() -> str:
        return "".join(luck.choices(_PARTS, k=luck.randint(2, 5)))

    folder.mkdir(parents=True)
    domains = [f"{name()}{number}{luck.choice(_ENDS)}" for number in range(DOMAINS)]
    with (folder / "domains.txt").open("w") as file:
        file.writelines(f"{domain}\n" for domain in domains)
    with (folder / "addresses.txt").open("w") as file:
        for _ in range(ADDRESSES):
            domain = luck.choice(domains) if luck.random() < LISTED else name() + luck.choice(_ENDS)
            path = "/".join(name() for _ in range(luck.randint(1, 5)))
            file.write(
                f"https://{luck.choice(['www.', ''])}{domain}/{path}{luck.choice(['', '/', '.html', '?id=7'])}\n"
            )


class Files:
    """Assets that are local files."""

    def path(self, place: str) -> Path:
        """Return the place itself."""
        return Path(place)

    def digest(self, place: str) -> str:
        """Return nothing that anybody asks for."""
        return place


def by_step(folder: Path, batches: Sequence[pa.RecordBatch]) -> Callable[[], int]:
    """Return what counts listed addresses by `url_filter`."""
    step = UrlFilter(by="domain", lists=(str(folder / "domains.txt"),)).open(Files())
    return lambda: sum(len(batch) - step.keep(batch).true_count for batch in batches)


def by_set(folder: Path, batches: Sequence[pa.RecordBatch]) -> Callable[[], int]:
    """Return what counts listed addresses by a Python set that is asked for each domain that a host is below."""
    with (folder / "domains.txt").open() as file:
        listed = {line.rstrip("\n") for line in file}
    urls = [url for batch in batches for url in batch["url"].to_pylist()]
    return lambda: sum(not listed.isdisjoint(parents(urlsplit(str(url)).hostname or "")) for url in urls)


def parents(host: str) -> Iterator[str]:
    """Yield a host and all domains that it is below."""
    while host:
        yield host
        host = host.partition(".")[2]


def main() -> None:
    """Make addresses, or look them up."""
    parser = argparse.ArgumentParser(prog="python -m bench.addresses", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--by", choices=["step", "set"], help="how to look them up; default: write them")
    parser.add_argument("--rounds", type=int, default=1, help="how often to look all of them up (default 1)")
    chosen = parser.parse_args()
    if chosen.by is None:
        make_addresses(chosen.folder)
        return
    urls = (chosen.folder / "addresses.txt").read_text().splitlines()
    batches = [pa.record_batch({"url": urls[begin : begin + ROWS]}) for begin in range(0, len(urls), ROWS)]
    begun = time.process_time()
    count = {"step": by_step, "set": by_set}[chosen.by](chosen.folder, batches)
    opened = time.process_time()
    listed = [count() for _ in range(chosen.rounds)]
    seconds = time.process_time() - opened
    a_second = round(len(urls) * chosen.rounds / seconds) if chosen.rounds else 0
    print(
        json.dumps({"seconds to open": round(opened - begun, 2), "listed": sum(listed), "addresses a second": a_second})
    )


if __name__ == "__main__":
    main()
