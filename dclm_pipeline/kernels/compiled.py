"""How kernels are compiled: once, for the types that they say, kept on disk, without the lock of the interpreter.

A kernel is compiled (or loaded) when its module is imported, so a step imports its kernels when it is opened or first
used, never at the top of a stage. What is on disk is looked up by the text of the kernel's own file; a kernel with
parts in other modules is made in a function that closes over their `stamp`, which the look-up knows of too.
"""

import inspect
import zlib
from collections.abc import Callable
from types import ModuleType
from typing import TypeVar

from numba import njit, types

Function = TypeVar("Function", bound=Callable[..., object])

# Read-only, as Arrow hands them over; arrays that may be written are accepted too.
OFFSETS = types.Array(types.int64, 1, "C", readonly=True)
BYTES = types.Array(types.uint8, 1, "C", readonly=True)


def kernel(signature: object) -> Callable[[Function], Function]:
    """Compile a function for the given numba signature."""
    decorate: Callable[[Function], Function] = njit(signature, cache=True, nogil=True)
    return decorate


def part(function: Function) -> Function:
    """Mark a function as a part of kernels, compiled with each that calls it."""
    compiled: Function = njit(function, nogil=True)
    return compiled


def stamp(*modules: ModuleType) -> int:
    """Return a number, not negative, that changes with the text of modules."""
    return zlib.crc32("".join(map(inspect.getsource, modules)).encode())
