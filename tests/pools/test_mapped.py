"""Files that pass from task to task and are mapped: what comes out is what went in, or an error that names the file."""

import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.errors import IntegrityError
from dclm_pipeline.ids import ID
from dclm_pipeline.pools.mapped import is_mapped, read_mapped
from dclm_pipeline.pools.parquet import ShardWriter
from dclm_pipeline.schema import STORED
from dclm_pipeline.storage import open_storage

SCHEMA = pa.schema(
    [
        pa.field("id", ID),
        pa.field("tokens", pa.large_binary(), metadata={STORED: b"none"}),
        pa.field("pool", pa.large_string()),
        pa.field("number", pa.float64()),
        pa.field("kept", pa.bool_()),
        pa.field("lists", pa.list_(pa.int32())),
    ]
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.none() | st.binary(min_size=16, max_size=16),
            "tokens": st.none() | st.binary(max_size=9),
            "pool": st.none() | st.sampled_from(["web", "книги", ""]),
            "number": st.none() | st.floats(),
            "kept": st.none() | st.booleans(),
            "lists": st.none() | st.lists(st.integers(0, 9), max_size=3),
        }
    ),
    max_size=30,
)


def write(path: Path, rows, sizes: int, cuts: int, *, size: int = 10**6, mapped: bool = True):
    """Write rows so many at a time, and close a row group after as many batches; return the facts and their number."""
    groups = 0
    with ShardWriter(path, SCHEMA, group_bytes=size, passing=True, mapped=mapped) as writer:
        for number, start in enumerate(range(0, len(rows), sizes)):
            writer.write(pa.RecordBatch.from_pylist(rows[start : start + sizes], SCHEMA))
            if number % cuts == 0:
                groups = writer.cut()
        groups = writer.cut()
    return writer.close(), groups


@given(ROWS, st.integers(1, 9), st.integers(1, 9), st.sampled_from(["file", "memory"]))
def test_rows_come_back_in_the_groups_and_with_the_content_that_parquet_would_have(rows, sizes, cuts, kind):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        facts, groups = write(place / "a.arrow", rows, sizes, cuts, size=200)
        same, as_many = write(place / "a.parquet", rows, sizes, cuts, size=200, mapped=False)
        storage = open_storage(folder if kind == "file" else f"memory://mapped{folder}")
        storage.put_file("x/a.arrow", place / "a.arrow")
        found = list(read_mapped(storage, "x/a.arrow"))

        assert pa.Table.from_batches(found, SCHEMA).equals(pa.Table.from_pylist(rows, SCHEMA)) or "nan" in str(rows)
        assert (facts.content, facts.sha256, facts.rows, facts.text_bytes) == (
            same.content,
            same.sha256,
            same.rows,
            same.text_bytes,
        )
        assert len(found) == groups == as_many


def many(count: int) -> list[dict[str, object]]:
    return [{"id": number.to_bytes(16, "little"), "tokens": bytes(number % 7)} for number in range(count)]


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_some_groups_and_columns_are_read_in_the_order_in_which_they_are_asked_for(tmp_path, kind):
    write(tmp_path / "a.arrow", many(9), 3, 1)
    storage = open_storage(str(tmp_path) if kind == "file" else "memory://mapped")
    if kind == "memory":
        storage.put_file("a.arrow", tmp_path / "a.arrow")
    found = list(read_mapped(storage, "a.arrow", ["tokens", "id"], groups=[2, 1]))

    assert [batch.schema.names for batch in found] == [["tokens", "id"]] * 2
    assert [batch["id"].to_pylist() for batch in found] == [
        [row["id"] for row in many(9)[start : start + 3]] for start in (6, 3)
    ]


def test_batches_have_so_many_rows_and_bytes_at_most(tmp_path):
    write(tmp_path / "a.arrow", many(9), 9, 1)
    storage = open_storage(str(tmp_path))

    assert [batch.num_rows for batch in read_mapped(storage, "a.arrow", rows=4)] == [4, 4, 1]
    assert [batch.num_rows for batch in read_mapped(storage, "a.arrow", ["id"], size=16 * 7)] == [7, 2]
    assert [batch.num_rows for batch in read_mapped(storage, "a.arrow", ["id"], size=1)] == [1] * 9


