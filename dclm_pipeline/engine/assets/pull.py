"""Fetching assets into the cache: from a mirror where there is one, else from where they come from; and filling mirrors.

A mirror is any storage with objects by their digest, laid out like a cache: a folder that others copy, a bucket, a URL.
"""

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from dclm_pipeline.engine.assets.cache import Advance, AssetCache, cache_here, object_path
from dclm_pipeline.engine.assets.places import Asset
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.storage import Storage, open_storage
from dclm_pipeline.storage.paths import below, parted

MIRROR = "DCLM_ASSET_MIRROR"


@dataclass(frozen=True)
class Pulled:
    """An asset that is on this machine now; `source` is where it was fetched from, empty where it was here before."""

    asset: Asset
    path: Path
    bytes: int
    source: str = ""
    seconds: float = 0.0


def mirror_here() -> str:
    """Return the URL of the mirror that the environment names, if it names one; the same for workers elsewhere."""
    named = os.environ.get(MIRROR, "")
    return open_storage(named).url if named and "://" not in named else named


def in_mirror(mirror: str, sha256: str) -> bool:
    """Tell whether a mirror has the bytes of a digest."""
    if not mirror:
        return False
    storage, path = _opened(below(mirror, object_path(sha256)))
    try:
        storage.size(path)
    except FileNotFoundError:
        return False
    return True


def pull(asset: Asset, mirror: str, advance: Advance) -> Pulled:
    """Have an asset on this machine, from the mirror or from where it comes from."""
    begun = time.monotonic()
    found = find_or_copy(asset, mirror, advance)
    if found is not None:
        return found
    cache = cache_here()
    with cache.alone_with(asset.sha256):
        path = cache.find(asset.sha256)
        if path is not None:
            return Pulled(asset, path, path.stat().st_size)
        try:
            path = _taken_from(asset.url, asset, cache, advance)
        except FileNotFoundError as error:
            raise RecipeError(f"{asset.place}: {error}; look at the address") from error
    return Pulled(asset, path, path.stat().st_size, asset.url, time.monotonic() - begun)


def find_or_copy(asset: Asset, mirror: str, advance: Advance = lambda size, whole: None) -> Pulled | None:
    """Find an asset on this machine, or copy it from the mirror; ask nobody else."""
    begun, cache = time.monotonic(), cache_here()
    path = cache.find(asset.sha256)
    if path is not None or not mirror:
        return None if path is None else Pulled(asset, path, path.stat().st_size)
    with cache.alone_with(asset.sha256):
        path = cache.find(asset.sha256)
        if path is not None:
            return Pulled(asset, path, path.stat().st_size)
        url = below(mirror, object_path(asset.sha256))
        try:
            path = _taken_from(url, asset, cache, advance)
        except FileNotFoundError:
            return None
    return Pulled(asset, path, path.stat().st_size, url, time.monotonic() - begun)


def copy_to_mirror(pulled: Pulled, mirror: str) -> bool:
    """Put an asset into a mirror unless it has it; say whether it was put there."""
    storage, name = _opened(below(mirror, object_path(pulled.asset.sha256)))
    try:
        if storage.size(name) == pulled.bytes:
            return False
    except FileNotFoundError:
        pass
    with tempfile.TemporaryDirectory(prefix="dclm-mirror-") as folder:
        # Storages take the files that they are given away: what they get is a link.
        link = Path(folder, "asset")
        link.symlink_to(pulled.path)
        storage.put_file(name, link)
    return True


def _taken_from(url: str, asset: Asset, cache: AssetCache, advance: Advance) -> Path:
    storage, name = _opened(url)
    with storage.open(name) as file:
        size = file.seek(0, os.SEEK_END)
        if asset.size not in (None, size):
            raise IntegrityError(
                f"{url}: has {size:,} bytes, and the catalogue says {asset.size:,}; it was not fetched"
            )
        return cache.add(asset.sha256, file, url, advance)


def _opened(url: str) -> tuple[Storage, str]:
    folder, name = parted(url)
    return open_storage(folder), name
