"""What assets there are: those that the catalogue knows, those that recipes name, and whether they are here and whole."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dclm_pipeline.engine.assets.cache import AssetCache, sha256_of
from dclm_pipeline.engine.assets.catalogue import Catalogue, Entry
from dclm_pipeline.engine.assets.places import NAMED, Asset


@dataclass(frozen=True)
class Listed:
    """An asset and what is known of it; `path` is its file on this machine, empty where it has none."""

    place: str
    sha256: str
    size: int | None
    licence: str
    origin: str
    used_by: str
    url: str
    path: str
    named_by: tuple[str, ...] = ()


def listed(catalogue: Catalogue, named: Iterable[tuple[str, Asset]], cache: AssetCache) -> list[Listed]:
    """Return the catalogue's assets by name, then those that recipes name beside them, with who names them."""
    found: dict[tuple[str, str], Listed] = {}
    for name, entry in sorted(catalogue.entries.items()):
        asset = Asset(f"{NAMED}{name}", entry.sha256, url=entry.url, size=entry.size)
        found[asset.place, ""] = _told(asset, entry, cache)
    for who, asset in named:
        key = (asset.place, asset.path)
        known = found.get(key) or _told(asset, _entry(catalogue, asset), cache)
        found[key] = replace(known, named_by=(*known.named_by, who))
    return list(found.values())


def damaged(cache: AssetCache, digests: Sequence[str], advance: Callable[[int], None]) -> list[str]:
    """Return the files of a cache whose bytes are not those that their names say; reads all of them."""
    wrong = []
    for count, sha256 in enumerate(digests, 1):
        path = cache.find(sha256)
        made = "" if path is None else sha256_of(path)
        if made and made != sha256:
            wrong.append(f"{path}: is sha256:{made}")
        advance(count)
    return wrong


def _told(asset: Asset, entry: Entry | None, cache: AssetCache) -> Listed:
    path = cache.find(asset.sha256) if asset.url else Path(asset.path)
    here = path if path is not None and path.is_file() else None
    return Listed(
        place=asset.place,
        sha256=asset.sha256 or ("" if here is None else sha256_of(here)),
        size=asset.size if here is None else here.stat().st_size,
        licence="" if entry is None else entry.licence,
        origin="" if entry is None else entry.origin,
        used_by="" if entry is None else entry.used_by,
        url=asset.url,
        path="" if here is None else str(here),
    )


def _entry(catalogue: Catalogue, asset: Asset) -> Entry | None:
    """Return what the catalogue knows of an asset, under whatever name."""
    return next((entry for entry in catalogue.entries.values() if entry.sha256 == asset.sha256), None)
