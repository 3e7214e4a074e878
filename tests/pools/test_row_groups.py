"""Row groups hold the rows of one group, and nothing that came with them."""

import gc
import weakref

import numpy as np
import pyarrow as pa

from dclm_pipeline.pools.rowgroups import RowGroups

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
