"""What is said of documents that went because an older pool has them."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from dclm_pipeline.arrow import Array

# Reasons, as tallies count them; a bridge is like documents of more than one cluster of older pools.
IN_OLDER = "in an older pool"
BRIDGE = "in an older pool, between clusters of it"
_SHOWN = 12  # digits of a manifest's digest


def in_pools(remarks: Array, numbers: Array, pools: Sequence[str]) -> Array:
    """Return remarks that name the older pool, too; `numbers` are null where there is none."""
    named: Array = pa.array([f" in pool {digest[:_SHOWN]}" for digest in pools], pa.string())
    pieces = [remarks, named.take(numbers.cast(pa.int64())).fill_null(""), pa.repeat("", len(remarks))]
    told: Array = pc.binary_join_element_wise(*pieces)
    return told
