"""Columns as what rules compare: numbers, texts, dates, truths; and which of a column's values are known.

Null is unknown, and so is a number that is none (NaN). Numbers are compared by their exact values, whatever types hold
them: a bound is brought to the numbers of the column that are nearest to it within what it bounds, never the column to
the type of the bound. So 2^53 + 1 is not 2^53 in a column of whole numbers, and 0.1 as float32 is a little more than 0.1.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, Field
from dclm_pipeline.schema import is_number

Mask: TypeAlias = NDArray[np.bool_]
Number: TypeAlias = int | float
Numbers: TypeAlias = NDArray[np.int64] | NDArray[np.float64]  # or narrower whole numbers
Sort: TypeAlias = Literal["number", "text", "date", "truth", "other"]


def sort_of(field: Field) -> Sort:
    """Return what a column holds, as far as rules tell columns apart."""
    kind = field.type
    if pa.types.is_boolean(kind):
        return "truth"
    if is_number(field):
        return "number"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    return "date" if pa.types.is_timestamp(kind) else "other"


def numbers_of(column: Array) -> tuple[Numbers, Mask]:
    """Return a column's numbers, 0 where unknown, and where they are known; truth is 1, narrow floats are widened."""
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    elif pa.types.is_floating(column.type):
        column = column.cast(pa.float64())
    known = known_of(column)
    values = column.fill_null(0).to_numpy(zero_copy_only=False)
    if pa.types.is_floating(column.type):
        known &= ~np.isnan(values)
    return values, known


def within(values: Numbers, low: Number | None, high: Number | None) -> Mask:
    """Tell which numbers are at least `low` and at most `high`; None bounds nothing."""
    least, most = span(values.dtype, low, high)
    return np.asarray((values >= least) & (values <= most), np.bool_)


def within_each(
    values: Numbers, bounds: Sequence[tuple[Number | None, Number | None]], places: NDArray[np.int64]
) -> Mask:
    """Tell which numbers are within the bounds whose place among `bounds` is theirs."""
    spans = np.array([span(values.dtype, low, high) for low, high in bounds], values.dtype)
    return np.asarray((values >= spans[places, 0]) & (values <= spans[places, 1]), np.bool_)


def span(kind: np.dtype[Any], low: Number | None, high: Number | None) -> tuple[Number, Number]:
    """Return the least and the greatest number of a type between bounds; where there is none, 1 and 0."""
    if kind.kind == "f":
        least = _float_from(-math.inf if low is None else low)
        most = -_float_from(-math.inf if high is None else -high)
        return (least, most) if least <= most else (1, 0)
    first, last = int(np.iinfo(kind).min), int(np.iinfo(kind).max)
    if low == math.inf or high == -math.inf:
        return 1, 0
    least = first if low is None or low == -math.inf else max(math.ceil(low), first)
    most = last if high is None or high == math.inf else min(math.floor(high), last)
    return (least, most) if least <= most else (1, 0)


def _float_from(bound: Number) -> float:
    """Return the least float64 that is no less than a number."""
    try:
        near = float(bound)
    except OverflowError:
        return math.inf if bound > 0 else -math.nextafter(math.inf, 0)
    return near if near >= bound else math.nextafter(near, math.inf)


def seconds_of(column: Array) -> tuple[Numbers, Mask]:
    """Return a column's dates as seconds since 1970 in UTC, cut to the second, and where they are known."""
    dates = column.cast(pa.timestamp("s", column.type.tz), safe=False).cast(pa.int64())
    return dates.fill_null(0).to_numpy(zero_copy_only=False), known_of(column)


def known_of(column: Array) -> Mask:
    """Tell which values are not null."""
    return np.array(column.is_valid().to_numpy(zero_copy_only=False), np.bool_)


def is_one_of(column: Array, texts: Sequence[str]) -> Mask:
    """Tell which texts of a column are among these; unknown ones are not."""
    found = pc.is_in(column, value_set=pa.array(texts, column.type), skip_nulls=True)
    return np.array(found.to_numpy(zero_copy_only=False), np.bool_)


def places_among(column: Array, texts: Sequence[str]) -> NDArray[np.int64]:
    """Return for each text of a column its place among these, -1 where it is none of them or unknown."""
    found = pc.index_in(column, value_set=pa.array(texts, column.type), skip_nulls=True)
    places: NDArray[np.int64] = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return places


def read_seconds(written: str) -> int | None:
    """Read a date as ISO 8601 has them, in UTC where it names no zone, as seconds since 1970; nothing for others."""
    try:
        date = datetime.fromisoformat(written.strip())
        date = date.replace(tzinfo=UTC) if date.tzinfo is None else date
        return int(date.timestamp() // 1)
    except (ValueError, OverflowError):
        return None
