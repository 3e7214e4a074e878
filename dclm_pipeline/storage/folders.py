"""What lies below a folder, in the order in which an object store would list it.

Reads one folder at a time, as the listing gets to it. What goes away meanwhile is not listed.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dclm_pipeline.storage import Entry
from dclm_pipeline.storage.paths import UNFINISHED
from dclm_pipeline.storage.trouble import naming

# A folder by device and number, which no two folders share at one time.
_Identity = tuple[int, int]


def walk(root: Path, prefix: str) -> Iterator[Entry]:
    """List the files below `root` whose path begins with `prefix`, by path in code point order.

    Links are followed; a link to a folder that holds it is passed over, so a circle of links ends.
    """
    folder = prefix.rpartition("/")[0]
    start = root / folder
    with naming(str(start)):
        found = _status(start)
    if found is not None and stat.S_ISDIR(found.st_mode):
        yield from _below(start, f"{folder}/" if folder else "", prefix, ((found.st_dev, found.st_ino),))


def _below(folder: Path, path: str, prefix: str, above: tuple[_Identity, ...]) -> Iterator[Entry]:
    for name in _names(folder, path, prefix):
        place = folder / name
        with naming(str(place)):
            found = _status(place)
        if found is None:
            continue
        identity = (found.st_dev, found.st_ino)
        if stat.S_ISREG(found.st_mode) and not name.endswith("/"):
            yield Entry(path + name, found.st_size)
        elif stat.S_ISDIR(found.st_mode) and name.endswith("/") and identity not in above:
            yield from _below(place, path + name, prefix, (*above, identity))


def _names(folder: Path, path: str, prefix: str) -> list[str]:
    """Return the names in a folder that matter to `prefix`, a folder's with a `/`, in the order of what they lead to.

    Everything below `a` begins with `a/`, so `a/` stands in the order where all of it does: after `a.b`, before `a0`.
    """
    names = []
    with naming(str(folder)), suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as found:
        for entry in found:
            if entry.name.startswith(UNFINISHED):
                continue
            name = f"{entry.name}/" if _leads_on(entry) else entry.name
            if (path + name).startswith(prefix) or (name.endswith("/") and prefix.startswith(path + name)):
                names.append(name)
    return sorted(names)


def _leads_on(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or one to where this user may not look: no folder to this listing
        return False


def _status(place: Path) -> os.stat_result | None:
    """Return what lies at the end of links, or nothing where they end nowhere."""
    try:
        return place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        if place.is_symlink():
            return None
        raise
