"""Row groups hold the rows of one group, and nothing that came with them."""

import gc
import weakref

import numpy as np
import pyarrow as pa

from dclm_pipeline.pools.rowgroups import RowGroups, contiguous

SCHEMA = pa.schema([("number", pa.int64())])


def message(number: int) -> tuple[pa.RecordBatch, "weakref.ref[np.ndarray]"]:
    """Return a batch of one small row inside a large message, as a pipe hands it over, and a watch on the message."""
    batch = pa.record_batch({"number": [number], "ballast": ["x" * 2**16]})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    memory = np.frombuffer(sink.getvalue(), np.uint8).copy()
    read = next(iter(pa.ipc.open_stream(pa.py_buffer(memory))))
    return read.select(["number"]), weakref.ref(memory)


def test_small_rows_do_not_keep_the_messages_that_brought_them():
    groups = RowGroups(SCHEMA, 10_000, 2**25)
    watches = []
    for number in range(200):
        batch, watch = message(number)
        assert not list(groups.add(batch))
        watches.append(watch)
        del batch
    gc.collect()

    assert sum(watch() is not None for watch in watches) < 20
    assert [row for group in groups.rest() for row in group["number"].to_pylist()] == list(range(200))


def test_large_rows_that_own_their_memory_are_not_copied_before_their_group_is_made_contiguous():
    batches = [pa.record_batch({"number": np.arange(100_000) + start}) for start in range(40)]
    groups = RowGroups(SCHEMA, 10_000_000, 2**26)
    assert not [group for batch in batches for group in groups.add(batch)]
    (group,) = groups.rest()
    pieces = [piece.buffers()[1].address for piece in group["number"].chunks]

    assert pieces == [batch["number"].buffers()[1].address for batch in batches]
    assert contiguous(group).equals(pa.Table.from_batches(batches))
    assert all(column.num_chunks == 1 for column in contiguous(group).columns)


def test_lists_under_nulls_are_made_anew_in_every_group():
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 3], pa.int32()), pa.array([1, 2, 3]), mask=pa.array([False, True]))
    schema = pa.schema([("lists", lists.type)])
    groups = RowGroups(schema, 10, 2**25)
    assert not [group for _ in range(2) for group in groups.add(pa.record_batch([lists], schema=schema))]
    (group,) = groups.rest()

    assert group["lists"].num_chunks == 1
    assert group["lists"].chunk(0).values.to_pylist() == [1, 1]
