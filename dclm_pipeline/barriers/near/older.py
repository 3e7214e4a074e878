"""Documents of older pools among the nodes of near deduplication, and what is known of them: signatures, no text.

Older documents come before all others, those of the first pool first. A node has their pool and id: 15 and 128 bits; the
number that no two nodes share has the lower 63 bits of the id, scattered by the pool, under a bit that own ones lack.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, from_numpy, take, where
from dclm_pipeline.barriers.near.rows import Nodes, Value, batch_of, first_of_each, nodes_of, own_nodes
from dclm_pipeline.barriers.near.schemas import BAND, KEPT, SETS, Role
from dclm_pipeline.barriers.near.settings import NearSettings
from dclm_pipeline.ids import ID, halves
from dclm_pipeline.kernels.dedup.minhash import bands_of, permutations_of, signatures_of, stirred
from dclm_pipeline.kernels.strings import grained, views
from dclm_pipeline.kernels.words.shingles import Shingles
from dclm_pipeline.step import Batch

# The documents of older pools with which one is compared at most: those with which it shares the most bands.
MOST_OLDER = 64
_OLDER = np.uint64(1 << 63)
_ONE = np.uint64(1)
_LEFT, _RIGHT = np.uint64(48), np.uint64(16)
_LOW = np.uint64(2**16 - 1)
_PLACE_BITS = np.uint64(40)


def behind(rank: NDArray[np.uint64], tie: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return ranks and ties in the same order, and behind those of all older documents."""
    return rank >> _ONE | _OLDER, rank << np.uint64(63) | tie >> _ONE


def nodes_of_ids(ids: Array, pool: int) -> Nodes:
    """Return the nodes of documents of an older pool."""
    high, low = halves(ids).T
    rank = np.uint64(pool) << _LEFT | high >> _RIGHT
    return np.stack([rank, high << _LEFT | low >> _RIGHT, (low ^ _scattered(np.uint64(pool))) | _OLDER], axis=1)


def ids_of(nodes: Nodes) -> Array:
    """Return the ids that nodes of older documents hold."""
    pairs = np.stack([nodes[:, 0] << _RIGHT | nodes[:, 1] >> _LEFT, _lower(nodes)], axis=1)
    data = pa.py_buffer(pairs.astype(">u8").tobytes())
    ids: Array = pa.Array.from_buffers(ID, len(nodes), [None, data])
    return ids


def pools_of(nodes: Nodes) -> NDArray[np.int16]:
    """Return the numbers of the pools of older documents."""
    pools: NDArray[np.int16] = (nodes[:, 0] >> _LEFT).astype(np.int16)
    return pools


def are_older(nodes: Nodes) -> NDArray[np.bool_]:
    """Tell which nodes are documents of older pools."""
    older: NDArray[np.bool_] = nodes[:, 2] >= _OLDER
    return older


def hash_of_older(nodes: Nodes) -> NDArray[np.uint64]:
    """Return where what is known of older documents lies, whichever number their pool has."""
    return stirred(_lower(nodes) + _ONE)


def hash_of_ids(ids: Array) -> NDArray[np.uint64]:
    """Return the same for their ids."""
    return stirred(halves(ids)[:, 1] + _ONE)


def _lower(nodes: Nodes) -> NDArray[np.uint64]:
    """Return the lower halves of the ids of older documents."""
    return nodes[:, 1] << _RIGHT | (nodes[:, 2] ^ _scattered(nodes[:, 0] >> _LEFT)) & _LOW


def _scattered(pools: NDArray[np.uint64] | np.uint64) -> NDArray[np.uint64]:
    return stirred(np.atleast_1d(pools) + _ONE)


def remembered(
    settings: NearSettings, docs: Batch, table: str, found: Batch, runs: Shingles, present: NDArray[np.bool_]
) -> Batch:
    """Return bands or signatures of documents that stay, or who joined whom.

    In chains those that go have them, too, with what they are tied to; not those that went for an older pool.
    """
    rows = found["row"].to_numpy()
    stays, held = np.ones(docs.num_rows, np.bool_), present.copy()
    stays[rows] = found["keep"].to_numpy(zero_copy_only=False)
    places = np.arange(docs.num_rows)
    places[rows] = docs.num_rows + np.arange(found.num_rows)
    clusters: Array = pa.concat_arrays([docs["id"].cast(ID), found["cluster"].cast(ID)]).take(from_numpy(places))
    if table == "clusters":
        return batch_of(
            pa.schema([pa.field("row", pa.int64()), pa.field("hash", pa.uint64()), *KEPT[table]]),
            {
                "row": rows,
                "hash": hash_of_ids(found["cluster"].cast(ID)),
                **{name: found[name] for name in KEPT[table].names},
            },
        )
    if settings.cluster == "stars":
        held &= stays
    elif "pool" in found.schema.names:
        held[rows[np.asarray(found["pool"].is_valid())]] = False
    rows = np.flatnonzero(held)
    permutations = permutations_of(settings.seed, settings.permutations)
    signatures = signatures_of(runs.rows, runs.hashes, permutations)[rows]
    ids = docs["id"].cast(ID)
    columns: dict[str, Value]
    if table == "signatures":
        kept = ids.take(from_numpy(rows))
        columns = {"row": rows, "hash": hash_of_ids(kept), "signature": packed_lines(signatures)}
    else:
        bands = settings.bands
        rows = np.repeat(rows, bands)
        columns = {
            "row": rows,
            "hash": bands_of(signatures, bands, settings.rows).reshape(-1),
            "whole": runs.wholes[rows],
            "band": np.tile(np.arange(bands, dtype=np.uint8), len(signatures)),
        }
    columns |= {"id": ids.take(from_numpy(rows)), "cluster": clusters.take(from_numpy(rows))}
    return batch_of(pa.schema([pa.field("row", pa.int64()), pa.field("hash", pa.uint64()), *KEPT[table]]), columns)


