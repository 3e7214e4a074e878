"""A chain of steps at work on batches: the one place that matches on verbs.

A `Chain` takes a batch in and gives its documents, rejects, signals and tally out. It knows no kinds, no files, no
processes; the guard runs it in a child, `apply` runs it where it stands.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, from_numpy, nulls, one_batch, take
from dclm_pipeline.engine.steps.contract import (
    ContractError,
    assembled,
    assembled_masks,
    declared,
    no_verb,
    seen,
    told_of_drops,
    with_column,
    with_columns,
)
from dclm_pipeline.engine.steps.found import Found
from dclm_pipeline.engine.steps.isolate import Part, isolate
from dclm_pipeline.engine.steps.layout import Layout
from dclm_pipeline.engine.steps.sides import KEPT, ROW, Sides, mask_of, rows_where
from dclm_pipeline.engine.steps.unfolding import Unfolding
from dclm_pipeline.engine.steps.verdicts import with_verdict
from dclm_pipeline.remembering import Retains, retained_by
from dclm_pipeline.step import (
    Annotate,
    Annotates,
    Assets,
    Batch,
    Columns,
    Coming,
    Concludes,
    Filter,
    Hears,
    Keeps,
    Rewrite,
    Rewrites,
    Step,
    Sweeps,
    Unfold,
    Unfolds,
    verdict_of,
)
from dclm_pipeline.tally import UNFOLDED, StepTally


@dataclass(frozen=True)
class Worked:
    """What came of one batch."""

    docs: Batch
    rejects: Batch
    signals: Batch
    tallies: tuple[StepTally, ...]
    seconds: dict[str, float] = field(default_factory=dict)


class Chain:
    """Opened steps and what they carry from batch to batch of one shard."""

    def __init__(self, layout: Layout, assets: Assets) -> None:
        self._layout = layout
        self._opened = [step.open(assets) for step in layout.steps]
        self._after = layout.after.open(assets) if layout.after is not None else None
        self._numbers = layout.numbers
        self._left = layout.left_schema
        unfolds = [place for place, step in enumerate(layout.steps) if isinstance(step, Unfold)]
        made = layout.steps[unfolds[0] + 1 :] if unfolds else ()
        self._silent = frozenset(step.name for step in made)
        self._state: object = None
        self._unfoldings: dict[int, Unfolding] = {}
        self._made = 0
        self.begin()

    def begin(self, coming: Coming | None = None) -> None:
        """Forget all that earlier batches left behind: a new shard, or group of shards, begins."""
        self._state = None  # two states may be more than there is room for
        self._state = self._after.start(coming or Coming()) if isinstance(self._after, Sweeps) else None
        for unfolding in self._unfoldings.values():
            unfolding.close()
        self._unfoldings = {
            place: Unfolding(opened)
            for place, (step, opened) in enumerate(zip(self._layout.steps, self._opened, strict=True))
            if isinstance(step, Unfold) and isinstance(opened, Unfolds)
        }
        self._made = 0

    def work(self, docs: Batch, found: Found | None = None) -> Worked:
        """Take a batch through the chain; `found` is what the barrier before it found."""
        sides = self._sides()
        docs = self._decide(docs, found, sides)
        return self._worked(self._through(docs, 0, sides), sides)

    def finish(self) -> Worked:
        """Take what steps still hold at the end of the shard through the rest of the chain."""
        if isinstance(self._after, Concludes):
            self._after.conclude(self._state)
        sides = self._sides()
        left: list[Batch] = []  # rows that stand right behind the unfold at hand
        for place, unfolding in self._unfoldings.items():
            step = self._layout.steps[place]
            for rows in unfolding.finish():
                sides.count(StepTally(step.name, step.kind, added=rows.num_rows, left=rows.num_rows))
                sides.sum(rows, step)
                left.append(self._numbered(rows))
            later = min((other for other in self._unfoldings if other > place), default=len(self._layout.steps))
            left = [self._through(rows, place + 1, sides, later) for rows in left]
            if later < len(self._layout.steps):
                left = [out for rows in left for out in self._unfold(later, rows, sides)]
        return self._worked(_joined(left, self._left), sides)

    def retained(self) -> Iterator[Batch]:
        """Yield the state that the sweep before this chain keeps, at the end of its group."""
        if retained_by(self._layout.after) is not None and isinstance(self._after, Retains):
            yield from self._after.retained(self._state)

    def _sides(self) -> Sides:
        return Sides(self._numbers, self._layout.dropped_sample, self._layout.seed, self._silent)

    def _worked(self, docs: Batch, sides: Sides) -> Worked:
        return Worked(
            docs, sides.rejects(), sides.signals(), sides.tallies(self._layout.all_steps), dict(sides.seconds)
        )

    def _through(self, docs: Batch, place: int, sides: Sides, end: int | None = None) -> Batch:
        """Take rows through the steps from `place` up to `end`, neighbouring filters as one run."""
        steps = self._layout.steps
        end = len(steps) if end is None else end
        while place < end:
            step = steps[place]
            begun = time.process_time()
            stop = place + 1
            if isinstance(step, Filter):
                while stop < end and isinstance(steps[stop], Filter):
                    stop += 1
                docs = self._filter(docs, place, stop, sides)
            elif isinstance(step, Annotate):
                docs = self._annotate(docs, place, sides)
            elif isinstance(step, Rewrite):
                docs = self._rewrite(docs, place, sides)
            elif isinstance(step, Unfold):
                outs = [self._through(rows, stop, sides, end) for rows in self._unfold(place, docs, sides)]
                return _joined(outs, self._left)
            else:
                raise ContractError(f"{step.name}: a {type(step).__name__} cannot stand inside a chain")
            docs = docs.select([name for name in docs.schema.names if name in self._layout.keeps[stop - 1]])
            if not isinstance(step, Filter):  # a run of filters shares one clock: `_filter` splits it
                sides.seconds[step.name] += time.process_time() - begun
            place = stop
        if place == len(steps):
            if not self._unfoldings:
                sides.leave(docs, KEPT, "")
            docs = docs.select([*self._layout.leaves, ROW])
        return docs

    def _decide(self, docs: Batch, found: Found | None, sides: Sides) -> Batch:
        """Do what the barrier or sweep before this chain says about the rows."""
        step, opened = self._layout.after, self._after
        if step is None:
            return docs
        begun = time.process_time()
        failures: dict[int, tuple[str, str]] = {}
        if isinstance(opened, Hears) and found is not None:
            hears, about = opened, found.about
            parts = isolate(lambda rows: hears.columns(seen(rows, step), about(rows)), docs)
            failures = found.failures(docs)
        elif isinstance(opened, Sweeps):
            parts = [Part(0, docs.num_rows, opened.columns(seen(docs, step), self._state))]
        else:
            raise ContractError(f"{step.name}: what it opened has no verb of a barrier or a sweep")
        docs = self._apply(docs, parts, step, sides, failures)
        sides.seconds[step.name] += time.process_time() - begun
        return docs

    def _annotate(self, docs: Batch, place: int, sides: Sides) -> Batch:
        step, opened = self._layout.steps[place], self._opened[place]
        if not isinstance(opened, Annotates):
            raise no_verb(step, "columns")
        return self._apply(docs, isolate(opened.columns, seen(docs, step)), step, sides)

    def _apply(
        self,
        docs: Batch,
        parts: Sequence[Part[Columns]],
        step: Step,
        sides: Sides,
        before: Mapping[int, tuple[str, str]] = MappingProxyType({}),
    ) -> Batch:
        """Give rows their new columns; take out those that failed (some `before`) or whose `keep` says no."""
        entered = docs.num_rows
        text = docs["text"] if "text" in docs.schema.names else None
        failed = {part.start: (part.reason, part.detail) for part in parts if part.answer is None} | dict(before)
        for part in parts:
            if part.answer is not None:
                for row, reason in part.answer.failed.items():
                    failed[part.start + row] = (reason, part.answer.details.get(row, ""))
        fields = {field.name: field for field in step.writes()}
        keep = np.ones(entered, np.bool_)
        arrays: dict[str, Array] = {}
        names = [name for part in parts if part.answer is not None for name in part.answer.arrays]
        for name in dict.fromkeys(names):
            wanted = pa.bool_() if name == "keep" and name not in fields else None
            column = assembled(parts, name, wanted or declared(fields, name, step).type, step)
            if wanted is None:
                arrays[name] = column
            else:
                keep = mask_of(column)
        for name, missing in fields.items():
            if name not in arrays and entered > len(failed) and isinstance(step, Annotate):
                raise ContractError(f"{step.name}: declares the column {name!r} and did not give it")
            if name not in arrays and name not in docs.schema.names:
                arrays[name] = nulls(entered, missing.type)
        docs = with_columns(docs, [(fields[name], column) for name, column in arrays.items()])
        would = 0
        if verdict_of(step):
            docs = with_verdict(docs, step, keep, text if "text" in arrays else None)
            stands = np.ones(entered, np.bool_)
            stands[list(failed)] = False
            would = int((stands & ~keep).sum())
            keep = np.ones(entered, np.bool_)
        return self._take_out(docs, failed, keep, step, sides, *told_of_drops(parts, step), would)

    def _take_out(
        self,
        docs: Batch,
        failed: dict[int, tuple[str, str]],
        keep: NDArray[np.bool_],
        step: Step,
        sides: Sides,
        reasons: "Array | None",
        remarks: "Array | None",
        would: int,
    ) -> Batch:
        entered = docs.num_rows
        whole = np.ones(entered, np.bool_)
        if failed:
            places = sorted(failed)
            whole[places] = False
            bad = take(docs, np.array(places, np.int64))
            bad = bad.select([name for name in bad.schema.names if name not in step.writes().names or name == "text"])
            sides.fail(bad, step, [failed[i][0] for i in places], [failed[i][1] or None for i in places])
        dropped = whole & ~keep
        if dropped.any():
            why, more = (told if told is None else told.filter(from_numpy(dropped)) for told in (reasons, remarks))
            sides.drop(docs, dropped, step, why, more)
        left = rows_where(docs, whole & keep) if entered else docs
        sides.sum(left, step)
        sides.count(
            StepTally(
                step.name,
                step.kind,
                entered=entered,
                left=left.num_rows,
                dropped=int(dropped.sum()),
                failed=len(failed),
                would=would,
            )
        )
        return left

    def _rewrite(self, docs: Batch, place: int, sides: Sides) -> Batch:
        step, opened = self._layout.steps[place], self._opened[place]
        if not isinstance(opened, Rewrites):
            raise no_verb(step, "text")
        verb = opened.text

        def columns(batch: Batch) -> Columns:
            text = verb(batch)
            return Columns({"text": text, "keep": text.is_valid()})

        return self._apply(docs, isolate(columns, seen(docs, step)), step, sides)

    def _filter(self, docs: Batch, place: int, stop: int, sides: Sides) -> Batch:
        """Evaluate a run of rules, each on all rows that enter the run, and drop by the first that says no."""
        entered = docs.num_rows
        says_no = np.zeros((stop - place, entered), np.bool_)
        failures: list[dict[int, tuple[str, str]]] = []
        for rule, (step, opened) in enumerate(
            zip(self._layout.steps[place:stop], self._opened[place:stop], strict=True)
        ):
            begun = time.process_time()
            if not isinstance(opened, Keeps):
                raise no_verb(step, "keep")
            parts = isolate(opened.keep, seen(docs, step))
            failures.append({part.start: (part.reason, part.detail) for part in parts if part.answer is None})
            says_no[rule] = ~mask_of(assembled_masks(parts, step)) if entered else False
            sides.seconds[step.name] += time.process_time() - begun
        noes = says_no.sum(axis=0)
        standing = np.ones(entered, np.bool_)
        rules = self._layout.steps[place:stop]
        dropped_by = np.full(entered, -1, np.int64)
        for rule, step in enumerate(rules):
            failed = {row: why for row, why in failures[rule].items() if standing[row]}
            fails = np.zeros(entered, np.bool_)
            fails[list(failed)] = True
            drops = standing & says_no[rule] & ~fails
            if verdict_of(step):
                # What was dropped before has no verdict of this step.
                sides.drop_by_rules(docs, dropped_by, rules)
                dropped_by[:] = -1
                docs = with_verdict(docs, step, ~says_no[rule])
                drops[:] = False
            if failed:
                bad = sorted(failed)
                sides.fail(
                    take(docs, np.array(bad, np.int64)),
                    step,
                    [failed[row][0] for row in bad],
                    [failed[row][1] or None for row in bad],
                )
            dropped_by[drops] = rule
            sides.count(
                StepTally(
                    step.name,
                    step.kind,
                    entered=int(standing.sum()),
                    left=int((standing & ~drops & ~fails).sum()),
                    dropped=int(drops.sum()),
                    failed=len(failed),
                    would=int(says_no[rule].sum()) - len(failures[rule]),
                    alone=int((says_no[rule] & (noes == 1)).sum()) - len(_only(failures[rule], noes)),
                )
            )
            standing &= ~drops & ~fails
        sides.drop_by_rules(docs, dropped_by, rules)
        return rows_where(docs, standing) if entered else docs

    def _unfold(self, place: int, docs: Batch, sides: Sides) -> list[Batch]:
        """Turn rows into other rows; the rows that entered end here, and new ones begin."""
        step = self._layout.steps[place]
        begun = time.process_time()
        sides.leave(docs, UNFOLDED, step.name)
        outs = [self._numbered(rows) for rows in self._unfoldings[place].feed(seen(docs, step))]
        made = sum(rows.num_rows for rows in outs)
        for rows in outs:
            sides.sum(rows, step)
        reasons = {UNFOLDED: docs.num_rows} if docs.num_rows else {}
        sides.count(
            StepTally(step.name, step.kind, entered=docs.num_rows, dropped=docs.num_rows, added=made, left=made)
        )
        sides.explain(step, reasons)
        sides.seconds[step.name] += time.process_time() - begun
        return outs

    def _numbered(self, rows: Batch) -> Batch:
        """Give made rows their place in the order of the task."""
        numbers = from_numpy(np.arange(self._made, self._made + rows.num_rows, dtype=np.int64))
        self._made += rows.num_rows
        return with_column(rows, pa.field(ROW, pa.int64()), numbers)


def _only(failed: dict[int, tuple[str, str]], noes: NDArray[np.int64]) -> list[int]:
    return [row for row in failed if noes[row] == 1]


def _joined(batches: Sequence[Batch], left: pa.Schema) -> Batch:
    schema = left.append(pa.field(ROW, pa.int64()))
    return one_batch(pa.Table.from_batches([batch.select(schema.names) for batch in batches], schema=schema))
