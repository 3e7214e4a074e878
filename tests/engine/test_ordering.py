"""Rows in the order of a key: the same file, whatever stays in memory and however the rows came."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.engine import ordering, taking
from dclm_pipeline.engine.ordering import KEY, Ordered
from dclm_pipeline.engine.outputs import Output
from dclm_pipeline.engine.taking import taken, taken_from_memory
from dclm_pipeline.engine.tasks import CollectWork, Task
from dclm_pipeline.ids import ID
from dclm_pipeline.pools.receipt import stored_file
from dclm_pipeline.pools.rowgroups import batch_bytes
from dclm_pipeline.storage import open_storage

SCHEMA = pa.schema([("id", ID), ("text", pa.large_string()), (KEY, pa.uint64())])
rows = st.lists(
    st.tuples(st.integers(0, 2**64 - 1) | st.integers(0, 2), st.binary(min_size=16, max_size=16), st.text(max_size=5)),
    max_size=40,
    unique_by=lambda row: row[1],
)


def batches(given_rows, size):
    docs = [{KEY: key, "id": id, "text": text.replace("\0", "")} for key, id, text in given_rows]
    return [pa.RecordBatch.from_pylist(docs[at : at + size], SCHEMA) for at in range(0, len(docs), size)]


def ordered(folder, docs, most, ranges):
    folder.mkdir()
    gathered = Ordered(folder, ranges, most=most)
    for batch in docs:
        gathered.add(batch)
    with Output(folder, "docs", "shards", SCHEMA) as output:
        gathered.write_to(output)
    return (folder / "docs.parquet").read_bytes(), output.groups


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(ordering, "PIECE_BYTES", 200)
    monkeypatch.setattr(taking, "RUN_ROWS", 7)


@given(rows, st.integers(1, 9), st.sampled_from([0, 1, 300, 10**6]), st.integers(1, 3))
def test_rows_come_in_the_order_of_key_and_id(tmp_path_factory, given_rows, size, most, ranges):
    folder = tmp_path_factory.mktemp("ordered")
    data, groups = ordered(folder / "a", batches(given_rows, size), most, ranges)
    table = pq.read_table(pa.BufferReader(data))

    assert list(zip(table[KEY].to_pylist(), table["id"].to_pylist(), strict=True)) == sorted(
        (key, id) for key, id, _ in given_rows
    )
    assert (len(groups), sum(groups)) == (ranges, pq.read_metadata(pa.BufferReader(data)).num_row_groups)


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize("many", [0, 2**40])
def test_what_is_written_does_not_depend_on_what_stays_in_memory_or_who_copies_it(tmp_path, monkeypatch, many):
    monkeypatch.setattr(taking, "MANY_BYTES", many)
    docs = [(hash_ * 2**58 + 1, hash_.to_bytes(16, "little"), f"жук {hash_}") for hash_ in range(50, 0, -1)]
    wanted = ordered(tmp_path / "all", batches(docs, 50), 10**9, 3)

    for most in (0, 150, 700, 2000):
        assert ordered(tmp_path / f"{most}", batches(docs, 4), most, 3) == wanted


@given(rows, st.integers(1, 9), st.sampled_from([0, 300, 10**6]), st.integers(1, 3))
def test_long_values_are_gathered_to_the_same_file(tmp_path_factory, given_rows, size, most, ranges):
    folder = tmp_path_factory.mktemp("ordered")
    wanted = ordered(folder / "a", batches(given_rows, size), most, ranges)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(taking, "MANY_BYTES", 0)

        assert ordered(folder / "b", batches(given_rows, size), most, ranges) == wanted


@given(rows, st.integers(1, 9), st.sampled_from([0, 1, 300, 10**6]), st.integers(1, 9), st.integers(1, 200))
def test_rows_go_on_without_their_keys_in_batches_that_are_small_enough(
    tmp_path_factory, given_rows, size, most, most_rows, most_bytes
):
    gathered = Ordered(tmp_path_factory.mktemp("ordered"), 1, most=most)
    for batch in batches(given_rows, size):
        gathered.add(batch)
    found = list(gathered.batches(most_rows, most_bytes))

    wanted = [id for _, id in sorted((key, id) for key, id, _ in given_rows)]
    assert [id for batch in found for id in batch["id"].to_pylist()] == wanted
    assert all(batch.schema.names == ["id", "text"] and 0 < batch.num_rows <= most_rows for batch in found)
    assert all(batch.num_rows == 1 or batch_bytes(batch)[0].sum() <= most_bytes for batch in found)


def test_files_say_how_large_their_ranges_are(tmp_path):
    gathered = Ordered(tmp_path, 3)
    gathered.add(pa.RecordBatch.from_pylist([{KEY: 5, "id": bytes(16), "text": "жук"}], SCHEMA))
    gathered.add(
        pa.RecordBatch.from_pylist([{KEY: 2**64 - 1, "id": bytes([n] * 16), "text": "a"} for n in (1, 2)], SCHEMA)
    )
    with Output(tmp_path, "docs", "shards", SCHEMA, sized=True) as output:
        gathered.write_to(output)
    task = Task("0" * 64, "order", 0, "memory://sizes", CollectWork((), (), (), SCHEMA), ())
    stored = output.store(open_storage("memory://sizes"), task)

    assert stored.sizes == ((1, 6), (0, 0), (2, 2))
    assert stored_file(json.loads(json.dumps(stored.to_json()))) == stored
    assert "sizes" not in replace(stored, sizes=()).to_json()


@pytest.mark.parametrize("take", [taken, taken_from_memory])
@pytest.mark.parametrize("texts", [["a", None, "ж"], ["", "", ""], ["one", "two", "three"]])
@pytest.mark.parametrize("alone", [True, False])
def test_rows_are_taken_with_nulls_and_from_a_column_alone(monkeypatch, take, texts, alone):
    monkeypatch.setattr(taking, "MANY_BYTES", 0)
    table = pa.table({"text": pa.array(texts, pa.large_string()), "number": pa.array([0, 1, 2], pa.int8())})
    table = table.select(["text"]) if alone else table
    found = list(take(table.to_batches(max_chunksize=2), np.array([2, 0, 1, 1], np.int64), 3))

    assert pa.Table.from_batches(found).equals(table.take([2, 0, 1, 1]))
    assert [batch.num_rows for batch in found] == [3, 1]