def packed_lines(signatures: NDArray[np.uint32]) -> Array:
    """Return signatures as a column of bytes."""
    width = signatures.shape[1] * signatures.itemsize
    offsets = pa.py_buffer((np.arange(len(signatures) + 1) * width).tobytes())
    column: Array = pa.Array.from_buffers(
        pa.large_binary(), len(signatures), [None, offsets, pa.py_buffer(np.ascontiguousarray(signatures).tobytes())]
    )
    return column


def recalled_bands(settings: NearSettings, kept: Batch, pool: int) -> Batch:
    """Return bands of an older pool as evidence: of documents, or, where nothing is compared, of their clusters."""
    nodes = nodes_of_ids((kept["id"] if settings.verify else kept["cluster"]).cast(ID), pool)
    columns: dict[str, Value] = {name: kept[name] for name in ("hash", "whole", "band")}
    columns |= {**_as_place(nodes), "order": nodes[:, 0], "tie": nodes[:, 1]}
    return batch_of(_heard(BAND), columns)


def recalled_signatures(kept: Batch, pool: int) -> Batch:
    """Return signatures of an older pool as evidence: who a document is, and, as what ties lead to, its cluster."""
    clusters = nodes_of_ids(kept["cluster"].cast(ID), pool)
    columns: dict[str, Value] = {
        **_as_place(clusters),
        "hash": kept["hash"],
        "order": np.zeros(kept.num_rows, np.uint64),
        "role": np.full(kept.num_rows, Role.KEPT, np.uint8),
        "rank": clusters[:, 0],
        "tie": clusters[:, 1],
        "leader": nodes_of_ids(kept["id"].cast(ID), pool),
        "runs": kept["signature"],
    }
    return batch_of(_heard(SETS), columns)


def _heard(own: pa.Schema) -> pa.Schema:
    names = (pa.field("shard", pa.int64()), pa.field("row", pa.int64()), pa.field("hash", pa.uint64()))
    return pa.schema([*names, *own])


def _as_place(nodes: Nodes) -> dict[str, Value]:
    """Return `shard` and `row` of which `own_nodes` makes these nodes' last number."""
    place = nodes[:, 2]
    row = place & np.uint64(2**40 - 1)
    return {"shard": (place >> _PLACE_BITS).astype(np.int64), "row": row.astype(np.int64)}


def chosen_pairs(documents: NDArray[np.int64], leaders: Nodes) -> NDArray[np.int64]:
    """Return the places of pairs of documents and older ones that are to be compared, each once."""
    order = np.lexsort((leaders[:, 1], leaders[:, 0], leaders[:, 2], documents))
    firsts = order[first_of_each(documents[order], leaders[order, 2])]
    keys = np.stack([documents[order].astype(np.uint64), leaders[order, 2]], axis=1)
    changes = np.flatnonzero(np.any(keys[1:] != keys[:-1], axis=1)) + 1
    shared = np.diff(np.concatenate([[0], changes, [len(order)]])) if len(order) else np.zeros(0, np.int64)
    best = np.lexsort((leaders[firsts, 1], leaders[firsts, 0], -shared, documents[firsts]))
    firsts = firsts[best]
    begins = np.searchsorted(documents[firsts], documents[firsts])
    chosen: NDArray[np.int64] = firsts[np.arange(len(firsts)) - begins < MOST_OLDER]
    return chosen


class Comparing:
    """Signatures of one partition held against each other, older ones first; they may come in several batches."""

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._known: Batch | None = None

    def ties(self, batch: Batch) -> Iterator[tuple[Nodes, Nodes, NDArray[np.float64]]]:
        """Yield own documents, the older ones that they are like, and the shares of equal numbers in signatures."""
        kept = batch["role"].to_numpy() == Role.KEPT
        known = where(batch, kept)
        if self._known is not None:
            known = pa.Table.from_batches([self._known, known]).combine_chunks().to_batches()[0]
        if known.num_rows:
            self._known = where(known, known["hash"].to_numpy() == known["hash"][known.num_rows - 1].as_py())
        asked = where(batch, ~kept)
        if not (known.num_rows and asked.num_rows):
            return
        places = nodes_of(known["leader"])[:, 2]
        order = np.argsort(places, kind="stable")
        wanted = nodes_of(asked["leader"])[:, 2]
        near = order[np.minimum(np.searchsorted(places[order], wanted), len(order) - 1)]
        there = np.flatnonzero(places[near] == wanted)
        ours, theirs = (_numbers(take(part, rows)) for part, rows in ((asked, there), (known, near[there])))
        shares = grained(np.mean(ours == theirs, axis=1)) if len(there) else np.zeros(0)
        alike = shares >= self._threshold
        there = there[alike]
        if len(there):
            yield own_nodes(asked, "rank")[there], own_nodes(known, "rank")[near[there]], shares[alike]


def _numbers(batch: Batch) -> NDArray[np.uint32]:
    """Return the signatures in a batch, a line a row."""
    offsets, data = views(batch["runs"].cast(pa.large_binary()))
    numbers: NDArray[np.uint32] = data[offsets[0] : offsets[-1]].copy().view(np.uint32)
    return numbers.reshape(batch.num_rows, -1)
