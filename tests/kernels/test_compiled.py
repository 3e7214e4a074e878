"""Parts of kernels are compiled where they end up."""

import pytest
from numba import types

from dclm_pipeline.kernels.compiled import kernel, part


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
