"""The content digest: what it tells apart, and what it does not."""

import hashlib
import struct

import pyarrow as pa
import pytest
from hypothesis import given, settings

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.pools.digest import ContentDigest
from dclm_pipeline.pools.values import value_type
from tests.pools.tables import SCHEMA, tables


def digest(array: pa.Array) -> str:
    taken = ContentDigest(pa.schema([("column", array.type)]))
    taken.update(pa.RecordBatch.from_arrays([array], names=["column"]))
    return taken.digests()["column"]


@given(tables())
@settings(max_examples=30, deadline=None)
def test_does_not_depend_on_how_the_rows_came(table):
    whole, parts = ContentDigest(SCHEMA), ContentDigest(table.batches[0].schema)
    whole.update(table.clean)
    for batch in table.batches:
        parts.update(batch)

    assert parts.digests() == whole.digests()


@given(tables(), tables())
@settings(max_examples=30, deadline=None)
def test_tells_other_values_apart(one, other):
    digests = []
    for table in (one, other):
        digests.append(ContentDigest(SCHEMA))
        digests[-1].update(table.clean)
    first, second = (taken.digests() for taken in digests)
    # NaN is one value here, and none in Python.
    shown = [{name: repr(values) for name, values in table.clean.to_pydict().items()} for table in (one, other)]

    assert {name: first[name] == second[name] for name in first} == {
        name: shown[0][name] == shown[1][name] for name in first
    }


def test_is_what_its_description_says():
    def sha(*parts: bytes) -> bytes:
        return hashlib.sha256(b"".join(parts)).digest()

    text = pa.array(["ab", None, "", "é"], pa.large_string())
    lists = pa.array([[1, None], None, []], pa.list_(pa.int16()))
    of_text = sha(b"string\0" + b"4\0", sha(b"\1\0\1\1"), sha(struct.pack("<3q", 2, 0, 2)), sha("abé".encode()))
    of_numbers = sha(b"int16\0" + b"2\0", sha(b"\1\0"), sha(), sha(struct.pack("<h", 1)))
    of_lists = sha(b"list<int16>\0" + b"3\0", sha(b"\1\0\1"), sha(struct.pack("<2q", 2, 0)), sha(), of_numbers)

    assert (digest(text), digest(lists)) == (of_text.hex(), of_lists.hex())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.array(["a", "b"], pa.string()), pa.array(["a", "b"], pa.large_string())),
        (pa.array([b"a"], pa.binary()), pa.array([b"a"], pa.large_binary())),
        (pa.array(["a", None, "a"]), pa.array(["a", None, "a"]).dictionary_encode()),
        (pa.array([["a"]], pa.list_(pa.string())), pa.array([["a"]], pa.large_list(pa.large_string()))),
        (pa.array([["a"]], pa.list_(pa.string())), pa.array([["a"]], pa.list_(pa.dictionary(pa.int8(), pa.string())))),
        (pa.array([1], pa.list_(pa.int8()).value_type), pa.array([1], pa.int8())),
    ],
)
def test_does_not_depend_on_the_way_in_which_arrow_holds_values(one, other):
    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pa.array([None], pa.string()), pa.array([""], pa.string())),
        (pa.array([None], pa.list_(pa.int8())), pa.array([[]], pa.list_(pa.int8()))),
        (pa.array([[None]], pa.list_(pa.int8())), pa.array([[]], pa.list_(pa.int8()))),
        (pa.array([None], pa.int8()), pa.array([0], pa.int8())),
        (pa.array([], pa.int8()), pa.array([None], pa.int8())),
        (pa.array([], pa.int8()), pa.array([], pa.int16())),
        (pa.array([1], pa.int8()), pa.array([1], pa.uint8())),
        (pa.array(["a"], pa.string()), pa.array([b"a"], pa.binary())),
        (pa.array(["ab", "c"]), pa.array(["a", "bc"])),
        (pa.array([["a", "b"], []]), pa.array([["a"], ["b"]])),
        (pa.array([1], pa.timestamp("s")), pa.array([1], pa.timestamp("s", "UTC"))),
        (pa.array([1000], pa.timestamp("ms")), pa.array([1], pa.timestamp("s"))),
        (pa.array([0.0]), pa.array([-0.0])),
        (pa.array([{"a": 1}]), pa.array([{"b": 1}])),
        (pa.array([None, None], pa.null()), pa.array([None], pa.null())),
        (pa.array([None], pa.struct([("a", pa.int8())])), pa.array([{"a": None}], pa.struct([("a", pa.int8())]))),
    ],
)
def test_tells_apart(one, other):
    assert digest(one) != digest(other)


def test_not_a_number_is_one_value():
    kinds = struct.pack("<3Q", 0x7FF8000000000000, 0xFFF8000000000001, 0x7FF0000000000001)
    array = pa.Array.from_buffers(pa.float64(), 3, [None, pa.py_buffer(kinds)])

    assert digest(array) == digest(pa.array([float("nan")] * 3))


@pytest.mark.parametrize(
    "kind",
    [
        pa.string_view(),
        pa.list_view(pa.int8()),
        pa.month_day_nano_interval(),
        pa.struct([]),
        pa.binary(0),
        pa.list_(pa.int8(), 0),
        pa.dense_union([pa.field("a", pa.int8())]),
        pa.run_end_encoded(pa.int32(), pa.int8()),
        pa.list_(pa.struct([("a", pa.binary_view())])),
    ],
    ids=str,
)
def test_refuses_types_that_a_pool_cannot_hold(kind):
    with pytest.raises(RecipeError, match="cannot hold"):
        value_type(kind)
