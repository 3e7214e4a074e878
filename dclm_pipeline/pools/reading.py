"""Reading the Parquet shards of a pool, or any other Parquet file, as a stream of small batches.

The bytes are not trusted: page checksums are verified, strings and offsets are validated, and whatever does not fit
together is an `IntegrityError` that names the file. Memory is bounded by the pages of a row group and a batch.

Known gaps: one long value in the dictionary of a page may stand for many rows, so a hostile file can make a batch as
large as `rows` of its longest value; shards written here hold at most a row group of values in a row group. Parquet
has no checksum for its footer, so a damaged name or type there is found by `file_facts` alone.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dclm_pipeline.errors import IntegrityError, RecipeError, ShardError
from dclm_pipeline.pools.digest import ContentDigest
from dclm_pipeline.pools.rowgroups import batch_bytes
from dclm_pipeline.pools.values import is_packed, plain_type, value_type
from dclm_pipeline.storage import Storage

ROWS = 1024
SIZE = 8 * 1024 * 1024
GROUP_LIMIT = 4 * 1024**3

_BUFFER = 1024 * 1024
_DECLARED = b"ARROW:schema"


@dataclass(frozen=True)
class ShardFacts:
    """What is known about a written shard: of the file, its bytes; of its content, a digest for each column.

    `sha256` is the file's; that of a file which only passes from one task to the next is made of those of its columns.
    `text_bytes` is the size of the values of the column `text`, or of all columns where there is none.
    """

    rows: int
    bytes: int
    text_bytes: int
    sha256: str
    content: Mapping[str, str]


def read_shard(
    storage: Storage,
    path: str,
    columns: Sequence[str] | None = None,
    rows: int = ROWS,
    size: int = SIZE,
    groups: Sequence[int] | None = None,
    group_limit: int = GROUP_LIMIT,
    holding: tuple[str, Sequence[int]] | None = None,
    *,
    encoded: bool = False,
) -> Iterator[pa.RecordBatch]:
    """Yield batches of at most `rows` rows and `size` bytes of values (at least one row).

    Of some columns, in the order in which they are named, and some row groups, where they are given; with `holding`,
    a column and numbers, of those row groups that may hold one of the numbers in it by their statistics. A row group that
    holds more than `group_limit` bytes in all its columns, by the file's own account, is refused before it is read.
    With `encoded`, texts come as the bytes that they are, and whoever reads says what becomes of those that are no UTF-8.
    """
    if rows <= 0 or size <= 0:
        raise ValueError(f"{path}: cannot read batches of {rows} rows or {size} bytes")
    name = f"{storage.url}/{path}"
    with storage.open(path) as stream, distrusting(name):
        shard = _Shard(stream, name, columns, encoded=encoded)
        for group in range(shard.groups) if groups is None else groups:
            if holding is not None and not shard.may_hold(group, *holding):
                continue
            for batch in shard.batches(group, rows, size, group_limit):
                yield from portions(batch, size)


def read_promised(
    storage: Storage,
    path: str,
    columns: Sequence[str] | None = None,
    rows: int = ROWS,
    groups: Sequence[int] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Read a shard that a manifest names, as `read_shard` does; where it is missing, the pool is damaged."""
    with promised(f"{storage.url}/{path}"):
        yield from read_shard(storage, path, columns, rows, groups=groups)


def file_facts(storage: Storage, path: str) -> ShardFacts:
    """Read a stored shard again and return the facts about it, to compare with those of its receipt."""
    name = f"{storage.url}/{path}"
    whole = hashlib.sha256()
    length = count = text_bytes = 0
    with storage.open(path) as stream, distrusting(name):
        while data := stream.read(_BUFFER):
            whole.update(data)
            length += len(data)
        stream.seek(0)
        shard = _Shard(stream, name, None)
        digest = ContentDigest(shard.schema)
        for group in range(shard.groups):
            for batch in shard.batches(group, ROWS, SIZE, GROUP_LIMIT):
                digest.update(batch)
                count += batch.num_rows
                text_bytes += batch_bytes(batch)[1]
    return ShardFacts(count, length, text_bytes, whole.hexdigest(), digest.digests())


