"""The jobs around a barrier, which exchange rows through storage.

Evidence leaves a shard in ranges of its hash, one or more row groups a range, so that whoever works on a range reads
its row groups of every file and nothing else. The number of a shard is its place in the plan, never its arrival.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from dclm_pipeline.arrow import from_numpy, where
from dclm_pipeline.engine.child.programs import EVIDENCE, UNHEARD, evidence_schema
from dclm_pipeline.engine.child.work import Lost
from dclm_pipeline.engine.combining import combined_by, combining
from dclm_pipeline.engine.gathered import Gathered
from dclm_pipeline.engine.jobs.documents import PLACE_BITS, documents_of_stored, found_about, less, told_of
from dclm_pipeline.engine.jobs.scattered import of_range
from dclm_pipeline.engine.jobs.segment import Performed
from dclm_pipeline.engine.ordering import range_end, range_of_hashes, range_start
from dclm_pipeline.engine.outputs import Output
from dclm_pipeline.engine.steps.contract import ContractError
from dclm_pipeline.engine.steps.found import UNHEARD_SCHEMA, found_to_bytes, without_answer
from dclm_pipeline.engine.steps.sides import ROW
from dclm_pipeline.engine.stored import Inventory, Portion, Stored
from dclm_pipeline.engine.tasks import EvidenceWork, FindingsWork, MergeWork, Task
from dclm_pipeline.engine.workshop import SHORT_FACTOR, Workshop
from dclm_pipeline.errors import ShardError
from dclm_pipeline.pools.receipt import InputFacts
from dclm_pipeline.recipe.shipping import unpack
from dclm_pipeline.remembering import Remembers
from dclm_pipeline.step import EVERYONE, Barrier, Hears, Settles
from dclm_pipeline.storage.many import at_once

# Findings are looked up by the shard they are about: small row groups make that a short read.
FINDINGS_GROUP_BYTES = 2**20
MOST_SHARDS = 2**20  # by which findings are spread over scratch; more shards lie in the last part


def perform_evidence(task: Task, work: EvidenceWork, workshop: Workshop, scratch: Path) -> Performed:
    """Ask a barrier about the documents of one shard; its rows leave sorted by (hash, row), range after range."""
    found = found_about(workshop, work.found, [(0, file) for file in work.unheard], [work.number])
    silent = frozenset[int](() if found is None else found.unheard[ROW].to_numpy().tolist())
    (barrier,) = unpack(work.program.barrier)
    again = found is not None and isinstance(barrier, Barrier) and barrier.asks_the_found(work.program.round)
    documents = less(documents_of_stored(workshop, [work.stored], work.columns, scratch, few=again), silent)
    if found is not None and again:
        documents = told_of(documents, found)
    combine = None if work.program.table else combining(barrier, work.program.round, work.program.assets)
    gathered = Gathered(scratch, "evidence", combine=combine)
    with Output(scratch, "unheard", work.aside, UNHEARD_SCHEMA, optional=True, passing=True) as left_out:
        for answer in workshop.guard(work.program).run(documents, found_to_bytes(found)):
            if isinstance(answer, Lost):
                left_out.write(without_answer(answer.document, answer.reason, answer.detail))
            else:
                gathered.add(answer.tables[EVIDENCE])
                left_out.write(answer.tables[UNHEARD])
    # What is kept is part of the pool.
    with Output(scratch, "evidence", work.into, work.schema, passing=not work.program.table) as output:
        write_in_ranges(gathered, output, work.ranges)
    storage = workshop.storage(task.folder)
    stored = {made.name: made.store(storage, task) for made in (output, left_out)}
    return Performed({name: file for name, file in stored.items() if file is not None}, (_input(work.stored),))


def perform_merge(task: Task, work: MergeWork, workshop: Workshop, scratch: Path) -> Performed:
    """Bring the rows of neighbouring files into one, each range with those of the shards in their order."""
    (barrier,) = unpack(work.barrier)
    combine = combining(barrier, work.round, work.assets) if work.combines else None
    gathered = Gathered(scratch, "merged", combine=combine)
    schema: pa.Schema | None = None
    for place, stored in enumerate(work.stored):
        for batch in workshop.read(stored, times=SHORT_FACTOR):
            rows = batch if work.first is None else _with_shard(batch, work.first + place)
            schema = rows.schema
            gathered.add(rows)
    with Output(scratch, "merged", "merged", schema or pa.schema([]), optional=True, passing=True) as output:
        write_in_ranges(gathered, output, work.ranges)
    file = output.store(workshop.storage(task.folder), task)
    return Performed({} if file is None else {"merged": file}, tuple(_input(stored) for stored in work.stored))


def perform_findings(task: Task, work: FindingsWork, workshop: Workshop, scratch: Path) -> Performed:
    """Look at one range of all evidence, or of what was handed on; findings leave sorted by (shard, row)."""
    (barrier,) = unpack(work.barrier)
    opened = barrier.open(work.assets.at_hand())
    if not isinstance(barrier, Barrier) or not isinstance(opened, Hears):
        raise ShardError(f"{barrier.name}: a {type(barrier).__name__} finds nothing")
    low, high = range_start(work.range, work.ranges), range_end(work.range, work.ranges)
    combine = combined_by(barrier, opened) if work.passing == 0 and barrier.combines(work.round) else None
    gathered = Gathered(scratch, "gathered", low, high, combine=combine)
    for number, batches in enumerate(of_range(workshop, work.evidence, work.range)):
        for batch in batches:
            gathered.add(_with_shard(batch, number) if work.shards_are_files else batch)
    heard = [*(() if barrier.combines(work.round) else ("shard",)), *evidence_schema(barrier, work.round).names]
    for pool, inventory in enumerate(work.older):
        for batch in _kept_between(workshop, inventory, low, high):
            gathered.add(recalled(opened, batch, pool, work.round).select(heard))
    schema, onward_schema = findings_schema(barrier, work.round), handed_schema(barrier, work.round)
    onward = Gathered(scratch, "onward")
    findings = Gathered(scratch, "findings", high=((MOST_SHARDS + 1) << PLACE_BITS) - 1)
    for batch in looked_at(opened, gathered.runs(), work.round, work.passing):
        if "hash" in batch.schema.names:
            onward.add(batch.select(onward_schema.names))
        else:
            findings.add(_with_place(batch.select(schema.names)))
    with (
        Output(scratch, "findings", "findings", schema, group_bytes=FINDINGS_GROUP_BYTES, passing=True) as output,
        Output(scratch, "onward", "onward", onward_schema, optional=True, passing=True) as handed_on,
    ):
        for batch in findings.runs():
            output.write(batch.select(schema.names))
        write_in_ranges(onward, handed_on, work.ranges)
    storage = workshop.storage(task.folder)
    output.groups.clear()  # findings are looked up by shard
    stored = {made.name: made.store(storage, task) for made in (output, handed_on)}
    return Performed({name: file for name, file in stored.items() if file is not None}, (_inputs(work.evidence),))


def recalled(opened: Hears, kept: pa.RecordBatch, pool: int, round: int) -> pa.RecordBatch:
    """Return what an older pool has kept as evidence of a round."""
    if not isinstance(opened, Remembers):
        raise ContractError(f"{type(opened).__name__}: is held against older pools and has no `recalled`")
    return opened.recalled(kept, pool, round)


def looked_at(opened: Hears, rows: Iterator[pa.RecordBatch], round: int, passing: int) -> Iterator[pa.RecordBatch]:
    """Yield what a barrier finds in evidence, or in a later pass in what was handed on; it is asked of no rows."""
    first = next(rows, None)
    if first is None:
        return
    rows = itertools.chain([first], rows)
    if passing == 0:
        yield from opened.findings(rows, round)
    elif isinstance(opened, Settles):
        yield from opened.settle(rows, round)
    else:
        raise ContractError(f"{type(opened).__name__}: handed rows on and does not settle them")


def findings_schema(barrier: Barrier, round: int) -> pa.Schema:
    """Return the columns of findings as the exchange stores them."""
    own = [field for field in barrier.findings_schema(round) if field.name not in ("shard", "row")]
    return pa.schema([pa.field("shard", pa.int64()), pa.field("row", pa.int64()), *own])


def handed_schema(barrier: Barrier, round: int) -> pa.Schema:
    """Return the columns of rows that are handed on as the exchange stores them."""
    own = [field for field in barrier.onward_schema(round) or () if field.name != "hash"]
    return pa.schema([pa.field("hash", pa.uint64()), *own])


def write_in_ranges(gathered: Gathered, output: Output, ranges: int) -> None:
    """Write rows in the order of their hashes, as so many equal ranges of it."""
    place = 0
    for batch in gathered.runs():
        bounds = np.searchsorted(range_of_hashes(batch["hash"].to_numpy(), ranges), np.arange(ranges + 1))
        for there in np.flatnonzero(np.diff(bounds)).tolist():
            for _ in range(there - place):
                output.end_range()
            place = there
            output.write(batch.slice(bounds[there], bounds[there + 1] - bounds[there]))
    for _ in range(ranges - place):
        output.end_range()


def _kept_between(workshop: Workshop, inventory: Inventory, low: int, high: int) -> Iterator[pa.RecordBatch]:
    """Yield what an older pool has kept of hashes between two, whatever its own ranges."""

    def read(portion: Portion) -> list[pa.RecordBatch]:
        return [_between(batch, low, high) for batch in workshop.read_portion(portion, times=SHORT_FACTOR)]

    first, last = range_of_hashes(np.array([low, high], np.uint64), max(inventory.ranges, 1)).tolist()
    for batches in at_once(read, workshop.listed(inventory, first, last)):
        yield from batches


def _between(batch: pa.RecordBatch, low: int, high: int) -> pa.RecordBatch:
    hashes = batch["hash"].to_numpy()
    return where(batch, (hashes >= np.uint64(low)) & (hashes <= np.uint64(high)))


def _with_shard(batch: pa.RecordBatch, number: int) -> pa.RecordBatch:
    shard = from_numpy(np.full(batch.num_rows, number, np.int64))
    return pa.RecordBatch.from_arrays(
        [shard, *batch.columns], schema=pa.schema([pa.field("shard", pa.int64()), *batch.schema])
    )


def _with_place(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return findings with what puts them in the order of (shard, row), those for everyone first."""
    shard, row = ((batch[name].to_numpy() - EVERYONE).astype(np.uint64) for name in ("shard", "row"))
    place = from_numpy(shard << np.uint64(PLACE_BITS) | row)
    return pa.RecordBatch.from_arrays(
        [place, *batch.columns], schema=pa.schema([pa.field("hash", pa.uint64()), *batch.schema])
    )


def _input(stored: Stored) -> InputFacts:
    return InputFacts(stored.file.path, stored.file.sha256, stored.file.bytes)


def _inputs(inventory: Inventory) -> InputFacts:
    return InputFacts(inventory.path, inventory.identity, 0)
