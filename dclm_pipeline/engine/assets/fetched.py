"""Assets as plans, workers and steps ask for them.

Who plans asks `FetchedAssets`: a digest is known without fetching, and what is neither here nor in a mirror is told
before anything runs. Tasks carry `PlannedAssets`: what their steps name, and its digests. A worker finds them on its own
machine or copies them from the mirror; it never asks the places where they come from.
"""

import platform
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from dclm_pipeline.engine.assets.cache import cache_here, sha256_of
from dclm_pipeline.engine.assets.catalogue import Catalogue, catalogue_of
from dclm_pipeline.engine.assets.places import Asset, asset_at
from dclm_pipeline.engine.assets.pools import OlderPool, kept_for, older_pool
from dclm_pipeline.engine.assets.pull import MIRROR, find_or_copy, in_mirror, mirror_here
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.recipe.places import places_of
from dclm_pipeline.remembering import OF_POOL, Remembering
from dclm_pipeline.step import Step, Sweep
from dclm_pipeline.storage import open_storage

PULL = "dclm assets pull"


@dataclass(frozen=True)
class PlannedAssets:
    """The assets of some steps: what a task carries."""

    assets: tuple[Asset, ...] = ()
    mirror: str = ""

    def path(self, place: str) -> Path:
        """Return a local file that holds what lies at `place`."""
        asset = self._asset(place)
        return Path(asset.path) if asset.path else Path(_at_hand(asset, self.mirror).path)

    def digest(self, place: str) -> str:
        """Return the SHA-256 of what lies at `place`."""
        return self._asset(place).sha256

    def kept(self, place: str, step: Remembering) -> tuple[Path, ...]:
        """Return local files of what such a step has kept in the pool at `place`."""
        del step  # the plan has chosen the files
        asset = self._asset(place)
        return tuple(_kept_file(asset, path, sha256) for path, sha256 in asset.kept)

    def at_hand(self) -> "PlannedAssets":
        """Have all of them on this machine, as whoever opens the steps may be allowed to look nowhere else."""
        return replace(self, assets=tuple(_at_hand(asset, self.mirror) for asset in self.assets))

    def _asset(self, place: str) -> Asset:
        for asset in self.assets:
            if asset.place == place:
                return asset
        raise RecipeError(
            f"{place}: is no asset that the step's settings name; annotate the setting that names it as a `Place`"
        )


@dataclass(frozen=True)
class FetchedAssets:
    """Assets by their places, below the folder that relative ones in a recipe begin at."""

    folder: str = "."
    catalogue: Catalogue = field(default_factory=Catalogue)
    mirror: str = ""
    # Manifests are read once: a plan must not see another one half-way.
    pools: dict[str, OlderPool] = field(default_factory=dict, compare=False, repr=False)

    def path(self, place: str) -> Path:
        """Return a local file that holds what lies at `place`."""
        return Path(_at_hand(self._planned(place), self.mirror).path)

    def kept(self, place: str, step: Remembering) -> tuple[Path, ...]:
        """Return local files of what such a step has kept in the pool at `place`."""
        asset = self._holding(place, step)
        return tuple(_kept_file(asset, path, sha256) for path, sha256 in asset.kept)

    def digest(self, place: str) -> str:
        """Return the SHA-256 of what lies at `place`; fetches nothing."""
        return self._planned(place).sha256

    def asset(self, place: str) -> Asset:
        """Return what a place leads to; looks at nothing."""
        return asset_at(place, self.folder, self.catalogue)

    def named_by(self, steps: Iterable[Step]) -> list[tuple[str, Asset]]:
        """Return what steps name, each asset with the setting that names it; looks at nothing."""
        return [
            (f"{step.name or step.kind}.{setting}", self.asset(place))
            for step in steps
            for setting, place in places_of(step)
        ]

    def needed_by(self, steps: Iterable[Step]) -> PlannedAssets:
        """Return what the tasks of steps carry."""
        chain = tuple(steps)
        assets = {place: self._planned(place) for step in chain for _, place in places_of(step)}
        for step in chain:
            if isinstance(step, Sweep) and isinstance(step, Remembering):
                assets |= {place: self._holding(place, step) for place in step.against}
        return PlannedAssets(tuple(assets.values()), self.mirror)

    def _holding(self, place: str, step: Remembering) -> Asset:
        """Return a pool with the files that it has kept for a step."""
        files = (file for one in kept_for(self.pool(place), step) for file in one.files)
        return replace(self._planned(place), kept=tuple((file.path, file.sha256) for file in files))

    def pool(self, place: str) -> OlderPool:
        """Return the pool at a place, as it was when it was first asked for."""
        if place not in self.pools:
            asset = self.asset(place)
            self.pools[place] = older_pool(place.removeprefix(OF_POOL), asset.pool, asset.sha256)
        return self.pools[place]

    def look_at(self, steps: Iterable[Step]) -> None:
        """Refuse steps that name what is not on this machine or has another digest, or pools that cannot be compared."""
        problems = []
        for step in steps:
            for setting, place in places_of(step):
                try:
                    self._planned(place)
                    if isinstance(step, Remembering) and place in step.against:
                        kept_for(self.pool(place), step)
                except (RecipeError, IntegrityError) as error:
                    problems.append(f"{step.name or step.kind}.{setting}: {error}")
        if problems:
            raise RecipeError("\n".join(problems))

    def absent(self, steps: Iterable[Step]) -> list[str]:
        """Return what steps name that is neither on this machine nor in the mirror, each with its setting."""
        cache = cache_here()
        return [
            f"{setting}: {asset.place}"
            for setting, asset in self.named_by(steps)
            if asset.url and cache.find(asset.sha256) is None and not in_mirror(self.mirror, asset.sha256)
        ]

    def require(self, steps: Iterable[Step]) -> None:
        """Refuse steps that name what is neither on this machine nor in the mirror."""
        missing = [f"\n  {absent}" for absent in self.absent(steps)]
        if missing:
            mirror = f" nor in {self.mirror}" if self.mirror else ""
            raise RecipeError(
                f"a run fetches no assets, and these are not on this machine{mirror}:{''.join(missing)}\n"
                f"fetch them first: `{PULL} RECIPE`"
            )

    def _planned(self, place: str) -> Asset:
        """Return what a place leads to, its digest known."""
        asset = self.asset(place)
        if asset.pool:
            pool = self.pool(place)
            return replace(asset, sha256=pool.sha256, pool=pool.url)
        return settled(asset)


