"""Last round: every cluster is counted, and must keep exactly one; so many documents may go and no more.

All members of a cluster are heard by one partition, the one that stays first; so are the counts of a source.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, from_numpy, nulls, one_batch, take, where
from dclm_pipeline.barriers.near.older import are_older, ids_of, pools_of
from dclm_pipeline.barriers.near.rows import (
    Nodes,
    Value,
    batch_of,
    bounds_of,
    chosen,
    first_of_each,
    grouped,
    hash_of,
    nodes_of,
)
from dclm_pipeline.barriers.near.schemas import CLUSTERS, CLUSTERS_AGAINST, MEMBERS, MEMBERS_AGAINST, Role
from dclm_pipeline.barriers.near.settings import NearSettings
from dclm_pipeline.barriers.rails import no_larger, not_one, stop_at, too_large
from dclm_pipeline.barriers.telling import in_pools
from dclm_pipeline.errors import IntegrityError
from dclm_pipeline.ids import halves
from dclm_pipeline.kernels.hashing import hash_rows
from dclm_pipeline.kernels.strings import views
from dclm_pipeline.step import Batch

_EVIDENCE = pa.schema([pa.field("row", pa.int64()), pa.field("hash", pa.uint64()), *MEMBERS])
_EVIDENCE_AGAINST = _EVIDENCE.append(MEMBERS_AGAINST.field("leader"))
_HANDED = pa.schema([pa.field("hash", pa.uint64()), *MEMBERS])
_FOUND = pa.schema([pa.field("shard", pa.int64()), pa.field("row", pa.int64()), *CLUSTERS])
_FOUND_AGAINST = pa.schema([pa.field("shard", pa.int64()), pa.field("row", pa.int64()), *CLUSTERS_AGAINST])


def evidence(settings: NearSettings, docs: Batch, found: Batch) -> Batch:
    """Tell each cluster of its members, and each source of each of its documents, whether it goes."""
    schema = _EVIDENCE_AGAINST if settings.against else _EVIDENCE
    members = _members(schema, docs, found)
    gone = np.zeros(docs.num_rows, np.bool_)
    gone[members["row"].to_numpy()[members["role"].to_numpy() != Role.SURVIVOR]] = True
    source = docs["source"].cast(pa.string()) if "source" in docs.schema.names else nulls(docs.num_rows, pa.string())
    columns: dict[str, Value] = {
        "row": np.arange(docs.num_rows),
        "hash": hash_rows(*views(source.fill_null("").cast(pa.large_string())))[0],
        "order": np.zeros(docs.num_rows, np.uint64),
        "role": np.full(docs.num_rows, Role.TOTAL, np.uint8),
        "source": source,
        "documents": np.ones(docs.num_rows, np.int64),
        "removed": gone.astype(np.int64),
    }
    return one_batch(pa.Table.from_batches([members, batch_of(schema, columns)]))


def _members(schema: pa.Schema, docs: Batch, found: Batch) -> Batch:
    """Return one row for each document that is in a cluster with others."""
    rows, roles = found["row"].to_numpy(), found["role"].to_numpy().copy()
    own, leaders = nodes_of(found["own"]), nodes_of(found["leader"])
    similarity = found["similarity"].to_numpy(zero_copy_only=False)
    labels = roles == Role.LABEL
    first = own[:, 2] == leaders[:, 2]
    # In chains the label decides; what a document is most like is told beside it.
    most = np.full(docs.num_rows, np.nan)
    np.fmax.at(most, rows[~labels], similarity[~labels])
    similarity = np.where(labels & ~first, most[rows], similarity)
    roles[labels] = np.where(first, Role.SURVIVOR, Role.JOINED)[labels]
    roles[labels & _tied_to_others(rows, leaders, labels)] = Role.BRIDGE
    decided = np.flatnonzero((roles == Role.SURVIVOR) | (roles == Role.JOINED) | (roles == Role.BRIDGE))
    decided = decided[first_of_each(rows[decided], leaders[decided, 2])]
    if len(np.unique(rows[decided])) != len(decided):
        raise IntegrityError("a document is in two clusters, or goes and stays: a bug of this package")
    columns: dict[str, Value] = {
        "row": rows[decided],
        "hash": hash_of(leaders[decided]),
        "order": (roles[decided] != Role.SURVIVOR).astype(np.uint64),
        "role": roles[decided],
        "id": chosen(docs["id"], rows[decided]),
        "similarity": similarity[decided],
        "leader": leaders[decided],
    }
    return batch_of(schema, columns)


def _tied_to_others(rows: NDArray[np.int64], leaders: Nodes, labels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which rows are about documents that are like a cluster of an older pool which is not their own."""
    label = np.zeros(int(rows.max(initial=-1)) + 1, np.uint64)
    label[rows[labels]] = leaders[labels, 2]
    others = ~labels & are_older(leaders) & (leaders[:, 2] != label[rows])
    tied: NDArray[np.bool_] = np.isin(rows, rows[others])
    return tied


