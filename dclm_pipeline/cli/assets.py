"""`dclm assets`: the models and lists that steps name, and having them on this machine before a run needs them."""

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dclm_pipeline.cli.funnel import counted
from dclm_pipeline.cli.listing import Listing
from dclm_pipeline.cli.progress import Counting, Line, clock
from dclm_pipeline.cli.stopping import GOES_ON, stopping_once
from dclm_pipeline.errors import IntegrityError, RecipeError

if TYPE_CHECKING:
    from dclm_pipeline.engine.assets.listing import Listed
    from dclm_pipeline.engine.assets.places import Asset
    from dclm_pipeline.engine.assets.pull import Pulled

# What takes less time is not worth a line that comes and goes.
TELLING_SECONDS = 2.0
Command = TypeVar("Command", bound=Callable[..., Any])
Named = list[tuple[str, "Asset"]]

catalogue_option = click.option(
    "--catalogue", default="", metavar="FILE", help="Your own names of assets; default: the file in DCLM_ASSETS."
)


def recipes_options(command: Command) -> Command:
    """Give a command what says how its recipes are read."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text."),
        click.option("--allow-custom-code", is_flag=True, help="Import the modules that the recipes' `uses` name."),
        click.option("--set", "overrides", multiple=True, metavar="NAME.FIELD=VALUE", help="As `run` will be told."),
        catalogue_option,
    ):
        command = option(command)
    return command


@click.group(cls=Listing)
def assets() -> None:
    """Models and lists that steps name: what there is, fetching them, and checking them.

    A run fetches nothing: what its recipe names must be here, or in the mirror that DCLM_ASSET_MIRROR names.
    """


@assets.command("list")
@click.argument("recipes", nargs=-1, type=click.Path(path_type=Path), metavar="[RECIPE]...")
@recipes_options
def list_(
    recipes: tuple[Path, ...], catalogue: str, overrides: tuple[str, ...], allow_custom_code: bool, as_json: bool
) -> None:
    """List the assets that the catalogue knows and that RECIPES name; asks no server."""
    from dclm_pipeline.engine.assets.cache import cache_here
    from dclm_pipeline.engine.assets.catalogue import catalogue_of
    from dclm_pipeline.engine.assets.listing import listed

    named = _named_by(recipes, catalogue, overrides, allow_custom_code)
    cache = cache_here()
    found = listed(catalogue_of(catalogue), named, cache)
    if as_json:
        click.echo(json.dumps({"cache": str(cache.folder), "assets": [_json(one) for one in found]}))
        return
    for one in found:
        size = "size unknown" if one.size is None else _megabytes(one.size)
        here = "here" if one.path else "not here"
        click.echo(f"{_short(one.place)}: {', '.join(filter(None, (size, one.licence, here)))}")
        for line in (one.sha256 and f"sha256:{one.sha256}", one.origin, ", ".join(one.named_by)):
            if line:
                click.echo(f"    {line}")
    click.echo(f"(kept in {cache.folder})")


@assets.command()
@click.argument("wanted", nargs=-1, required=True, metavar="RECIPE|NAME...")
@click.option("--mirror", default="", metavar="PLACE", help="Also put them into this mirror: a folder or s3://.")
@recipes_options
def pull(
    wanted: tuple[str, ...],
    mirror: str,
    catalogue: str,
    overrides: tuple[str, ...],
    allow_custom_code: bool,
    as_json: bool,
) -> None:
    """Fetch the assets that recipes name, or those of a NAME or place, unless they are here."""
    from dclm_pipeline.engine.assets import assets_below
    from dclm_pipeline.engine.assets.cache import cache_here
    from dclm_pipeline.engine.assets.pull import copy_to_mirror, mirror_here
    from dclm_pipeline.engine.assets.pull import pull as pull_asset

    known = assets_below(".", catalogue)
    named: Named = []
    for word in wanted:
        place = _place_of(word, known.catalogue.entries)
        if place:
            named.append((word, known.asset(place)))
        else:
            named += _named_by((Path(word),), catalogue, overrides, allow_custom_code)
    _require_files(named)
    cache_here().sweep()
    done: list[dict[str, Any]] = []
    with stopping_once(GOES_ON):
        for asset in {asset.sha256: asset for _, asset in named if asset.url}.values():
            line = Line(quiet=as_json)
            try:
                pulled = pull_asset(asset, mirror_here(), _telling(line, asset))
                copied = bool(mirror) and copy_to_mirror(pulled, mirror)
            finally:
                line.clear()
            facts = {"place": asset.place, "sha256": asset.sha256, "bytes": pulled.bytes, "path": str(pulled.path)}
            done.append(facts | {"source": pulled.source, "copied": copied})
            if not as_json:
                click.echo(_pulled_text(pulled, mirror, copied=copied))
    if as_json:
        click.echo(json.dumps({"assets": done}))
    elif not done:
        click.echo("nothing to fetch: no asset but files of this machine is named")


@assets.command()
@click.argument("recipes", nargs=-1, type=click.Path(path_type=Path), metavar="[RECIPE]...")
@recipes_options
def verify(
    recipes: tuple[Path, ...], catalogue: str, overrides: tuple[str, ...], allow_custom_code: bool, as_json: bool
) -> None:
    """Read the assets that RECIPES name, or all that are kept here, and hold their bytes against their digests."""
    from dclm_pipeline.engine.assets.cache import cache_here
    from dclm_pipeline.engine.assets.listing import damaged

    cache = cache_here()
    named = _named_by(recipes, catalogue, overrides, allow_custom_code)
    _require_files(named)
    digests = list(dict.fromkeys(asset.sha256 for _, asset in named if asset.url)) if recipes else cache.digests()
    with Counting("assets", len(digests), quiet=as_json) as counting:
        wrong = damaged(cache, digests, counting.advance_to)
    missing = [asset.place for _, asset in named if asset.url and cache.find(asset.sha256) is None]
    if as_json:
        click.echo(json.dumps({"assets": len(digests), "damaged": wrong, "missing": missing}))
    if wrong:
        listed = "\n  ".join(wrong)
        raise IntegrityError(
            f"{cache.folder}: {len(wrong)} damaged:\n  {listed}\nDelete the files named, then fetch them again: "
            "`dclm assets pull`"
        )
    if missing:
        raise RecipeError(f"not here: {', '.join(missing)}; fetch them: `dclm assets pull RECIPE`")
    if not as_json:
        click.echo(f"{cache.folder}: good. {counted(len(digests), 'asset')}")


def _named_by(recipes: tuple[Path, ...], catalogue: str, overrides: tuple[str, ...], custom: bool) -> Named:
    """Return what recipes name, each asset with the recipe and setting that names it."""
    from dclm_pipeline.engine.assets import assets_below
    from dclm_pipeline.recipe import folder_of, load_recipe

    named: Named = []
    for path in recipes:
        recipe = load_recipe(path, overrides=overrides, allow_custom_code=custom)
        found = assets_below(folder_of(path), catalogue).named_by(recipe.steps)
        named += [(f"{recipe.name} {setting}", asset) for setting, asset in found]
    return named


def _place_of(word: str, names: Any) -> str:
    """Return the place that a word stands for; empty where it is a recipe."""
    if "://" in word or word.startswith("asset:"):
        return word
    return f"asset:{word}" if word in names and not Path(word).exists() else ""


def _require_files(named: Named) -> None:
    from dclm_pipeline.engine.assets.fetched import settled

    for _, asset in named:
        settled(asset)


def _telling(line: Line, asset: "Asset") -> Callable[[int, int], None]:
    begun = time.monotonic()

    def advance(size: int, whole: int) -> None:
        seconds = time.monotonic() - begun
        if seconds > TELLING_SECONDS:
            left = clock((whole - size) * seconds / max(size, 1))
            line.show(f"{_short(asset.place)}: {_megabytes(size)} of {_megabytes(whole)}, {left} left")

    return advance


def _pulled_text(pulled: "Pulled", mirror: str, *, copied: bool) -> str:
    came = f"from {_short(pulled.source)} in {pulled.seconds:.1f} s" if pulled.source else "here already"
    put = f", put into {mirror}" if copied else (f", in {mirror} already" if mirror else "")
    return f"{_short(pulled.asset.place)}: {_megabytes(pulled.bytes)}, {came}{put}"


def _json(one: "Listed") -> dict[str, Any]:
    return asdict(one) | {"here": bool(one.path)}


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _short(place: str) -> str:
    """Return a place without the digest at its end."""
    return place.partition("#sha256=")[0]
