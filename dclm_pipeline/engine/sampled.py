"""A sample of a pool's documents: those that a seed draws, the same ones however the pool is cut into shards."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import where
from dclm_pipeline.ids import scatter
from dclm_pipeline.pools.manifest import Manifest
from dclm_pipeline.pools.reading import read_promised
from dclm_pipeline.storage import Storage


def sample_of(
    storage: Storage, manifest: Manifest, columns: Sequence[str], count: int, seed: int, advance: Callable[[int], None]
) -> Iterator[pa.RecordBatch]:
    """Yield the documents whose ids a seed draws first, `count` of them; `advance` is told of shards, each read twice."""
    drawn = np.zeros(0, np.uint64)
    for place, shard in enumerate(manifest.shards, 1):
        for batch in read_promised(storage, shard.path, columns=["id"], rows=65_536):
            drawn = _first(np.concatenate([drawn, scatter(seed, batch["id"])]), count)
        advance(place)
    last = drawn.max() if len(drawn) else np.uint64(0)
    for place, shard in enumerate(manifest.shards, 1 + len(manifest.shards)):
        for batch in read_promised(storage, shard.path, columns=columns):
            lucky = scatter(seed, batch["id"]) <= last
            if lucky.any():
                yield where(batch, lucky)
        advance(place)


def _first(drawn: NDArray[np.uint64], count: int) -> NDArray[np.uint64]:
    return drawn if len(drawn) <= count else np.partition(drawn, count - 1)[:count]