def settled(asset: Asset) -> Asset:
    """Return an asset with its digest; a file of this machine is read for it, and must have the one that was given."""
    if asset.url:
        return asset
    found = _digest_of_file(asset)
    if asset.sha256 not in ("", found):
        raise IntegrityError(
            f"{asset.place}: {asset.path} is sha256:{found}; give that digest, or the file that has the other"
        )
    return replace(asset, sha256=found)


def assets_below(folder: str, catalogue: str = "") -> FetchedAssets:
    """Return the assets of a recipe in a folder, by the user's catalogue and the mirror that the environment names."""
    return FetchedAssets(str(Path(folder).absolute()), catalogue_of(catalogue), mirror_here())


def _kept_file(asset: Asset, path: str, sha256: str) -> Path:
    """Return a file of a pool on this machine; one that lies elsewhere is copied to the cache, once a machine."""
    if asset.pool.startswith("/"):
        file = Path(asset.pool, path)
        if _digest_of_file(replace(asset, path=str(file))) != sha256:
            raise IntegrityError(f"{file}: holds other bytes than the pool's manifest says; `dclm verify` tells more")
        return file
    cache = cache_here()
    with cache.alone_with(sha256):
        found = cache.find(sha256)
        if found is None:
            with open_storage(asset.pool).open(path) as source:
                found = cache.add(sha256, source, f"{asset.pool}/{path}", lambda *_: None)
    return found


def _at_hand(asset: Asset, mirror: str) -> Asset:
    """Return an asset with the path of its file on this machine, which holds what the plan says."""
    if asset.pool:
        for path, sha256 in asset.kept:
            _kept_file(asset, path, sha256)
        return asset
    if not asset.url:
        if _digest_of_file(asset) != asset.sha256:
            raise IntegrityError(
                f"{asset.place}: {asset.path} on {platform.node()} is not the file of the plan, sha256:{asset.sha256}: it was "
                "changed, or another lies there; leave it alone while a run lasts, then run again"
            )
        return asset
    if asset.path:
        return asset
    for place in dict.fromkeys((mirror, mirror_here())):
        found = find_or_copy(asset, place)
        if found is not None:
            return replace(asset, path=str(found.path))
    raise RecipeError(
        f"{asset.place}: is not on {platform.node()} (not in {cache_here().folder}); fetch it there by "
        f"`{PULL} '{asset.url}#sha256={asset.sha256}'`, or let {MIRROR} name a mirror that has it"
    )


def _digest_of_file(asset: Asset) -> str:
    path = Path(asset.path)
    if not path.is_file():
        here = Path(asset.place.partition("#")[0]).absolute()
        hint = f"; relative paths begin at the recipe, so write {here}" if here.is_file() else ""
        raise RecipeError(f"{asset.place}: there is no such file (looked at {path}){hint}")
    return sha256_of(path)
