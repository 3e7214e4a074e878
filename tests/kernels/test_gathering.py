"""Gathering long values: what it copies is what Arrow takes."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.gathering import gather
from dclm_pipeline.kernels.strings import array_of, views

PIECES = st.lists(st.lists(st.text(max_size=9), min_size=1, max_size=6), min_size=1, max_size=4)


@given(PIECES, st.data())
def test_values_are_gathered_as_a_slow_loop_does(pieces, data):
    every = [(piece, row) for piece, rows in enumerate(pieces) for row in range(len(rows))]
    order = data.draw(st.lists(st.sampled_from(every), max_size=20))
    met = sorted({piece for piece, _ in order})
    rows = [np.array([row for piece, row in order if piece == one], np.int64) for one in met]
    places = [np.array([at for at, (piece, _) in enumerate(order) if piece == one], np.int64) for one in met]
    # Of a longer array, as what comes out of a file may be.
    arrays = [pa.array(["before", *pieces[one], "behind"], pa.large_string()).slice(1, len(pieces[one])) for one in met]

    found = array_of(gather([views(array) for array in arrays], rows, places))

    assert found.to_pylist() == [pieces[piece][row] for piece, row in order]
