"""`python -m bench.trainset`: what a training set costs, in CPU seconds, beside the tokenizer's library alone.

Texts are made of the words of the made-up web; no two are alike. `encode_batch` is asked of the same texts in one call,
with as many threads; `tokenize` works on batches as a worker does. The run of `shuffle` and `pack` begins with tokenized
documents and ends with a whole pool, all its files written; what `tokenize` leaves to it is written before.
"""

import argparse
import os
import resource
import shutil
import tempfile
import time
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa

import dclm_pipeline as dp
from bench.__main__ import table
from bench.processes import descendants
from dclm_pipeline.arrow import from_numpy
from dclm_pipeline.barriers.shuffle import Shuffle
from dclm_pipeline.barriers.token_budget import TokenBudget
from dclm_pipeline.ids import scatter
from dclm_pipeline.recipe import Recipe
from dclm_pipeline.sources.jsonl import Jsonl
from dclm_pipeline.stages.pack import Pack
from dclm_pipeline.stages.repeat import Repeat
from dclm_pipeline.stages.tokenize import tokens_field
from dclm_pipeline.step import Annotate, Batch, Columns, Step

DEMO = "asset:demo-tokenizer"
ROWS = 512


def texts_of(count: int, words: int) -> list[str]:
    """Return texts of about as many words, by the letters of a few languages."""
    luck = np.random.default_rng(0)
    known = [
        "".join(luck.choice(list("etaoinshrdlucmfwypvbgkjqxz"), length)) for length in luck.integers(2, 10, 20_000)
    ]
    ranks = np.minimum(luck.zipf(1.2, (count, words)), len(known)) - 1
    return [" ".join(known[rank] for rank in row) + "." for row in ranks]


def encoding(rounds: int, texts: list[str], threads: int) -> list[tuple[str, ...]]:
    """Return what `tokenize` costs beside `encode_batch`, taking turns."""
    from tokenizers import Tokenizer

    from dclm_pipeline.engine.assets import FetchedAssets
    from dclm_pipeline.stages.tokenize import Tokenize
    from dclm_pipeline.step import Needs

    opened = Tokenize(tokenizer=DEMO, needs=Needs(cpu=threads)).open(FetchedAssets())
    bare = Tokenizer.from_file(str(FetchedAssets().path(DEMO)))
    docs = pa.table({"text": pa.array(texts, pa.large_string())}).to_batches(max_chunksize=ROWS)
    size = sum(len(text.encode()) for text in texts)
    opened.columns(docs[0])  # sets the number of threads

    def step() -> int:
        return sum(len(opened.columns(batch).arrays) for batch in docs)

    def library() -> int:
        return len(bare.encode_batch(texts, add_special_tokens=False))

    walls: dict[str, float] = {}
    for _ in range(rounds):
        for name, work in (("encode_batch", library), ("tokenize", step)):
            begun = time.perf_counter()
            work()
            seconds = time.perf_counter() - begun
            walls[name] = min(seconds, walls.get(name, seconds))
    ratio = walls["encode_batch"] / walls["tokenize"]
    return [
        ("encode_batch", f"{walls['encode_batch']:.2f}", f"{size / walls['encode_batch'] / 1e6:.1f} MB/s of text", ""),
        (
            "tokenize",
            f"{walls['tokenize']:.2f}",
            f"{size / walls['tokenize'] / 1e6:.1f} MB/s of text",
            f"{ratio:.2f} of it",
        ),
    ]


class MadeUpTokens(Annotate):
    """Gives each document tokens that no tokenizer was asked for: what a segment with `tokenize` hands on."""

    kind: Literal["made_up_tokens"] = "made_up_tokens"
    mean: int = 1300

    def reads(self) -> frozenset[str]:
        """Return the id."""
        return frozenset({"id"})

    def writes(self) -> pa.Schema:
        """Return the columns of `tokenize`."""
        return pa.schema([tokens_field("uint16"), pa.field("token_count", pa.int32())])

    def columns(self, docs: Batch) -> Columns:
        """Return tokens that do not get smaller by compression, more or fewer by luck."""
        luck = scatter(1, docs["id"])
        counts = (luck % np.uint64(2 * self.mean)).astype(np.int64) + 1
        ends = np.cumsum(counts) * 2
        random = np.random.default_rng(int(luck[0]) if len(luck) else 0).bytes(int(ends[-1]) if len(ends) else 0)
        offsets = from_numpy(np.concatenate([np.zeros(1, np.int64), ends])).buffers()[1]
        tokens = pa.Array.from_buffers(pa.large_binary(), len(counts), [None, offsets, pa.py_buffer(random)])
        return Columns({"tokens": tokens, "token_count": from_numpy(counts.astype(np.int32))})


