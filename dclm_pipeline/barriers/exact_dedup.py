"""Equal documents, over all shards: of those with the same text (or address) one stays.

The one that stays is the oldest, and of equally old ones that with the smallest id: who was met first does not matter.
Compares 128-bit hashes; 44 bytes of evidence a document. Null values are equal to nothing.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from dclm_pipeline.arrow import Array, from_numpy, one_batch, schema_of, take
from dclm_pipeline.ids import ID, halves
from dclm_pipeline.step import Assets, Barrier, Batch, Columns

_NEVER = np.iinfo(np.int64).max  # a document without a date is younger than all that have one


class ExactDedup(Barrier):
    """Keeps one of the documents whose column has the same value: the oldest, then the smallest id."""

    kind: Literal["exact_dedup"] = "exact_dedup"
    column: Literal["text", "url"] = Field(default="text", description="What must be equal.")

    def reads(self) -> frozenset[str]:
        """Return the column compared, and what decides who stays."""
        return frozenset({"id", "date", self.column})

    def open(self, assets: Assets) -> "ExactDedup":
        """Load the kernel, so that no guarded child has to."""
        import_module("dclm_pipeline.kernels.hashing")
        return self

    def evidence_schema(self, round: int) -> pa.Schema:
        """Return the other half of the hash, and what decides who stays."""
        del round
        return schema_of(pa.field("low", pa.uint64()), pa.field("date", pa.int64()), pa.field("id", ID))

    def findings_schema(self, round: int) -> pa.Schema:
        """Return nothing: a document with a finding goes."""
        del round
        return pa.schema([])

    def evidence(self, docs: Batch, round: int, found: Batch | None) -> Batch:
        """Return the hash of each document's value."""
        from dclm_pipeline.kernels.hashing import hash_rows
        from dclm_pipeline.kernels.strings import views

        del round, found
        values = docs[self.column]
        place = np.flatnonzero(np.asarray(values.is_valid())).astype(np.int64)
        present = values.filter(values.is_valid())
        high, low = hash_rows(*views(present.cast(pa.large_string())))
        kept = take(docs, place)
        date = from_numpy(np.full(len(place), _NEVER))
        if "date" in docs.schema.names:
            date = kept["date"].cast(pa.int64()).fill_null(int(_NEVER))
        arrays: list[Array] = [from_numpy(place), from_numpy(high), from_numpy(low), date, kept["id"]]
        return pa.RecordBatch.from_arrays(arrays, names=["row", "hash", "low", "date", "id"])

    def findings(self, rows: Iterator[Batch], round: int) -> Iterator[Batch]:
        """Return the documents that are not the first of their equals."""
        del round
        batch = one_batch(pa.Table.from_batches(list(rows)))
        high, low = batch["hash"].to_numpy(), batch["low"].to_numpy()
        ids = halves(batch["id"])
        order = np.lexsort((ids[:, 1], ids[:, 0], batch["date"].to_numpy(), low, high))
        high, low = high[order], low[order]
        again = np.flatnonzero((high[1:] == high[:-1]) & (low[1:] == low[:-1])) + 1
        gone = np.sort(order[again])
        yield take(batch.select(["shard", "row"]), gone)

    def columns(self, docs: Batch, found: Batch) -> Columns:
        """Drop what was found."""
        keep = np.ones(docs.num_rows, np.bool_)
        keep[found["row"].to_numpy()] = False
        return Columns({"keep": from_numpy(keep)})
