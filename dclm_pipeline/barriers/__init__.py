"""Steps that must hear every shard before they can say what to do about one. `BUILTIN` lists them."""

from dclm_pipeline.barriers.bloom_dedup import BloomDedup
from dclm_pipeline.barriers.exact_dedup import ExactDedup
from dclm_pipeline.barriers.line_dedup import LineDedup
from dclm_pipeline.barriers.minhash_dedup import MinhashDedup
from dclm_pipeline.barriers.shuffle import Shuffle
from dclm_pipeline.barriers.token_budget import TokenBudget
from dclm_pipeline.barriers.top_share import TopShare

BUILTIN = (
    BloomDedup,
    ExactDedup,
    MinhashDedup,
    LineDedup,
    Shuffle,
    TopShare,
    TokenBudget,
)
