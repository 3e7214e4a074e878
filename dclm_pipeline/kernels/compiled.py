"""How kernels are compiled: once, for the types that they say, kept on disk, without the lock of the interpreter.

A kernel is compiled (or loaded) when its module is imported, so a step imports its kernels when it is opened or first
used, never at the top of a stage. What is on disk is looked up by the text of the kernel's own file; a kernel with
parts in other modules is made in a function that closes over their `stamp`, which the look-up knows of too.
"""

import inspect
import zlib
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numba import njit, types
from numba.core.cgutils import get_null_value
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., object])

# Inside a kernel both are the same; the type checker tells them apart.
Integer: TypeAlias = int | np.int64

# Read-only, as Arrow hands them over; arrays that may be written are accepted too.
OFFSETS = types.Array(types.int64, 1, "C", readonly=True)
BYTES = types.Array(types.uint8, 1, "C", readonly=True)


def kernel(signature: object) -> Callable[[Function], Function]:
    """Compile a function for the given numba signature."""
    decorate: Callable[[Function], Function] = njit(signature, cache=True, nogil=True)
    return decorate


def part(function: Function) -> Function:
    """Mark a function as a part of kernels, compiled with each that calls it."""
    compiled: Function = njit(function, nogil=True, forceinline=True)
    return compiled


_intrinsic: Callable[[Callable[[Any, Any], Any]], Callable[[Any], Any]] = intrinsic


@_intrinsic
def borrowed(_typing: Any, array: Any) -> Any:
    """Return the same array without its owner, inside a kernel: it lives as long as the one that was passed in.

    Every part that is called with an array counts the owner's references up and down, atomically; in a scan of a few
    nanoseconds a tag that is more than half of the time.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        view.meminfo = get_null_value(view.meminfo.type)
        return view._getvalue()

    return array(array), generate


def stamp(*modules: ModuleType) -> int:
    """Return a number, not negative, that changes with the text of modules."""
    return zlib.crc32("".join(map(inspect.getsource, modules)).encode())
