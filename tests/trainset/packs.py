"""Training sets of made-up tokens, as `pack` writes them, at any place."""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from dclm_pipeline.ids import document_id
from dclm_pipeline.pools.manifest import PATH, Manifest, columns_of, manifest_to_bytes
from dclm_pipeline.pools.parquet import ShardWriter
from dclm_pipeline.pools.receipt import StoredFile
from dclm_pipeline.schema import GROUP_ROWS
from dclm_pipeline.stages.pack import Pack
from dclm_pipeline.storage import open_storage
from dclm_pipeline.tally import SourceTally, Tally


def schema_of_rows(length: int, dtype: str, stored: str, group_rows: int) -> pa.Schema:
    """Return the columns of a training set, with row groups of as many rows."""
    schema = Pack(sequence_length=length, dtype=dtype, compression=stored).writes()
    field = schema.field("tokens")
    return schema.set(1, field.with_metadata({**field.metadata, GROUP_ROWS: str(group_rows).encode()}))


def made_up_rows(shard: int, rows: int, length: int, dtype: str) -> list[dict[str, object]]:
    """Return rows whose tokens tell which row it is, of a few documents each, the last one padded."""
    luck = np.random.default_rng([shard, rows, length])
    made = []
    for row in range(rows):
        tokens = luck.integers(0, 60_000, length)
        tokens[0], tokens[1] = shard, row
        count = length if row < rows - 1 else int(luck.integers(1, length + 1))
        tokens[count:] = 0
        starts = [0, *sorted(luck.choice(np.arange(1, count), min(count - 1, row % 4), replace=False).tolist())]
        made.append(
            {
                "id": document_id(f"shard {shard}", str(row)),
                "tokens": tokens.astype(dtype).tobytes(),
                "token_count": count,
                "doc_ids": [document_id(f"document {shard} {row}", str(start)) for start in starts],
                "starts": starts,
                "offsets": [0] * len(starts),
            }
        )
    return made


def write_pack(
    place: Path | str,
    shards: list[int],
    length: int = 9,
    dtype: str = "uint16",
    stored: str = "none",
    group_rows: int = 8,
) -> Path | str:
    """Write a training set of shards of so many rows; return its place."""
    storage = open_storage(str(place))
    schema = schema_of_rows(length, dtype, stored, group_rows)
    files = []
    with tempfile.TemporaryDirectory() as folder:
        for number, rows in enumerate(shards):
            path = Path(folder, "shard.parquet")
            with ShardWriter(path, schema) as writer:
                table = pa.Table.from_pylist(made_up_rows(number, rows, length, dtype), schema=schema)
                for batch in table.to_batches(max_chunksize=5):
                    writer.write(batch)
            facts = writer.close()
            name = f"shards/{number:05d}-{facts.sha256[:8]}.parquet"
            storage.put_file(name, path)
            files.append(StoredFile(name, facts.rows, facts.bytes, facts.text_bytes, facts.sha256, facts.content))
    manifest = Manifest(
        "key", {"name": "pack"}, columns_of(schema), tuple(files), (), (), (), (), Tally(SourceTally(), ())
    )
    storage.put(PATH, manifest_to_bytes(manifest))
    return place


def rows_of(shards: list[int], length: int = 9, dtype: str = "uint16") -> list[list[int]]:
    """Return the tokens that `write_pack` writes, row after row."""
    return [
        np.frombuffer(row["tokens"], dtype).tolist()
        for number, rows in enumerate(shards)
        for row in made_up_rows(number, rows, length, dtype)
    ]
