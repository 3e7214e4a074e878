"""What older pools have kept, as the tasks of a barrier are told of it."""

from collections.abc import Iterator

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.engine.assets.pools import kept_for
from dclm_pipeline.engine.stored import Listed, Stored
from dclm_pipeline.pools.parquet import read_shard
from dclm_pipeline.remembering import Remembering
from dclm_pipeline.step import Assets, Barrier, Batch
from dclm_pipeline.storage import open_storage


def older_lists(assets: FetchedAssets, barrier: Barrier, round: int, folder: str) -> tuple[Listed, ...]:
    """Return, for each older pool in order, the files that a round hears; their lists are to lie in `folder`."""
    table = barrier.recalled_in(round) if isinstance(barrier, Remembering) else ""
    if not isinstance(barrier, Remembering) or not table:
        return ()
    lists = []
    for place in barrier.against:
        pool = assets.pool(place)
        files = [file for one in kept_for(pool, barrier) if one.table == table for file in one.files]
        lists.append(Listed(folder, [Stored(pool.url, file) for file in files]))
    return tuple(lists)


def older_rows(assets: Assets, barrier: Barrier, round: int) -> Iterator[tuple[int, Batch]]:
    """Yield all that a round hears of older pools, with the number of the pool, read here and now."""
    if isinstance(assets, FetchedAssets):
        for number, listed in enumerate(older_lists(assets, barrier, round, "")):
            for stored in listed.files:
                for batch in read_shard(open_storage(stored.folder), stored.file.path):
                    yield number, batch