def findings(settings: NearSettings, rows: Iterator[Batch]) -> Iterator[Batch]:
    """Return of each member who stays for it and how large its cluster is; stop where too much goes."""
    columns: dict[str, Value]
    totals: Counter[str | None] = Counter()
    removed: Counter[str | None] = Counter()
    for batch in grouped(no_larger(settings, _counting(rows, totals, removed))):
        if batch.num_rows == 0:
            continue
        batch = take(batch, np.lexsort((batch["order"].to_numpy(), batch["hash"].to_numpy())))
        bounds = bounds_of(batch["hash"].to_numpy())
        stays = batch["order"].to_numpy() == 0
        leaders = nodes_of(batch["leader"]) if settings.against else np.zeros((batch.num_rows, 3), np.uint64)
        older = are_older(leaders)[bounds[:-1]]  # who stays is in another pool
        if not np.array_equal(np.add.reduceat(stays.astype(np.int64), bounds[:-1]), (~older).astype(np.int64)):
            raise not_one(settings)
        sizes = np.diff(bounds) + older
        if sizes.max() > settings.largest_cluster:
            raise too_large(settings, int(sizes.max()))
        columns = {
            "shard": batch["shard"],
            "row": batch["row"],
            "id": batch["id"],
            "keep": stays,
            "cluster": chosen(batch["id"], np.repeat(bounds[:-1], np.diff(bounds))),
            "cluster_size": np.repeat(sizes, np.diff(bounds)),
            "similarity": _known(batch["similarity"].to_numpy(zero_copy_only=False), stays),
        }
        if settings.against:
            joined = np.repeat(older, np.diff(bounds))
            columns["cluster"] = pc.if_else(from_numpy(joined), ids_of(leaders), columns["cluster"])
            columns["pool"] = pa.array(pools_of(leaders), mask=~joined)
            columns["bridge"] = batch["role"].to_numpy() == Role.BRIDGE
        yield batch_of(_FOUND_AGAINST if settings.against else _FOUND, columns)
    for source, documents in totals.items():
        if source is not None:
            stop_at(settings, source, documents, documents, removed[source])
    columns = {"hash": np.zeros(1, np.uint64), "role": np.full(1, Role.TOTAL, np.uint8)}
    columns |= {"documents": np.array([totals.total()]), "removed": np.array([removed.total()])}
    if totals:
        yield batch_of(_HANDED, columns)


def settle(settings: NearSettings, rows: Iterator[Batch]) -> Iterator[Batch]:
    """Judge the sums of all partitions."""
    sums = [(batch["documents"].to_numpy().sum(), batch["removed"].to_numpy().sum()) for batch in rows]
    documents, removed = (int(sum(numbers)) for numbers in zip(*sums, strict=True))
    stop_at(settings, None, documents, documents, removed)
    yield from ()


def _counting(
    rows: Iterator[Batch],
    totals: Counter[str | None],
    removed: Counter[str | None],
) -> Iterator[Batch]:
    """Add up counts, and let the members pass."""
    for batch in rows:
        counts = batch["role"].to_numpy() == Role.TOTAL
        if counts.any():
            told = (
                pa.Table.from_batches([where(batch, counts)])
                .group_by("source")
                .aggregate([("documents", "sum"), ("removed", "sum")])
            )
            for one in told.to_pylist():  # one a source and run of rows
                totals[one["source"]] += one["documents_sum"]
                removed[one["source"]] += one["removed_sum"]
            batch = where(batch, ~counts)
        yield batch


def _known(similarity: NDArray[np.float64], stays: NDArray[np.bool_]) -> Array:
    column: Array = pa.array(similarity, pa.float64(), mask=np.isnan(similarity) | stays)
    return column


def details(docs: Batch, found: Batch, pools: Sequence[str] = ()) -> Array:
    """Return what the rejects say of documents that go; nothing for others. `pools` are the digests of older ones."""
    ids = halves(found["cluster"]).astype(">u8").view(np.uint8)
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    told = digits[np.stack([ids >> 4, ids & 15], axis=2)].reshape(found.num_rows, -1).copy().view("S32").ravel()
    alike: Array = pc.round(found["similarity"], 4).cast(pa.string()).fill_null("unknown")
    pieces = ["like ", pa.array(told.astype("U32")), ", similarity ", alike, ", cluster of "]
    pieces = [pa.repeat(piece, found.num_rows) if isinstance(piece, str) else piece for piece in pieces]
    said: Array = pc.binary_join_element_wise(
        *pieces, found["cluster_size"].cast(pa.string()), pa.repeat("", found.num_rows)
    )
    if "pool" in found.schema.names:
        said = in_pools(said, found["pool"], pools)
    places = np.full(docs.num_rows, -1, np.int64)
    places[found["row"].to_numpy()] = np.arange(found.num_rows)
    return chosen(said.cast(pa.string()), places, places >= 0)
