"""What a guarded child runs: a chain over documents, or a barrier listening to them.

A program is a picklable value; opening it gives a worker that holds models. Answers are Arrow tables and plain JSON.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from dclm_pipeline.arrow import empty, from_numpy, one_batch, take
from dclm_pipeline.engine.assets import FetchedAssets, PlannedAssets
from dclm_pipeline.engine.child.ahead import kernels_of, load_kernels
from dclm_pipeline.engine.child.work import JSON, MORE, Output
from dclm_pipeline.engine.steps.chain import Chain, Worked
from dclm_pipeline.engine.steps.contract import ContractError, seen
from dclm_pipeline.engine.steps.found import UNHEARD_SCHEMA, Found, found_from_bytes, without_answer
from dclm_pipeline.engine.steps.isolate import isolate
from dclm_pipeline.engine.steps.layout import Layout
from dclm_pipeline.engine.steps.sides import ROW
from dclm_pipeline.recipe.shipping import pack, unpack
from dclm_pipeline.remembering import Remembering, Remembers
from dclm_pipeline.step import Assets, Barrier, Batch, Coming, Hears, Sweep, Unfold
from dclm_pipeline.tally import StepTally, Tally, tally_to_json

EVIDENCE, UNHEARD, RETAINED = "evidence", "unheard", "retained"


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
    assets: PlannedAssets
    kernels: tuple[str, ...]

    @staticmethod
    def of(layout: Layout, assets: FetchedAssets) -> "ChainProgram":
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
            assets.needed_by(layout.all_steps),
            kernels_of(layout.all_steps),
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
        load_kernels(self.kernels)
        return ChainWorker(self.layout(), self.assets)


class ChainWorker:
    """A chain behind the guard."""

    def __init__(self, layout: Layout, assets: Assets) -> None:
        self._layout = layout
        self._chain = Chain(layout, assets)
        self._found: Found | None = None
        self._pieces: Iterator[Batch] | None = None
        self._next: Batch | None = None

    def begin(self, opening: bytes) -> None:
        """Begin a shard; `opening` holds what a barrier found about its documents, or what a sweep is about to meet."""
        self._pieces = self._next = None
        if isinstance(self._layout.after, Sweep):
            self._chain.begin(coming_from_bytes(opening))
        else:
            self._chain.begin()
            self._found = found_from_bytes(opening)

    def work(self, batch: pa.RecordBatch) -> Output:
        """Take a batch through the chain."""
        return self._output(self._chain.work(batch, self._found))

    def finish(self) -> Output:
        """End the shard; asked again, hand over what the sweep has kept, a piece at a time."""
        if self._pieces is None:
            self._pieces = self._chain.retained()
            self._next = next(self._pieces, None)
            return self._output(self._chain.finish(), more=self._next is not None)
        piece, self._next = self._next, next(self._pieces, None)
        if piece is None:
            raise ContractError("a chain was asked for more than it has kept")
        return Output({RETAINED: piece}, {MORE: self._next is not None})

    def _output(self, worked: Worked, *, more: bool = False) -> Output:
        facts: dict[str, JSON] = {
            "tally": tally_to_json(Tally(steps=worked.tallies)),
            "seconds": {name: float(seconds) for name, seconds in worked.seconds.items()},
        }
        if more:
            facts[MORE] = True
        tables = {"docs": worked.docs, "rejects": worked.rejects, "signals": worked.signals}
        return Output({name: _less_row(table) for name, table in tables.items()}, facts)


@dataclass(frozen=True)
class EvidenceProgram:
    """One round of a barrier, listening to the documents of a shard; with `table`, what it keeps of them in the end."""

    barrier: bytes
    round: int
    assets: PlannedAssets
    kernels: tuple[str, ...]
    stateful: bool = False
    table: str = ""

    @staticmethod
    def of(barrier: Barrier, round: int, assets: FetchedAssets, table: str) -> "EvidenceProgram":
        """Pack a barrier."""
        return EvidenceProgram(pack((barrier,)), round, assets.needed_by([barrier]), kernels_of([barrier]), table=table)

    def open(self) -> "EvidenceWorker":
        """Load what the barrier needs."""
        load_kernels(self.kernels)
        (barrier,) = unpack(self.barrier)
        opened = barrier.open(self.assets)
        if not isinstance(barrier, Barrier) or not isinstance(opened, Hears):
            raise ContractError(f"{barrier.name}: what it opened has no verb of a barrier")
        return EvidenceWorker(barrier, opened, self.round, table=self.table)


class EvidenceWorker:
    """A barrier's ear behind the guard."""

    def __init__(
        self, barrier: Barrier, opened: Hears, round: int, found: Found | None = None, table: str = ""
    ) -> None:
        self._barrier = barrier
        self._opened = opened
        self._round = round
        self._table = table
        self._schema = kept_schema(barrier, table) if table else evidence_schema(barrier, round)
        self._found = found

    def begin(self, opening: bytes) -> None:
        """Begin a shard; `opening` holds what the round before found about its documents."""
        self._found = found_from_bytes(opening)

    def work(self, batch: pa.RecordBatch) -> Output:
        """Return the evidence of a batch, its rows told by their place in the shard."""
        parts = isolate(self._evidence, batch)
        evidence = [part.answer for part in parts if part.answer is not None]
        unheard = [
            without_answer(batch.slice(part.start, part.rows), part.reason, part.detail)
            for part in parts
            if part.answer is None
        ]
        tables = {
            EVIDENCE: one_batch(pa.Table.from_batches(evidence, schema=self._schema)),
            UNHEARD: one_batch(pa.Table.from_batches(unheard, schema=UNHEARD_SCHEMA)),
        }
        return Output(tables, {})

    def finish(self) -> Output:
        """Return nothing: evidence is given batch by batch."""
        return Output({EVIDENCE: empty(self._schema), UNHEARD: empty(UNHEARD_SCHEMA)}, {})

    def _evidence(self, docs: Batch) -> Batch:
        """Return evidence as it is stored: `row` is the document's number in the task."""
        found = None if self._found is None else self._found.about(docs)
        evidence = self._answer(seen(docs, self._barrier), found).select(self._schema.names)
        if evidence.schema.types != self._schema.types:
            raise ContractError(
                f"{self._barrier.name}: evidence has the types {evidence.schema.types}; declared are {self._schema.types}"
            )
        place = self._schema.get_field_index("row")
        if place < 0:
            return evidence
        rows = evidence.column(place).to_numpy()
        if np.any(rows[1:] < rows[:-1]):
            evidence = take(evidence, np.argsort(rows, kind="stable"))
            rows = evidence.column(place).to_numpy()
        columns = list(evidence.columns)
        columns[place] = from_numpy(docs[ROW].to_numpy()[rows])
        return pa.record_batch(columns, schema=self._schema)

    def _answer(self, docs: Batch, found: Batch | None) -> Batch:
        if not self._table:
            return self._opened.evidence(docs, self._round, found)
        if not isinstance(self._opened, Remembers) or found is None:
            raise ContractError(f"{self._barrier.name}: what it opened has no `remembered`")
        return self._opened.remembered(docs, self._table, found)


