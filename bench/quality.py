"""`python -m bench.quality`: what scoring by a folded model costs beside fastText's own batch call, on real pages.

Needs DCLM_TEST_DATA and the library `fasttext`, which trains a model of DCLM's shape (runs of two words, two million
buckets, vectors of 100 numbers) on the pages themselves, once, and keeps it in the folder given. Of each way the fastest
of some rounds is shown, taking turns, in CPU seconds of one core; memory is what the process grows by.
"""

import argparse
import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.__main__ import table
from dclm_pipeline.kernels.fasttext.folded import fold_model
from dclm_pipeline.kernels.fasttext.folded_file import folded_bytes, load_folded
from dclm_pipeline.kernels.fasttext.folded_scores import Scorer
from dclm_pipeline.kernels.strings import views

LABEL = "__label__"
# What fastText adds to every probability that it reports.
FLOOR = 1e-5
GROWTH = """
import os, sys
from pathlib import Path
import fasttext
from dclm_pipeline.kernels.fasttext.folded_file import load_folded
from dclm_pipeline.kernels.fasttext.folded_scores import Scorer
def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
begun = held()
model = Scorer(load_folded(Path(sys.argv[2]))) if sys.argv[1] == "folded" else fasttext.load_model(sys.argv[2])
print(held() - begun)
"""


def pages(data: Path) -> list[tuple[str, str]]:
    """Return texts, and labels to train by: whether the reference keeps the page."""
    with gzip.open(data / "oracle" / "dclm.jsonl.gz", "rt", encoding="utf-8", newline="\n") as lines:
        rows = [json.loads(line) for line in lines]
    return [(row["text"], "cc" if row["chain_dropped_by"] else "hq") for row in rows]


def trained(folder: Path, labelled: list[tuple[str, str]]) -> Path:
    """Train a model unless it is there."""
    import fasttext

    path = folder / "model.bin"
    if not path.exists():
        examples = folder / "examples.txt"
        lines = (f"{LABEL}{label} {' '.join(text.strip().splitlines())}\n" for text, label in labelled)
        examples.write_text("".join(lines), encoding="utf-8")
        fasttext.train_supervised(str(examples), wordNgrams=2, dim=100, epoch=3, lr=0.1, verbose=0).save_model(
            str(path)
        )
    return path


def growth(sort: str, path: Path) -> int:
    """Return the bytes by which a process grows that loads a model."""
    done = subprocess.run([sys.executable, "-c", GROWTH, sort, str(path)], capture_output=True, text=True, check=True)
    return int(done.stdout)


def fastest(rounds: int, ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the least CPU seconds of each way."""
    seconds = dict.fromkeys(ways, float("inf"))
    for _ in range(rounds):
        for name, work in ways.items():
            begun = time.process_time()
            work()
            seconds[name] = min(seconds[name], time.process_time() - begun)
    return seconds


def measured(folder: Path, data: Path, rounds: int) -> list[tuple[str, ...]]:
    """Return the table."""
    import fasttext

    labelled = pages(data)
    path = trained(folder, labelled)
    folded = folder / "model.folded"
    begun = time.process_time()
    folded.write_bytes(folded_bytes(fold_model(path)))
    folding = time.process_time() - begun
    texts = [text for text, _ in labelled]
    lines = [" ".join(text.strip().splitlines()) for text in texts]
    strings = views(pa.array(texts, pa.large_string()))
    scorer, library = Scorer(load_folded(folded)), fasttext.load_model(str(path))
    batch, ours = "fastText, one call for all", "folded"
    seconds = fastest(rounds, {batch: lambda: library.predict(lines, k=2), ours: lambda: scorer.scores(strings)})
    number = scorer.model.labels.index("hq")
    told = [dict(zip(*said, strict=True)) for said in zip(*library.predict(lines, k=2), strict=True)]
    off = np.abs(scorer.scores(strings)[:, number] - np.array([one[LABEL + "hq"] - FLOOR for one in told])).max()
    rows: list[tuple[str, ...]] = [("", "pages/s", "MB/s", "times", "file, MB", "memory, MB", "farthest apart")]
    for name, sort, file, apart in ((batch, "whole", path, ""), (ours, "folded", folded, f"{off:.1e}")):
        rate = len(strings[1]) / seconds[name] / 1e6
        sizes = f"{file.stat().st_size / 1e6:,.1f}", f"{growth(sort, file) / 1e6:,.1f}"
        faster = f"{seconds[batch] / seconds[name]:.1f}"
        rows.append((name, f"{len(texts) / seconds[name]:,.0f}", f"{rate:,.0f}", faster, *sizes, apart))
    print(f"{len(texts):,} pages, {len(strings[1]) / 1e6:.1f} MB; folded in {folding:.1f} CPU seconds")
    return rows


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the trained model is kept (0.9 GB)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each way is tried (default 5)")
    given = parser.parse_args()
    if not os.environ.get("DCLM_TEST_DATA") or find_spec("fasttext") is None:
        print("bench.quality: needs DCLM_TEST_DATA, a folder with real pages in oracle/, and fasttext", file=sys.stderr)
        return 2
    given.folder.mkdir(parents=True, exist_ok=True)
    print(table(measured(given.folder, Path(os.environ["DCLM_TEST_DATA"]), given.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
