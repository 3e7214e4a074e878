"""Messages between a worker, its nursery and its guarded child: bytes with a kind and a length, over a socket.

A child is not trusted: what comes from it is Arrow and JSON, never a pickle, and bounded in length.
"""

import json
import socket
import struct
from collections.abc import Mapping

import pyarrow as pa

from dclm_pipeline.engine.child.work import JSON, Output

_HEADER = struct.Struct("<cQ")
MOST_BYTES = 2**34
# What a nursery is asked for.
OPEN, REHEARSE = b"N", b"T"
RECIPE_ERROR = b"U"  # the kind of a message that tells what is wrong with what the user wrote


class ClosedError(Exception):
    """The other end is gone."""


def send(link: socket.socket, kind: bytes, *parts: bytes | memoryview | pa.Buffer) -> None:
    """Send one message made of parts."""
    views = [memoryview(part) for part in parts]
    try:
        link.sendall(_HEADER.pack(kind, sum(view.nbytes for view in views)))
        for view in views:
            link.sendall(view)
    except (BrokenPipeError, ConnectionResetError) as error:
        raise ClosedError from error


def receive(link: socket.socket) -> tuple[bytes, bytearray]:
    """Receive one message."""
    kind, length = _HEADER.unpack(_exactly(link, _HEADER.size))
    if length > MOST_BYTES:
        raise ClosedError
    return kind, _exactly(link, length)


def output_parts(output: Output) -> list[bytes | pa.Buffer]:
    """Return an output as parts of a message: what follows, then each table."""
    buffers = {name: serialized(table) for name, table in output.tables.items()}
    encoded = json.dumps(head_of(output, {name: buffer.size for name, buffer in buffers.items()})).encode()
    return [struct.pack("<I", len(encoded)), encoded, *buffers.values()]


def output_from(data: bytearray) -> Output:
    """Read what `output_parts` made."""
    (size,) = struct.unpack_from("<I", data)
    head: Mapping[str, JSON] = json.loads(bytes(data[4 : 4 + size]))
    return tables_of(pa.py_buffer(data).slice(4 + size), head)


def head_of(output: Output, lengths: Mapping[str, int]) -> dict[str, JSON]:
    """Return what is said of an output beside its tables, whose lengths are told."""
    return {"facts": output.facts, "tables": dict(lengths)}


def tables_of(whole: pa.Buffer, head: Mapping[str, JSON]) -> Output:
    """Return an output whose tables lie one after another."""
    tables: dict[str, pa.RecordBatch] = {}
    place = 0
    for name, length in head["tables"].items():
        tables[name] = deserialized(whole.slice(place, length))
        place += length
    return Output(tables, head["facts"])


def serialized(batch: pa.RecordBatch) -> pa.Buffer:
    """Return a batch as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def deserialized(data: pa.Buffer) -> pa.RecordBatch:
    """Read a batch, without copying it."""
    return pa.ipc.open_stream(data).read_next_batch()


def _exactly(link: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        try:
            count = link.recv_into(view)
        except ConnectionResetError as error:
            raise ClosedError from error
        if count == 0:
            raise ClosedError
        view = view[count:]
    return data
