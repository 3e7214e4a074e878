"""Second round: candidates are compared, run of words by run of words, in the buckets in which they met.

Each candidate sends its set of runs to the fewest buckets in which it meets all that it is compared with: two documents
meet in the first bucket in which both are told of each other. Who leads a bucket larger than what it was told of sends
to it in any case. Those that lead come first, so that of a bucket never more than they and one run of rows is in memory.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, nulls, one_batch, take, where
from dclm_pipeline.barriers.near.bands import LARGE, ranks_of, runs_of, ties
from dclm_pipeline.barriers.near.labels import edges_between
from dclm_pipeline.barriers.near.older import Comparing, chosen_pairs, hash_of_older, packed_lines
from dclm_pipeline.barriers.near.rows import (
    Nodes,
    batch_of,
    bounds_of,
    chosen,
    first_of_each,
    from_nodes,
    hash_of,
    nodes_of,
    own_nodes,
    packed,
    unpacked,
)
from dclm_pipeline.barriers.near.schemas import NODE, SETS, Role
from dclm_pipeline.barriers.near.settings import NearSettings
from dclm_pipeline.kernels.dedup.minhash import permutations_of, signatures_of
from dclm_pipeline.kernels.dedup.overlap import sets_of, similar_pairs
from dclm_pipeline.kernels.strings import grained
from dclm_pipeline.step import Batch

_SCHEMA = pa.schema([pa.field("row", pa.int64()), pa.field("hash", pa.uint64()), *SETS])


def evidence(settings: NearSettings, docs: Batch, found: Batch) -> Batch:
    """Return the sets of candidates, one row for each bucket in which they are to be compared."""
    about = np.unique(found["row"].to_numpy())
    docs = docs if len(about) == docs.num_rows else take(docs, about)
    found_rows = np.searchsorted(about, found["row"].to_numpy())
    rank, tie = ranks_of(settings, docs)
    roles = found["role"].to_numpy()
    copies = np.flatnonzero(roles == Role.COPY)
    first = nodes_of(chosen(found["leader"], copies))
    copied = found_rows[copies]
    candidates = np.flatnonzero(roles == Role.CANDIDATE)
    needed = candidates[_needed(take(found, candidates), found_rows[candidates])]
    rows = found_rows[needed]
    runs, _ = runs_of(settings, docs["text"])
    offsets, sets = sets_of(runs.rows, runs.hashes)
    columns = {
        "row": about[np.concatenate([copied, rows])],
        "hash": np.concatenate([hash_of(first), found["bucket"].fill_null(0).to_numpy()[needed]]),
        "order": np.concatenate([np.zeros(len(copied), np.uint64), _order(found, needed)]),
        "role": np.repeat(np.array([Role.COPY, Role.CANDIDATE], np.uint8), [len(copied), len(rows)]),
        "rank": rank[np.concatenate([copied, rows])],
        "tie": tie[np.concatenate([copied, rows])],
        "leader": pa.concat_arrays([from_nodes(first), nulls(len(rows), NODE)]),
        "runs": _after_nulls(len(copied), chosen(packed(offsets, sets), rows)),
    }
    evidence = batch_of(_SCHEMA, columns)
    if not settings.against:
        return evidence
    met = np.flatnonzero(roles == Role.OLDER)
    older = nodes_of(chosen(found["leader"], met))
    pairs = chosen_pairs(found_rows[met], older)
    rows, older = found_rows[met][pairs], older[pairs]
    signatures = signatures_of(runs.rows, runs.hashes, permutations_of(settings.seed, settings.permutations))
    columns = {
        "row": about[rows],
        "hash": hash_of_older(older),
        "order": np.ones(len(rows), np.uint64),
        "role": np.full(len(rows), Role.OLDER, np.uint8),
        "rank": rank[rows],
        "tie": tie[rows],
        "leader": older,
        "runs": packed_lines(signatures[rows]),
    }
    return one_batch(pa.Table.from_batches([evidence, batch_of(_SCHEMA, columns)]))


def _after_nulls(count: int, values: Array) -> Array:
    return pa.concat_arrays([nulls(count, values.type), values])


def _order(found: Batch, needed: NDArray[np.int64]) -> NDArray[np.uint64]:
    leads = found["leads"].fill_null(False).to_numpy(zero_copy_only=False).astype(np.bool_)
    return (~leads[needed]).astype(np.uint64)


def _needed(candidates: Batch, documents: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of those buckets in which a document meets another for the first time, or leads a large one."""
    band = candidates["band"].fill_null(0).to_numpy()
    large = band & LARGE != 0
    band = band & ~np.uint8(LARGE)
    offsets, met = unpacked(candidates["others"])
    met = met[offsets[0] :]
    rows = np.repeat(np.arange(len(documents)), np.diff(offsets))
    # Bands of a document may come in any order: several partitions have told of them.
    order = np.lexsort((band[rows], met, documents[rows]))
    bounds = bounds_of(documents[rows][order], met[order])
    needed = np.zeros(len(documents), np.bool_)
    needed[rows[order[bounds[:-1]]]] = True
    return np.flatnonzero(needed | large)


