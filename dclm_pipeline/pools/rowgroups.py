"""Cutting a stream of rows into row groups, by the rows alone and never by the batches in which they came.

A row group closes with the row that brings its own rows to a number, or their values to a number of bytes. What comes
out are the pieces in which rows came, without dictionaries. `contiguous` makes one array a column of them, without slices
or anything under nulls: what a Parquet writer makes of that depends on the values alone. Keeps the rows of one group.
"""

from collections.abc import Iterator, Sequence, Set
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.pools.values import Array, plain_type, row_bytes, value_type

_SPARE = 64 * 1024
# A slice of what came through a pipe keeps the whole message in memory: so many are kept before it is looked at whether
# that is much more than the rows, which are then copied out.
_LOOSE = 16
_MOST_KEPT = 1.25


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema as a pool stores it, dictionaries by value; refuse types that it cannot hold."""
    for place, field in enumerate(schema):
        try:
            value_type(field.type)
        except RecipeError as error:
            raise RecipeError(f"column {field.name!r}: {error}") from error
        plain = plain_type(field.type)
        if plain != field.type:
            schema = schema.set(place, field.with_type(plain))
    return schema


class RowGroups:
    """The rows of the group that is still open."""

    def __init__(self, schema: pa.Schema, rows: int, size: int) -> None:
        """Close a group at `rows` rows or `size` bytes; `schema` is a plain one."""
        self.text_bytes = 0
        self._schema = schema
        self._most_rows = rows
        self._most_bytes = size
        self._pending: list[list[Array]] = [[] for _ in schema]
        self._loose: list[list[Array]] = []
        self._rows = 0
        self._bytes = 0

    def add(self, batch: pa.RecordBatch) -> Iterator[pa.Table]:
        """Take in rows, of valid arrays; yield the groups that they close."""
        sizes, text = batch_bytes(batch)
        self.text_bytes += text
        columns = [_plain(array, field.type) for array, field in zip(batch.columns, self._schema, strict=True)]
        ends = np.cumsum(sizes)
        start = 0
        while start < len(ends):
            before = int(ends[start - 1]) if start else 0
            full = int(np.searchsorted(ends, before + self._most_bytes - self._bytes)) + 1
            end = min(full, start + self._most_rows - self._rows, len(ends))
            self._loose.append([array.slice(start, end - start) for array in columns])
            if len(self._loose) >= _LOOSE:
                self._settle()
            self._rows += end - start
            self._bytes += int(ends[end - 1]) - before
            start = end
            if self._rows >= self._most_rows or self._bytes >= self._most_bytes:
                yield self._close()

    def rest(self) -> Iterator[pa.Table]:
        """Yield the open group, where it has rows, and begin another."""
        if self._rows:
            yield self._close()

    def _settle(self) -> None:
        """Give the rows of the last few batches memory of their own, where they would keep much else in memory."""
        parts = [list(column) for column in zip(*self._loose, strict=True)]
        self._loose = []
        values = [array for column in parts for array in column]
        copied = _kept_bytes(values) > _MOST_KEPT * sum(array.nbytes for array in values) + _SPARE
        for pending, column in zip(self._pending, parts, strict=True):
            pending.extend([pa.concat_arrays(column)] if copied else column)

    def _close(self) -> pa.Table:
        columns = [[*pending, *(part[place] for part in self._loose)] for place, pending in enumerate(self._pending)]
        self._pending, self._loose = [[] for _ in self._schema], []
        self._rows = self._bytes = 0
        return pa.table(list(map(_in_pieces, columns)), schema=self._schema)


def contiguous(group: pa.Table, less: Set[str] = frozenset()) -> pa.Table:
    """Return a group as one array a column, which begins where its memory does and has nothing under its nulls.

    Some flat columns stay `less` than that, in the pieces in which rows came.
    """
    columns = [
        column if field.name in less else pa.chunked_array([_joined(column.chunks)], field.type)
        for field, column in zip(group.schema, group.columns, strict=True)
    ]
    return pa.table(columns, schema=group.schema)


def batch_bytes(batch: pa.RecordBatch) -> tuple[NDArray[np.int64], int]:
    """Return the bytes of each row's values, and those of the column `text` (of all columns where there is none)."""
    total = np.zeros(batch.num_rows, np.int64)
    text: int | None = None
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        sizes = row_bytes(array)
        total += sizes
        if name == "text":
            text = int(sizes.sum())
    return total, int(total.sum()) if text is None else text


def _plain(array: Array, kind: pa.DataType) -> Array:
    """Return the values without dictionaries, and in memory of their own where they would keep much else in memory."""
    if array.type != kind:
        array = array.cast(kind)
    if array.get_total_buffer_size() > 2 * array.nbytes + _SPARE:
        return pa.concat_arrays([array])
    return array


def _kept_bytes(arrays: Sequence[Array]) -> int:
    """Return how much memory arrays keep: what their buffers are pieces of, each once."""
    kept: dict[int, int] = {}
    for array in arrays:
        for buffer in array.buffers():
            while buffer is not None and buffer.parent is not None:
                buffer = buffer.parent
            if buffer is not None:
                kept[buffer.address] = buffer.size
    return sum(kept.values())


def _in_pieces(parts: list[Array]) -> "pa.ChunkedArray[Any]":
    """Return the rows of all in their pieces, but in one where lists may lie under nulls: Parquet may refuse to write those."""
    return pa.chunked_array([_joined(parts)] if pa.types.is_nested(parts[0].type) else parts)


def _joined(parts: list[Array]) -> Array:
    joined = parts[0] if len(parts) == 1 and parts[0].offset == 0 else pa.concat_arrays(parts)
    # Parquet passes over what lies under flat nulls.
    return joined.take(np.arange(len(joined))) if pa.types.is_nested(joined.type) else joined
