"""What a guarded child runs: a chain over documents, or a barrier listening to them.

A program is a picklable value; opening it gives a worker that holds models. Answers are Arrow tables and plain JSON.
"""

import io
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dclm_pipeline.arrow import empty, from_numpy, one_batch, where
from dclm_pipeline.engine.chain import Chain, ContractError, Layout, Worked
from dclm_pipeline.engine.isolate import isolate
from dclm_pipeline.engine.sides import ROW
from dclm_pipeline.engine.work import JSON, Output
from dclm_pipeline.recipe.shipping import pack, unpack
from dclm_pipeline.step import Assets, Barrier, Batch, Hears, Sweep, Unfold
from dclm_pipeline.tally import StepTally, Tally, tally_to_json

EVIDENCE = "evidence"


@dataclass(frozen=True)
class ChainProgram:
    """A chain, packed to be sent to another process."""

    steps: bytes
    after: bytes
    enters: pa.Schema
    keeps: tuple[frozenset[str], ...]
    leaves: tuple[str, ...]
    dropped_sample: float
    seed: int
    stateful: bool
    assets: Assets

    @staticmethod
    def of(layout: Layout, assets: Assets) -> "ChainProgram":
        """Pack a layout."""
        return ChainProgram(
            pack(layout.steps),
            pack(() if layout.after is None else (layout.after,)),
            layout.enters,
            layout.keeps,
            layout.leaves,
            layout.dropped_sample,
            layout.seed,
            isinstance(layout.after, Sweep) or any(isinstance(step, Unfold) for step in layout.steps),
            assets,
        )

    def layout(self) -> Layout:
        """Unpack the layout."""
        after = unpack(self.after)
        begins = after[0] if after else None
        if begins is not None and not isinstance(begins, Barrier | Sweep):
            raise ContractError(f"{begins.name}: a segment begins after a barrier or a sweep alone")
        return Layout(self.enters, unpack(self.steps), self.keeps, self.leaves, begins, self.dropped_sample, self.seed)

    def open(self) -> "ChainWorker":
        """Load what the steps need."""
        return ChainWorker(self.layout(), self.assets)


class ChainWorker:
    """A chain behind the guard."""

    def __init__(self, layout: Layout, assets: Assets) -> None:
        self._layout = layout
        self._chain = Chain(layout, assets)
        self._found: pa.Table | None = None

    def begin(self, opening: bytes) -> None:
        """Begin a shard; `opening` holds the findings about its documents, if a barrier came before."""
        self._chain.begin()
        self._found = table_from_bytes(opening) if opening else None

    def work(self, batch: pa.RecordBatch) -> Output:
        """Take a batch through the chain."""
        return self._output(self._chain.work(batch, None if self._found is None else found_for(self._found, batch)))

    def finish(self) -> Output:
        """End the shard."""
        return self._output(self._chain.finish())

    def _output(self, worked: Worked) -> Output:
        facts: dict[str, JSON] = {
            "tally": tally_to_json(Tally(steps=worked.tallies)),
            "seconds": {name: float(seconds) for name, seconds in worked.seconds.items()},
        }
        tables = {"docs": worked.docs, "rejects": worked.rejects, "signals": worked.signals}
        return Output({name: _less_row(table) for name, table in tables.items()}, facts)


@dataclass(frozen=True)
class EvidenceProgram:
    """One round of a barrier, listening to the documents of a shard."""

    barrier: bytes
    round: int
    assets: Assets
    stateful: bool = False

    def open(self) -> "EvidenceWorker":
        """Load what the barrier needs."""
        (barrier,) = unpack(self.barrier)
        opened = barrier.open(self.assets)
        if not isinstance(barrier, Barrier) or not isinstance(opened, Hears):
            raise ContractError(f"{barrier.name}: what it opened has no verb of a barrier")
        return EvidenceWorker(barrier, opened, self.round)


class EvidenceWorker:
    """A barrier's ear behind the guard."""

    def __init__(self, barrier: Barrier, opened: Hears, round: int) -> None:
        self._barrier = barrier
        self._opened = opened
        self._round = round
        self._schema = evidence_schema(barrier, round)
        self._found: pa.Table | None = None

    def begin(self, opening: bytes) -> None:
        """Begin a shard; `opening` holds what the round before found about its documents."""
        self._found = table_from_bytes(opening) if opening else None

    def work(self, batch: pa.RecordBatch) -> Output:
        """Return the evidence of a batch, its rows told by their place in the shard."""
        found = None if self._found is None else found_for(self._found, batch)
        rows = batch[ROW].to_numpy()
        seen = batch.select([name for name in batch.schema.names if name in self._barrier.reads() | {"id"}])
        begun = isolate(lambda docs: self._opened.evidence(docs, self._round, found), seen)
        if len(begun) > 1 or begun[0].answer is None:
            reasons = "; ".join(sorted({f"{part.reason}: {part.detail}" for part in begun if part.answer is None}))
            raise ContractError(f"{self._barrier.name}: no evidence could be had of a document: {reasons}")
        evidence = begun[0].answer.select(self._schema.names)
        if evidence.schema.types != self._schema.types:
            raise ContractError(
                f"{self._barrier.name}: evidence has the types {evidence.schema.types}; declared are {self._schema.types}"
            )
        place = self._schema.get_field_index("row")
        columns = list(evidence.columns)
        columns[place] = from_numpy(rows[columns[place].to_numpy()])
        return Output({EVIDENCE: pa.record_batch(columns, schema=self._schema)}, {})

    def finish(self) -> Output:
        """Return nothing: evidence is given batch by batch."""
        return Output({EVIDENCE: empty(self._schema)}, {})


def evidence_schema(barrier: Barrier, round: int) -> pa.Schema:
    """Return the columns of evidence as the exchange stores it."""
    own = [field for field in barrier.evidence_schema(round) if field.name not in ("row", "hash")]
    return pa.schema([pa.field("hash", pa.uint64()), pa.field("row", pa.int64()), *own])


def found_for(found: pa.Table, docs: Batch) -> Batch:
    """Return the findings about the rows of a batch, told by their place in it; `found` is sorted by `ROW`."""
    places = docs[ROW].to_numpy()
    about = found[ROW].to_numpy()
    if len(places) == 0:
        start, stop = 0, 0
    else:
        start, stop = np.searchsorted(about, [places[0], places[-1] + 1])
    part = found.slice(start, stop - start)
    about = about[start:stop]
    row = np.searchsorted(places, about)
    met = places[np.minimum(row, max(len(places) - 1, 0))] == about if len(about) else np.zeros(0, np.bool_)
    part = part.drop_columns([ROW]).append_column(pa.field("row", pa.int64()), from_numpy(row.astype(np.int64)))
    return one_batch(where(part, met))


def table_to_bytes(table: pa.Table) -> bytes:
    """Return a table as an Arrow IPC stream."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def table_from_bytes(data: bytes) -> pa.Table:
    """Read what `table_to_bytes` wrote."""
    return pa.ipc.open_stream(data).read_all().combine_chunks()


def guard_tally(name: str, entered: int, lost: dict[str, int]) -> StepTally:
    """Return the tally of the guard itself: documents that killed their worker, by reason."""
    failed = sum(lost.values())
    return StepTally(name, "guard", entered=entered, left=entered - failed, failed=failed, reasons=lost)


def _less_row(batch: Batch) -> Batch:
    return batch.select([name for name in batch.schema.names if name != ROW])
