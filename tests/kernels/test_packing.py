import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels import packing
from dclm_pipeline.kernels.packing import Window, pieces_of
from tests.kernels.oracle.packing import lay_slowly

PAD = np.array([7, 0], np.uint8)


def bytes_of(sizes: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pieces of tokens of two bytes, each token the number of its piece: data, begins and sizes."""
    numbers = np.array(sizes, np.int64)
    data = np.repeat(np.arange(len(sizes), dtype="<u2") + 10, numbers).view(np.uint8)
    return data, (np.cumsum(numbers) - numbers) * 2, numbers


@given(st.lists(st.integers(1, 130), max_size=60), st.integers(1, 5), st.integers(1, 7))
def test_pieces_lie_where_a_slow_look_at_all_rows_puts_them(sizes, window, batch):
    length = 130
    fast = Window(length, PAD, window)
    places, closed, rows = [], [], []
    data, begins, numbers = bytes_of(sizes)
    for start in range(0, len(sizes), batch):
        laid = fast.lay(data, begins[start : start + batch], numbers[start : start + batch])
        places += zip(laid.rows.tolist(), laid.starts.tolist(), strict=True)
        closed += laid.closed.tolist()
        rows += [row.view("<u2").tolist() for row in laid.tokens]
    expected_places, expected_closed = lay_slowly(sizes, length, window)
    rest = fast.rest()
    rows += [row.view("<u2").tolist() for row in rest.tokens]

    assert places == expected_places
    assert closed == expected_closed
    assert [*closed, *rest.closed.tolist()] == [*closed, *sorted({row for row, _ in places} - set(closed))]
    expected = {row: [7] * length for row, _ in places}
    for piece, (row, start) in enumerate(places):
        expected[row][start : start + sizes[piece]] = [piece + 10] * sizes[piece]
    assert rows == [expected[row] for row in [*closed, *rest.closed.tolist()]]


@given(st.lists(st.integers(1, 130), max_size=60), st.integers(1, 5), st.integers(1, 3000))
def test_little_room_for_closed_rows_gives_the_same_rows(sizes, window, room):
    wide, narrow = Window(130, PAD, window), Window(130, PAD, window)
    expected = wide.lay(*bytes_of(sizes))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(packing, "_ROOM_BYTES", room)
        found = narrow.lay(*bytes_of(sizes))

    for name in ("rows", "starts", "closed", "tokens"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()
    assert narrow.rest().tokens.tolist() == wide.rest().tokens.tolist()


def test_many_pieces_of_long_rows_take_little_memory():
    window = Window(131_073, PAD, 64)
    pieces = bytes_of([3] * 4000)
    tracemalloc.start()
    window.lay(*pieces)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 64 * 2**20


@pytest.mark.parametrize("size", [0, 9])
def test_a_piece_that_fits_no_row_is_refused(size):
    with pytest.raises(ValueError, match="do not fit rows of 8"):
        Window(8, PAD, 2).lay(*bytes_of([size]))


def test_documents_are_cut_where_a_row_would_end():
    documents, offsets, sizes = pieces_of(np.array([3, 8, 9, 17], np.int64), 8)

    assert documents.tolist() == [0, 1, 2, 2, 3, 3, 3]
    assert offsets.tolist() == [0, 0, 0, 8, 0, 8, 16]
    assert sizes.tolist() == [3, 8, 8, 1, 8, 8, 1]
