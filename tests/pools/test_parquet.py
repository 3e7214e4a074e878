"""Writing and reading shards: the same rows give the same bytes, and the same rows come back."""

import datetime
import decimal
import hashlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dclm_pipeline.errors import PipelineError, RecipeError, ShardError
from dclm_pipeline.pools.parquet import ShardFacts, ShardWriter, file_facts, read_shard
from dclm_pipeline.storage.local import LocalStorage
from tests.pools.tables import SCHEMA, tables

SMALL = pa.schema([pa.field("id", pa.int64(), nullable=False), pa.field("text", pa.large_string())])


def rows(*texts: str | None) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array(range(len(texts))), pa.array(texts, pa.large_string())], schema=SMALL)


def write(path: Path, schema: pa.Schema, batches: list[pa.RecordBatch], **sizes: int) -> ShardFacts:
    with ShardWriter(path, schema, **sizes) as writer:
        for batch in batches:
            writer.write(batch)
    return writer.close()


def shown(batches: list[pa.RecordBatch]) -> list[str]:
    return [repr(row) for batch in batches for row in batch.to_pylist()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shards")


@given(table=tables(), group_rows=st.integers(1, 8), group_bytes=st.integers(1, 2000))
@settings(max_examples=30, deadline=None)
def test_any_batching_of_the_same_rows_gives_the_same_bytes(folder, table, group_rows, group_bytes):
    sizes = {"group_rows": group_rows, "group_bytes": group_bytes}
    whole = write(folder / "whole", SCHEMA, [table.clean], **sizes)
    parts = write(folder / "parts", SCHEMA, table.batches, **sizes)

    assert (folder / "parts").read_bytes() == (folder / "whole").read_bytes()
    assert parts == whole


@given(table=tables(), group_rows=st.integers(1, 8), most=st.integers(1, 9), size=st.integers(1, 900))
@settings(max_examples=30, deadline=None)
def test_what_was_written_is_read_again(folder, table, group_rows, most, size):
    facts = write(folder / "x", SCHEMA, table.batches, group_rows=group_rows)
    storage = LocalStorage(folder)
    batches = list(read_shard(storage, "x", rows=most, size=size))

    assert shown(batches) == shown([table.clean])
    assert all(batch.schema == SCHEMA and 0 < batch.num_rows <= most for batch in batches)
    assert file_facts(storage, "x") == facts


def slow_groups(lengths: list[int | None], group_rows: int, group_bytes: int) -> list[int]:
    groups, count, size = [], 0, 0
    for length in lengths:
        count, size = count + 1, size + 8 + (length or 0)
        if count == group_rows or size >= group_bytes:
            groups.append(count)
            count = size = 0
    return groups + [count] * (count > 0)


@given(
    lengths=st.lists(st.none() | st.integers(0, 40), max_size=40),
    cut=st.integers(0, 40),
    group_rows=st.integers(1, 15),
    group_bytes=st.integers(1, 150),
)
@settings(max_examples=50, deadline=None)
def test_row_groups_close_with_the_row_that_fills_them(folder, lengths, cut, group_rows, group_bytes):
    batch = rows(*(None if length is None else "x" * length for length in lengths))
    parts = [batch.slice(0, cut), batch.slice(cut)]
    facts = write(folder / "x", SMALL, parts, group_rows=group_rows, group_bytes=group_bytes)
    metadata = pq.read_metadata(folder / "x")
    groups = [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)]

    assert groups == slow_groups(lengths, group_rows, group_bytes)
    assert (facts.rows, facts.text_bytes) == (len(lengths), sum(length or 0 for length in lengths))


def test_a_row_group_can_be_closed_early(tmp_path):
    with ShardWriter(tmp_path / "x", SMALL) as writer:
        counts = [writer.cut()]
        for batch in (rows("a", "b"), rows(), rows("c")):
            writer.write(batch)
            counts.append(writer.cut())
    found = [
        [row["text"] for batch in read_shard(LocalStorage(tmp_path), "x", groups=groups) for row in batch.to_pylist()]
        for groups in ([0], [1], [1, 0], [])
    ]

    assert (counts, found) == ([0, 1, 1, 2], [["a", "b"], ["c"], ["c", "a", "b"], []])


def test_the_facts_are_those_of_the_file(tmp_path):
    facts = write(tmp_path / "x", SMALL, [rows("one", None, "é")])
    data = (tmp_path / "x").read_bytes()

    assert (facts.rows, facts.bytes, facts.text_bytes, facts.sha256) == (
        3,
        len(data),
        5,
        hashlib.sha256(data).hexdigest(),
    )
    assert list(facts.content) == ["id", "text"]


