"""What is tied together: passes over edges until every document knows the first of all it is tied to."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.barriers.near.older import are_older
from dclm_pipeline.barriers.near.rows import Nodes, batch_of, grouped, hash_of, home_of, nodes_of
from dclm_pipeline.barriers.near.schemas import EDGES, TIES, Role
from dclm_pipeline.kernels.dedup.components import (
    ANSWER,
    AT_CHILD,
    AT_PARENT,
    SETTLED,
    TO_CHILD,
    TO_PARENT,
    TO_SETTLED,
    Stepping,
)
from dclm_pipeline.step import Batch

HANDED = pa.schema([pa.field("hash", pa.uint64()), *EDGES])
# Around a node edges to parents come first, then those to children, then those to settled ones; each by rank.
_SIDE_BIT = np.uint64(62)
_RANK_BITS = np.uint64(2)


def edges_between(children: Nodes, parents: Nodes) -> Batch:
    """Return the rows that tell both ends of edges of each other."""
    return _handed(
        np.concatenate([children, parents]),
        np.concatenate([parents, children]),
        np.repeat(np.array([TO_PARENT, TO_CHILD], np.uint8), len(children)),
    )


def _handed(owners: Nodes, others: Nodes, sides: NDArray[np.uint8]) -> Batch:
    order = sides.astype(np.uint64) << _SIDE_BIT | others[:, 0] >> _RANK_BITS
    columns = {"hash": hash_of(owners), "order": order, "side": sides, "owner": owners, "other": others}
    return batch_of(HANDED, columns)


def settle(rows: Iterator[Batch]) -> Iterator[Batch]:
    """Take one step; return labels of what is settled as a whole, and the edges of all else."""
    stepping = Stepping()
    nothing = np.empty((0, 3), np.uint64)
    for batch in grouped(rows, ("hash", "order")):
        owners, others = nodes_of(batch["owner"]), nodes_of(batch["other"])
        # Exactly: where two parents took turns at being the least, it would never end.
        keys = others[:, 2], others[:, 1], others[:, 0], batch["order"].to_numpy(), batch["hash"].to_numpy()
        order = np.lexsort(keys)
        yield from _told(*stepping.step(owners[order], others[order], batch["side"].to_numpy()[order]))
    yield from _told(*stepping.step(nothing, nothing, np.empty(0, np.uint8), ends=True))


def _told(whats: NDArray[np.uint8], children: Nodes, parents: Nodes) -> Iterator[Batch]:
    answers = (whats == ANSWER) & ~are_older(children)
    if answers.any():
        own, role = children[answers], np.full(int(answers.sum()), Role.LABEL, np.uint8)
        schema = pa.schema([pa.field("shard", pa.int64()), pa.field("row", pa.int64()), *TIES])
        yield batch_of(schema, {**home_of(own), "role": role, "own": own, "leader": parents[answers]})
    for what, side in ((AT_CHILD, TO_PARENT), (AT_PARENT, TO_CHILD), (SETTLED, TO_SETTLED)):
        those = whats == what
        if those.any():
            owners, others = (children, parents) if what == AT_CHILD else (parents, children)
            yield _handed(owners[those], others[those], np.full(int(those.sum()), side, np.uint8))