def shuffling(folder: Path, megabytes: int, guard: bool) -> list[tuple[str, ...]]:
    """Return what shuffling and packing cost beyond a pool of the tokens alone, through the engine, files and all."""
    documents = megabytes * 10**6 // 2600
    texts = folder / "texts"
    texts.mkdir()
    for file in range(8):
        lines = "".join(f'{{"text": "{row}"}}\n' for row in range(file, documents, 8))
        (texts / f"{file}.jsonl").write_text(lines)
    chains: dict[str, list[Step]] = {
        "tokens alone": [],
        "shuffle": [Shuffle()],
        "shuffle, pack": [Shuffle(), Pack()],
        "shuffle, pack: best": [Shuffle(), Pack(fit="best")],
        "repeat, shuffle, pack, budget": [Repeat(), Shuffle(), Pack(), TokenBudget(tokens=1)],
    }
    rows: list[tuple[str, ...]] = []
    alone = 0.0
    # The first run pays for what the process loads, kernels too, and is told of nowhere.
    for name, steps in [("", [Repeat(), Shuffle(), Pack(fit="best"), TokenBudget(tokens=1)]), *chains.items()]:
        keeps = ("tokens", "token_count") if name in ("tokens alone", "shuffle") else None
        budget = documents * 1000
        steps = [
            step.model_copy(update={"tokens": budget}) if isinstance(step, TokenBudget) else step for step in steps
        ]
        recipe = Recipe(name="bench", source=Jsonl(), steps=[MadeUpTokens(), *steps], columns=keeps)
        out = folder / (name.replace(" ", "-") or "first")
        begun = _cpu_seconds()
        ran = dp.run(recipe, texts, out, executor="inline", guard=guard, batch_rows=256)
        seconds = _cpu_seconds() - begun
        if not name:
            shutil.rmtree(out)
            continue
        alone = alone or seconds
        tokens = (
            next(step.sums["token_count"] for step in ran.manifest.tally.steps if step.sums) if keeps is None else 0
        )
        stored = sum(shard.bytes for shard in ran.manifest.shards)
        rate = f"{megabytes / (seconds - alone):.0f} MB/s of tokens beyond them" if seconds > alone else ""
        said = f"{stored / tokens:.3f} bytes a token" if tokens and "budget" not in name else ""
        rows.append((name, f"{seconds:.2f}", rate, said))
        shutil.rmtree(out)
    return rows


def _cpu_seconds() -> float:
    """Return the CPU time of this process and of all below it: guarded children end with the next run at the earliest."""
    waited_for = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = sum(process.cpu_seconds for process in descendants(os.getpid()).values())
    return time.process_time() + waited_for.ru_utime + waited_for.ru_stime + living


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m bench.trainset", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each encodes; the fastest counts")
    parser.add_argument("--texts", type=int, default=2000, help="how many texts are encoded")
    parser.add_argument("--threads", type=int, default=1, help="threads that encode")
    parser.add_argument("--megabytes", type=int, default=200, help="tokens that are shuffled and packed")
    parser.add_argument("--no-guard", action="store_true", help="shuffle and pack without guarded children")
    settings = parser.parse_args()
    print(table([("", "seconds", "", ""), *encoding(settings.rounds, texts_of(settings.texts, 600), settings.threads)]))
    with tempfile.TemporaryDirectory(prefix="dclm-bench-") as folder:
        found = shuffling(Path(folder), settings.megabytes, not settings.no_guard)
    print(table([("", "CPU s", "", ""), *found]))


if __name__ == "__main__":
    main()