class _Shard:
    """An open Parquet file, as far as some of its columns are concerned."""

    def __init__(self, stream: BinaryIO, name: str, columns: Sequence[str] | None, *, encoded: bool = False) -> None:
        self._name = name
        self._encoded = encoded
        self._file = pq.ParquetFile(
            stream,
            buffer_size=_BUFFER,
            pre_buffer=False,
            page_checksum_verification=True,
        )
        self._metadata = self._file.metadata
        self.groups = self._metadata.num_row_groups
        self._columns = None if columns is None else list(columns)
        self.schema = self._readable(self._file.schema_arrow)

    def batches(self, group: int, rows: int, size: int, limit: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a row group, as many at a time as make about `size` bytes where rows are alike."""
        if not 0 <= group < self.groups:
            raise IntegrityError(f"{self._name}: has {self.groups} row groups, so there is no row group {group}")
        # No closer look, at its columns: pyarrow ends the process where their metadata does not fit together.
        there = self._metadata.row_group(group).num_rows
        total = self._metadata.row_group(group).total_byte_size
        if there < 0 or not 0 <= total <= limit:
            raise IntegrityError(
                f"{self._name}: row group {group} says that it holds {there} rows of {total} bytes in all; at most "
                f"{limit} bytes are read, so write it in smaller row groups"
            )
        most = min(rows, max(1, size * there // max(1, total)))
        count = 0
        for batch in self._file.iter_batches(most, [group], self._columns, use_threads=False):
            count += batch.num_rows
            yield self._restored(batch)
        if count != there:
            raise IntegrityError(f"{self._name}: row group {group} says {there} rows and holds {count}")

    def may_hold(self, group: int, column: str, numbers: Sequence[int]) -> bool:
        """Tell whether a row group may hold one of some numbers in a column, by its statistics."""
        place = self._file.schema_arrow.get_field_index(column)
        statistics = self._metadata.row_group(group).column(place).statistics
        if statistics is None or statistics.min is None or statistics.max is None:
            return True
        low, high = statistics.min, statistics.max
        return any(low <= number <= high for number in numbers)

    def _readable(self, there: pa.Schema) -> pa.Schema:
        """Return the columns that are asked for, with the types that the writer declared."""
        declared = _declared_schema(self._metadata.metadata or {})
        fields: list[pa.Field[pa.DataType]] = []
        for column in there.names if self._columns is None else self._columns:
            place = there.get_field_index(column)
            if place < 0:
                found = ", ".join(there.names)
                raise IntegrityError(f"{self._name}: does not have one column {column!r}; its columns are {found}")
            field = there.field(place)
            written = declared.get_field_index(column)
            kind = field.type if written < 0 else declared.field(written).type
            try:
                value_type(kind)
            except RecipeError as error:
                raise IntegrityError(f"{self._name}: column {column!r}: {error}") from error
            plain = plain_type(kind)
            text = pa.types.is_string(plain) or pa.types.is_large_string(plain)
            fields.append(field.with_type(pa.large_binary() if self._encoded and text else plain))
        return pa.schema(fields)

    def _restored(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the batch with the declared types: Parquet has no seconds, and keeps dates as days."""
        columns = []
        for field in self.schema:
            array = batch.column(field.name)
            columns.append(array if array.type == field.type else array.cast(field.type))
        restored = pa.RecordBatch.from_arrays(columns, schema=self.schema)
        restored.validate(full=True)
        return restored


def _declared_schema(metadata: Mapping[bytes, bytes]) -> pa.Schema:
    """Return the schema that an Arrow writer left in a file, or an empty one."""
    if _DECLARED not in metadata:
        return pa.schema([])
    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(metadata[_DECLARED])))


def portions(batch: pa.RecordBatch, size: int) -> Iterator[pa.RecordBatch]:
    """Cut a batch where its rows' bytes would pass `size`."""
    if batch.nbytes <= size and not any(map(is_packed, batch.schema.types)):
        yield batch  # looking at each row is slower than reading it
        return
    ends = np.cumsum(batch_bytes(batch)[0])
    start = before = 0
    while start < batch.num_rows:
        end = max(start + 1, int(np.searchsorted(ends, before + size, side="right")))
        yield batch.slice(start, end - start)
        before = int(ends[end - 1])
        start = end


@contextmanager
def promised(name: str) -> Iterator[None]:
    """Say of a file that a manifest names, and that is missing, that its pool is damaged."""
    try:
        yield
    except FileNotFoundError as error:
        raise IntegrityError(
            f"{name}: is missing, though the pool's manifest names it; `dclm verify` says what else is, and running the "
            "recipe again makes it anew"
        ) from error


@contextmanager
def distrusting(name: str) -> Iterator[None]:
    """Say which file it is whose bytes Arrow cannot make sense of."""
    try:
        yield
    except pa.ArrowMemoryError as error:
        raise ShardError(f"{name}: reading it needs more memory than there is: {error}") from error
    except (pa.ArrowException, UnicodeDecodeError, binascii.Error) as error:
        raise IntegrityError(f"{name}: is damaged, or no Parquet file: {error}") from error
    except OSError as error:
        # Arrow reports damage without an error number; storages report trouble as errors of ours.
        if error.errno is not None:
            raise
        raise IntegrityError(f"{name}: is damaged, or no Parquet file: {error}") from error
