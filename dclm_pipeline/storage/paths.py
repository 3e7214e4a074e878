"""Which paths may be asked of a storage: one rule for all of them, so that what works here works there.

Paths may come from a manifest or a listing that somebody else wrote: none of them may lead out of the storage.
"""

import os
from urllib.parse import unquote

from dclm_pipeline.errors import RecipeError

# What is being written lies under such a name until it is whole; no listing shows it and no path may name it.
UNFINISHED = ".tmp-"
# Older than this, it was left by somebody who was killed: no writing stands still for a day.
FORSAKEN_SECONDS = 24 * 3600.0


def below(url: str, path: str) -> str:
    """Return the URL of what lies below a place; what a URL says after `?` stays at its end."""
    place, options = _split(url)
    return f"{place.rstrip('/')}/{path}{options}"


def beside(url: str, name: str) -> str:
    """Return the URL of what lies beside a place."""
    place, options = _split(url)
    return f"{place.rstrip('/').rpartition('/')[0]}/{name}{options}"


def is_below(url: str, other: str) -> bool:
    """Tell whether a place lies below another."""
    (place, options), (around, others) = _split(url), _split(other)
    return options == others and place.startswith(f"{around.rstrip('/')}/")


def parted(url: str) -> tuple[str, str]:
    """Return the URL of the folder in which an object lies, and the object's path there."""
    place, options = _split(url)
    folder, _, name = place.rpartition("/")
    return f"{folder}/{options}", unquote(name) if "://" in url else name


def last_name(url: str) -> str:
    """Return what a place is called where it lies, of a folder as of an object: the end of its URL."""
    place, _ = _split(url)
    return place.rstrip("/").rpartition("/")[2]


def _split(url: str) -> tuple[str, str]:
    if "://" not in url:
        return url, ""
    place, mark, options = url.partition("?")
    return place, mark + options


def check_path(path: str) -> str:
    """Return `path` if it may name an object: relative, `/` between plain names."""
    return _checked(path, path.split("/"))


def check_prefix(prefix: str) -> str:
    """Return `prefix` if it may begin the path of an object; its last name may be incomplete or empty."""
    *folders, last = prefix.split("/")
    unfinished = last in ("", ".", "..") or UNFINISHED.startswith(last)
    return _checked(prefix, folders if unfinished else [*folders, last])


def _checked(path: str, names: list[str]) -> str:
    for name in names:
        if name in ("", ".", ".."):
            raise RecipeError(f"{path!r} names no object: {name!r} cannot be one of its names; write it like 'a/b.txt'")
        if name.startswith(UNFINISHED):
            raise RecipeError(f"{path!r} names no object: names that begin with {UNFINISHED!r} are kept for writing")
    if "\0" in path:
        raise RecipeError(f"{path!r} names no object: it holds a NUL character")
    try:
        os.fsencode(path)
    except UnicodeEncodeError as error:
        raise RecipeError(f"{path!r} names no object: it cannot be written as UTF-8") from error
    return path
