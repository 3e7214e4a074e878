"""`python -m bench.reading`: how fast training sets are read, beside a loop over DCLM's tars.

A made-up training set is written as `pack` leaves it, and part of it exported as DCLM's WebDataset tars. The loop does
what a WebDataset pipeline does for each row: the next members of the tar, gunzip, JSON, an array; without workers,
shuffling or collating. Each kind of reading has one process; the fastest of some rounds counts. CPU seconds are of all
threads of the process.
"""

import argparse
import gzip
import json
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import dclm_pipeline as dp
from bench.__main__ import table
from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.ids import ID, document_id
from dclm_pipeline.pools.manifest import PATH, Manifest, columns_of, manifest_to_bytes
from dclm_pipeline.pools.parquet import ShardWriter
from dclm_pipeline.pools.receipt import StoredFile
from dclm_pipeline.stages.pack import Pack
from dclm_pipeline.storage import open_storage
from dclm_pipeline.tally import SourceTally, Tally
from dclm_pipeline.trainset import PackedPool, TokenReader
from dclm_pipeline.trainset.export import export
from dclm_pipeline.trainset.export.webdataset import WebDataset
from stand_ins.stores import new_bucket, running_store

LENGTH, SHARD_ROWS = 2049, 65_536
MEMORY = "memory://bench/pool"


def write_set(folder: Path, rows: int, stored: str) -> Path:
    """Write a training set of tokens by luck, with two documents a row."""
    settings = Pack(sequence_length=LENGTH, compression="zstd" if stored == "zstd" else "none")
    schema = settings.writes()
    storage = open_storage(str(folder))
    files: list[StoredFile] = []
    luck = np.random.default_rng(0)
    for first in range(0, rows, SHARD_ROWS):
        path = folder.with_suffix(".parquet")
        with ShardWriter(path, schema) as writer:
            for start in range(first, min(rows, first + SHARD_ROWS), 1024):
                count = min(rows, first + SHARD_ROWS, start + 1024) - start
                tokens = np.minimum(luck.zipf(1.2, (count, LENGTH)), 50_000).astype("<u2")
                writer.write(_batch(schema, start, count, tokens))
        facts = writer.close()
        name = f"shards/{len(files):05d}.parquet"
        storage.put_file(name, path)
        files.append(StoredFile(name, facts.rows, facts.bytes, facts.text_bytes, facts.sha256, facts.content))
    manifest = Manifest(
        "key", {"name": "bench"}, columns_of(schema), tuple(files), (), (), (), (), Tally(SourceTally(), ())
    )
    storage.put(PATH, manifest_to_bytes(manifest))
    return folder


def _batch(schema: pa.Schema, start: int, count: int, tokens: NDArray[np.uint16]) -> pa.RecordBatch:
    ids = [document_id("bench", str(row)) for row in range(start, start + count)]
    numbers = pa.list_(pa.int32())
    arrays: list[Array] = [
        pa.array(ids, ID),
        pa.Array.from_buffers(schema.field("tokens").type, count, [None, from_numpy(tokens.reshape(-1)).buffers()[1]]),
        from_numpy(np.full(count, LENGTH, np.int32)),
        pa.array([[id, id] for id in ids], pa.list_(ID)),
        pa.array([[0, LENGTH // 2]] * count, numbers),
        pa.array([[0, 0]] * count, numbers),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def by_tars(folder: Path) -> Iterator[NDArray[np.int64]]:
    """Yield the rows of DCLM's tars, as a WebDataset loop comes to them."""
    for path in sorted(folder.glob("*.tar")):
        with tarfile.open(path, "r|") as tar:
            for member in tar:
                file = tar.extractfile(member)
                if file is not None:
                    yield np.array(json.loads(gzip.decompress(file.read())))


def measured(rounds: int, ways: dict[str, Callable[[], int]]) -> dict[str, tuple[float, float]]:
    """Return for each way of reading the tokens a second of wall clock and of CPU, of the fastest of some rounds."""
    best: dict[str, tuple[float, float]] = {}
    for _ in range(rounds):
        for name, read in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            tokens = read()
            rate = tokens / (time.perf_counter() - wall), tokens / (time.process_time() - cpu)
            best[name] = max(rate, best.get(name, rate))
    return best


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.reading", description=__doc__)
    parser.add_argument("--rows", type=int, default=131_072, help="rows of 2,049 tokens of the training set")
    parser.add_argument("--tar-rows", type=int, default=8192, help="rows that are read from tars")
    parser.add_argument("--batch", type=int, default=8, help="rows of a batch")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is read; the fastest counts")
    settings = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dclm-bench-") as place, running_store() as store:
        folder = Path(place)
        pool = write_set(folder / "pool", settings.rows, "none")
        packed = write_set(folder / "packed", min(settings.rows, 4 * 8192), "zstd")
        write_set(folder / "near", min(settings.rows, 4 * 8192), "none")
        small = write_set(folder / "small", settings.tar_rows, "none")
        for entry in (near := open_storage(str(folder / "near"))).entries():
            open_storage(MEMORY).put(entry.path, near.read(entry.path))
        bucket = new_bucket(store)
        for entry in near.entries():
            open_storage(bucket).put(entry.path, near.read(entry.path))
        export(PackedPool(str(small)), str(folder / "tars"), WebDataset())

        def read(reader: Callable[[], TokenReader], labels: bool = False) -> Callable[[], int]:
            def tokens() -> int:
                count = 0
                for batch in reader():
                    count += batch.tokens.size
                    if labels:
                        batch.inputs(), batch.labels()
                return count

            return tokens

        rows = settings.batch
        found = measured(
            settings.rounds,
            {
                "tars, as a WebDataset loop reads them": lambda: sum(map(len, by_tars(folder / "tars"))),
                "mapped, shuffled, with documents": read(lambda: dp.read_tokens(pool, rows=rows)),
                "mapped, shuffled, tokens alone": read(lambda: dp.read_tokens(pool, rows=rows, documents=False)),
                "mapped, in order, tokens alone": read(
                    lambda: dp.read_tokens(pool, rows=rows, documents=False, seed=None)
                ),
                "mapped, shuffled, inputs and labels as int64": read(
                    lambda: dp.read_tokens(pool, rows=rows), labels=True
                ),
                "zstd, shuffled, with documents": read(lambda: dp.read_tokens(packed, rows=rows)),
                "requests to memory, shuffled, with documents": read(lambda: dp.read_tokens(MEMORY, rows=rows)),
                "S3 on loopback, shuffled, with documents": read(lambda: dp.read_tokens(bucket, rows=rows)),
                "S3 on loopback, shuffled, tokens alone": read(
                    lambda: dp.read_tokens(bucket, rows=rows, documents=False)
                ),
            },
        )
    base = found["tars, as a WebDataset loop reads them"]
    lines = [
        (name, f"{wall / 1e6:,.1f}", f"{cpu / 1e6:,.1f}", f"{wall / base[0]:,.0f}")
        for name, (wall, cpu) in found.items()
    ]
    print(table([("", "million tokens/s", "of CPU", "x tars"), *lines]))


if __name__ == "__main__":
    main()
