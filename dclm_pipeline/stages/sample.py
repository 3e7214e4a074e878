"""A share of the documents, by luck that each carries in its id.

Knows nothing but ids: other workers, other batches and other orders draw the same sample.
"""

from typing import ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from dclm_pipeline.ids import uniform
from dclm_pipeline.step import Batch, Filter

# Samples have luck of their own: with that of a shuffle of the same seed, what a sample leaves would all lie in the first
# shards, and with that of `dropped_sample`, none of what it drops, or too much of what later steps drop, be kept.
_OWN = 0x2545F4914F6CDD1D


class Sample(Filter):
    """Keeps about `share` of the documents; a smaller share of the same seed is a part of a larger one."""

    kind: Literal["sample"] = "sample"
    share: float = Field(ge=0, le=1, description="How much to keep: 0 nothing, 1 all.")
    seed: int = Field(default=0, description="Another seed draws another sample.")

    revision: ClassVar[int] = 2

    def reads(self) -> frozenset[str]:
        """Return the id."""
        return frozenset({"id"})

    def keep(self, docs: Batch) -> pa.BooleanArray:
        """Tell which rows are drawn."""
        return pa.array(uniform(self.seed ^ _OWN, docs["id"]) < self.share, pa.bool_())
