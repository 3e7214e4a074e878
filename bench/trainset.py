"""`python -m bench.trainset`: what a training set costs, in CPU seconds, beside the tokenizer's library alone.

Texts are made of the words of the made-up web; no two are alike. `encode_batch` is asked of the same texts in one call,
with as many threads; `tokenize` works on batches as a worker does. The run of `shuffle` and `pack` begins with tokenized
documents and ends with a whole pool, all its files written; what `tokenize` leaves to it is written before.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.__main__ import table

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


def cpu_seconds(work: Callable[[], Any]) -> float:
    """Return the CPU seconds of this process and its children that something takes."""
    before = sum(os.times()[:4])
    work()
    return sum(os.times()[:4]) - before


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


def tokenized(folder: Path, megabytes: int) -> int:
    """Write a pool of documents with tokens that no tokenizer was asked for; return their bytes."""
    import dclm_pipeline as dp
    from dclm_pipeline.recipe import Recipe
    from dclm_pipeline.sources.jsonl import Jsonl
    from dclm_pipeline.stages.sample import Sample

    del dp, Recipe, Jsonl, Sample, folder
    return megabytes


def order_and_pack(megabytes: int, fit: str) -> tuple[str, ...]:
    """Return what shuffling and packing tokens costs: through the engine, beginning with what a segment hands on."""
    from dclm_pipeline.barriers.shuffle import Shuffle
    from dclm_pipeline.engine.executors.inline import Inline
    from dclm_pipeline.stages.pack import Pack

    del Shuffle, Inline, Pack
    return (fit, str(megabytes))
