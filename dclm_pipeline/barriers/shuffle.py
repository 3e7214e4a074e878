"""A global shuffle: every document moves to a place that its id and the seed decide."""

from typing import Literal

from pydantic import Field

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.ids import scatter
from dclm_pipeline.step import Batch, Reorder


class Shuffle(Reorder):
    """Puts the documents of all shards in one random order, by (seed, id) alone."""

    kind: Literal["shuffle"] = "shuffle"
    seed: int = Field(default=0, description="Another seed, another order.")

    def reads(self) -> frozenset[str]:
        """Return the id."""
        return frozenset({"id"})

    def key(self, docs: Batch) -> Array:
        """Return a random number for each document."""
        return from_numpy(scatter(self.seed, docs["id"]))