def findings(settings: NearSettings, rows: Iterator[Batch]) -> Iterator[Batch]:
    """Return which documents are alike, and hand on the edges between them."""
    carried: Batch | None = None
    comparing = Comparing(settings.threshold)
    for batch in rows:
        copies = batch["role"].to_numpy() == Role.COPY
        if copies.any():
            own, first = own_nodes(where(batch, copies), "rank"), nodes_of(where(batch, copies)["leader"])
            yield ties(own, first, np.ones(len(own)), np.ones(len(own), np.bool_))
            yield edges_between(own, first)
            batch = where(batch, ~copies)
        older = batch["role"].to_numpy() >= Role.OLDER
        if older.any():
            for own, first, shares in comparing.ties(where(batch, older)):
                yield ties(own, first, shares, np.zeros(len(own), np.bool_))
                if settings.cluster == "chains":
                    yield edges_between(own, first)
            batch = where(batch, ~older)
        if batch.num_rows == 0:
            continue
        known = 0
        if carried is not None and carried["hash"][0] == batch["hash"][0]:
            known = carried.num_rows
            batch = pa.Table.from_batches([carried, batch]).combine_chunks().to_batches()[0]
        yield from _compared(settings, batch, known)
        last = batch["hash"].to_numpy() == batch["hash"][batch.num_rows - 1].as_py()
        leaders = last & (batch["order"].to_numpy() == 0)
        carried = where(batch, leaders) if leaders.any() else None


def _compared(settings: NearSettings, batch: Batch, known: int) -> Iterator[Batch]:
    nodes = own_nodes(batch, "rank")
    offsets, sets = unpacked(batch["runs"])
    bounds = bounds_of(batch["hash"].to_numpy())
    leads = batch["order"].to_numpy() == 0
    ones, others, similarities = similar_pairs(bounds, offsets, sets, leads, known, settings.threshold)
    if len(ones) == 0:
        return
    one, other = nodes[ones], nodes[others]
    swapped = is_before(other, one)[:, None]
    leader, own = np.where(swapped, other, one), np.where(swapped, one, other)
    yield ties(own, leader, grained(similarities), np.zeros(len(own), np.bool_))
    yield edges_between(*_spanning(own, leader))


def _spanning(own: Nodes, leader: Nodes) -> tuple[Nodes, Nodes]:
    """Return edges that tie the same together: of each document one to its first leader, and between its leaders."""
    order = np.lexsort((leader[:, 2], leader[:, 1], leader[:, 0], own[:, 2]))
    own, leader = own[order], leader[order]
    bounds = bounds_of(own[:, 2])
    first = np.repeat(bounds[:-1], np.diff(bounds))
    is_first = first == np.arange(len(own))
    children = np.where(is_first[:, None], own, leader)
    parents = np.where(is_first[:, None], leader, leader[first])
    kept = first_of_each(children[:, 2], parents[:, 2])
    return children[kept], parents[kept]


def is_before(one: Nodes, other: Nodes) -> NDArray[np.bool_]:
    """Tell which nodes come before others in keep order."""
    rank, tie = one[:, 0] == other[:, 0], one[:, 1] == other[:, 1]
    earlier: NDArray[np.bool_] = (
        (one[:, 0] < other[:, 0]) | rank & (one[:, 1] < other[:, 1]) | rank & tie & (one[:, 2] < other[:, 2])
    )
    return earlier
