"""The columns of what goes from round to round of near deduplication. Loads no kernels.

A node is who a document is on its way: its rank in keep order, what breaks ties, and its place (shard and row in one
number), 24 bytes as they lie in memory.
"""

from enum import IntEnum

import pyarrow as pa

from dclm_pipeline.arrow import schema_of
from dclm_pipeline.ids import ID


class Round(IntEnum):
    """What a round is about."""

    BANDS = 0
    SETS = 1
    STARS = 2
    AUDIT = 3


class Role(IntEnum):
    """What a row says of a document."""

    ALIKE = 0  # an earlier one is like it
    COPY = 1  # an earlier one has the same words
    STAYS = 2  # an earlier one is like it, and stays
    CANDIDATE = 3  # others share a bucket with it
    LABEL = 4  # this is the first of all that is tied together
    JOINED = 5  # it goes, for this one
    SURVIVOR = 6  # it stays, for others
    TOTAL = 7  # so many documents of a source, and so many of them go
    OLDER = 8  # it shares a bucket with a document of an older pool
    KEPT = 9  # this is what an older pool knows of its document
    BRIDGE = 10  # it goes, for this one, and is like another cluster of an older pool as well


NODE = pa.binary(24)
_ROLE = pa.field("role", pa.uint8())
_TIE = (pa.field("own", NODE), pa.field("leader", NODE), pa.field("similarity", pa.float64()))
_ORDER = pa.field("order", pa.uint64())

BAND = schema_of(_ORDER, pa.field("tie", pa.uint64()), pa.field("whole", pa.uint64()), pa.field("band", pa.uint8()))
CANDIDATES = schema_of(
    _ROLE,
    pa.field("leader", NODE),
    pa.field("bucket", pa.uint64()),
    pa.field("band", pa.uint8()),
    pa.field("leads", pa.bool_()),
    pa.field("others", pa.large_binary()),  # 8 bytes each
)
SETS = schema_of(
    _ORDER,
    _ROLE,
    pa.field("rank", pa.uint64()),
    pa.field("tie", pa.uint64()),
    pa.field("leader", NODE),
    pa.field("runs", pa.large_binary()),  # 8 bytes each
)
TIES = schema_of(_ROLE, *_TIE)
EDGES = schema_of(_ORDER, pa.field("side", pa.uint8()), pa.field("owner", NODE), pa.field("other", NODE))
FOLLOWERS = schema_of(_ORDER, _ROLE, *_TIE)
MEMBERS = schema_of(
    _ORDER,
    _ROLE,
    pa.field("id", ID),
    pa.field("similarity", pa.float64()),
    pa.field("source", pa.string()),
    pa.field("documents", pa.int64()),
    pa.field("removed", pa.int64()),
)
# What joins an older document has that as its leader, as that itself is not heard of.
MEMBERS_AGAINST = MEMBERS.append(pa.field("leader", NODE))
CLUSTERS = schema_of(
    pa.field("id", ID),
    pa.field("keep", pa.bool_()),
    pa.field("cluster", ID),
    pa.field("cluster_size", pa.int64()),
    pa.field("similarity", pa.float64()),
)
CLUSTERS_AGAINST = CLUSTERS.append(pa.field("pool", pa.int16())).append(pa.field("bridge", pa.bool_()))
# The tables that a pool keeps, beside `hash`.
KEPT = {
    "bands": schema_of(
        pa.field("whole", pa.uint64()), pa.field("band", pa.uint8()), pa.field("id", ID), pa.field("cluster", ID)
    ),
    "signatures": schema_of(
        pa.field("id", ID),
        pa.field("cluster", ID),
        pa.field("signature", pa.large_binary()),  # 4 bytes each
    ),
    "clusters": CLUSTERS,
}
