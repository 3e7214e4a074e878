"""Training sets: reading the rows that `pack` made, following them back to their pages, and making tokenizers."""

from dclm_pipeline.trainset.packed import PackedPool
from dclm_pipeline.trainset.reading import State, TokenReader, read_tokens
from dclm_pipeline.trainset.rows import Documents, TokenBatch
from dclm_pipeline.trainset.shard import PackedShard, open_shard

__all__ = [
    "Documents",
    "PackedPool",
    "PackedShard",
    "State",
    "TokenBatch",
    "TokenReader",
    "open_shard",
    "read_tokens",
]
