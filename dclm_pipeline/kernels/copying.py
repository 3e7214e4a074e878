"""Stretches of bytes copied to where a text is put together, as a part of kernels."""

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import part


@part
def copy_bytes(data: NDArray[np.uint8], i: int, end: int, out: NDArray[np.uint8], n: int) -> int:
    """Copy a stretch, nothing where it ends before it begins, and return the place behind it in `out`."""
    for j in range(i, end):
        out[n + j - i] = data[j]
    return n + max(0, end - i)
