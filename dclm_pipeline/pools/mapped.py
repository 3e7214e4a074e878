"""Rows on their way from one task to the next that lie in a file as they lie in memory.

Such a file is an Arrow file, a record batch for each row group. Whoever reads it on the machine where it lies maps it,
and copies nothing; elsewhere batches are read one by one. Each says the CRC-32 of its columns' values, which is held
against what is read. Made of columns that would be stored as they are in any case.

Known gap: a file that somebody cuts short while it is mapped ends the process that looks at what was cut off.
"""

import json
import mmap
import zlib
from collections.abc import Iterator, Mapping, Sequence
from io import IOBase
from typing import BinaryIO, cast

import pyarrow as pa

from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.pools.digest import ContentDigest
from dclm_pipeline.pools.reading import ROWS, SIZE, distrusting, portions
from dclm_pipeline.schema import STORED
from dclm_pipeline.storage import Storage

# What a file of this kind is called at its end.
MAPPED = ".arrow"
_SUMS = b"crc32"
# Columns of pages and texts, which take half the room where they are compressed.
_LONG = frozenset({"body", "html", "text"})


def is_mapped(schema: pa.Schema) -> bool:
    """Tell whether what is long in rows of these columns is to be stored as it is."""
    plain = any(field.metadata is not None and field.metadata.get(STORED) == b"none" for field in schema)
    return plain and not _LONG & set(schema.names)


class MappedRows:
    """Writes row groups, each as one record batch, with what `pyarrow.parquet.ParquetWriter` is asked for here."""

    def __init__(self, sink: pa.NativeFile, schema: pa.Schema) -> None:
        """Begin a file."""
        self._writer = pa.ipc.new_file(sink, schema)

    def write_table(self, table: pa.Table, row_group_size: int) -> None:
        """Write a row group, which lies in one piece."""
        (batch,) = table.to_batches(max_chunksize=row_group_size)
        self._writer.write_batch(batch, custom_metadata={_SUMS: json.dumps(_sums(batch)).encode()})

    def close(self) -> None:
        """Write what ends a file."""
        self._writer.close()


def read_mapped(
    storage: Storage,
    path: str,
    columns: Sequence[str] | None = None,
    rows: int = ROWS,
    size: int = SIZE,
    groups: Sequence[int] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield batches as `read_shard` does, of all row groups or some; what lies on this machine is mapped."""
    name = f"{storage.url}/{path}"
    with storage.open(path) as stream, distrusting(name):
        reader = pa.ipc.open_file(_mapped(stream))
        for group in range(reader.num_record_batches) if groups is None else groups:
            if not 0 <= group < reader.num_record_batches:
                raise IntegrityError(
                    f"{name}: has {reader.num_record_batches} row groups, so there is no row group {group}"
                )
            batch, said = reader.get_batch_with_custom_metadata(group)
            if columns is not None:
                batch = _chosen(batch, columns, name)
            batch.validate(full=True)
            _hold_against(batch, _written(said or {}), f"{name}: row group {group}")
            most = min(rows, max(1, size * batch.num_rows // max(1, batch.nbytes)))
            for start in range(0, batch.num_rows, most):
                yield from portions(batch.slice(start, most), size)


def _mapped(stream: BinaryIO) -> pa.NativeFile:
    """Return a file as memory, where it is one of this machine and not empty; what is read of it keeps it there."""
    try:
        memory = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:  # it has no number, or no bytes
        return pa.PythonFile(cast("IOBase", stream), mode="r")
    return pa.BufferReader(pa.py_buffer(memory))


def _chosen(batch: pa.RecordBatch, columns: Sequence[str], name: str) -> pa.RecordBatch:
    for column in columns:
        if batch.schema.names.count(column) != 1:
            found = ", ".join(batch.schema.names)
            raise IntegrityError(f"{name}: does not have one column {column!r}; its columns are {found}")
    return batch.select(list(columns))


def _hold_against(batch: pa.RecordBatch, written: Mapping[str, str], name: str) -> None:
    """Refuse values of which there are other sums than when they were written."""
    try:
        sums = _sums(batch)
    except (RecipeError, ValueError) as error:  # types that nobody writes, or buffers of other sizes than values have
        raise IntegrityError(f"{name} is damaged: {error}") from error
    for column, found in sums.items():
        if written.get(column) != found:
            raise IntegrityError(f"{name} is damaged: column {column!r} has another checksum than when it was written")


def _written(said: Mapping[bytes, bytes]) -> Mapping[str, str]:
    """Return the sums that a writer left; none where what it left has been damaged."""
    try:
        sums = json.loads(said.get(_SUMS, b"{}"))
    except ValueError:
        return {}
    return sums if isinstance(sums, dict) else {}


def _sums(batch: pa.RecordBatch) -> dict[str, str]:
    digest = ContentDigest(batch.schema, _Checksum)
    digest.update(batch)
    return digest.digests()


class _Checksum:
    """CRC-32, as a digest is asked for."""

    def __init__(self) -> None:
        self._sum = 0

    def update(self, data: memoryview) -> None:
        """Take in bytes."""
        self._sum = zlib.crc32(data, self._sum)

    def digest(self) -> bytes:
        """Return the sum of all so far."""
        return self._sum.to_bytes(4, "little")
