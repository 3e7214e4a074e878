import itertools

import numpy as np
import pyarrow as pa
import pytest

from dclm_pipeline.kernels.strings import grained, valid_rows, views


def read(array):
    offsets, data = views(array)
    return [bytes(data[start:stop]).decode() for start, stop in itertools.pairwise(offsets)]


def large(*values):
    return pa.array(values, pa.large_string())


def test_views_show_every_row():
    assert read(large("one", "", "zwölf")) == ["one", "", "zwölf"]


def test_views_of_a_slice_show_the_slice():
    assert read(large("one", "two", "three", "four").slice(1, 2)) == ["two", "three"]


def test_views_show_nothing_for_null():
    assert read(large("one", None, "three")) == ["one", "", "three"]


@pytest.mark.parametrize("array", [large(), large("one").slice(1), pa.nulls(0, pa.large_string())])
def test_views_of_no_rows_are_one_offset_and_no_rows(array):
    assert read(array) == []


def test_views_of_nulls_alone_are_empty_rows():
    assert read(pa.nulls(2, pa.large_string())) == ["", ""]


def test_views_show_binary_as_it_is():
    offsets, data = views(pa.array([b"\xff\x00", b"a"], pa.large_binary()))

    assert (offsets.tolist(), data.tolist()) == ([0, 2, 3], [255, 0, 97])


def test_views_cannot_be_written():
    offsets, data = views(large("one"))

    assert (offsets.flags.writeable, data.flags.writeable) == (False, False)


def test_views_refuse_strings_with_short_offsets():
    with pytest.raises(TypeError, match="cast it first"):
        views(pa.array(["one"], pa.string()))


def test_valid_rows_follow_a_slice():
    assert valid_rows(large(None, "a", None, "b").slice(1)).tolist() == [True, False, True]


def test_grained_numbers_are_whole_grains():
    values = np.array([1 / 3, -2.5, 0.0, 1e9 + 1 / 7])

    assert (grained(values) * 2**20 % 1).tolist() == [0.0] * 4
    assert np.abs(grained(values) - values).max() <= 2**-21
