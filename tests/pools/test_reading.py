"""Reading files that may be anything."""

import io
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dclm_pipeline.errors import IntegrityError, TransientError
from dclm_pipeline.pools.parquet import ShardFacts, ShardWriter, file_facts, read_shard
from dclm_pipeline.storage.memory import MemoryStorage

SCHEMA = pa.schema(
    [("id", pa.int64()), ("text", pa.large_string()), ("quality.model", pa.float64()), ("quality", pa.int8())]
)
VALUES = [{"id": number, "text": "word " * number, "quality.model": number / 8, "quality": 1} for number in range(50)]


def shard(path: Path, group_rows: int = 20) -> bytes:
    with ShardWriter(path, SCHEMA, group_rows=group_rows) as writer:
        writer.write(pa.RecordBatch.from_pylist(VALUES, schema=SCHEMA))
    return path.read_bytes()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return shard(tmp_path_factory.mktemp("shard") / "x")


@pytest.fixture(scope="module")
def storage() -> MemoryStorage:
    return MemoryStorage("reading")


def parquet(**columns: pa.Array) -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def read(storage: MemoryStorage, **choice: object) -> list[dict[str, object]]:
    return [row for batch in read_shard(storage, "x", **choice) for row in batch.to_pylist()]


def test_reads_some_columns_in_the_order_asked_for(storage, data):
    storage.put("x", data)
    (batch, *_) = read_shard(storage, "x", ["quality", "id"])

    assert batch.schema == pa.schema([("quality", pa.int8()), ("id", pa.int64())])
    assert read(storage, columns=["quality.model"]) == [{"quality.model": row["quality.model"]} for row in VALUES]


def test_reads_some_row_groups(storage, data):
    storage.put("x", data)

    assert read(storage, groups=[2, 0]) == VALUES[40:] + VALUES[:20]


@pytest.mark.parametrize(("rows", "size"), [(1, 2**20), (7, 2**20), (1024, 1), (1024, 300), (1024, 2**20)])
def test_batches_are_bounded_by_rows_and_bytes(storage, data, rows, size):
    storage.put("x", data)
    batches = list(read_shard(storage, "x", rows=rows, size=size))
    sizes = [sum(17 + 5 * number for number in batch["id"].to_pylist()) for batch in batches]

    assert [row for batch in batches for row in batch.to_pylist()] == VALUES
    assert all(batch.num_rows <= rows for batch in batches)
    assert all(found <= size or batch.num_rows == 1 for found, batch in zip(sizes, batches, strict=True))


@pytest.mark.parametrize("bounds", [{"rows": 0}, {"size": 0}])
def test_refuses_batches_that_cannot_be(storage, data, bounds):
    storage.put("x", data)

    with pytest.raises(ValueError):
        read(storage, **bounds)


def test_a_missing_file_is_missing(storage):
    with pytest.raises(FileNotFoundError):
        list(read_shard(storage, "nothing"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "memory://reading/x"),
        (b"PAR1", "no Parquet"),
        (b"PAR1" + b"x" * 99, "no Parquet"),
        (b"\0" * 4096, "no Parquet"),
    ],
)
def test_what_is_no_parquet_is_named(storage, content, said):
    storage.put("x", content)
    for ask in (lambda: read(storage), lambda: file_facts(storage, "x")):
        with pytest.raises(IntegrityError, match=said):
            ask()


@given(place=st.integers(0, 2**31), mask=st.integers(1, 255))
@settings(max_examples=60, deadline=None)
@example(place=100, mask=1)
def test_a_flipped_byte_is_found(storage, data, place, mask):
    place %= len(data) - 8
    flipped = data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]
    storage.put("x", flipped)
    storage.put("whole", data)
    answers = [answer(storage, path) for path in ("x", "whole")]

    assert answers[0] != answers[1]
    assert isinstance(answers[0], ShardFacts) or answers[0].startswith("memory://reading/x: ")


def answer(storage: MemoryStorage, path: str) -> ShardFacts | str:
    try:
        return file_facts(storage, path)
    except IntegrityError as error:
        return str(error)


@given(length=st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_a_file_cut_short_is_found(storage, data, length):
    storage.put("x", data[: length % len(data)])

    with pytest.raises(IntegrityError, match="memory://reading/x"):
        read(storage)


def test_a_damaged_page_is_found(storage, data):
    place = data.index(b"\x28\xb5\x2f\xfd") + 12  # within the first zstd frame
    storage.put("x", data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])

    with pytest.raises(IntegrityError, match="memory://reading/x"):
        read(storage)


def test_a_row_group_that_is_too_large_is_refused_before_it_is_read(storage, data):
    storage.put("x", data)

    with pytest.raises(IntegrityError, match=r"memory://reading/x: row group 0 .* at most 100 bytes"):
        read(storage, group_limit=100)


@pytest.mark.parametrize("choice", [{"columns": ["id", "nothing"]}, {"groups": [3]}, {"groups": [-1]}])
def test_what_a_file_does_not_have_is_named(storage, data, choice):
    storage.put("x", data)

    with pytest.raises(IntegrityError, match="memory://reading/x"):
        read(storage, **choice)


def test_two_columns_of_one_name_are_refused(storage):
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), stream)
    storage.put("x", stream.getvalue())

    with pytest.raises(IntegrityError, match="one column 'a'"):
        read(storage)


def test_strings_that_are_not_utf8_are_found(storage):
    text = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.array([0, 2], pa.int32()).buffers()[1], pa.py_buffer(b"\xff\xfe")]
    )
    storage.put("x", parquet(text=text))

    with pytest.raises(IntegrityError, match="memory://reading/x"):
        read(storage)


def test_types_that_a_pool_cannot_hold_are_named(storage):
    storage.put("x", parquet(sight=pa.array(["a"], pa.string_view())))

    with pytest.raises(IntegrityError, match=r"'sight'.*string_view"):
        read(storage)


def test_files_of_other_writers_can_be_read(storage):
    columns = {"word": pa.array(["a", None]).dictionary_encode(), "when": pa.array([1, None], pa.timestamp("s"))}
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream, store_schema=False, compression="snappy")
    storage.put("x", stream.getvalue())
    (batch,) = read_shard(storage, "x")

    assert batch.schema == pa.schema([("word", pa.string()), ("when", pa.timestamp("ms"))])


class _Failing(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() < 1000:
            raise TransientError("the network is down")
        return super().read(size)


class _FailingStorage(MemoryStorage):
    def open(self, path: str) -> BinaryIO:
        return _Failing(self.read(path))


def test_trouble_while_reading_stays_what_it_is(data):
    storage = _FailingStorage("failing")
    storage.put("x", data)

    with pytest.raises(TransientError, match="the network is down"):
        list(read_shard(storage, "x"))
    MemoryStorage.forget("failing")
