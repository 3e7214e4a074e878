"""`python -m bench.signals`: how fast texts are counted, beside a scan that only looks for three bytes, and plain Python.

Texts are those of $DCLM_TEST_DATA/oracle where that is set, and made-up ones elsewhere. One core; of each the fastest
of several rounds that take turns, in CPU seconds. Plain Python counts the same from a part of the texts, once.
"""

import gzip
import json
import os
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pyarrow as pa

from bench.__main__ import table
from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.kernels.bytes import mark_rows
from dclm_pipeline.kernels.strings import Strings, views
from dclm_pipeline.kernels.words.counts import WITH_PHRASES, WITH_PIECES, WITH_REST, WITH_STOP_WORDS, count_text
from dclm_pipeline.stages.signals import ENGLISH, Signals

ROUNDS = 9
PLAIN_PAGES = 40
MADE_UP_PAGES = 500


def real_texts(data: Path) -> list[str]:
    """Return the texts of the reference pages."""
    with gzip.open(data / "oracle" / "dclm.jsonl.gz", "rt") as lines:
        return [json.loads(line)["text"] for line in lines]


def made_up_texts() -> list[str]:
    """Return the texts of a made-up crawl."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType
    from resiliparse.extract.html2text import extract_plain_text

    from dclm_pipeline.madeup import write_crawl

    with tempfile.TemporaryDirectory() as folder:
        write_crawl(Path(folder), MADE_UP_PAGES, seed=1, shards=1, mean_bytes=30_000)
        return [
            extract_plain_text(record.reader.read().decode("utf-8", "replace"), main_content=True)
            for path in sorted(Path(folder).rglob("*.warc.gz"))
            for record in ArchiveIterator(str(path), record_types=WarcRecordType.response, parse_http=True)
        ]


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return what it costs once."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def count_plainly(texts: list[str]) -> None:
    """Count in plain Python."""
    slow_counts = import_module("tests.kernels.oracle.slow_text").slow_counts
    for text in texts:
        slow_counts(text, ENGLISH)


def contenders(batch: pa.RecordBatch, strings: Strings) -> dict[str, Callable[[], object]]:
    """Return what is measured, by name."""
    return {
        "look for three bytes": lambda: mark_rows(strings),
        "words": lambda: count_text(strings, ENGLISH, 0),
        "characters, lines, words": lambda: count_text(strings, ENGLISH, WITH_REST),
        "... and stop words": lambda: count_text(strings, ENGLISH, WITH_REST | WITH_STOP_WORDS),
        "... and phrases": lambda: count_text(strings, ENGLISH, WITH_REST | WITH_PHRASES),
        "... and datatrove's words": lambda: count_text(strings, ENGLISH, WITH_REST | WITH_PIECES),
        "all of it": lambda: count_text(strings, ENGLISH),
        "the stage, all numbers": lambda: Signals().open(FetchedAssets()).columns(batch),
        "the stage, only DCLM's": lambda: Signals(only=("dclm",)).open(FetchedAssets()).columns(batch),
    }


def main() -> None:
    """Measure and print."""
    data = os.environ.get("DCLM_TEST_DATA", "")
    texts = real_texts(Path(data)) if data else made_up_texts()
    batch = pa.RecordBatch.from_pydict({"text": pa.array(texts, pa.large_string())})
    strings = views(batch["text"].cast(pa.large_string()))
    megabytes = len(strings[1]) / 1e6
    work = contenders(batch, strings)
    for each in work.values():
        each()
    best = dict.fromkeys(work, float("inf"))
    for _ in range(ROUNDS):
        for name, each in work.items():
            best[name] = min(best[name], cpu_seconds(each))
    speeds = {name: megabytes / seconds for name, seconds in best.items()}
    some = texts[:: max(len(texts) // PLAIN_PAGES, 1)]
    speeds["plain Python"] = sum(len(text.encode()) for text in some) / 1e6 / cpu_seconds(lambda: count_plainly(some))
    print(f"{len(texts)} texts, {megabytes:.1f} MB; one core, CPU seconds, the best of {ROUNDS} rounds")
    fastest = speeds["look for three bytes"]
    rows = [(name, f"{speed:.1f}", f"{fastest / speed:.1f}") for name, speed in speeds.items()]
    print(table([("name", "MB/s", "times the simple scan"), *rows]))


if __name__ == "__main__":
    main()
