"""`python -m bench.chain`: all that `dclm-baseline` does behind extraction, to the best tenth, beside extraction itself.

Needs DCLM_TEST_DATA. All on one core, taking turns; of each part the fastest of some rounds is shown, in CPU seconds and as
a share of what Resiliparse needs to extract the same pages. Memory is what a process that has extracted them grows by at
most when it does the rest. The classifier is made up, as large as the published one once it is folded: what it says means
nothing, what it costs does.
"""

import argparse
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import count, islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.__main__ import table
from bench.heuristics import PIPELINES, ROWS
from bench.language import fastest, real_pages
from dclm_pipeline.arrow import Array
from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.in_memory import apply_steps
from dclm_pipeline.ids import ID, document_id
from dclm_pipeline.kernels.fasttext.file import MAGIC, SOFTMAX, VERSION
from dclm_pipeline.kernels.fasttext.folded import fold_model
from dclm_pipeline.kernels.fasttext.folded_file import folded_bytes
from dclm_pipeline.recipe import load_recipe
from dclm_pipeline.step import Barrier, Hears, Step

RECIPE = "dclm-baseline"
TARGET, MOST_MEGABYTES = 0.15, 300
# The published model has 2.4 GB in rows of a hundred floats: so many words, and buckets for pairs of them.
WORDS, BUCKETS = 4_000_000, 2_000_000
HELD = """
import sys
from pathlib import Path
from bench.chain import growth
print(growth(Path(sys.argv[1])))
"""


def made_up_model(texts: Sequence[str], folder: Path) -> Path:
    """Write a folded model of the published one's size that knows the words of some texts."""
    known = sorted({word for text in texts for word in text.split() if not word.startswith("__label__")})
    words = ["</s>", *islice(known, WORDS - 1)]
    words += [f"w{number:x}" for number in islice(count(), WORDS - len(words))]
    luck = np.random.default_rng(1)
    arguments = struct.pack("<12id", 1, 5, 5, 1, 5, 2, SOFTMAX, 3, BUCKETS, 0, 0, 100, 1e-4)
    sizes = struct.pack("<iiiqq", len(words) + 2, len(words), 2, 10**9, -1)
    entries = [word.encode() + b"\0" + struct.pack("<qB", 1, 0) for word in words]
    entries += [label + b"\0" + struct.pack("<qB", 1, 1) for label in (b"__label__cc", b"__label__hq")]
    rows = (
        struct.pack("<Bqq", 0, len(words) + BUCKETS, 1) + luck.normal(size=len(words) + BUCKETS).astype("<f4").tobytes()
    )
    output = struct.pack("<Bqq", 0, 2, 1) + np.array([-1, 1], "<f4").tobytes()
    whole = folder / "model.bin"
    whole.write_bytes(b"".join([struct.pack("<ii", MAGIC, VERSION), arguments, sizes, *entries, rows, output]))
    folded = folder / "model.folded"
    folded.write_bytes(folded_bytes(fold_model(whole)))
    whole.unlink()
    return folded


def behind_extraction(model: Path) -> tuple[Step, ...]:
    """Return the steps of the recipe that come behind `extract`."""
    steps = load_recipe(PIPELINES / f"{RECIPE}.yaml", overrides=[f"quality.model={model}"]).steps
    return tuple(steps[[step.kind for step in steps].index("extract") + 1 :])


def identified(texts: Array) -> pa.Table:
    """Return texts as documents."""
    return pa.table({"id": pa.array([document_id("bench", str(row)) for row in range(len(texts))], ID), "text": texts})


def through(steps: Sequence[Step], docs: pa.Table) -> Callable[[], pa.Table]:
    """Return what takes documents through steps, and returns those that are left."""
    return lambda: apply_steps(tuple(steps), docs, 0, FetchedAssets(), ROWS)[0]


def signatures(barrier: Barrier, docs: pa.Table) -> Callable[[], int]:
    """Return what makes the first evidence of a barrier, and says how many rows there are."""
    opened = barrier.open(FetchedAssets())
    assert isinstance(opened, Hears)
    batches = docs.combine_chunks().to_batches(max_chunksize=ROWS)
    return lambda: sum(opened.evidence(batch, 0, None).num_rows for batch in batches)


def rows(rounds: int, folder: Path) -> list[tuple[str, ...]]:
    """Return the table."""
    from dclm_pipeline.stages.extract import Extract

    pages = real_pages()
    docs = identified(pages["text"])
    model = made_up_model([text for text in pages["text"].to_pylist() if text], folder)
    steps = behind_extraction(model)
    first = [isinstance(step, Barrier) for step in steps].index(True)
    parts: dict[str, tuple[Step, ...]] = {
        "rules about a text": steps[:first],
        f"{steps[first].kind}, all rounds": steps[first : first + 1],
    } | {step.kind: (step,) for step in steps[first + 1 :]}
    html = pages.select(["html"])
    extraction, _ = fastest(1, lambda: Extract().columns(html))
    found: list[tuple[str, ...]] = [
        ("", "CPU s", "of extraction", "left"),
        ("extract", f"{extraction:.2f}", "100 %", f"{docs.num_rows:,}"),
    ]
    left = docs
    for name, own in parts.items():
        # Opened once a worker, not once a text.
        opening, _ = fastest(rounds, through(own, left.slice(0, 0)))
        if isinstance(own[0], Barrier) and own[0].kind != "top_share":
            seconds, _ = fastest(rounds, signatures(own[0], left))
            found.append(("  its signatures", f"{seconds:.3f}", f"{seconds / extraction:.1%}", ""))
        seconds, after = fastest(rounds, through(own, left))
        found.append(told(name, seconds - opening, extraction, after))
        left = after
    opening, _ = fastest(rounds, through(steps, docs.slice(0, 0)))
    seconds, after = fastest(rounds, through(steps, docs))
    found.append(told("all behind extraction", seconds - opening, extraction, after))
    done = subprocess.run([sys.executable, "-c", HELD, str(model)], capture_output=True, text=True, check=True)
    found.append(("memory beyond extraction, MB", f"{int(done.stdout) / 1e6:.0f}", "", ""))
    return found


def told(name: str, seconds: float, extraction: float, left: pa.Table) -> tuple[str, ...]:
    """Return a line of the table."""
    return name, f"{seconds:.3f}", f"{seconds / extraction:.1%}", f"{left.num_rows:,}"


def growth(model: Path) -> int:
    """Extract all pages, then do all else to them; return the most bytes held meanwhile, less those held before."""
    pages = real_pages()
    docs = identified(pages["text"])
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the most that is held begins anew
    begun = _held("VmRSS")
    through(behind_extraction(model), docs)()
    return _held("VmHWM") - begun


def _held(what: str) -> int:
    """Return the bytes that this process holds, or the most that it held."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(next(line for line in status.splitlines() if line.startswith(f"{what}:")).split()[1])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.chain", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each part is done; the fastest counts")
    rounds = parser.parse_args().rounds
    if not os.environ.get("DCLM_TEST_DATA"):
        sys.exit("DCLM_TEST_DATA is not set: this needs real pages")
    with tempfile.TemporaryDirectory() as folder:
        print(table(rows(rounds, Path(folder))))
    print(f"targets: {TARGET:.0%} of extraction, {MOST_MEGABYTES} MB")


if __name__ == "__main__":
    main()