def kept_schema(barrier: Barrier, table: str) -> pa.Schema:
    """Return the columns of a table of kept evidence as it is stored."""
    own = barrier.kept_tables()[table] if isinstance(barrier, Remembering) else pa.schema([])
    return pa.schema([pa.field("hash", pa.uint64()), pa.field("row", pa.int64()), *own])


def evidence_schema(barrier: Barrier, round: int) -> pa.Schema:
    """Return the columns of evidence as the exchange stores it."""
    own = [field for field in barrier.evidence_schema(round) if field.name not in ("row", "hash")]
    rows = [] if barrier.combines(round) else [pa.field("row", pa.int64())]
    return pa.schema([pa.field("hash", pa.uint64()), *rows, *own])


def coming_to_bytes(coming: Coming) -> bytes:
    """Return what a sweep is about to meet as JSON."""
    return json.dumps(asdict(coming)).encode()


def coming_from_bytes(data: bytes) -> Coming:
    """Read what `coming_to_bytes` wrote."""
    return Coming(**json.loads(data))


def guard_tally(name: str, entered: int, lost: dict[str, int]) -> StepTally:
    """Return the tally of the guard itself: documents that killed their worker, by reason."""
    failed = sum(lost.values())
    return StepTally(name, "guard", entered=entered, left=entered - failed, failed=failed, reasons=lost)


def _less_row(batch: Batch) -> Batch:
    return batch.select([name for name in batch.schema.names if name != ROW])
