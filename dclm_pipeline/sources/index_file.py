"""One file of a crawl's URL index: a Parquet table whose columns are of the index's types, or of others that hold the same.

Whoever copies an index may leave text as bytes or dictionaries, and numbers as wider ones, as fractions or as text. All
of that is read; what holds something else is refused by its name.

Known gap: pyarrow ends the process where a damaged footer contradicts itself about a column whose statistics are asked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as types

from dclm_pipeline.arrow import Array
from dclm_pipeline.errors import RecipeError

NUMBER = pa.int64()
TEXT = pa.large_binary()

_CALLED = {NUMBER: "whole numbers (int64)", TEXT: "text (string)"}
_BATCH_ROWS, _BATCH_BYTES = 64 * 1024, 64 * 2**20
_IS_IT = "is it the URL index of a crawl?"
_TEXTS = (
    types.is_string,
    types.is_large_string,
    types.is_string_view,
    types.is_binary,
    types.is_large_binary,
    types.is_binary_view,
    types.is_fixed_size_binary,
)


class IndexFile:
    """An open file of an index; `kinds` says which columns are looked at, and as what: `NUMBER` or `TEXT`."""

    def __init__(self, stream: BinaryIO, name: str, kinds: Mapping[str, pa.DataType]) -> None:
        """Look at the columns that a file has, which messages call `name`."""
        self._file = pq.ParquetFile(stream, pre_buffer=True)
        self._name = name
        self._kinds = kinds
        self._metadata = self._file.metadata
        # Of columns within others, too, which count before those that stand behind them.
        paths = [self._metadata.schema.column(place).path for place in range(self._metadata.num_columns)]
        self._leaves = {path: place for place, path in enumerate(paths)}
        self.groups = self._metadata.num_row_groups
        self.rows = self._metadata.num_rows
        for column, kind in sorted(kinds.items()):
            self._require(column, kind)

    def batches(self, group: int, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a row group in order, always as many at a time, each column as what it is looked at."""
        facts = self._metadata.row_group(group)
        rows = _BATCH_BYTES * facts.num_rows // max(1, facts.total_byte_size)
        for batch in self._file.iter_batches(min(_BATCH_ROWS, max(1, rows)), [group], [*columns]):
            yield pa.RecordBatch.from_arrays([self._read(batch, column) for column in columns], [*columns])

    def bounds(self, group: int, column: str, of: type) -> tuple[Any, Any] | None:
        """Return the least and the greatest value of a column in a row group, where they are known and of a type."""
        place = self._leaves.get(column, -1)
        if not 0 <= place < self._metadata.row_group(group).num_columns:
            return None
        statistics = self._metadata.row_group(group).column(place).statistics
        if statistics is None or not statistics.has_min_max:
            return None
        try:
            least, greatest = statistics.min, statistics.max
        except UnicodeDecodeError:  # cut within a letter
            return None
        return (least, greatest) if type(least) is type(greatest) is of else None

    def mean_of(self, column: str) -> int:
        """Return what a column of numbers is on average, by its first rows."""
        first = next(self.batches(0, [column]), None) if self.groups else None
        return 0 if first is None else int(pc.mean(first[column]).as_py() or 0)

    def _require(self, column: str, kind: pa.DataType) -> None:
        """Refuse a file that has no such column, two of them, or one whose type cannot hold what is sought in it."""
        schema = self._file.schema_arrow
        count = schema.names.count(column)
        if count != 1:
            raise RecipeError(f"{self._name}: has {count or 'no'} column {column!r}; {_IS_IT}")
        there = schema.field(column).type
        found = there.value_type if types.is_dictionary(there) else there
        numbers = types.is_integer(found) or types.is_floating(found) or types.is_decimal(found)
        if not (_is_text(found) or types.is_null(found) or (numbers and kind == NUMBER)):
            raise RecipeError(
                f"{self._name}: its column {column!r} is of type {there}, where an index has {_CALLED[kind]}; {_IS_IT}"
            )

    def _read(self, batch: pa.RecordBatch, column: str) -> Array:
        values, kind = batch[column], self._kinds[column]
        there = values.type
        try:
            if isinstance(values, pa.DictionaryArray):
                values = values.dictionary_decode()
            if kind == NUMBER and _is_text(values.type):
                values = values.cast(pa.large_string())
            return values.cast(kind)
        except pa.ArrowInvalid as error:
            raise RecipeError(
                f"{self._name}: its column {column!r} of type {there} holds something else than {_CALLED[kind]}: "
                f"{error}; {_IS_IT}"
            ) from error


def _is_text(kind: pa.DataType) -> bool:
    return any(is_one(kind) for is_one in _TEXTS)
