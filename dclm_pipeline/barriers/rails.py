"""How much a step may take out before the run stops with the figures: of all, of one source, for one that stays.

Counts are evidence like any other: a last look at the documents, once it is known what becomes of them, adds them up on
the way, so that a shard sends a row a source, and a row for each cluster that it has a part in.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from dclm_pipeline.arrow import Array, from_numpy, nulls, one_batch, schema_of
from dclm_pipeline.errors import IntegrityError, ShardError
from dclm_pipeline.step import Batch, Step

# What a row of counts is about.
ALL, SOURCE, CLUSTER, OLDER_CLUSTER = range(4)
# So many documents, of which so much (documents, lines, bytes) is judged, and so much of that goes.
COUNTS = schema_of(
    pa.field("low", pa.uint64()),
    pa.field("about", pa.uint8()),
    pa.field("source", pa.string()),
    pa.field("documents", pa.int64()),
    pa.field("all", pa.int64()),
    pa.field("removed", pa.int64()),
)
_COUNTS = pa.schema([pa.field("hash", pa.uint64()), *COUNTS])
_NUMBERS = ("documents", "all", "removed")


class Limited(Step):
    """What steps have in common that stop the run where they would take out too much."""

    most_removed: float = Field(
        default=0.9, ge=0, le=1, description="The run stops if a larger share of all documents would go."
    )
    most_removed_of_source: float = Field(
        default=0.98, ge=0, le=1, description="The run stops if a larger share of one source would go."
    )
    least_judged: int = Field(default=1000, ge=1, description="Shares of fewer documents than this stop nothing.")

    def judged(self) -> str:
        """Return of what there are shares."""
        return "documents"


class LimitedClusters(Limited):
    """What steps have in common that keep one of each cluster, and stop at a cluster that is too large."""

    # So many equal documents are most often no copies, but a mistake before: a crawler's error page, an extractor's.
    largest_cluster: int = Field(
        default=1_000_000,
        ge=1,
        description="At a cluster of more documents the run stops with 3 and no pool: look whether one page (an error, a "
        "template) is there so often; if it is meant to be, raise this and run again, which goes on from there.",
    )


def sums_by_source(docs: Batch, judged: NDArray[np.int64], removed: NDArray[np.int64]) -> pa.Table:
    """Return a row for each source of documents, the unknown among them: how many, and sums of what is told of them."""
    source: Array = nulls(docs.num_rows, pa.string())
    if "source" in docs.schema.names:
        source = docs["source"].cast(pa.string())
    columns = [source, *map(from_numpy, (np.ones(docs.num_rows, np.int64), judged, removed))]
    told = pa.Table.from_arrays(columns, names=["source", *_NUMBERS])
    sums = told.group_by("source").aggregate([(name, "sum") for name in _NUMBERS])
    return sums.rename_columns(["source", *_NUMBERS])


def counts_of(docs: Batch, judged: NDArray[np.int64], removed: NDArray[np.int64]) -> Batch:
    """Return what documents add to the counts of all and of their sources."""
    from dclm_pipeline.kernels.hashing import hash_rows
    from dclm_pipeline.kernels.strings import views

    sums = one_batch(sums_by_source(docs, judged, removed))
    high, low = hash_rows(*views(sums["source"].fill_null("").cast(pa.large_string())))
    about = np.full(sums.num_rows, SOURCE, np.uint8)
    by_source = [from_numpy(high), from_numpy(low), from_numpy(about), *(sums[name] for name in ("source", *_NUMBERS))]
    totals = [docs.num_rows, int(judged.sum()), int(removed.sum())]
    of_all = [0, 0, ALL, None, *totals]
    whole = [pa.array([value], field.type) for value, field in zip(of_all, _COUNTS, strict=True)]
    rows = [pa.RecordBatch.from_arrays(arrays, schema=_COUNTS) for arrays in (by_source, whole)]
    return one_batch(pa.Table.from_batches(rows if docs.num_rows else rows[:0], schema=_COUNTS))


def members_of(
    names: NDArray[np.uint64], places: NDArray[np.uint64], gone: NDArray[np.bool_], older: NDArray[np.bool_]
) -> Batch:
    """Return what members add to the counts of their clusters, known by two numbers of the one that stays, of which the
    first is spread evenly; `older` are those who joined a document of an older pool."""
    ones = np.ones(len(names), np.int64)
    about = np.where(older, OLDER_CLUSTER, CLUSTER).astype(np.uint8)
    arrays: list[Array] = [from_numpy(names), from_numpy(places), from_numpy(about), nulls(len(names), pa.string())]
    arrays += [from_numpy(ones), from_numpy(ones), from_numpy(gone.astype(np.int64))]
    return pa.RecordBatch.from_arrays(arrays, schema=_COUNTS)


def added(rows: Batch) -> Batch:
    """Return counts with those about the same thing added up."""
    keys = [name for name in _COUNTS.names if name not in _NUMBERS]
    sums = pa.Table.from_batches([rows]).group_by(keys).aggregate([(name, "sum") for name in _NUMBERS])
    return one_batch(sums.rename_columns([*keys, *_NUMBERS]).select(rows.schema.names))


def judge(settings: Limited, rows: Iterator[Batch]) -> Iterator[Batch]:
    """Stop where too much would go, or a cluster keeps none or several; there is nothing to be told."""
    for batch in rows:
        about, documents, judged, removed = (batch[name].to_numpy() for name in ("about", *_NUMBERS))
        clusters = about >= CLUSTER
        if not np.array_equal((documents - removed)[clusters], (about == CLUSTER)[clusters]):
            raise not_one(settings)
        for row in np.flatnonzero((about == ALL) & (documents > 0)).tolist():
            stop_at(settings, None, int(documents[row]), int(judged[row]), int(removed[row]))
        known = (about == SOURCE) & np.asarray(batch["source"].is_valid())
        # Few sources give away so much; the others are not looked at one by one.
        suspects = known & (removed > settings.most_removed_of_source * judged)
        for row in np.flatnonzero(suspects).tolist():
            source = str(batch["source"][row].as_py())
            stop_at(settings, source, int(documents[row]), int(judged[row]), int(removed[row]))
    yield from ()


def stop_at(settings: Limited, source: str | None, documents: int, judged: int, removed: int) -> None:
    """Stop where too much of a source would go, or of all, if none is named."""
    told = complaint(settings, source, documents, judged, removed)
    if told:
        raise ShardError(told)


def complaint(settings: Limited, source: str | None, documents: int, judged: int, removed: int) -> str:
    """Say that too much of a source would go, or of all, if none is named; nothing where it is not too much."""
    name = "most_removed" if source is None else "most_removed_of_source"
    most = settings.most_removed if source is None else settings.most_removed_of_source
    if documents < settings.least_judged or removed <= most * judged:
        return ""
    return (
        f"{settings.name} would remove {removed:,} of {judged:,} {settings.judged()} of "
        f"{'all sources' if source is None else f'the source {source}'}, {removed / judged:.1%}; {name} is {most:.1%}. "
        f"Look at what is alike (a template? an input that is there twice?), then raise {name}"
    )


def not_one(settings: Step) -> IntegrityError:
    """Return the error for a cluster that keeps none of its documents, or several."""
    return IntegrityError(f"{settings.name}: a cluster keeps none of its documents, or several: a bug of this package")


def too_large(settings: LimitedClusters, size: int) -> ShardError:
    """Return the error for a cluster that is too large."""
    return ShardError(
        f"{settings.name}: {size:,} documents or more are one cluster; largest_cluster is {settings.largest_cluster:,}. "
        "Look whether one page, such as an error or a template, is there so often, which is better dropped by a rule "
        f"before; if it is meant to be, raise it, as with --set {settings.name}.largest_cluster={2 * size}, and run again"
    )


def no_larger(settings: LimitedClusters, rows: Iterator[Batch]) -> Iterator[Batch]:
    """Let rows pass that are sorted by their hash; a cluster that is far too large is not even gathered."""
    hash_at_hand, size = None, 0
    for batch in rows:
        if batch.num_rows:
            first, last = batch["hash"][0].as_py(), batch["hash"][batch.num_rows - 1].as_py()
            size = size + batch.num_rows if first == last == hash_at_hand else batch.num_rows
            hash_at_hand = last
            if first == last and size > settings.largest_cluster:
                raise too_large(settings, size)
        yield batch
