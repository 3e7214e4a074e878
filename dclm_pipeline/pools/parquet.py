"""Writing the Parquet shards of a pool.

The same rows give the same bytes, however they are batched, for one version of pyarrow (which signs the file with its
version, and may encode otherwise in the next). A shard is written to scratch only, and hashed on the way; storages
make it an object. Holds about two row groups in memory. Knows nothing of what the columns mean, except that the size
of a shard is that of its `text`.
"""

import hashlib
import inspect
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dclm_pipeline.errors import PipelineError, RecipeError, ShardError
from dclm_pipeline.pools.digest import ContentDigest
from dclm_pipeline.pools.file_layout import (
    MOST_BYTES,
    FileLayout,
    layout_of,
    loose_columns,
    passing_layout,
    wished_rows,
)
from dclm_pipeline.pools.mapped import MappedRows
from dclm_pipeline.pools.reading import ShardFacts, file_facts, read_shard
from dclm_pipeline.pools.rowgroups import RowGroups, contiguous, plain_schema
from dclm_pipeline.storage.trouble import naming

__all__ = ["GROUP_BYTES", "GROUP_ROWS", "ShardFacts", "ShardWriter", "file_facts", "read_shard"]

GROUP_ROWS = 1_000_000
GROUP_BYTES = 32 * 1024 * 1024

# Parquet's own limit in pyarrow: a larger group would be cut there.
_MOST_GROUP_ROWS = 64 * 1024 * 1024
# Whether pages end by rows: a version of pyarrow that is not told how many ends them by bytes alone.
_COUNTS_ROWS = "max_rows_per_page" in inspect.signature(pq.ParquetWriter).parameters
_LEVEL = 3
_BUFFER = 256 * 1024


class ShardWriter:
    """A shard in the making; a context manager, which leaves nothing behind when it is left by an exception."""

    def __init__(
        self,
        path: Path,
        schema: pa.Schema,
        group_rows: int = GROUP_ROWS,
        group_bytes: int = GROUP_BYTES,
        *,
        passing: bool = False,
        mapped: bool = False,
    ) -> None:
        """Begin a file at `path`, on scratch; a row group closes at `group_rows` rows or `group_bytes` of values.

        One that is `passing` on to another task, and no part of a pool, is written quickly rather than small, and known
        by its content: nobody holds its bytes against a digest, as whoever reads it verifies those of its pages. It is
        no Parquet where it is to be `mapped`.
        """
        if not 0 < group_rows <= _MOST_GROUP_ROWS or group_bytes <= 0:
            raise ValueError(f"row groups of {group_rows} rows or {group_bytes} bytes cannot be written")
        self.schema = plain_schema(schema)
        self.path = path
        wished, layout = wished_rows(self.schema), passing_layout(self.schema) if passing else layout_of(self.schema)
        self._groups = RowGroups(self.schema, wished or group_rows, MOST_BYTES if wished else group_bytes)
        self._digest = ContentDigest(self.schema)
        self._in_pieces = passing and not mapped
        # Neither indexed nor cut into pages, so that it can be written piece by piece.
        self._loose = frozenset[str]() if mapped else loose_columns(self.schema)
        self._rows = 0
        self._cuts = 0
        self._facts: ShardFacts | None = None
        with naming(str(path)):
            self._sink = _NewFile(path) if passing else _HashedFile(path)
        try:
            with naming(str(path)):
                self._writer = (
                    MappedRows(self._sink.file, self.schema)
                    if mapped
                    else _parquet_writer(self._sink.file, self.schema, layout)
                )
        except BaseException as error:
            self._sink.forsake()
            self._sink.discard()
            if isinstance(error, pa.ArrowException | OSError):
                raise RecipeError(f"{path}: Parquet cannot hold these columns: {error}") from error
            raise

    def __enter__(self) -> "ShardWriter":
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Complete the file; after an exception, remove it."""
        del error, trace
        if kind is None:
            self.close()
        else:
            self.discard()

    def write(self, batch: pa.RecordBatch) -> None:
        """Add rows; their columns are those of the schema by name, type and order."""
        if self._sink.ended:
            raise PipelineError(f"{self.path}: written to after its end")
        self._check(batch)
        self._store(self._groups.add(batch))

    @property
    def stored(self) -> tuple[int, int]:
        """Return the rows so far, up to the last cut, and their `text_bytes`."""
        return self._rows, self._groups.text_bytes

    def cut(self) -> int:
        """Close the row group here, whatever its size; return how many the file has now."""
        self._store(self._groups.rest())
        return self._cuts

    def close(self) -> ShardFacts:
        """Complete the file and return the facts about it; again, only return them."""
        if self._facts is None:
            if self._sink.ended:
                raise PipelineError(f"{self.path}: was given up, so there are no facts about it")
            self.cut()
            try:
                with naming(str(self.path)):
                    self._writer.close()
                    self._sink.finish()
            except BaseException:
                self.discard()
                raise
            content = self._digest.digests()
            sha256 = self._sink.sha256 or _digest_of(content)
            self._facts = ShardFacts(self._rows, self._sink.size, self._groups.text_bytes, sha256, content)
        return self._facts

    def discard(self) -> None:
        """Remove the file."""
        self._sink.forsake()
        # Left open, Parquet would complete the file some time later.
        with suppress(pa.ArrowException, OSError):
            self._writer.close()
        self._sink.discard()

    def _store(self, groups: Iterable[pa.Table]) -> None:
        try:
            with naming(str(self.path)):
                for pieces in groups:
                    group = pieces if self._in_pieces else contiguous(pieces, self._loose)
                    for batch in group.to_batches():
                        self._digest.update(batch)
                    self._writer.write_table(group, row_group_size=group.num_rows)
                    self._sink.look()
                    self._rows += group.num_rows
                    self._cuts += 1
        except BaseException as error:
            self.discard()
            if isinstance(error, pa.ArrowException):
                raise ShardError(f"{self.path}: Parquet cannot hold these values: {error}") from error
            raise

    def _check(self, batch: pa.RecordBatch) -> None:
        given = plain_schema(batch.schema)
        if given.names != self.schema.names or given.types != self.schema.types:
            raise PipelineError(
                f"{self.path}: was begun with the columns {_described(self.schema)} and cannot take {_described(given)}"
            )
        try:
            batch.validate(full=True)
        except pa.ArrowException as error:
            raise ShardError(f"{self.path}: rows that are not valid cannot be stored: {error}") from error


class _NewFile:
    """A new file that can be given up at any time. Parquet writes to it without Python in between."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.file = pa.OSFile(str(path), "wb")
        self.size = 0

    @property
    def ended(self) -> bool:
        """Tell whether the file is complete or given up."""
        return self.file.closed

    @property
    def sha256(self) -> str:
        """Return nothing: nobody has looked at what was written."""
        return ""

    def look(self) -> None:
        """Look at what has been written since the last time."""

    def finish(self) -> None:
        """Hand the last bytes to the operating system."""
        self.look()
        self.size = self.file.tell()
        self.file.close()

    def forsake(self) -> None:
        """Take the file's name away: what is still written goes nowhere."""
        self._path.unlink(missing_ok=True)

    def discard(self) -> None:
        """Let go of a file that is forsaken."""
        with suppress(OSError):  # a device that has no space
            self.file.close()


