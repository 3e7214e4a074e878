"""Sixty-four bytes looked at together, or eight hashed, as parts of kernels: a loop looks at each on its own.

Vectors as all processors have them, wide or narrow; the compiler cuts them to their size. The hash is that of loops that
take `31 * hashed + byte` of each byte, to the last bit.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import at, eight_at, part

AHEAD = 64
_BYTES, _PLACES = ir.VectorType(ir.IntType(8), AHEAD), ir.VectorType(ir.IntType(32), AHEAD)

_POWERS = np.array([31**count for count in range(9)], np.uint64)
_SECONDS, _FOURTHS, _LOW = (np.uint64(mask) for mask in (0x00FF00FF00FF00FF, 0x0000FFFF0000FFFF, 0xFFFFFFFF))

_intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = intrinsic


def _compared(sign: str) -> Callable[..., Any]:
    """Return what generates the comparison of the bytes from a place on with one."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.bitcast(builder.gep(view.data, [arguments[1]]), _BYTES.as_pointer())
        alone = builder.insert_element(ir.Constant(_BYTES, ir.Undefined), arguments[2], ir.IntType(32)(0))
        everywhere = builder.shuffle_vector(alone, alone, ir.Constant(_PLACES, None))
        found = builder.icmp_unsigned(sign, builder.load(address, align=1), everywhere)
        return builder.bitcast(found, ir.IntType(AHEAD))

    return generate


@_intrinsic
def equal_ahead(_typing: Any, array: Any, place: Any, byte: Any) -> Any:
    """Return a bit for each of the bytes from a place on that equals one, lowest first; all must lie in the array."""
    return types.uint64(array, types.int64, types.uint8), _compared("==")


@_intrinsic
def below_ahead(_typing: Any, array: Any, place: Any, byte: Any) -> Any:
    """Return a bit for each of the bytes from a place on that is below one, lowest first; all must lie in the array."""
    return types.uint64(array, types.int64, types.uint8), _compared("<")


@_intrinsic
def put_eight(_typing: Any, array: Any, place: Any, eight: Any) -> Any:
    """Write eight bytes down from a place on, the lowest first, inside a kernel; all must lie in the array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.gep(view.data, [arguments[1]])
        builder.store(arguments[2], builder.bitcast(address, ir.IntType(64).as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.uint64), generate


@part
def hash_on(hashed: int, eight: np.uint64, count: int) -> int:
    """Return what `31 * hashed + byte`, again and again, makes of the first of eight bytes, one at least; in 32 bits."""
    # The bytes that do not count fall out at the top, and noughts come in below: before all others they change nothing.
    each = eight << np.uint64(64 - 8 * count)
    pairs = (each & _SECONDS) * _POWERS[1] + (each >> np.uint64(8) & _SECONDS)
    fours = (pairs & _FOURTHS) * _POWERS[2] + (pairs >> np.uint64(16) & _FOURTHS)
    whole = (fours & _LOW) * _POWERS[4] + (fours >> np.uint64(32))
    return int(np.int64((np.uint64(hashed) * _POWERS[count] + whole) & _LOW))


@part
def hash_stretch(hashed: int, data: NDArray[np.uint8], i: int, stop: int) -> int:
    """Return what that makes of a stretch of bytes; in 32 bits."""
    while i + 8 <= stop:
        hashed = hash_on(hashed, eight_at(data, i), 8)
        i += 8
    if i < stop and i + 8 <= data.size:
        return hash_on(hashed, eight_at(data, i), stop - i)
    while i < stop:
        hashed = (hashed * 31 + at(data, i)) & 0xFFFFFFFF
        i += 1
    return hashed
