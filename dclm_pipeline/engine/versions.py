"""Versions of the libraries whose output is stored: a part of keys, and of what pools must agree on."""

import hashlib
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files

from dclm_pipeline.sources import Source
from dclm_pipeline.step import BUNDLED, UNICODE, Step

_PACKAGE = files(__name__.partition(".")[0])
# Kernels know characters from Python's tables and from one of our own.
_OWN_TABLE = f"{BUNDLED}kernels/word_break.txt"


@cache
def library_version(name: str) -> str:
    """Return the installed version of a distribution, `absent` where there is none.

    Of `UNICODE`, return that of Python's tables; of a file of this package, its SHA-256.
    """
    if name == UNICODE:
        return unicodedata.unidata_version
    if name.startswith(BUNDLED):
        return hashlib.sha256(_PACKAGE.joinpath(name.removeprefix(BUNDLED)).read_bytes()).hexdigest()
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def libraries_of(source: Source | None, steps: Iterable[Step]) -> dict[str, str]:
    """Return the versions of the libraries whose output a source and steps store."""
    names = set() if source is None else set(source.libraries)
    names = names.union(*(step.made_with() for step in steps))
    if UNICODE in names:
        names.add(_OWN_TABLE)
    return {name: library_version(name) for name in sorted(names)}
