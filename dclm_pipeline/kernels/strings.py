"""Arrow strings as numpy arrays, without a copy: what every kernel over text begins with.

Views, not values: they live as long as the Arrow array that they were taken from. Offsets are absolute, so a slice of a
larger array needs no copy either. A null row may lie over bytes; who calls a kernel masks its answer there.
"""

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pyarrow.lib import LargeBinaryType, LargeStringType

    # What the stubs of Arrow call these: arrays made in four ways, two types when the program runs.
    LargeArray: TypeAlias = (
        pa.Array[pa.Scalar[LargeStringType]]
        | pa.Array[pa.Scalar[LargeBinaryType]]
        | pa.LargeStringArray
        | pa.LargeBinaryArray
    )

Strings: TypeAlias = tuple[NDArray[np.int64], NDArray[np.uint8]]

# Numbers that decide or are stored are held to this grain, so that the last bits of a sum never show.
GRAIN = 2.0**-20


def views(array: "LargeArray") -> Strings:
    """Return the offsets (one more than rows) and the bytes of a large string or large binary array, read-only."""
    if not (pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)):
        raise TypeError(f"views of {array.type}: only large_string and large_binary have 64-bit offsets; cast it first")
    _, offsets, data = array.buffers()
    if len(array) == 0 or offsets is None:
        return np.zeros(len(array) + 1, np.int64), np.empty(0, np.uint8)
    places = pa.Array.from_buffers(pa.int64(), len(array) + 1, [None, offsets], offset=array.offset)
    letters = pa.Array.from_buffers(pa.uint8(), 0 if data is None else data.size, [None, data or pa.py_buffer(b"")])
    return np.asarray(places.to_numpy(), np.int64), np.asarray(letters.to_numpy(), np.uint8)


def array_of(strings: Strings, valid: NDArray[np.bool_] | None = None) -> "pa.LargeStringArray":
    """Return an array over offsets and bytes, which must be UTF-8, without a copy; null where not valid."""
    marks = None if valid is None else pa.array(valid, pa.bool_()).buffers()[1]
    buffers = [marks, *(pa.array(part).buffers()[1] for part in strings)]
    array = pa.Array.from_buffers(pa.large_string(), len(strings[0]) - 1, buffers)
    if not isinstance(array, pa.LargeStringArray):
        raise TypeError(f"made {array.type}")
    return array


def valid_rows(array: "LargeArray") -> NDArray[np.bool_]:
    """Tell which rows are not null."""
    return np.asarray(array.is_valid().to_numpy(zero_copy_only=False), np.bool_)


def grained(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to multiples of 2^-20."""
    rounded: NDArray[np.float64] = np.rint(values / GRAIN) * GRAIN
    return rounded
