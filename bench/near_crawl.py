"""`python -m bench.near_crawl --documents 1000000`: near deduplication of a whole pool, on Ray.

Made-up documents of 3 KB are written as they are made up, a file at a time, and become a pool; what is measured is the run
of `minhash_dedup` from that pool to the next: documents a second, CPU seconds of all processes, the most memory that one
process held. Once for all documents and once for fewer (`--fewer`), which tells how the time of a document grows; and
against a plain loop over datasketch on the first `--compared` documents, whose time is taken to grow no faster.

Every seventh document is like an earlier one, which may lie in any file before it; similarities are even between 0.5
and 1. How many of those that should go have gone is told, too. Takes about 10 GB of scratch for a million documents.
"""

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.__main__ import table
from bench.ground import DCLM
from bench.measure import CannotMeasureError, Measured, measure
from bench.minhash import NGRAM, VOCABULARY, WORDS, changed, plain_loop, vocabulary
from dclm_pipeline.engine.opening_pools import whole_pool

FILE_DOCUMENTS = 20_000
SHARD_BYTES = 64 * 10**6
EVERY = 7
THRESHOLD = 0.8

POOL = f"""name: made-up
source: {{kind: jsonl}}
steps:
  - {{kind: sample, share: 1.0}}
limits: {{shard_bytes: {SHARD_BYTES}, dropped_sample: 0}}
"""
DEDUP = f"""name: near
source: {{kind: pool}}
steps:
  - {{kind: minhash_dedup, ngram: {NGRAM}, threshold: {THRESHOLD}}}
limits: {{shard_bytes: {SHARD_BYTES}, dropped_sample: 0}}
"""


def numbers_of(place: int) -> NDArray[np.int64]:
    """Return the words of a document that is like no other, as numbers."""
    return np.random.default_rng((1, place)).integers(0, VOCABULARY, WORDS)


def document(place: int) -> tuple[NDArray[np.int64], float]:
    """Return a document's words as numbers, and how like an earlier one it is."""
    if place % EVERY != EVERY - 1:
        return numbers_of(place), 0.0
    luck = np.random.default_rng((2, place))
    earlier = int(luck.integers(0, place))
    earlier -= earlier % EVERY == EVERY - 1  # the one before it is like no other
    return changed(numbers_of(earlier), luck.uniform(0.5, 1.0), luck)


def texts(count: int) -> Iterator[tuple[str, float]]:
    """Yield the first documents, one after the other, and how like an earlier one each is."""
    words = vocabulary(np.random.default_rng(0))
    for place in range(count):
        numbers, similarity = document(place)
        yield " ".join(words[numbers]), similarity


def write_documents(folder: Path, count: int) -> int:
    """Write files of documents; return how many of them are like an earlier one by the threshold."""
    folder.mkdir(parents=True)
    alike = 0
    made = enumerate(texts(count))
    for number in range(-(-count // FILE_DOCUMENTS)):
        with (folder / f"{number:05d}.jsonl").open("w") as file:
            for place, (text, similarity) in itertools.islice(made, FILE_DOCUMENTS):
                alike += similarity >= THRESHOLD
                file.write(json.dumps({"text": text, "url": f"https://example.org/{place}"}) + "\n")
    return alike


def run_recipe(scratch: Path, name: str, recipe: str, source: Path, workers: int, seconds: float) -> Measured:
    """Run a recipe from a folder to the pool `name`, and return what it cost."""
    path = scratch / f"{name}.yaml"
    path.write_text(recipe)
    places = ["--source", str(source), "--out", str(scratch / name), "--workers", str(workers)]
    measured = measure([*DCLM, "run", str(path), *places], output=scratch / f"{name}.log", seconds=seconds)
    if measured.code:
        raise CannotMeasureError((scratch / f"{name}.log").read_text()[-2000:])
    return measured


def deduplicated(scratch: Path, count: int, workers: int, seconds: float) -> tuple[Measured, int, int]:
    """Make up documents and remove what is alike; return what that cost, how many went and how many should."""
    alike = write_documents(scratch / f"corpus-{count}", count)
    run_recipe(scratch, f"pool-{count}", POOL, scratch / f"corpus-{count}", workers, seconds)
    measured = run_recipe(scratch, f"near-{count}", DEDUP, scratch / f"pool-{count}", workers, seconds)
    tally = whole_pool(str(scratch / f"near-{count}"))[1].tally
    return measured, next(step.dropped for step in tally.steps if step.kind == "minhash_dedup"), alike


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.near_crawl", description=__doc__)
    parser.add_argument("--documents", type=int, default=1_000_000, help="documents (default %(default)s)")
    parser.add_argument("--fewer", type=int, default=100_000, help="documents of the run before (default %(default)s)")
    parser.add_argument("--compared", type=int, default=20_000, help="documents for datasketch (default %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="workers of Ray (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=4 * 3600.0, help="the most that a run may take")
    parser.add_argument(
        "--scratch", type=Path, default=None, help="a folder for documents and pools (default: a new one)"
    )
    chosen = parser.parse_args()
    rows: list[tuple[str, ...]] = [
        (
            "documents",
            "wall s",
            "documents/s",
            "CPU s",
            "CPU ms a document",
            "MB a process",
            "MB in all",
            "gone",
            "alike",
        )
    ]
    costs: dict[int, float] = {}
    clocks: dict[int, float] = {}
    with tempfile.TemporaryDirectory(prefix="dclm-near-", dir=chosen.scratch) as folder:
        for count in sorted({chosen.fewer, chosen.documents}):
            measured, gone, alike = deduplicated(Path(folder), count, chosen.workers, chosen.seconds)
            costs[count], clocks[count] = measured.cpu_seconds, measured.wall_seconds
            memory = (f"{size >> 20:,}" for size in (measured.peak_process, measured.peak_sum))
            seconds = (
                f"{measured.wall_seconds:,.1f}",
                f"{count / measured.wall_seconds:,.0f}",
                f"{measured.cpu_seconds:,.1f}",
            )
            rows.append(
                (f"{count:,}", *seconds, f"{1e3 * costs[count] / count:.3f}", *memory, f"{gone:,}", f"{alike:,}")
            )
    print(table(rows))
    fewer, count = min(costs), max(costs)
    each, before = costs[count] / count, costs[fewer] / fewer
    print(f"a document costs {each / before:.2f} times what it costs in the smaller run, start of Ray and all")
    further = (costs[count] - costs[fewer]) / (count - fewer) if count > fewer else each
    print(f"a further document costs {1e3 * further:.3f} CPU ms")
    compared = min(chosen.compared, chosen.documents)
    _, _, cpu = plain_loop(text for text, _ in itertools.islice(texts(compared), compared))
    made = _seconds_of_making(compared)
    cost = (cpu - made) / compared
    print(
        f"datasketch: {1e3 * cost:.3f} CPU ms a document ({compared:,}, not verified), {cost / each:.1f} times as much"
    )
    print(f"  {cost / further:.1f} times as much as a further document")
    # It waits for nothing, so its CPU seconds are its clock's.
    print(f"  {cost * count / clocks[count]:.1f} times as long by the clock, start of Ray and all")


def _seconds_of_making(count: int) -> float:
    """Return the CPU seconds that it takes to make up so many documents."""
    begun = time.process_time()
    for _ in texts(count):
        pass
    return time.process_time() - begun


if __name__ == "__main__":
    main()
