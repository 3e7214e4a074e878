"""Arrow's types as the type checker should see them, and the few conversions that everybody needs.

The stubs give Arrow's classes parameters that the classes do not have, and take an array made from numpy for one of
booleans; saying so here once keeps it out of everything else.
"""

from typing import Any, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

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
    """Return a table as one contiguous batch, also where it has no rows."""
    batches = table.combine_chunks().to_batches()
    return batches[0] if batches else empty(table.schema)


def empty(schema: pa.Schema) -> pa.RecordBatch:
    """Return no rows with these columns."""
    return pa.RecordBatch.from_pylist([], schema=schema)
