"""A share of the documents, by luck that each carries in its id.

Knows nothing but ids: other workers, other batches and other orders draw the same sample.
"""

from typing import Literal

import pyarrow as pa
from pydantic import Field

from dclm_pipeline.ids import uniform
from dclm_pipeline.step import Batch, Filter


class Sample(Filter):
    """Keeps about `share` of the documents; a smaller share of the same seed is a part of a larger one."""

    kind: Literal["sample"] = "sample"
    share: float = Field(ge=0, le=1, description="How much to keep: 0 nothing, 1 all.")
    seed: int = Field(default=0, description="Another seed draws another sample.")

    def reads(self) -> frozenset[str]:
        """Return the id."""
        return frozenset({"id"})

    def keep(self, docs: Batch) -> pa.BooleanArray:
        """Tell which rows are drawn."""
        return pa.array(uniform(self.seed, docs["id"]) < self.share, pa.bool_())
