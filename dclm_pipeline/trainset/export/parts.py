"""An export in parts: neighbouring rows that become files together, and what a format has to say.

Knows where rows lie in a pool's shards; nothing of any format.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.pools.manifest import Manifest
from dclm_pipeline.pools.reading import read_promised
from dclm_pipeline.storage import Storage
from dclm_pipeline.trainset.rows import Tokens
from dclm_pipeline.trainset.shard import Geometry

# A part of all rows, and parts that are the shards of the pool.
WHOLE, BY_SHARD = 0, -1
_READ_ROWS = 256


@dataclass(frozen=True)
class Part:
    """Rows of a pool that are exported together, in the order in which they lie: so many from `first` on."""

    number: int
    first: int
    rows: int


@dataclass(frozen=True)
class Rows:
    """Some of them: their columns, and their tokens as an array."""

    columns: pa.RecordBatch
    tokens: Tokens

    @property
    def counts(self) -> NDArray[np.int32]:
        """Return how many tokens of each row count."""
        counts: NDArray[np.int32] = self.columns["token_count"].to_numpy(zero_copy_only=False)
        return counts

    def counted(self) -> Tokens:
        """Return the tokens that count, one row's after another's."""
        length = self.tokens.shape[1]
        counts = self.counts
        if (counts == length).all():
            return self.tokens.reshape(-1)
        return self.tokens[np.arange(length) < counts[:, None]]


class Format(Protocol):
    """One form of an export. `part_rows` are rows of a part, `WHOLE` or `BY_SHARD`; `columns` what it reads."""

    @property
    def part_rows(self) -> int:
        """Return how many rows make a part."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that are read, `tokens` and `token_count` among them."""
        ...

    def facts(self) -> Mapping[str, str | int]:
        """Return what the export's bytes depend on beside the rows: the format's name and revision, and settings."""
        ...

    def write(self, part: Part, geometry: Geometry, rows: Iterator[Rows], folder: Path) -> Sequence[str]:
        """Write the files of a part into a folder; return their names there."""
        ...

    def closing(self, parts: Sequence[Part]) -> Mapping[str, bytes]:
        """Return small files that tell of all parts, by their names."""
        ...


def parts_of(manifest: Manifest, part_rows: int) -> list[Part]:
    """Return the parts of a pool."""
    if part_rows == BY_SHARD:
        sizes = [shard.rows for shard in manifest.shards if shard.rows]
    else:
        most = part_rows or max(1, manifest.rows)
        sizes = [min(most, manifest.rows - first) for first in range(0, manifest.rows, most)]
    firsts = np.cumsum([0, *sizes]).tolist()
    return [Part(number, firsts[number], rows) for number, rows in enumerate(sizes)]


def rows_of(
    storage: Storage, manifest: Manifest, geometry: Geometry, part: Part, columns: tuple[str, ...]
) -> Iterator[Rows]:
    """Yield the rows of a part, some at a time; whole row groups before them are not read."""
    begin, end = 0, part.first + part.rows
    for shard in manifest.shards:
        start = max(0, part.first - begin)
        if start < shard.rows and begin < end:
            wanted = min(shard.rows, end - begin)
            groups = range(start // geometry.group_rows, -(-wanted // geometry.group_rows))
            place = groups.start * geometry.group_rows
            for batch in read_promised(storage, shard.path, columns, _READ_ROWS, groups=groups):
                low, high = max(0, start - place), min(batch.num_rows, wanted - place)
                if low < high:
                    yield _rows(batch.slice(low, high - low), geometry)
                place += batch.num_rows
        begin += shard.rows


def _rows(batch: pa.RecordBatch, geometry: Geometry) -> Rows:
    column = batch["tokens"]
    data = np.frombuffer(memoryview(column.buffers()[1] or b""), geometry.dtype)
    tokens = data.reshape(-1, geometry.sequence_length)[column.offset : column.offset + len(column)]
    return Rows(batch, tokens)
