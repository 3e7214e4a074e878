"""Arrow's types as the type checker should see them, and the few conversions that everybody needs.

The stubs give Arrow's classes parameters that the classes do not have, and take an array made from numpy for one of
booleans; saying so here once keeps it out of everything else.
"""

from typing import Any, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.errors import ShardError

Array: TypeAlias = "pa.Array[Any]"
Field: TypeAlias = "pa.Field[Any]"
Rows = TypeVar("Rows", pa.RecordBatch, pa.Table)


def schema_of(*fields: Field) -> pa.Schema:
    """Return a schema of fields."""
    return pa.schema(fields)


def from_numpy(values: NDArray[Any]) -> Array:
    """Return numpy values as an Arrow array, without a copy where there can be one."""
    array: Array = pa.array(values)
    return array


def nulls(rows: int, kind: pa.DataType) -> Array:
    """Return as many nulls of a type."""
    array: Array = pa.array([None] * rows, kind)
    return array


def take(rows: Rows, order: NDArray[np.int64]) -> Rows:
    """Return rows in another order."""
    return rows.take(from_numpy(order))


def where(rows: Rows, mask: NDArray[np.bool_]) -> Rows:
    """Return the rows at which a mask holds."""
    return rows.filter(from_numpy(mask))


def one_batch(table: pa.Table) -> pa.RecordBatch:
    """Return a table as one contiguous batch, also where it has no rows.

    Arrow leaves several pieces of a column of strings or lists that has more than 2 GB in all and offsets of 32 bits.
    """
    batches = table.combine_chunks().to_batches()
    if len(batches) > 1:
        narrow = ", ".join(field.name for field in table.schema if _is_narrow(field.type)) or "none has narrow offsets"
        raise ShardError(
            f"{table.num_rows:,} rows of {table.nbytes:,} bytes do not fit into one batch: they came in {len(batches)} "
            f"pieces. Columns whose offsets have 32 bits: {narrow}; make them large_string, large_binary or large_list, or "
            "take fewer rows at a time"
        )
    return batches[0] if batches else empty(table.schema)


def _is_narrow(kind: pa.DataType) -> bool:
    """Tell whether a column cannot have more than 2 GB in one piece."""
    is_ = pa.types
    return is_.is_string(kind) or is_.is_binary(kind) or is_.is_list(kind) or is_.is_map(kind)


def empty(schema: pa.Schema) -> pa.RecordBatch:
    """Return no rows with these columns."""
    return pa.RecordBatch.from_pylist([], schema=schema)
