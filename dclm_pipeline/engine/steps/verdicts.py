"""What steps that drop nothing say of each document: columns in place of drops."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.engine.steps.contract import with_column
from dclm_pipeline.step import Batch, Step, verdict_of


def with_verdict(docs: Batch, step: Step, keep: NDArray[np.bool_], text: "Array | None" = None) -> Batch:
    """Add the column in which a step says what it would have kept; where it would not, the `text` from before stays."""
    if text is not None:
        place = docs.schema.get_field_index("text")
        told = pc.if_else(from_numpy(keep), docs["text"], text.cast(docs["text"].type))
        docs = with_column(docs, docs.schema.field(place), told)
    return with_column(docs, pa.field(verdict_of(step), pa.bool_()), from_numpy(keep))
