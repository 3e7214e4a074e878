"""Versions of the libraries whose output is stored: a part of keys, and of what pools must agree on."""

import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from dclm_pipeline.sources import Source
from dclm_pipeline.step import UNICODE, Step


@cache
def library_version(name: str) -> str:
    """Return the installed version of a distribution, `absent` where there is none; of `UNICODE`, that of Python's tables."""
    if name == UNICODE:
        return unicodedata.unidata_version
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def libraries_of(source: Source | None, steps: Iterable[Step]) -> dict[str, str]:
    """Return the versions of the libraries whose output a source and steps store."""
    names = set() if source is None else set(source.libraries)
    names = names.union(*(step.libraries for step in steps))
    return {name: library_version(name) for name in sorted(names)}
