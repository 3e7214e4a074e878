"""Taking a table through steps in this process, without files, guards or Ray: the engine of `apply`."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dclm_pipeline.arrow import empty, from_numpy, one_batch, take, where
from dclm_pipeline.engine.child.programs import EVIDENCE, UNHEARD, EvidenceWorker
from dclm_pipeline.engine.combining import combined_by
from dclm_pipeline.engine.gathered import RUN_ROWS, order_of
from dclm_pipeline.engine.jobs.exchange import looked_at, recalled
from dclm_pipeline.engine.older import older_rows
from dclm_pipeline.engine.segments import Segment, cut_chain
from dclm_pipeline.engine.steps.chain import Chain, Worked
from dclm_pipeline.engine.steps.contract import ContractError
from dclm_pipeline.engine.steps.found import UNHEARD_SCHEMA, Found
from dclm_pipeline.engine.steps.sides import ROW, gone, signals_schema
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.ids import halves
from dclm_pipeline.recipe import chain_problems
from dclm_pipeline.schema import REJECT
from dclm_pipeline.step import Assets, Barrier, Batch, Coming, Hears, Orders, Reorder, Step, Sweep
from dclm_pipeline.tally import Tally, total


@dataclass
class Applying:
    """What has come of the documents so far."""

    docs: pa.Table
    rejects: list[pa.Table] = field(default_factory=list)
    signals: list[pa.Table] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)


def apply_steps(
    steps: tuple[Step, ...], table: pa.Table, seed: int, assets: Assets, rows: int
) -> tuple[pa.Table, pa.Table, pa.Table, Tally]:
    """Return documents, rejects, signals and the tally of taking a table through steps."""
    problems = chain_problems(table.schema, steps, None)
    if problems:
        raise RecipeError("\n".join(said for _, said in problems))
    segments = cut_chain(table.schema, steps, None, 1.0, seed)
    applying = Applying(table)
    found: Found | None = None
    for segment in segments:
        _through(segment, applying, found, assets, rows)
        found = None
        if isinstance(segment.ending, Barrier):
            # Rounds and the next segment number the rows: in one piece they are not joined, that is copied, by each.
            applying.docs = applying.docs.combine_chunks()
            found = _heard(segment.ending, applying.docs, assets, rows)
        elif isinstance(segment.ending, Reorder):
            applying.docs = _ordered(segment.ending, applying.docs, assets)
    schema = signals_schema(segments[-1].layout.numbers)
    signals = pa.concat_tables([schema.empty_table(), *applying.signals], promote_options="default")
    joined = Tally(steps=tuple(step for tally in applying.tallies for step in tally.steps))
    return applying.docs, pa.concat_tables([REJECT.empty_table(), *applying.rejects]), signals, joined


def _through(segment: Segment, applying: Applying, found: Found | None, assets: Assets, rows: int) -> None:
    chain = Chain(segment.layout, assets)
    if isinstance(segment.layout.after, Sweep):
        sizes = pc.binary_length(applying.docs["text"]) if "text" in applying.docs.schema.names else pa.array([0])
        chain.begin(Coming(applying.docs.num_rows, pc.sum(sizes).as_py() or 0))
    left = segment.layout.left_schema
    entering = _numbered(applying.docs.select(segment.layout.enters.names)).to_batches(max_chunksize=rows)
    worked: list[Worked] = [*(chain.work(batch, found) for batch in entering), chain.finish()]
    applying.docs = pa.Table.from_batches([one.docs.select(left.names) for one in worked], schema=left)
    # Rows that went on to this segment are told of by it: each document has one line.
    applying.signals = [gone(told) for told in applying.signals]
    applying.rejects += [pa.Table.from_batches([one.rejects.select(REJECT.names)]) for one in worked]
    applying.signals += [pa.Table.from_batches([one.signals]).drop_columns([ROW]) for one in worked]
    applying.tallies.append(total(Tally(steps=one.tallies) for one in worked))


def _heard(barrier: Barrier, docs: pa.Table, assets: Assets, rows: int) -> Found:
    """Go through a barrier's rounds with all documents as one shard; return what it found."""
    opened = barrier.open(assets)
    if not isinstance(opened, Hears):
        raise ContractError(f"{barrier.name}: what it opened has no verb of a barrier")
    numbered = _numbered(docs)
    found = Found(pa.schema([]).empty_table(), UNHEARD_SCHEMA.empty_table())
    for round in range(barrier.hearings()):
        worker = EvidenceWorker(barrier, opened, round, found if round else None)
        heard = numbered
        if found.unheard.num_rows:
            heard = where(numbered, ~np.isin(numbered[ROW], found.unheard[ROW]))
        answers = [worker.work(batch) for batch in heard.to_batches(max_chunksize=rows)]
        unheard = [pa.Table.from_batches([answer.tables[UNHEARD]]) for answer in answers]
        evidence = [answer.tables[EVIDENCE] for answer in answers if answer.tables[EVIDENCE].num_rows]
        schema = pa.schema([pa.field("row", pa.int64()), *barrier.findings_schema(round)])
        older = [recalled(opened, kept, pool, round) for pool, kept in older_rows(assets, barrier, round)]
        findings = list(_found(barrier, opened, round, evidence, older, schema))
        silent = pa.concat_tables([found.unheard, *unheard])
        silent = take(silent, np.argsort(silent[ROW].to_numpy(), kind="stable"))
        if barrier.checks(round):
            found = Found(found.findings, silent)
            continue
        table = pa.Table.from_batches([empty(schema), *findings]).combine_chunks()
        table = take(table, np.argsort(table["row"].to_numpy(), kind="stable"))
        found = Found(table.rename_columns([ROW, *schema.names[1:]]), silent)
    return found


def _found(
    barrier: Barrier, opened: Hears, round: int, evidence: Sequence[Batch], older: Sequence[Batch], schema: pa.Schema
) -> Iterator[Batch]:
    """Yield what a barrier finds in evidence, pass after pass, until it hands nothing on."""
    combine = combined_by(barrier, opened) if barrier.combines(round) else None
    handed = list(evidence)
    if combine is None:
        shards = [from_numpy(np.zeros(batch.num_rows, np.int64)) for batch in evidence]
        handed = [batch.append_column("shard", shard) for batch, shard in zip(evidence, shards, strict=True)]
    if handed:
        handed += [batch.select(handed[0].schema.names) for batch in older]
    if combine is not None and handed:
        handed = [combine(pa.Table.from_batches(handed))]
    for passing in itertools.count():
        if not handed:
            return
        table = pa.Table.from_batches(handed).combine_chunks()
        handed = []
        ordered = take(table, order_of(table)).combine_chunks()
        for batch in looked_at(opened, iter(ordered.to_batches(max_chunksize=RUN_ROWS)), round, passing):
            if "hash" not in batch.schema.names:
                yield batch.select(schema.names)
            elif batch.num_rows:
                handed.append(batch)


def _numbered(docs: pa.Table) -> pa.Table:
    """Return documents with their place as `ROW`."""
    return docs.combine_chunks().append_column(ROW, from_numpy(np.arange(docs.num_rows, dtype=np.int64)))


def _ordered(reorder: Reorder, docs: pa.Table, assets: Assets) -> pa.Table:
    opened = reorder.open(assets)
    if not isinstance(opened, Orders):
        raise ContractError(f"{reorder.name}: what it opened has no verb of a reorder")
    batch = one_batch(docs)
    ids = halves(batch["id"])
    keys = opened.key(batch).to_numpy(zero_copy_only=False)
    return take(docs, np.lexsort((ids[:, 1], ids[:, 0], keys)))
