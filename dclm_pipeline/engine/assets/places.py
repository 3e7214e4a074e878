"""The place of an asset, as a recipe says it: a local path, an address with a digest, or a name from a catalogue."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dclm_pipeline.engine.assets.bundled import find_bundled
from dclm_pipeline.engine.assets.catalogue import DIGEST, NOT_A_DIGEST, UNPINNED, Catalogue
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.remembering import OF_POOL
from dclm_pipeline.storage import open_storage
from dclm_pipeline.storage.paths import parted

NAMED = "asset:"
_MARK = "#sha256="
_REMOTE = ("https", "http", "s3", "hf")


@dataclass(frozen=True)
class Asset:
    """What a place leads to: a file at `path`, or what lies at `url` and is kept by its digest.

    `sha256` is empty where nobody has said it, which only a file of this machine and a pool may do. Of a `pool`, which
    lies at a folder or URL, it is the manifest's; `kept` are files of it that are needed on each machine: path, digest.
    """

    place: str
    sha256: str = ""
    url: str = ""
    path: str = ""
    size: int | None = None
    pool: str = ""
    kept: tuple[tuple[str, str], ...] = ()


def asset_at(place: str, folder: str, catalogue: Catalogue) -> Asset:
    """Read a place; asks nobody. Relative paths begin at `folder`."""
    where, mark, sha256 = place.rpartition(_MARK)
    where, sha256 = (where, sha256.lower()) if mark else (place, "")
    if mark and not DIGEST.match(sha256):
        raise RecipeError(f"{_without_password(place)}: ends in {sha256!r}; {NOT_A_DIGEST}")
    if where.startswith(OF_POOL):
        return Asset(place, sha256, pool=_pool_at(where.removeprefix(OF_POOL), folder))
    name = where.removeprefix(NAMED)
    if where.startswith(NAMED) and sha256 and name in UNPINNED and name not in catalogue.entries:
        return Asset(place, sha256, url=UNPINNED[name])
    if where.startswith(NAMED):
        entry = catalogue.entry(where.removeprefix(NAMED))
        if sha256 not in ("", entry.sha256):
            raise RecipeError(
                f"{place}: the catalogue says sha256:{entry.sha256}; leave the digest out, or give that one"
            )
        if find_bundled(entry.sha256) is None:
            _check(entry.url)
        return Asset(place, entry.sha256, url=entry.url, size=entry.size)
    if "://" not in where or where.startswith("file://"):
        return Asset(place, sha256, path=str(Path(folder, where.removeprefix("file://")).absolute()))
    _check(where)
    if not sha256:
        hub = ", and the hub shows it on the file's page" if where.startswith("hf://") else ""
        raise RecipeError(
            f"{place}: needs the SHA-256 of the file, so that it is the same one everywhere: put {_MARK}… at its end; "
            f"`sha256sum FILE` tells it of a copy that you trust{hub}"
        )
    return Asset(place, sha256, url=where)


def _pool_at(where: str, folder: str) -> str:
    """Return where a pool lies; asks nobody."""
    if "://" in where and not where.startswith("file://"):
        if _without_password(where) != where:
            raise RecipeError(f"{_without_password(where)}: passwords do not belong in URLs, which are written down")
        return where
    return str(Path(folder, where.removeprefix("file://")).absolute())


def _check(url: str) -> None:
    """Refuse an address that cannot be one; asks no server."""
    scheme = url.partition("://")[0]
    if _without_password(url) != url:
        raise RecipeError(f"{_without_password(url)}: passwords do not belong in URLs, which are written down")
    if scheme not in _REMOTE:
        raise RecipeError(f"{url}: an asset is a local path, https://, s3://, hf:// or {NAMED}NAME")
    folder, name = parted(url)
    if not name:
        raise RecipeError(f"{url}: is a folder; an asset is one file")
    if scheme != "s3":  # which asks whether there is a file
        open_storage(url)
    elif not urlsplit(folder).netloc:
        raise RecipeError(f"{url}: write it like s3://bucket/path/of/the/file")


def _without_password(url: str) -> str:
    """Return a URL less what stands before an `@` in front of its host; on the hub that is no password."""
    scheme, mark, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return url if scheme == "hf" or "@" not in host else f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"