def test_what_is_read_stays_when_the_file_is_closed_and_deleted(tmp_path):
    write(tmp_path / "a.arrow", many(9), 9, 1)
    (batch,) = read_mapped(open_storage(str(tmp_path)), "a.arrow")
    (tmp_path / "a.arrow").unlink()

    assert batch["tokens"].to_pylist() == [row["tokens"] for row in many(9)]


def test_values_that_are_not_as_they_were_written_are_found(tmp_path):
    write(tmp_path / "a.arrow", many(40), 40, 1)
    whole = (tmp_path / "a.arrow").read_bytes()
    (batch,) = read_mapped(open_storage(str(tmp_path)), "a.arrow")
    ids = whole.index(bytes(memoryview(batch["id"].buffers()[1])[:80]))
    (tmp_path / "a.arrow").write_bytes(flipped(whole, 8 * ids + 803))

    with pytest.raises(IntegrityError, match=r"a\.arrow: row group 0 is damaged: column 'id' has another checksum"):
        list(read_mapped(open_storage(str(tmp_path)), "a.arrow"))


@given(st.floats(0, 1, exclude_max=True))
def test_a_damaged_file_holds_the_same_rows_or_is_refused_by_its_name(bit):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "a.arrow"
        write(place, many(40), 40, 1)
        whole = place.read_bytes()
        place.write_bytes(flipped(whole, int(bit * 8 * len(whole))))
        try:
            read = list(read_mapped(open_storage(folder), "a.arrow", SCHEMA.names, groups=[0]))
            found = pa.Table.from_batches(read).to_pylist()
        except IntegrityError as error:
            found = str(error)

        assert found == pa.Table.from_pylist(many(40), SCHEMA).to_pylist() or "a.arrow" in found


def flipped(data: bytes, bit: int) -> bytes:
    """Return bytes of which one bit is another."""
    damaged = bytearray(data)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


@pytest.mark.parametrize("data", [b"", b"no Arrow", b"ARROW1\0\0" + bytes(100)])
def test_what_is_no_such_file_is_told_by_its_name(tmp_path, data):
    (tmp_path / "a.arrow").write_bytes(data)

    with pytest.raises(IntegrityError, match=r"a\.arrow"):
        list(read_mapped(open_storage(str(tmp_path)), "a.arrow"))


def test_a_group_that_is_not_there_is_refused_and_a_missing_file_is_missing(tmp_path):
    write(tmp_path / "a.arrow", many(3), 3, 1)

    with pytest.raises(IntegrityError, match="there is no row group 1"):
        list(read_mapped(open_storage(str(tmp_path)), "a.arrow", groups=[1]))
    with pytest.raises(FileNotFoundError):
        list(read_mapped(open_storage(str(tmp_path)), "b.arrow"))


def test_a_column_that_is_not_there_is_refused(tmp_path):
    write(tmp_path / "a.arrow", many(3), 3, 1)

    with pytest.raises(IntegrityError, match=r"a\.arrow.*'absent'"):
        list(read_mapped(open_storage(str(tmp_path)), "a.arrow", ["absent"]))


def test_files_of_tokens_without_texts_are_mapped():
    assert is_mapped(SCHEMA)
    assert not is_mapped(SCHEMA.append(pa.field("text", pa.large_string())))
    assert not is_mapped(SCHEMA.remove(1))
    assert not is_mapped(SCHEMA.set(1, pa.field("tokens", pa.large_binary(), metadata={STORED: b"zstd"})))


def test_what_lies_on_this_machine_is_not_copied(tmp_path):
    rows = [{"id": bytes(16), "tokens": bytes(100_000)} for _ in range(30)]
    with ShardWriter(tmp_path / "a.arrow", SCHEMA, passing=True, mapped=True) as writer:
        writer.write(pa.RecordBatch.from_pylist(rows, SCHEMA))
    before = pa.total_allocated_bytes()
    (found,) = read_mapped(open_storage(str(tmp_path)), "a.arrow")

    assert pa.total_allocated_bytes() - before < 100_000 < found.nbytes
