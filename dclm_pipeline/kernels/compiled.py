"""How kernels are compiled: once, for the types that they say, kept on disk, without the lock of the interpreter.

A kernel is compiled (or loaded) when its module is imported, so a step imports its kernels when it is opened or first
used, never at the top of a stage. What is on disk is looked up by the text of the kernel's own file; a kernel with
parts in other modules is made in a function that closes over their `stamp`, which the look-up knows of too.
"""

import inspect
import zlib
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, TypeAlias, TypeVar

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core.cgutils import alloca_once_value, for_range, get_null_value
from numba.extending import intrinsic
from numpy.typing import NDArray

from dclm_pipeline.kernels.lowering import KernelCompiler, PartCompiler, RoutineCompiler

Function = TypeVar("Function", bound=Callable[..., object])

# Inside a kernel both are the same; the type checker tells them apart.
Integer: TypeAlias = int | np.int64

# Texts, and places and counts, as kernels and their parts are handed them.
Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]

# Read-only, as Arrow hands them over; arrays that may be written are accepted too.
OFFSETS = types.Array(types.int64, 1, "C", readonly=True)
BYTES = types.Array(types.uint8, 1, "C", readonly=True)


def kernel(signature: object) -> Callable[[Function], Function]:
    """Compile a function for the given numba signature."""
    decorate: Callable[[Function], Function] = njit(signature, cache=True, nogil=True, pipeline_class=KernelCompiler)
    return decorate


def part(function: Function) -> Function:
    """Mark a function as a part of kernels, compiled into each that calls it; for Python it is compiled where that calls."""
    return _marked(function, PartCompiler)


def routine(function: Function) -> Function:
    """Mark a part of kernels that each of them holds once, and calls: what is long, and not called for every byte or tag.

    A call hands over what an array is in seven numbers and more, but a part that is put in place everywhere is optimized
    everywhere: seconds to compile.
    """
    return _marked(function, RoutineCompiler)


