"""Opening a pool for reading: its manifest, and its shards as one Arrow dataset."""

from pathlib import Path

import pyarrow.dataset

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.pools.manifest import Manifest, read_manifest
from dclm_pipeline.storage import Storage, open_storage
from dclm_pipeline.storage.arrow_files import filesystem_of


def whole_pool(place: str) -> tuple[Storage, Manifest]:
    """Return a pool's storage and manifest; a place without a manifest holds no whole pool."""
    storage = open_storage(place)
    manifest = read_manifest(storage)
    if manifest is None:
        if Path(storage.url).is_file():
            raise RecipeError(f"{place}: is a file and no pool; name the folder that `run` was given as --out")
        if next(iter(storage.entries()), None) is None:
            raise RecipeError(
                f"{place}: nothing lies there, and so no pool; name the folder that `run` was given as --out"
            )
        raise RecipeError(
            f"{place}: no manifest.json, so there is no whole pool; if a run stopped here, run the same command again"
        )
    return storage, manifest


def open_pool(place: str) -> pyarrow.dataset.Dataset:
    """Open the shards that a pool's manifest names, in their order."""
    storage, manifest = whole_pool(place)
    if storage.url.startswith("/"):
        return pyarrow.dataset.dataset([f"{storage.url}/{shard.path}" for shard in manifest.shards], format="parquet")
    sizes = {shard.path: shard.bytes for shard in manifest.shards}
    return pyarrow.dataset.dataset(list(sizes), format="parquet", filesystem=filesystem_of(storage.url, sizes))