class _HashedFile(_NewFile):
    """A new file that is hashed while it is written, out of what the operating system has of it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._hash = hashlib.sha256()
        self._written = path.open("rb", buffering=0)
        self._room = bytearray(_BUFFER)

    @property
    def sha256(self) -> str:
        """Return the digest of what was written, in hexadecimal."""
        return self._hash.hexdigest()

    def look(self) -> None:
        """Hash what has been written since the last time: it is read again, which costs a tenth of hashing it."""
        end = self.file.tell()
        while self.size < end:
            count = self._written.readinto(memoryview(self._room)[: end - self.size])
            if not count:
                raise ShardError(
                    f"{self._path}: ends at {self.size:,} bytes, and {end:,} were written: somebody cut it"
                )
            self._hash.update(memoryview(self._room)[:count])
            self.size += count

    def finish(self) -> None:
        """Hand the last bytes to the operating system."""
        super().finish()
        self._written.close()

    def discard(self) -> None:
        """Let go of a file that is forsaken."""
        self._written.close()
        super().discard()


def _parquet_writer(sink: pa.NativeFile, schema: pa.Schema, layout: FileLayout) -> pq.ParquetWriter:
    indexed: Any = layout.indexed  # the stubs know of no lists of columns
    told: Any = layout.told
    page_rows: dict[str, Any] = {"max_rows_per_page": layout.page_rows} if layout.page_rows and _COUNTS_ROWS else {}
    return pq.ParquetWriter(
        sink,
        schema,
        version="2.6",
        compression=layout.compression,
        compression_level=layout.levels(_LEVEL),
        use_dictionary=indexed,
        write_statistics=told,
        data_page_size=layout.page_bytes,
        write_page_checksum=True,
        write_page_index=not layout.passing,
        store_schema=True,
        **page_rows,
    )


def _digest_of(content: Mapping[str, str]) -> str:
    """Return one digest for those of columns."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _described(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name}: {field.type}" for field in schema)
