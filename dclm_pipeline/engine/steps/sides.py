"""What a chain leaves beside its documents: rejects, signals and tallies of one batch.

Knows the shapes of `rejects/` and `signals/`; not which step is which. Rows carry `ROW`, their place in the task's
input, so that what is written has the order of the input however it was batched.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, Field, Rows, empty, from_numpy, nulls, one_batch, schema_of, take, where
from dclm_pipeline.ids import ID, uniform
from dclm_pipeline.schema import REJECT, is_number
from dclm_pipeline.step import Batch, Step
from dclm_pipeline.tally import StepTally

ROW = "_row"
KEPT, DROPPED, FAILED = "kept", "dropped", "failed"
SIDE_REJECT = REJECT.append(pa.field(ROW, pa.int64()))


def signals_schema(numbers: Sequence[Field]) -> pa.Schema:
    """Return the columns of `signals/`: who, what became of it and through which step, and every number."""
    return schema_of(
        pa.field("id", ID, nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("by", pa.string()),
        *(field.with_nullable(True) for field in numbers),
    )


def number_fields(schema: pa.Schema) -> list[Field]:
    """Return the columns that `signals/` keeps of a batch with this schema."""
    return [field for field in schema if is_number(field) and field.name not in (ROW, "offset")]


class Sides:
    """Collects the side results of one batch; `rejects` and `signals` are read once, at the end."""

    def __init__(
        self, numbers: Sequence[Field], dropped_sample: float, seed: int, silent: frozenset[str] = frozenset()
    ) -> None:
        self._signals_schema = signals_schema(numbers).append(pa.field(ROW, pa.int64()))
        self._told = frozenset(self._signals_schema.names)
        self._dropped_sample = dropped_sample
        self._seed = seed
        # Steps whose rows are not documents that entered: their rows have no line in the signals.
        self._silent = silent
        self._rejects: list[Batch] = []
        self._signals: list[Batch] = []
        self._tallies: dict[str, StepTally] = {}
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def count(self, tally: StepTally) -> None:
        """Add to a step's tally."""
        self._add(tally)

    def explain(self, step: Step, reasons: Mapping[str, int]) -> None:
        """Add to the reasons in a step's tally."""
        self._add(StepTally(step.name, step.kind, reasons=reasons))

    def sum(self, docs: Batch, step: Step) -> None:
        """Add the sums of columns that a step wants told to its tally; by another column, as `tokens by web`."""
        sums: Counter[str] = Counter()
        for name, by in step.sums().items():
            if name not in docs.schema.names or docs.num_rows == 0:
                continue
            sums[name] += int(pc.sum(docs[name]).as_py() or 0)
            if by in docs.schema.names:
                parts = pa.table({"by": docs[by], "of": docs[name]}).group_by("by").aggregate([("of", "sum")])
                sums.update({f"{name} by {row['by']}": row["of_sum"] for row in parts.to_pylist() if row["by"]})
        if sums:
            self._add(StepTally(step.name, step.kind, sums=sums))

    def leave(self, docs: Batch, outcome: str, by: str) -> None:
        """Note what became of rows that go no further, or (with outcome `KEPT`) that reached the end."""
        if by not in self._silent:
            self._note(docs, outcome, pa.repeat(pa.scalar(by or None, pa.string()), docs.num_rows))

    def drop(
        self,
        docs: Batch,
        dropped: NDArray[np.bool_],
        step: Step,
        reasons: "Array | None" = None,
        remarks: "Array | None" = None,
    ) -> None:
        """Note the rows that a step dropped: all of them in the signals, a seeded sample in the rejects.

        What the step says of why, one text a dropped row, is counted, and stands in the rejects. Texts of rows that are in
        neither are not looked at: they are most of what there is.
        """
        told = [name for name in docs.schema.names if name in self._told]
        self.leave(rows_where(docs.select(told), dropped), DROPPED, step.name)
        if reasons is not None:
            counted = pa.table({"reason": reasons.drop_null()}).group_by("reason").aggregate([("reason", "count")])
            self.explain(step, {row["reason"]: row["reason_count"] for row in counted.to_pylist()})
        lucky = self._sampled(docs, dropped)
        if lucky.any():
            sample = take(_of_rejects(docs), np.flatnonzero(dropped)[lucky])
            none = nulls(len(lucky), pa.string())
            why, more = (none if each is None else each for each in (reasons, remarks))
            named = [reason or DROPPED for reason in why.filter(from_numpy(lucky)).to_pylist()]
            self._reject(sample, _named(step, sample), DROPPED, named, more.filter(from_numpy(lucky)).to_pylist())

    def drop_by_rules(self, docs: Batch, by: NDArray[np.int64], rules: Sequence[Step]) -> None:
        """Note the rows that a run of rules dropped: of each row the place of its rule, -1 where none did."""
        dropped = by >= 0
        if not dropped.any():
            return
        names = pa.array([rule.name for rule in rules], pa.string()).take(from_numpy(by[dropped]))
        if rules[0].name not in self._silent:  # no rows become others within a run
            told = [name for name in docs.schema.names if name in self._told]
            self._note(rows_where(docs.select(told), dropped), DROPPED, names)
        lucky = self._sampled(docs, dropped)
        if lucky.any():
            sample = take(_of_rejects(docs), np.flatnonzero(dropped)[lucky])
            count = sample.num_rows
            self._reject(sample, names.filter(from_numpy(lucky)), DROPPED, [DROPPED] * count, [None] * count)

    def fail(self, docs: Batch, step: Step, reasons: Sequence[str], details: Sequence[str | None]) -> None:
        """Note the rows that failed in a step, each with its reason."""
        if docs.num_rows == 0:
            return
        self.leave(docs, FAILED, step.name)
        self._reject(docs, _named(step, docs), FAILED, reasons, details)
        self.explain(step, Counter(reasons))

    def rejects(self) -> Batch:
        """Return the rejects in the order of the input."""
        return _in_order(self._rejects, SIDE_REJECT)

    def signals(self) -> Batch:
        """Return the signals in the order of the input."""
        return _in_order(self._signals, self._signals_schema)

    def tallies(self, steps: Sequence[Step]) -> tuple[StepTally, ...]:
        """Return one tally a step, in the order of the chain."""
        return tuple(self._tallies.get(step.name, StepTally(step.name, step.kind)) for step in steps)

    def _add(self, tally: StepTally) -> None:
        known = self._tallies.get(tally.name)
        self._tallies[tally.name] = tally if known is None else known + tally

    def _note(self, docs: Batch, outcome: str, by: Array) -> None:
        rows = docs.num_rows
        if rows == 0:
            return
        arrays = [_column(docs, field, rows) for field in self._signals_schema if field.name not in ("outcome", "by")]
        arrays[1:1] = [pa.repeat(pa.scalar(outcome, pa.string()), rows), by]
        self._signals.append(pa.record_batch(arrays, schema=self._signals_schema))

    def _sampled(self, docs: Batch, dropped: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell of each dropped row whether it is in the seeded sample."""
        if self._dropped_sample <= 0 or "id" not in docs.schema.names:
            return np.zeros(int(dropped.sum()), np.bool_)
        if self._dropped_sample >= 1:
            return np.ones(int(dropped.sum()), np.bool_)
        lucky: NDArray[np.bool_] = uniform(self._seed, docs["id"].filter(from_numpy(dropped))) < self._dropped_sample
        return lucky

    def _reject(
        self, docs: Batch, steps: Array, outcome: str, reasons: Sequence[str], details: Sequence[str | None]
    ) -> None:
        rows = docs.num_rows
        given: Mapping[str, Array] = {
            "step": steps,
            "outcome": pa.repeat(pa.scalar(outcome, pa.string()), rows),
            "reason": pa.array(reasons, pa.string()),
            "detail": pa.array(details, pa.string()),
        }
        arrays = [given[field.name] if field.name in given else _column(docs, field, rows) for field in SIDE_REJECT]
        self._rejects.append(pa.record_batch(arrays, schema=SIDE_REJECT))


def _named(step: Step, docs: Batch) -> Array:
    """Return the name of a step, once for each row."""
    return pa.repeat(pa.scalar(step.name, pa.string()), docs.num_rows)


def _of_rejects(docs: Batch) -> Batch:
    """Return the columns that rejects have."""
    return docs.select([name for name in docs.schema.names if name in SIDE_REJECT.names])


def _column(docs: Batch, field: Field, rows: int) -> Array:
    return docs[field.name] if field.name in docs.schema.names else nulls(rows, field.type)


def _in_order(batches: Sequence[Batch], schema: pa.Schema) -> Batch:
    """Join batches, order them by `ROW` (a step's rows keep their order among equals), and return one batch."""
    if not batches:
        return empty(schema)
    whole = batches[0] if len(batches) == 1 else one_batch(pa.Table.from_batches(batches, schema=schema))
    rows: NDArray[np.int64] = whole[ROW].to_numpy()
    return take(whole, np.argsort(rows, kind="stable")) if np.any(rows[1:] < rows[:-1]) else whole


def rows_where(docs: Batch, mask: NDArray[np.bool_]) -> Batch:
    """Return the rows of `docs` at which `mask` holds; the same batch where it holds everywhere."""
    return docs if mask.all() else where(docs, mask)


def gone(signals: Rows) -> Rows:
    """Return the signals of rows that went no further."""
    outcomes = signals["outcome"].to_pylist()
    return where(signals, np.array([outcome != KEPT for outcome in outcomes], np.bool_))


def mask_of(answer: Array) -> NDArray[np.bool_]:
    """Return a boolean column as a numpy mask; null counts as no."""
    filled = answer.fill_null(False) if answer.null_count else answer
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.bool_)
