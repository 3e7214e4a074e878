"""Memory that a worker and its child share, so that pages need not be copied through a socket.

Two slots for batches: while the child works on one, the next is written. One for its answer, which the worker copies out
of it before it looks at it, and before it asks again. Pages that were never touched cost nothing.
"""

import json
import mmap
import os
import tempfile

import numpy as np
import pyarrow as pa

from dclm_pipeline.engine.child.channel import deserialized, head_of, tables_of
from dclm_pipeline.engine.child.work import Output
from dclm_pipeline.room import ROOMS

SLOTS = 2
SLOT_BYTES = 32 * 2**20
_ALIGNMENT = 64
_SPARE = 64 * 2**10  # for the schema and the frame of an Arrow stream


class Arena:
    """The shared memory, seen from one side."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, (SLOTS + 1) * SLOT_BYTES)
        self._buffer = pa.py_buffer(self._memory)

    @staticmethod
    def make() -> "Arena":
        """Make a new one."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("dclm-arena", os.MFD_CLOEXEC)
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, (SLOTS + 1) * SLOT_BYTES)
        return Arena(descriptor)

    def put(self, slot: int, batch: pa.RecordBatch) -> int | None:
        """Write a batch into a slot; return its length, or None where it is too large for one."""
        return self._put(slot, 0, batch)

    def put_answer(self, output: Output) -> bytes | None:
        """Write the tables of an answer; return what else there is to say, or None where they are too large."""
        lengths: dict[str, int] = {}
        place = 0
        for name, table in output.tables.items():
            length = self._put(SLOTS, place, table)
            if length is None:
                return None
            lengths[name] = -(-length // _ALIGNMENT) * _ALIGNMENT
            place += lengths[name]
        return json.dumps(head_of(output, lengths)).encode()

    def answer(self, head: bytearray) -> Output | None:
        """Read an answer out of a copy, which nobody changes; None where it cannot be one."""
        told = json.loads(bytes(head))
        lengths = told["tables"].values()
        if min(lengths, default=0) < 0 or sum(lengths) > SLOT_BYTES:
            return None
        return tables_of(_copied(self._buffer.slice(SLOTS * SLOT_BYTES, sum(lengths))), told)

    def _put(self, slot: int, place: int, batch: pa.RecordBatch) -> int | None:
        """Write a batch to a place in a slot; return its length, or None where there is no room for it."""
        size = pa.ipc.get_record_batch_size(batch) + _SPARE
        if place + size > SLOT_BYTES:
            return None
        if batch.schema.metadata and sum(len(k) + len(v) for k, v in batch.schema.metadata.items()) > _SPARE // 2:
            return None
        view = memoryview(self._memory)[slot * SLOT_BYTES + place : (slot + 1) * SLOT_BYTES]
        sink = pa.FixedSizeBufferWriter(pa.py_buffer(view))
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        return int(sink.tell())

    def get(self, slot: int, length: int, *, copied: bool) -> pa.RecordBatch:
        """Read a batch from a slot; without a copy it is good until the slot is written again."""
        view = self._buffer.slice(slot * SLOT_BYTES, length)
        return deserialized(_copied(view) if copied else view)

    def close(self) -> None:
        """Let go of the descriptor; the memory goes with the last batch that looks at it."""
        os.close(self.descriptor)


def _copied(shared: pa.Buffer) -> pa.Buffer:
    """Return a copy that nobody else can change, in memory that was touched before where there is some."""
    own = ROOMS.of(shared.size)
    own[:] = np.frombuffer(memoryview(shared), np.uint8)
    return pa.py_buffer(own.data)
