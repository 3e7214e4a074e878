"""Rows of a pool as documents, whole columns at a time, where nothing in them has to be looked at one by one.

What a pool holds was read, checked and named when the pool was made. Only what another reader may have put there, or an
earlier version, is left to be done row by row: a text that is missing or holds NUL, an address without its site, a
column of another type.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from dclm_pipeline.arrow import Array, nulls
from dclm_pipeline.pools.values import data_of

_NEEDED = ("id", "text")


def settled(rows: pa.RecordBatch, schema: pa.Schema, columns: Mapping[str, str]) -> pa.RecordBatch | None:
    """Return rows as documents with a schema, each column from the one that is named; nothing where not all are sound."""
    arrays: list[Array] = []
    for field in schema:
        name = columns.get(field.name, field.name)
        array = rows[name] if name in rows.schema.names else nulls(rows.num_rows, field.type)
        if array.type != field.type:
            if not (_is_text(array.type) and _is_text(field.type)):
                return None
            array = array.cast(field.type)
        if (field.name in _NEEDED and array.null_count) or (_is_text(field.type) and _holds_nul(array)):
            return None
        arrays.append(array)
    documents = pa.RecordBatch.from_arrays(arrays, schema=schema)
    return documents if documents["url"].is_valid().equals(documents["site"].is_valid()) else None


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _holds_nul(array: Array) -> bool:
    return len(array) > 0 and bool(np.frombuffer(data_of(array), np.uint8).min(initial=1) == 0)
