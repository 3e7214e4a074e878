"""`python -m bench.bloom`: how fast n-grams are looked up that were seen before, and how often a filter is wrong.

Texts are those of $DCLM_TEST_DATA/oracle where that is set, and made-up ones elsewhere. One core, CPU seconds. The filter
has a gigabyte, half full of other n-grams, as far from the caches as in a crawl. Evaluation sets, for `decontaminate`,
are those of $DCLM_TEST_DATA/eval.
"""

import gzip
import json
import mmap
import os
import random
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.__main__ import table
from dclm_pipeline.kernels.dedup.blocked import WORDS, keys_a_block, size_for
from dclm_pipeline.kernels.dedup.bloom import Rule, sweep
from dclm_pipeline.kernels.dedup.verdicts import BOTH, DOCUMENT, OLD_BOTH, PARAGRAPH, RUNS, SEEN, SUBSTRING
from dclm_pipeline.kernels.strings import Strings, views
from dclm_pipeline.stages.decontaminate import Decontaminate

FILTER_BYTES = 2**30
RATE = 0.01
KEYS = 1_000_000
MADE_UP_PAGES, MADE_UP_WORDS = 2_000, 1_000
MODES = {"paragraph": PARAGRAPH, "document": DOCUMENT, "both": BOTH, "substring": SUBSTRING, "old-both": OLD_BOTH}


class Files:
    """Assets that are local files."""

    def path(self, place: str) -> Path:
        """Return the place itself."""
        return Path(place)

    def digest(self, place: str) -> str:
        """Return nothing that anybody asks for."""
        return place


def texts_at(data: str) -> list[str]:
    """Return the texts of the reference pages, or made-up ones."""
    if data:
        with gzip.open(Path(data) / "oracle" / "dclm.jsonl.gz", "rt", encoding="utf-8", newline="\n") as lines:
            return [json.loads(line)["text"] for line in lines]
    luck = random.Random(1)
    words = ["".join(luck.choices("abcdefghijklmnopqrst", k=luck.randint(2, 9))) for _ in range(20_000)]
    return [
        "".join(luck.choice(words) + luck.choice((" ", " ", " ", " ", ". ", "\n")) for _ in range(MADE_UP_WORDS))
        for _ in range(MADE_UP_PAGES)
    ]


def half_full() -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Return a filter of a gigabyte in which every third bit is set, by luck."""
    memory = mmap.mmap(-1, FILTER_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    words = np.frombuffer(memory, np.uint64)
    luck = np.random.default_rng(1)
    for start in range(0, len(words), 2**20):
        one, two = luck.integers(0, 2**64, (2, min(2**20, len(words) - start)), np.uint64)
        words[start : start + len(one)] = one & two
    return words


def speeds(strings: Strings) -> list[tuple[str, ...]]:
    """Return the speed of each mode."""
    rows: list[tuple[str, ...]] = []
    sweep((strings[0][:2], strings[1]), Rule(BOTH, 13, 13, 0.8, 50), np.zeros(WORDS, np.uint64), 6)
    for name, mode in MODES.items():
        words = half_full()
        begun = time.process_time()
        swept = sweep(strings, Rule(mode, 13, 13, 0.8, 50), words, keys_a_block(RATE)[1])
        seconds = time.process_time() - begun
        rate = f"{len(strings[1]) / seconds / 1e6:.0f}"
        rows.append((f"bloom_dedup, {name}", rate, f"{swept.facts[:, RUNS].sum() / seconds / 1e6:.1f}"))
    return rows


def wrong_share() -> float:
    """Return the share of new n-grams that a full filter takes for seen."""
    size = size_for(KEYS, RATE)
    words = np.zeros(size.blocks * WORDS, np.uint64)
    for name in ("known", "new"):
        text = pa.array([" ".join(f"{name}{number}" for number in range(KEYS))], pa.large_string())
        swept = sweep(views(text), Rule(DOCUMENT, 1, 1, 1.0, 1), words, size.probes)
    return float(swept.facts[0, SEEN] / KEYS)


def decontamination(texts: pa.LargeStringArray, megabytes: float, data: str) -> list[tuple[str, ...]]:
    """Return the speed of each method against the evaluation sets that are there."""
    sets = tuple(sorted(map(str, Path(data).glob("eval/*/*.jsonl.gz")))) if data else ()
    docs = pa.RecordBatch.from_arrays([texts], names=["text"])
    rows: list[tuple[str, ...]] = []
    for method in ("collision", "overlap", "jaccard") if sets else ():
        step = Decontaminate(evaluations=sets, method=method).open(Files())
        begun = time.process_time()
        step.columns(docs)
        rate = megabytes / (time.process_time() - begun)
        rows.append((f"decontaminate, {method}, {len(sets)} tasks", f"{rate:.0f}", ""))
    return rows


def main() -> None:
    """Measure and print."""
    data = os.environ.get("DCLM_TEST_DATA", "")
    texts = pa.array(texts_at(data), pa.large_string())
    strings = views(texts)
    megabytes = len(strings[1]) / 1e6
    print(f"{len(texts)} texts, {megabytes:.1f} MB; one core, CPU seconds")
    rows = [*speeds(strings), *decontamination(texts, megabytes, data)]
    print(table([("step", "MB/s", "million n-grams a second"), *rows]))
    print(f"false positives of a full filter made for {RATE:g}: {wrong_share():.4f}")


if __name__ == "__main__":
    main()