def _marked(function: Function, compiler: type[KernelCompiler]) -> Function:
    compiled = njit(function, nogil=True, pipeline_class=compiler)
    compiled.add_overload = lambda made: compiled.overloads.setdefault(tuple(made.signature.args), made)
    for_python = cache(lambda: njit(function, nogil=True))
    compiled._compile_for_args = lambda *_given: for_python()
    called = compiled.get_call_template

    # Otherwise a part is typed and compiled again for every constant that it is called with.
    def called_with_values(given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        return called(tuple(map(types.unliteral, given)), {name: types.unliteral(each) for name, each in named.items()})

    compiled.get_call_template = called_with_values
    marked: Function = compiled
    return marked


@part
def at(data: NDArray[np.uint8], i: int) -> int:
    """Return a byte; unlike in Python no place counts from the end, which spares a comparison."""
    return int(data[np.uintp(i)])


@part
def copied(data: NDArray[Any], i: int, end: int, out: NDArray[Any], n: int) -> int:
    """Copy a stretch to a place; return the place behind it there.

    Numba's own copying of slices tells in a message which lengths do not match: seconds to compile, for each kind of array.
    """
    for j in range(end - i):
        out[np.uintp(n + j)] = data[np.uintp(i + j)]
    return n + max(0, end - i)


@part
def copy_row(rows: NDArray[Any], i: int, out: NDArray[Any], n: int) -> None:
    """Copy a row of a table to another place, or to that of a table as wide."""
    for k in range(rows.shape[1]):
        out[np.uintp(n), np.uintp(k)] = rows[np.uintp(i), np.uintp(k)]


_intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = intrinsic


@_intrinsic
def borrowed(_typing: Any, array: Any) -> Any:
    """Return the same array without its owner, inside a kernel: it lives as long as the one that was passed in.

    Every part that is called with an array counts the owner's references up and down, atomically; in a scan of a few
    nanoseconds a tag that is more than half of the time. What a kernel makes itself it must `hold` behind the last use
    of what it borrowed of it.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        view.meminfo = get_null_value(view.meminfo.type)
        return view._getvalue()

    return array(array), generate


@part
def hold(*arrays: NDArray[Any]) -> None:
    """Keep arrays that a kernel made itself and lent to parts: otherwise they are free after their last mention."""


@_intrinsic
def eight_at(_typing: Any, array: Any, place: Any) -> Any:
    """Return the eight bytes at a place, the first one lowest, inside a kernel; they must all lie in the array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.gep(view.data, [arguments[1]])
        return builder.load(builder.bitcast(address, ir.IntType(64).as_pointer()), align=1)

    return types.uint64(array, place), generate


@_intrinsic
def float_at(_typing: Any, array: Any, place: Any) -> Any:
    """Return the float32 that begins at a byte, inside a kernel, wherever that is; its four bytes must lie in the array."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.gep(view.data, [arguments[1]])
        return builder.load(builder.bitcast(address, ir.FloatType().as_pointer()), align=1)

    return types.float32(array, place), generate


@_intrinsic
def address_of(_typing: Any, array: Any, place: Any) -> Any:
    """Return where in memory a place of an array is, inside a kernel; the array must outlive the number."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        return builder.ptrtoint(builder.gep(view.data, [arguments[1]]), ir.IntType(64))

    return types.int64(array, place), generate


@_intrinsic
def float_from(_typing: Any, address: Any) -> Any:
    """Return the float32 at an address that `address_of` gave, inside a kernel."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.load(builder.inttoptr(arguments[0], ir.FloatType().as_pointer()), align=1)

    return types.float32(address), generate


@_intrinsic
def add_sixteens(_typing: Any, total: Any, places: Any, count: Any, rows: Any, others: Any) -> Any:
    """Add rows of 16 floats to `total`, one after the other and kept in registers meanwhile, inside a kernel.

    `rows` and `others` are addresses; a place of -1 is the first of the others, -2 the second.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        floats = ir.VectorType(ir.FloatType(), 16)
        number = ir.IntType(64)
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        kept = context.make_array(signature.args[1])(context, builder, arguments[1])
        out = builder.bitcast(view.data, floats.as_pointer())
        sum = alloca_once_value(builder, builder.load(out, align=4))
        with for_range(builder, arguments[2], intp=number) as loop:
            place = builder.load(builder.gep(kept.data, [loop.index]))
            other = builder.icmp_signed("<", place, number(0))
            row = builder.select(other, builder.not_(place), place)
            address = builder.add(builder.select(other, *arguments[4:2:-1]), builder.shl(row, number(6)))
            added = builder.load(builder.inttoptr(address, floats.as_pointer()), align=1)
            builder.store(builder.fadd(builder.load(sum), added), sum)
        builder.store(builder.load(sum), out, align=4)
        return context.get_dummy_value()

    return types.void(total, places, types.int64, types.int64, types.int64), generate


@_intrinsic
def high_product(_typing: Any, one: Any, other: Any) -> Any:
    """Return the upper half of the product of two numbers of 64 bits, inside a kernel."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(*(builder.zext(argument, wide) for argument in arguments))
        return builder.trunc(builder.lshr(product, wide(64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


@_intrinsic
def count_ones(_typing: Any, value: Any) -> Any:
    """Return how many bits of a number of 64 bits are set, inside a kernel."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(value), generate


@_intrinsic
def low_zeros(_typing: Any, value: Any) -> Any:
    """Return how many bits of a number of 64 bits are clear below the lowest that is set, inside a kernel."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.IntType(1)(0))

    return types.int64(value), generate


@_intrinsic
def fetch_ahead(_typing: Any, array: Any, place: Any) -> Any:
    """Have the processor fetch the cache line of a place that will be looked at soon, inside a kernel."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.bitcast(builder.gep(view.data, [arguments[1]]), ir.IntType(8).as_pointer())
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [ir.IntType(8).as_pointer(), number, number, number])
        function = builder.module.globals.get("llvm.prefetch.p0i8") or ir.Function(
            builder.module, kind, "llvm.prefetch.p0i8"
        )
        builder.call(function, [address, number(1), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, place), generate


def stamp(*modules: ModuleType) -> int:
    """Return a number, not negative, that changes with the text of modules."""
    return zlib.crc32("".join(map(inspect.getsource, modules)).encode())
