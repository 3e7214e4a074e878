"""`python -m bench.classifier`: what `dclm classifier train` costs, as a multiple of fastText's own call on the same lines.

Makes up documents of about 1 KB, half of them good, as JSON lines; trains by DCLM's settings with one thread; then has
fastText alone trained by the same lines, prepared beforehand. CPU seconds are those of all processes.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.__main__ import table
from bench.measure import Measured, measure
from dclm_pipeline.classifier.lines import write_lines

SIZE, VOCABULARY = 1000, 200_000
TARGET = 1.1
BARE = "import fasttext; fasttext.train_supervised(input={lines!r}, wordNgrams=2, epoch={epochs}, thread=1, seed=42, verbose=0).save_model({model!r})"


def documents(count: int) -> list[str]:
    """Return texts of words drawn as words are: few often, many rarely. The same ones every time."""
    luck = np.random.default_rng(1)
    words = np.array([f"w{number:x}" for number in range(VOCABULARY)], object)
    per_text = SIZE // 5
    texts = []
    for _ in range(count):
        places = luck.zipf(1.3, per_text) % VOCABULARY
        texts.append("\n".join(" ".join(words[places[i : i + 12]]) for i in range(0, per_text, 12))[:SIZE])
    return texts


def prepare(folder: Path, count: int, epochs: int) -> None:
    """Write the documents, a configuration, and the lines for the bare call."""
    texts = documents(count)
    half = count // 2
    for name, own in (("good", texts[:half]), ("bad", texts[half:])):
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in own)
    group = "[{{name: {0}, source: {{kind: jsonl, path: '{1}/{0}.jsonl'}}}}]"
    lines = [
        "name: bench",
        f"positives: {group.format('good', folder)}",
        f"negatives: {group.format('bad', folder)}",
        "held_out: 0",
        f"fasttext: {{epochs: {epochs}}}",
    ]
    (folder / "bench.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    order = np.random.default_rng(2).permutation(count)
    shuffled = pa.array([texts[place] for place in order], pa.large_string())
    write_lines(folder / "lines.txt", [(shuffled, order < half)], "hq", "cc")


def row(name: str, used: Measured, bare: Measured) -> tuple[str, ...]:
    """Return a line of the table."""
    return (
        name,
        f"{used.cpu_seconds:.1f}",
        f"{used.wall_seconds:.1f}",
        f"{used.peak_sum / (1 << 20):,.0f}",
        f"{used.cpu_seconds / bare.cpu_seconds:.2f}",
        f"{used.wall_seconds / bare.wall_seconds:.2f}",
    )


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.classifier", description=__doc__)
    parser.add_argument("--documents", type=int, default=400_000, help="how many documents (default 400,000)")
    parser.add_argument("--epochs", type=int, default=5, help="passes over them (default 5, as DCLM)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, given.documents, given.epochs)
        bare_code = BARE.format(lines=str(folder / "lines.txt"), model=str(folder / "bare.bin"), epochs=given.epochs)
        bare = measure([sys.executable, "-c", bare_code], output=folder / "bare.txt")
        (folder / "bare.bin").unlink()
        command = [sys.executable, "-m", "dclm_pipeline.cli", "classifier", "train", str(folder / "bench.yaml")]
        ours = measure([*command, "--out", str(folder / "out")], output=folder / "ours.txt")
        for used, said in ((bare, "bare.txt"), (ours, "ours.txt")):
            if used.code != 0:
                print((folder / said).read_text()[-2000:], file=sys.stderr)
                return 1
        head = (f"{given.documents:,} documents", "CPU s", "wall s", "all MiB", "CPU ratio", "wall ratio")
        print(table([head, row("fastText alone", bare, bare), row("dclm classifier train", ours, bare)]))
        print(f"target: {TARGET} of fastText alone")
    return 0


if __name__ == "__main__":
    sys.exit(main())
