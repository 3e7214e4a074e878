"""Texts that shrink where they lie: bytes passed over eight at a time, and moved together, as parts of kernels."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.core.cgutils import raw_memmove
from numba.extending import intrinsic
from numpy.typing import NDArray

from dclm_pipeline.kernels.characters import bytes_between
from dclm_pipeline.kernels.compiled import at, eight_at, low_zeros, part

_NONE = np.uint64(0)

_intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = intrinsic


@_intrinsic
def _move_bytes(_typing: Any, array: Any, begin: Any, count: Any, place: Any) -> Any:
    """Move so many bytes within an array, inside a kernel; where they were and come to may overlap."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        view = context.make_array(signature.args[0])(context, builder, arguments[0])
        begun, moved = (builder.gep(view.data, [arguments[number]]) for number in (1, 3))
        raw_memmove(builder, moved, begun, arguments[2], itemsize=1)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.int64, types.int64), generate


@part
def move(text: NDArray[np.uint8], i: int, stop: int, place: int) -> int:
    """Move bytes to a place at or before them; return the place behind them there."""
    if i < stop and i != place:
        _move_bytes(text, i, stop - i, place)
    return place + stop - i


@part
def next_between(text: NDArray[np.uint8], i: int, stop: int, low: int, high: int) -> int:
    """Return the place of the next byte from `low` to `high`, both ASCII, or the end."""
    while i + 8 <= stop:
        found = bytes_between(eight_at(text, i), low, high)
        if found != _NONE:
            return int(i + (low_zeros(found) >> 3))
        i += 8
    while i < stop and not low <= at(text, i) <= high:
        i += 1
    return i
