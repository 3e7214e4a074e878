"""What a kernel makes itself and borrows stays its own until it is held no longer."""

import numpy as np
import pytest
from numba import njit

from dclm_pipeline.kernels.compiled import address_of, borrowed, hold


@njit
def _overwritten(size, times):
    own, more = np.zeros(size, np.int64), np.zeros(size, np.int64)
    mine, other = borrowed(own), borrowed(more)
    same = False
    for _ in range(times):
        late = np.ones(size, np.int64)
        same = same or address_of(late, 0) == address_of(mine, 0) or address_of(late, 0) == address_of(other, 0)
    found = mine[size - 1] + other[size - 1]
    hold(own, more)
    return same, found


@pytest.mark.parametrize("size", [3, 1000, 100_000])
def test_what_is_held_is_not_freed_for_others(size):
    assert _overwritten(size, 5) == (False, 0)
