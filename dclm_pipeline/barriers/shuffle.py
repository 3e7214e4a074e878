"""A global shuffle: every document moves to a place that its id and the seed decide, and every copy to one of its own."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.ids import part_ids, salts, scatter
from dclm_pipeline.step import Batch, Reorder

_HALF = np.uint64(1 << 63)
_LOW_BITS = np.uint64(32)


class Shuffle(Reorder):
    """Puts the documents of all shards in one random order, by (seed, id) alone.

    Where `repeat` has made copies, copy i of n goes into the i-th of n equal parts of that order, and all copies of a
    document into the same half of their parts: between two of them lies at least half a part.
    """

    kind: Literal["shuffle"] = "shuffle"
    seed: int = Field(default=0, description="Another seed, another order.")

    def reads(self) -> frozenset[str]:
        """Return the id."""
        return frozenset({"id"})

    def may_read(self) -> frozenset[str]:
        """Return what tells copies, and pools of a mixture, apart."""
        return frozenset({"copy", "copies", "pool"})

    def key(self, docs: Batch) -> Array:
        """Return a random number for each document."""
        names = docs.schema.names
        if "copy" not in names or "copies" not in names:
            if "pool" not in names:
                return from_numpy(scatter(self.seed, docs["id"]))
            return from_numpy(scatter(self.seed, part_ids(docs["id"], salts(docs["pool"]))))
        pools = salts(docs["pool"]) if "pool" in names else np.zeros(docs.num_rows, np.uint64)
        copy = docs["copy"].to_numpy().astype(np.uint64)
        half = scatter(self.seed, part_ids(docs["id"], pools)) & _HALF
        luck = scatter(self.seed, part_ids(docs["id"], pools ^ (copy + np.uint64(1))))
        return from_numpy(_within(half | luck >> np.uint64(1), copy, docs["copies"].to_numpy().astype(np.uint64)))


def _within(luck: NDArray[np.uint64], copy: NDArray[np.uint64], copies: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return (copy + luck / 2^64) * 2^64 / copies, rounded down, by halves of 32 bits: numbers of 64 lose none."""
    high = (copy << _LOW_BITS) + (luck >> _LOW_BITS)  # below 2^64: there are fewer than 2^32 copies
    whole, rest = high // copies, high % copies
    low = (rest << _LOW_BITS) + (luck & np.uint64(0xFFFFFFFF))
    return np.asarray((whole << _LOW_BITS) + low // copies, np.uint64)
