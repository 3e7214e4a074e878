import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.looking import hash_stretch


def hash_slowly(hashed, data):
    for byte in data:
        hashed = (31 * hashed + byte) % 2**32
    return hashed


@given(st.integers(0, 2**32 - 1), st.binary(max_size=40), st.integers(0, 9), st.integers(0, 9))
def test_eight_bytes_are_hashed_as_one_by_one(seed, data, begin, less):
    begin, end = min(begin, len(data)), max(len(data) - less, 0)

    assert hash_stretch(seed, np.frombuffer(data, np.uint8), begin, end) == hash_slowly(seed, data[begin:end])
