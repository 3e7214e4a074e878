"""One shard of a training set, its tokens mapped into memory: NumPy sees the rows where they lie in the file.

Trusts the file: its checksums are `dclm verify`'s business. Tokens that were stored compressed are read into memory, a
row group at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.pools.reading import distrusting
from dclm_pipeline.schema import GROUP_ROWS

TOKENS = "tokens"
# Of one page: those of two have 50 bytes together, and tokens between them.
_MOST_HEADER = 40


@dataclass(frozen=True)
class RowGroup:
    """Rows that lie together in a file: which, and where their tokens begin; -1 where they are compressed."""

    first: int
    rows: int
    begin: int


@dataclass(frozen=True)
class PackedShard:
    """The rows of a shard: so many, of `sequence_length` tokens each."""

    path: Path
    rows: int
    sequence_length: int
    dtype: np.dtype[np.unsignedinteger]
    groups: tuple[RowGroup, ...]

    def blocks(self) -> Iterator[NDArray[np.unsignedinteger]]:
        """Yield the tokens, row group after row group, each an array of rows by `sequence_length`."""
        for number in range(len(self.groups)):
            yield self.block(number)

    def block(self, number: int) -> NDArray[np.unsignedinteger]:
        """Return the tokens of one row group: a view of the file, or a copy where they are compressed."""
        group = self.groups[number]
        if group.begin < 0:
            column = pq.ParquetFile(self.path).read_row_group(number, [TOKENS]).combine_chunks().to_batches()[0]
            values = np.frombuffer(memoryview(column[TOKENS].buffers()[1] or b""), self.dtype)
            return values.reshape(-1, self.sequence_length)
        size = group.rows * self.sequence_length * self.dtype.itemsize
        data = self._mapped[group.begin : group.begin + size]
        return data.view(self.dtype).reshape(group.rows, self.sequence_length)

    def row(self, place: int) -> NDArray[np.unsignedinteger]:
        """Return the tokens of one row, by its place in the shard; of what is compressed, reads its row group."""
        if not 0 <= place < self.rows:
            raise IndexError(f"{self.path}: has {self.rows} rows, and no row {place}")
        firsts = [group.first for group in self.groups]
        number = int(np.searchsorted(firsts, place, "right")) - 1
        row: NDArray[np.unsignedinteger] = self.block(number)[place - firsts[number]]
        return row

    def documents(self) -> pa.Table:
        """Return what rows say beside their tokens: `id`, `token_count`, `doc_ids`, `starts` and `offsets`."""
        file = pq.ParquetFile(self.path)
        return file.read([name for name in file.schema_arrow.names if name != TOKENS])

    @cached_property
    def _mapped(self) -> NDArray[np.uint8]:
        return np.memmap(self.path, np.uint8, "r")


@dataclass(frozen=True)
class Geometry:
    """Where the tokens of a shard lie in its file, by its footer alone."""

    rows: int
    sequence_length: int
    dtype: np.dtype[np.unsignedinteger]
    groups: tuple[RowGroup, ...]
    # So many rows has every row group but the last.
    group_rows: int


def open_shard(path: str | Path) -> PackedShard:
    """Open a shard of a training set on this machine; reads its footer alone."""
    path = Path(path)
    with distrusting(str(path)):
        found = geometry_of(pq.read_metadata(path), str(path))
    return PackedShard(path, found.rows, found.sequence_length, found.dtype, found.groups)


def geometry_of(metadata: pq.FileMetaData, name: str) -> Geometry:
    """Return where the tokens lie in a file of this footer; refuse one that is no shard of a training set."""
    schema = metadata.schema.to_arrow_schema()
    place = schema.get_field_index(TOKENS)
    marks = (schema.field(place).metadata or {}) if place >= 0 else {}
    if b"dtype" not in marks or b"sequence_length" not in marks:
        raise RecipeError(
            f"{name}: is no shard of a training set: its column {TOKENS!r} does not say how long rows are"
        )
    dtype: np.dtype[np.unsignedinteger] = np.dtype(marks[b"dtype"].decode())
    length = int(marks[b"sequence_length"])
    groups: list[RowGroup] = []
    first = 0
    for number in range(metadata.num_row_groups):
        rows = metadata.row_group(number).num_rows
        # One of several columns, or of columns within columns: found by its path.
        columns = (metadata.row_group(number).column(leaf) for leaf in range(metadata.num_columns))
        chunk = next(column for column in columns if column.path_in_schema == TOKENS)
        begin = -1
        if chunk.compression == "UNCOMPRESSED":
            begin = chunk.data_page_offset + chunk.total_compressed_size - rows * length * dtype.itemsize
            if not 0 < begin - chunk.data_page_offset <= _MOST_HEADER:
                raise IntegrityError(
                    f"{name}: the tokens of row group {number} are not in one page, as `pack` writes them; make it anew"
                )
        groups.append(RowGroup(first, rows, begin))
        first += rows
    group_rows = int(marks.get(GROUP_ROWS, str(max((group.rows for group in groups), default=1)).encode()))
    return Geometry(metadata.num_rows, length, dtype, tuple(groups), group_rows)
