"""Parts of kernels are compiled where they end up; what copies stretches copies them as slices do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import types

from dclm_pipeline.kernels.compiled import copied, copy_row, kernel, part


@part
def _twice(number):
    return 2 * number


@kernel(types.int64(types.int64))
def _twice_and_one(number):
    return _twice(number) + 1


@part
def _tenth(number):
    if number % 10:
        raise ValueError("no tenth")
    return number // 10


@kernel(types.int64(types.int64))
def _tenth_of(number):
    return _tenth(number)


def test_of_a_part_there_is_no_machine_code():
    _twice_and_one(1)

    assert _twice_and_one(4) == 9
    assert all(type(made.entry_point) is object for made in _twice.overloads.values())
    assert all(
        made.library.get_pointer_to_function(made.fndesc.mangled_name) == 0 for made in _twice.overloads.values()
    )


def test_python_calls_a_part_all_the_same():
    assert [_twice(number) for number in (1, 2, 3)] == [2, 4, 6]
    assert _twice(1.5) == 3.0


def test_what_a_part_raises_reaches_python():
    assert _tenth_of(70) == 7
    with pytest.raises(ValueError, match="no tenth"):
        _tenth_of(7)


@given(data=st.binary(max_size=50), ends=st.tuples(*[st.integers(0, 50)] * 3))
def test_a_stretch_is_copied_as_a_slice_is(data, ends):
    values = np.frombuffer(data, np.uint8)
    begin, end, place = (min(number, len(data)) for number in ends)
    out = np.zeros(100, np.uint8)
    expected = out.copy()
    expected[place : place + max(0, end - begin)] = values[begin:end]

    assert copied(values, begin, end, out, place) == place + max(0, end - begin)
    assert out.tolist() == expected.tolist()


def test_a_row_is_copied_within_its_table_and_into_another():
    table, other = np.arange(12).reshape(4, 3), np.zeros((2, 3), np.int64)
    copy_row(table, 3, table, 0)
    copy_row(table, 1, other, 1)

    assert table.tolist() == [[9, 10, 11], [3, 4, 5], [6, 7, 8], [9, 10, 11]]
    assert other.tolist() == [[0, 0, 0], [3, 4, 5]]
