"""Training sets: reading the rows that `pack` made, following them back to their pages, and making tokenizers."""

from dclm_pipeline.trainset.shard import PackedShard, open_shard

__all__ = ["PackedShard", "open_shard"]