def test_without_text_all_values_count(tmp_path):
    schema = pa.schema([("number", pa.int32()), ("kept", pa.bool_()), ("name", pa.string())])
    batch = pa.RecordBatch.from_pylist([{"number": 1, "kept": True, "name": "abc"}, {}], schema=schema)

    assert write(tmp_path / "x", schema, [batch]).text_bytes == 2 * (4 + 1) + 3


def test_a_shard_without_rows_has_its_columns(tmp_path):
    facts = write(tmp_path / "x", SMALL, [rows()])
    storage = LocalStorage(tmp_path)

    assert (facts.rows, facts.text_bytes, pq.read_schema(tmp_path / "x")) == (0, 0, SMALL)
    assert (list(read_shard(storage, "x")), file_facts(storage, "x")) == ([], facts)


KINDS = {
    "timestamp s": pa.array([-1, None, 2**40], pa.timestamp("s", "UTC")),
    "timestamp ns": pa.array([1, None, -3], pa.timestamp("ns")),
    "date32": pa.array([1, None, -3], pa.date32()),
    "date64": pa.array([86_400_000, None, -86_400_000], pa.date64()),
    "time32": pa.array([1, None, 3], pa.time32("s")),
    "duration": pa.array([1, None, -3], pa.duration("s")),
    "half": pa.array([np.float16(1), None, np.float16(np.nan)], pa.float16()),
    "double": pa.array([0.0, -0.0, float("nan"), float("inf"), None]),
    "null": pa.nulls(3),
    "unsigned": pa.array([2**64 - 1, None, 0], pa.uint64()),
    "decimal": pa.array([decimal.Decimal("1.5"), None], pa.decimal128(5, 1)),
    "wide decimal": pa.array([decimal.Decimal("1.5"), None], pa.decimal256(50, 1)),
    "struct of seconds": pa.array([{"a": [1]}, None, {"a": None}], pa.struct([("a", pa.list_(pa.timestamp("s")))])),
    "lists of lists": pa.array([[[1], None], None, [[]]], pa.large_list(pa.list_(pa.int8()))),
    "map": pa.array([[("k", 1)], None, []], pa.map_(pa.string(), pa.int8())),
    "null lists": pa.array([[None], None, []], pa.list_(pa.null())),
    "dates": pa.array([datetime.date(2024, 2, 29)]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_type_comes_back_as_it_went(tmp_path, kind):
    batch = pa.RecordBatch.from_arrays([KINDS[kind]], names=["column"])
    facts = write(tmp_path / "x", batch.schema, [batch])
    storage = LocalStorage(tmp_path)
    (again,) = read_shard(storage, "x")
    # As Arrow shows them: Python has no such dates, and NaN is not itself.
    columns = [
        (found.schema, found["column"].is_null(), found["column"].drop_null().to_string()) for found in (batch, again)
    ]

    assert columns[1] == columns[0]
    assert file_facts(storage, "x") == facts


def test_dictionaries_are_stored_by_value_however_many_words_they_hold(tmp_path):
    kind = pa.dictionary(pa.int8(), pa.string())
    schema = pa.schema([("word", kind), ("words", pa.list_(kind))])
    batches = []
    for start in range(0, 300, 100):
        words = pa.array([f"word {number}" for number in range(start, start + 100)])
        lists = pa.ListArray.from_arrays(pa.array(range(101), pa.int32()), words.dictionary_encode().cast(kind))
        batches.append(pa.RecordBatch.from_arrays([words.dictionary_encode().cast(kind), lists], schema=schema))
    write(tmp_path / "x", schema, batches)
    (again,) = read_shard(LocalStorage(tmp_path), "x")

    assert again.schema == pa.schema([("word", pa.string()), ("words", pa.list_(pa.string()))])
    assert again.to_pylist() == [{"word": f"word {number}", "words": [f"word {number}"]} for number in range(300)]


def interrupted_after(writer: ShardWriter, last: Callable[[], object]) -> None:
    with writer:
        writer.write(rows("a"))
        last()
        raise KeyboardInterrupt


def test_an_exception_leaves_no_file(tmp_path):
    writer = ShardWriter(tmp_path / "x", SMALL)

    with pytest.raises(KeyboardInterrupt):
        interrupted_after(writer, writer.cut)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(PipelineError, match="given up"):
        writer.close()


def test_an_exception_after_the_end_leaves_no_file(tmp_path):
    writer = ShardWriter(tmp_path / "x", SMALL)

    with pytest.raises(KeyboardInterrupt):
        interrupted_after(writer, writer.close)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_after_the_end(tmp_path):
    with ShardWriter(tmp_path / "x", SMALL) as writer:
        writer.write(rows("a"))
    before = (tmp_path / "x").read_bytes()

    with pytest.raises(PipelineError, match="after its end"):
        writer.write(rows("b"))
    assert (tmp_path / "x").read_bytes() == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device_is_reported_as_one(tmp_path, monkeypatch):
    (tmp_path / "x").symlink_to("/dev/full")

    with pytest.raises(ShardError, match="no space is left"), ShardWriter(tmp_path / "x", SMALL) as writer:
        writer.write(rows("a" * 100))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "columns", [{"id": [1]}, {"text": ["a"], "id": [1]}, {"id": ["1"], "text": ["a"]}, {"id": [1], "other": ["a"]}]
)
def test_refuses_other_columns(tmp_path, columns):
    with pytest.raises(PipelineError, match="cannot take"), ShardWriter(tmp_path / "x", SMALL) as writer:
        writer.write(pa.RecordBatch.from_pydict(columns))


def test_refuses_null_where_the_schema_has_none(tmp_path):
    columns = [pa.array([None], pa.int64()), pa.array(["a"], pa.large_string())]

    with pytest.raises(ShardError, match="Parquet cannot hold"), ShardWriter(tmp_path / "x", SMALL) as writer:
        writer.write(pa.RecordBatch.from_arrays(columns, names=["id", "text"]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("offsets", "data"),
    [([0, 1, 2], b"\xff\xfe"), ([0, 2, 1], b"ab")],
    ids=["utf-8", "back"],
)
def test_refuses_strings_that_are_none(tmp_path, offsets, data):
    buffers = [None, pa.array(offsets, pa.int64()).buffers()[1], pa.py_buffer(data)]
    column = pa.Array.from_buffers(pa.large_string(), 2, buffers)

    with pytest.raises(ShardError, match="not valid"), ShardWriter(tmp_path / "x", SMALL) as writer:
        writer.write(pa.RecordBatch.from_arrays([pa.array([1, 2]), column], names=["id", "text"]))


def test_refuses_types_that_a_pool_cannot_hold(tmp_path):
    with pytest.raises(RecipeError, match=r"'sight'.*string_view"):
        ShardWriter(tmp_path / "x", pa.schema([("sight", pa.string_view())]))

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sizes", [{"group_rows": 0}, {"group_bytes": 0}, {"group_rows": 2**40}])
def test_refuses_row_groups_that_cannot_be(tmp_path, sizes):
    with pytest.raises(ValueError, match="row groups"):
        ShardWriter(tmp_path / "x", SMALL, **sizes)


def test_a_slice_does_not_keep_the_rest_of_its_batch_in_memory(tmp_path):
    before = pa.total_allocated_bytes()
    with ShardWriter(tmp_path / "x", SMALL) as writer:
        for _ in range(50):
            writer.write(rows("x" * 100, "y" * 1_000_000).slice(0, 1))
        held = pa.total_allocated_bytes() - before

    assert held < 1_000_000


def test_duckdb_and_polars_read_the_same_rows(tmp_path):
    schema = pa.schema([*SMALL, pa.field("date", pa.timestamp("s", "UTC")), pa.field("words", pa.list_(pa.string()))])
    values = [
        {
            "id": number,
            "text": text,
            "date": datetime.datetime(2024, 2, 29, 1, 2, number, tzinfo=datetime.UTC),
            "words": words,
        }
        for number, (text, words) in enumerate([("é" * 500, ["a", None]), (None, None), ("", [])])
    ]
    write(tmp_path / "x", schema, [pa.RecordBatch.from_pylist(values, schema=schema)], group_rows=2)
    by_polars = polars.read_parquet(tmp_path / "x").to_dicts()
    with duckdb.connect(config={"autoinstall_known_extensions": False}) as connection:
        found = connection.execute("select id, text, epoch(date), words from read_parquet(?)", [str(tmp_path / "x")])
        by_duckdb = found.fetchall()

    assert by_polars == values
    assert by_duckdb == [(row["id"], row["text"], row["date"].timestamp(), row["words"]) for row in values]
