"""Third round: in keep order a document goes if it is like an earlier one that stays, and joins the first such.

All ties of one component are heard by one partition, in the order of the documents that might go. What is more than
may be remembered goes on to another pass.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import take
from dclm_pipeline.barriers.near.older import are_older
from dclm_pipeline.barriers.near.rows import Nodes, batch_of, first_of_each, grouped, hash_of, home_of, nodes_of
from dclm_pipeline.barriers.near.schemas import FOLLOWERS, TIES, Role
from dclm_pipeline.barriers.near.settings import NearSettings
from dclm_pipeline.errors import IntegrityError
from dclm_pipeline.kernels.dedup.stars import Deciding
from dclm_pipeline.step import Batch

_EVIDENCE = pa.schema([pa.field("row", pa.int64()), pa.field("hash", pa.uint64()), *FOLLOWERS])
_HANDED = pa.schema([pa.field("hash", pa.uint64()), *FOLLOWERS])
_FOUND = pa.schema([pa.field("shard", pa.int64()), pa.field("row", pa.int64()), *TIES])


def evidence(found: Batch) -> Batch:
    """Send what ties each document to earlier ones to where its component is looked at."""
    rows, roles = found["row"].to_numpy(), found["role"].to_numpy()
    own, leaders = nodes_of(found["own"]), nodes_of(found["leader"])
    labels = np.flatnonzero(roles == Role.LABEL)
    labels = labels[first_of_each(rows[labels])]
    tied = np.flatnonzero(roles != Role.LABEL)
    tied = tied[first_of_each(rows[tied], leaders[tied, 2])]
    place = np.searchsorted(rows[labels], rows[tied])
    near = np.minimum(place, max(len(labels) - 1, 0))
    labelled = rows[labels][near] == rows[tied] if len(labels) else np.zeros(len(tied), np.bool_)
    # What is like documents of older pools alone is tied to nothing here.
    if np.any(~labelled & ~are_older(leaders[tied])):
        raise IntegrityError("a document is like another, and belongs to no component: a bug of this package")
    columns = {
        "row": rows[tied],
        "hash": _hashes(own[tied], leaders[labels], near, labelled),
        "order": own[tied, 0],
        "role": roles[tied],
        "own": own[tied],
        "leader": leaders[tied],
        "similarity": found["similarity"].to_numpy(zero_copy_only=False)[tied],
    }
    return batch_of(_EVIDENCE, columns)


def _hashes(own: Nodes, labels: Nodes, near: NDArray[np.int64], labelled: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Return where the component of each document is looked at."""
    hashes = hash_of(own)
    hashes[labelled] = hash_of(labels[near[labelled]])
    return hashes


def findings(settings: NearSettings, rows: Iterator[Batch]) -> Iterator[Batch]:
    """Return who goes and whom it joins, and who stays for others."""
    deciding = Deciding(settings.held)
    for batch in grouped(rows, ("hash", "order")):
        own, leaders, hashes = nodes_of(batch["own"]), nodes_of(batch["leader"]), batch["hash"].to_numpy()
        order = np.lexsort(
            (leaders[:, 2], leaders[:, 1], leaders[:, 0], own[:, 2], own[:, 1], batch["order"].to_numpy(), hashes)
        )
        own, leaders, ordered = own[order], leaders[order], take(batch, order)
        similarity = ordered["similarity"].to_numpy(zero_copy_only=False)
        gone, left = deciding.decide(hashes[order], own, leaders, ordered["role"].to_numpy(), similarity)
        bridges = _bridges(own, leaders, ordered["role"].to_numpy())[gone.rows]
        yield from _told(own[gone.rows], gone.leaders, gone.similarities, bridges)
        if len(left.rows):
            columns = {
                "hash": hashes[order][left.rows],
                "order": own[left.rows, 0],
                "role": left.ties,
                "own": own[left.rows],
                "leader": left.leaders,
                "similarity": left.similarities,
            }
            yield batch_of(_HANDED, columns)


def _bridges(own: Nodes, leaders: Nodes, roles: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which rows are about documents that are like several of older pools."""
    older = np.flatnonzero((roles == Role.STAYS) & are_older(leaders))
    places, counts = np.unique(own[older, 2], return_counts=True)
    bridges: NDArray[np.bool_] = np.isin(own[:, 2], places[counts > 1])
    return bridges


def _told(own: Nodes, leaders: Nodes, similarity: NDArray[np.float64], bridges: NDArray[np.bool_]) -> Iterator[Batch]:
    if len(own) == 0:
        return
    role = np.where(bridges, np.uint8(Role.BRIDGE), np.uint8(Role.JOINED))
    yield batch_of(_FOUND, {**home_of(own), "role": role, "own": own, "leader": leaders, "similarity": similarity})
    leaders = leaders[~are_older(leaders)]
    stay = leaders[first_of_each(leaders[:, 2])]
    role = np.full(len(stay), Role.SURVIVOR, np.uint8)
    yield batch_of(_FOUND, {**home_of(stay), "role": role, "own": stay, "leader": stay})
