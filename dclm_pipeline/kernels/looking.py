"""Sixty-four bytes looked at together, as parts of kernels: what a compiler makes of a loop looks at each on its own.

Vectors as all processors have them, wide or narrow; the compiler cuts them to their size.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

AHEAD = 64
_BYTES, _PLACES = ir.VectorType(ir.IntType(8), AHEAD), ir.VectorType(ir.IntType(32), AHEAD)

_intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = intrinsic


@_intrinsic
def equal_ahead(_typing: Any, array: Any, place: Any, byte: Any) -> Any:
    """Return a bit for each of the bytes from a place on that equals one, lowest first; all must lie in the array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.bitcast(builder.gep(view.data, [arguments[1]]), _BYTES.as_pointer())
        alone = builder.insert_element(ir.Constant(_BYTES, ir.Undefined), arguments[2], ir.IntType(32)(0))
        everywhere = builder.shuffle_vector(alone, alone, ir.Constant(_PLACES, None))
        equal = builder.icmp_unsigned("==", builder.load(address, align=1), everywhere)
        return builder.bitcast(equal, ir.IntType(AHEAD))

    return types.uint64(array, types.int64, types.uint8), generate


@_intrinsic
def put_eight(_typing: Any, array: Any, place: Any, eight: Any) -> Any:
    """Write eight bytes down from a place on, the lowest first, inside a kernel; all must lie in the array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.gep(view.data, [arguments[1]])
        builder.store(arguments[2], builder.bitcast(address, ir.IntType(64).as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.uint64), generate
