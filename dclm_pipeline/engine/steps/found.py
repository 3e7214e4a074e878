"""What a barrier found about the documents of a task, as the steps after it are told of it when the task begins."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dclm_pipeline.arrow import from_numpy, one_batch, schema_of, where
from dclm_pipeline.engine.steps.sides import ROW
from dclm_pipeline.schema import REJECT
from dclm_pipeline.step import EVERYONE, Batch

# Documents that a barrier could not be asked about: which, by their number in the task, and why.
UNHEARD_SCHEMA = schema_of(
    *(REJECT.field(name) for name in ("id", "source", "offset", "url")),
    pa.field(ROW, pa.int64()),
    pa.field("reason", pa.string()),
    pa.field("detail", pa.string()),
)


@dataclass(frozen=True)
class Found:
    """Findings about documents, and the documents that were not heard; both sorted by `ROW`.

    What everyone is told has the `ROW` of no document, `EVERYONE`, which is less than any."""

    findings: pa.Table
    unheard: pa.Table

    def about(self, docs: Batch) -> Batch:
        """Return what everyone is told, and the findings about the rows of a batch, told by their place in it."""
        places, part = docs[ROW].to_numpy(), _between(self.findings, docs)
        about = part[ROW].to_numpy()
        row = np.searchsorted(places, about)
        met = places[np.minimum(row, max(len(places) - 1, 0))] == about if len(about) else np.zeros(0, np.bool_)
        part = part.drop_columns([ROW]).append_column(pa.field("row", pa.int64()), from_numpy(row.astype(np.int64)))
        return one_batch(pa.concat_tables([self._for_everyone(part.schema), where(part, met)]))

    def _for_everyone(self, schema: pa.Schema) -> pa.Table:
        count = int(np.searchsorted(self.findings[ROW].to_numpy(), EVERYONE, "right")) if self.findings.num_rows else 0
        part = self.findings.slice(0, count)
        return part.drop_columns([ROW]).append_column(schema.field("row"), part[ROW]) if count else schema.empty_table()

    def failures(self, docs: Batch) -> dict[int, tuple[str, str]]:
        """Return why rows of a batch were not heard, by their place in it."""
        part = _between(self.unheard, docs)
        if part.num_rows == 0:
            return {}
        places = {row: place for place, row in enumerate(docs[ROW].to_pylist())}
        told = part.select([ROW, "reason", "detail"]).to_pylist()
        return {places[one[ROW]]: (one["reason"], one["detail"]) for one in told if one[ROW] in places}


def found_to_bytes(found: Found | None) -> bytes:
    """Return what was found as Arrow IPC streams, one after the other; nothing where nobody looked."""
    if found is None:
        return b""
    sink = io.BytesIO()
    for table in (found.findings, found.unheard):
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    return sink.getvalue()


def found_from_bytes(data: bytes) -> Found | None:
    """Read what `found_to_bytes` wrote."""
    if not data:
        return None
    return Found(*_tables(data))


def without_answer(document: Batch, reason: str, detail: str) -> Batch:
    """Return what is told of a document that a barrier could not be asked about."""
    told = {name: document[name][0].as_py() for name in UNHEARD_SCHEMA.names if name in document.schema.names}
    return pa.RecordBatch.from_pylist([told | {"reason": reason, "detail": detail}], schema=UNHEARD_SCHEMA)


def _tables(data: bytes) -> Iterator[pa.Table]:
    source = pa.BufferReader(data)
    for _ in range(2):
        yield pa.ipc.open_stream(source).read_all().combine_chunks()


def _between(table: pa.Table, docs: Batch) -> pa.Table:
    """Return the rows of a table, sorted by `ROW`, that are not before the first or after the last of a batch."""
    if docs.num_rows == 0 or table.num_rows == 0:
        return table.slice(0, 0)
    places = docs[ROW].to_numpy()
    start, stop = np.searchsorted(table[ROW].to_numpy(), [places[0], places[-1] + 1])
    return table.slice(start, stop - start)
