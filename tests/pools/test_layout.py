from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.pools.parquet import ShardWriter
from dclm_pipeline.schema import GROUP_ROWS, STORED

ROWS = 100


def marked(way: bytes) -> pa.Schema:
    """Return a column of bytes that is marked, one of lists and one of structs that are not."""
    marks = {STORED: way, GROUP_ROWS: b"32"}
    return pa.schema(
        [
            pa.field("data", pa.binary(4), nullable=False, metadata=marks),
            pa.field("ids", pa.list_(pa.int32())),
            pa.field("more", pa.struct([("name", pa.string())])),
        ]
    )


def write(path, way: bytes, batch: int):
    """Write rows so many at a time, and return the facts."""
    rows = [{"data": row.to_bytes(4, "little"), "ids": [row] * (row % 3), "more": {"name": "a"}} for row in range(ROWS)]
    table = pa.Table.from_pylist(rows, schema=marked(way))
    with ShardWriter(path, marked(way)) as writer:
        for part in table.to_batches(max_chunksize=batch):
            writer.write(part)
    return writer.close()


@pytest.mark.parametrize(("way", "compression"), [(b"none", "UNCOMPRESSED"), (b"zstd", "ZSTD")])
def test_a_marked_column_is_stored_as_it_says_and_others_as_usual(tmp_path, way, compression):
    write(tmp_path / "a.parquet", way, 7)
    group = pq.read_metadata(tmp_path / "a.parquet").row_group(0)
    columns = {group.column(leaf).path_in_schema: group.column(leaf) for leaf in range(group.num_columns)}

    assert {path: column.compression for path, column in columns.items()} == {
        "data": compression,
        "ids.list.element": "ZSTD",
        "more.name": "ZSTD",
    }
    assert (columns["data"].has_dictionary_page, columns["data"].is_stats_set) == (False, False)
    assert columns["more.name"].has_dictionary_page


def test_row_groups_close_at_as_many_rows_as_a_field_says_whatever_the_batches(tmp_path):
    one, other = write(tmp_path / "a.parquet", b"none", 1), write(tmp_path / "b.parquet", b"none", 64)
    metadata = pq.read_metadata(tmp_path / "a.parquet")

    assert [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)] == [32, 32, 32, 4]
    assert one.sha256 == other.sha256


def test_the_values_of_a_row_group_lie_behind_each_other(tmp_path):
    write(tmp_path / "a.parquet", b"none", 7)
    data = (tmp_path / "a.parquet").read_bytes()

    assert b"".join(row.to_bytes(4, "little") for row in range(32)) in data


@pytest.mark.parametrize("cuts", [[], [20_000, 20_001], range(1000, 50_000, 1000)])
def test_many_short_rows_lie_behind_each_other_too_in_whatever_batches_they_came(tmp_path, cuts):
    numbers = np.arange(50_001, dtype="<u4")
    field = pa.field("data", pa.binary(4), nullable=False, metadata={STORED: b"none", GROUP_ROWS: b"65536"})
    data = pa.Array.from_buffers(field.type, len(numbers), [None, pa.py_buffer(numbers)])
    with ShardWriter(tmp_path / "a.parquet", pa.schema([field])) as writer:
        for start, stop in pairwise([0, *cuts, len(numbers)]):
            writer.write(pa.RecordBatch.from_arrays([data[start:stop]], schema=pa.schema([field])))

    assert numbers.tobytes() in (tmp_path / "a.parquet").read_bytes()


def test_other_ways_are_refused(tmp_path):
    with pytest.raises(RecipeError, match="can be none or zstd"):
        ShardWriter(tmp_path / "a.parquet", marked(b"gzip"))


def test_a_file_that_passes_on_has_no_dictionaries_and_statistics_of_the_column_it_is_looked_up_by(tmp_path):
    table = pa.table({"shard": [1, 1, 2], "hash": pa.array([3, 4, 5], pa.uint64()), "text": ["a", None, "ж"]})
    with ShardWriter(tmp_path / "a.parquet", table.schema, passing=True) as writer:
        writer.write(table.to_batches()[0])
    group = pq.read_metadata(tmp_path / "a.parquet").row_group(0)
    columns = {group.column(leaf).path_in_schema: group.column(leaf) for leaf in range(group.num_columns)}

    assert {column.compression for column in columns.values()} == {"LZ4"}
    assert not any(column.has_dictionary_page for column in columns.values())
    assert {path: column.is_stats_set for path, column in columns.items()} == {
        "shard": True,
        "hash": False,
        "text": False,
    }
    assert pq.read_table(tmp_path / "a.parquet").equals(table)


def test_a_file_that_passes_on_has_the_content_of_one_that_stays(tmp_path):
    table = pa.table({"hash": pa.array([3, 4, 5], pa.uint64()), "text": ["a", None, "ж"]})
    facts = []
    for passing in (False, True):
        with ShardWriter(tmp_path / f"{passing}.parquet", table.schema, passing=passing) as writer:
            writer.write(table.to_batches()[0])
        facts.append(writer.close())

    assert (facts[0].content, facts[0].rows, facts[0].text_bytes) == (
        facts[1].content,
        facts[1].rows,
        facts[1].text_bytes,
    )
