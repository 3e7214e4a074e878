"""Near duplicates, over all shards: of documents that are alike one stays, and it is told which.

Documents whose MinHash signatures share a band are candidates; candidates are compared run by run of words, and only
what is alike by the exact share of common runs counts. Knows nothing of files or workers. Two looks at the text, two at
ids alone; the rows that this takes, and what it costs, are in docs/dedup.md.
"""

from typing import Literal

from dclm_pipeline.barriers.near.settings import NearSettings
from dclm_pipeline.step import Assets, Opened


class MinhashDedup(NearSettings):
    """Keeps one of the documents that are nearly the same, and says in `cluster` which one stays for them all."""

    kind: Literal["minhash_dedup"] = "minhash_dedup"

    def open(self, assets: Assets) -> Opened:
        """Learn the digests of older pools, which rejects tell."""
        from dclm_pipeline.barriers.near.opened import NearDuplicates

        return NearDuplicates(self, [assets.digest(place) for place in self.against])
