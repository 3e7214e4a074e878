"""Memory that a worker and its child share, so that pages need not be copied through a socket.

Two slots: while the child works on one batch, the next is written. Pages that were never touched cost nothing.
"""

import mmap
import os
import tempfile

import pyarrow as pa

from dclm_pipeline.engine.child.channel import deserialized

SLOTS = 2
SLOT_BYTES = 32 * 2**20
_SPARE = 64 * 2**10  # for the schema and the frame of an Arrow stream


class Arena:
    """The shared memory, seen from one side."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, SLOTS * SLOT_BYTES)
        self._buffer = pa.py_buffer(self._memory)

    @staticmethod
    def make() -> "Arena":
        """Make a new one."""
        if hasattr(os, "memfd_create"):
            descriptor = os.memfd_create("dclm-arena", os.MFD_CLOEXEC)
        else:
            with tempfile.TemporaryFile() as file:
                descriptor = os.dup(file.fileno())
        os.ftruncate(descriptor, SLOTS * SLOT_BYTES)
        return Arena(descriptor)

    def put(self, slot: int, batch: pa.RecordBatch) -> int | None:
        """Write a batch into a slot; return its length, or None where it is too large for one."""
        size = pa.ipc.get_record_batch_size(batch) + _SPARE
        if size > SLOT_BYTES:
            return None
        if batch.schema.metadata and sum(len(k) + len(v) for k, v in batch.schema.metadata.items()) > _SPARE // 2:
            return None
        view = memoryview(self._memory)[slot * SLOT_BYTES : (slot + 1) * SLOT_BYTES]
        sink = pa.FixedSizeBufferWriter(pa.py_buffer(view))
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        return int(sink.tell())

    def get(self, slot: int, length: int, *, copied: bool) -> pa.RecordBatch:
        """Read a batch from a slot; without a copy it is good until the slot is written again."""
        view = self._buffer.slice(slot * SLOT_BYTES, length)
        return deserialized(pa.py_buffer(view.to_pybytes()) if copied else view)

    def close(self) -> None:
        """Let go of the descriptor; the memory goes with the last batch that looks at it."""
        os.close(self.descriptor)
