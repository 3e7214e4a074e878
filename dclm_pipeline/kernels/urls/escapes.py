"""Percent escapes of addresses, undone where they make characters.

`%C3%A9` becomes é, `%2D` a hyphen. What makes no UTF-8 stays as it is written, so that valid strings stay valid; what has
been escaped twice is undone once.
"""

import numpy as np
from numba import types
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, Integer, kernel, part
from dclm_pipeline.kernels.strings import Strings

_Bytes = NDArray[np.uint8]


@part
def hexadecimal(byte: Integer) -> Integer:
    """Return the value of a hexadecimal digit, -1 for any other byte."""
    if 48 <= byte <= 57:
        return byte - 48
    if 97 <= (byte | 32) <= 102:
        return (byte | 32) - 87
    return -1


@part
def _escaped(data: _Bytes, i: Integer, stop: Integer) -> Integer:
    """Return the byte of the escape at a place, -1 where there is none."""
    if i + 2 >= stop or data[i] != 37:
        return -1
    high, low = hexadecimal(np.int64(data[i + 1])), hexadecimal(np.int64(data[i + 2]))
    return high * 16 + low if high >= 0 and low >= 0 else -1


@part
def _escapes(data: _Bytes, i: Integer, stop: Integer) -> Integer:
    """Return how many escapes from a place on make one character, 0 for none."""
    lead = _escaped(data, i, stop)
    if lead < 0:
        return 0
    if lead < 0x80:
        return 1
    count = 2 if 0xC2 <= lead < 0xE0 else 3 if 0xE0 <= lead < 0xF0 else 4 if 0xF0 <= lead < 0xF5 else 0
    for j in range(1, count):
        byte = _escaped(data, i + 3 * j, stop)
        if not 0x80 <= byte < 0xC0:
            return 0
        # Longer than need be, a surrogate, or beyond Unicode.
        if j == 1 and ((lead == 0xE0 and byte < 0xA0) or (lead == 0xED and byte >= 0xA0)):
            return 0
        if j == 1 and ((lead == 0xF0 and byte < 0x90) or (lead == 0xF4 and byte >= 0x90)):
            return 0
    return count


@kernel(types.int64(OFFSETS, BYTES, types.int64[::1], types.uint8[::1]))
def _undo(offsets: NDArray[np.int64], data: _Bytes, plain: NDArray[np.int64], out: _Bytes) -> Integer:
    end = 0
    for row in range(plain.size - 1):
        plain[row] = end
        i, stop = offsets[row], offsets[row + 1]
        while i < stop:
            count = _escapes(data, i, stop) if data[i] == 37 else 0
            if count == 0:
                out[end] = data[i]
                end += 1
                i += 1
            for _ in range(count):
                out[end] = _escaped(data, i, stop)
                end += 1
                i += 3
    plain[plain.size - 1] = end
    return end


def undo_escapes(strings: Strings) -> Strings:
    """Return the rows without their percent escapes."""
    offsets, data = strings
    plain = np.empty(len(offsets), np.int64)
    out = np.empty(int(offsets[-1] - offsets[0]), np.uint8)
    end = _undo(offsets, data, plain, out)
    return plain, out[:end]
