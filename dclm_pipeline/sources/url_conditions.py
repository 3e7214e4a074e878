"""What rows of a crawl's URL index must fulfil: by one column each, and by what that column's statistics allow.

Knows the index's columns and how it is sorted (by address, the host's parts from the last to the first); not where it
lies. Text comes as bytes: what is no UTF-8 is no match, and costs nothing else. However many values a condition has,
a row is looked up once, and equal rows that lie together once for all.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array
from dclm_pipeline.sources.index_file import NUMBER, TEXT

KEY = "url_surtkey"
_WWW = re.compile(r"^www\d*\.")
_IPV4 = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_LONGEST_HOST = 255


class Condition(Protocol):
    """What a row must fulfil."""

    @property
    def column(self) -> str:
        """Return the column that is looked at."""
        ...

    @property
    def kind(self) -> pa.DataType:
        """Return the type in which `holds` is given the column: `NUMBER` or `TEXT`."""
        ...

    @property
    def bounded(self) -> str:
        """Return the column whose least and greatest value say whether a row group may hold a match."""
        ...

    def may_hold(self, least: Any, greatest: Any) -> bool:
        """Tell whether a match may lie between two values."""
        ...

    def holds(self, values: Array) -> NDArray[np.bool_]:
        """Tell of each value whether it is a match; null counts as no."""
        ...


@dataclass(frozen=True)
class OneOf:
    """A column is one of some values: numbers, or texts."""

    column: str
    values: tuple[int, ...] | tuple[str, ...]

    @property
    def kind(self) -> pa.DataType:
        """Return what the values are."""
        return TEXT if any(isinstance(value, str) for value in self.values) else NUMBER

    @property
    def bounded(self) -> str:
        """Return the column itself."""
        return self.column

    def may_hold(self, least: Any, greatest: Any) -> bool:
        """Tell whether one of the values lies between two."""
        known: list[Any] = sorted(self.values)
        place = bisect_left(known, least)
        return place < len(known) and bool(known[place] <= greatest)

    def holds(self, values: Array) -> NDArray[np.bool_]:
        """Look each up."""
        return _mask(pc.is_in(values, value_set=self._known))

    @cached_property
    def _known(self) -> Array:
        known: Array = pa.array(
            [value.encode() if isinstance(value, str) else value for value in self.values], self.kind
        )
        return known


@dataclass(frozen=True)
class Between:
    """A column is a number from `low` to `high`."""

    column: str
    low: int
    high: int

    kind = NUMBER

    @property
    def bounded(self) -> str:
        """Return the column itself."""
        return self.column

    def may_hold(self, least: Any, greatest: Any) -> bool:
        """Tell whether the two stretches meet."""
        return bool(least <= self.high and greatest >= self.low)

    def holds(self, values: Array) -> NDArray[np.bool_]:
        """Compare each."""
        return _mask(
            pc.and_(
                pc.greater_equal(values, pa.scalar(self.low, NUMBER)),
                pc.less_equal(values, pa.scalar(self.high, NUMBER)),
            )
        )


@dataclass(frozen=True)
class Languages:
    """One of some languages is what a page is in, for the most part or (`any`) in part."""

    values: tuple[str, ...]
    any: bool = False

    column = "content_languages"
    bounded = "content_languages"
    kind = TEXT

    def may_hold(self, least: Any, greatest: Any) -> bool:
        """Say yes: a list of languages is in no order that helps."""
        del least, greatest
        return True

    def holds(self, values: Array) -> NDArray[np.bool_]:
        """Look for a language at the beginning of each list, or anywhere in it."""
        known = _encoded(self.values)
        if self.any:
            return _looked_up(values, lambda told: not known.isdisjoint(told.split(b",")))
        return _looked_up(values, lambda told: told.partition(b",")[0] in known)


@dataclass(frozen=True)
class Addressed:
    """A host or an address is one of some; with `below`, or a host under one of them."""

    column: str
    values: tuple[str, ...]
    below: bool = False

    bounded = KEY
    kind = TEXT

    def may_hold(self, least: Any, greatest: Any) -> bool:
        """Tell whether the addresses of one of the hosts may lie between two keys."""
        prefixes, known = self._prefixes
        place = bisect_left(prefixes, least)
        if place < len(prefixes) and prefixes[place] <= greatest:
            return True
        return any(least[:cut] in known for cut in range(1, len(least) + 1))

    def holds(self, values: Array) -> NDArray[np.bool_]:
        """Look each up, and with `below` each host that it is under."""
        known = self._known
        return _looked_up(values, lambda host: _is_below(host, known) if self.below else host in known)

    @cached_property
    def _known(self) -> frozenset[bytes]:
        return _encoded(self.values)

    @cached_property
    def _prefixes(self) -> tuple[list[str], frozenset[str]]:
        """Return how the keys of matches begin, in order and for looking up."""
        hosts = (urlsplit(value).hostname or "" if "://" in value else value for value in self.values)
        known = frozenset(key for host in hosts for key in _keys(host))
        return sorted(known), known


def sort_key(host: str) -> str:
    """Return how an address on a host begins in the index's order: `org,example,www2`; a leading www counts nothing."""
    host = host.lower().rstrip(".")
    if not host.isascii():
        host = host.encode("idna").decode()
    return ",".join(reversed(_WWW.sub("", host).split(".")))


def _keys(host: str) -> tuple[str, ...]:
    # Numbers for a host are reversed by some writers of keys, and by others not.
    return (sort_key(host), host) if _IPV4.fullmatch(host) else (sort_key(host),)


def _is_below(host: bytes, known: frozenset[bytes]) -> bool:
    """Tell whether a host is one of some, or under one."""
    host = host.removesuffix(b".")
    more = len(host) <= _LONGEST_HOST
    while more and host not in known:
        _, dot, host = host.partition(b".")
        more = bool(dot)
    return more


def _looked_up(values: Array, fits: Callable[[bytes], bool]) -> NDArray[np.bool_]:
    """Tell of each value whether it fits, and ask once for those that are equal."""
    encoded = values.dictionary_encode()
    # Values alone become objects of Python, and of equal ones one; the last is for null.
    matches = np.array(
        [*(value is not None and fits(value) for value in encoded.dictionary.to_pylist()), False], np.bool_
    )
    found: NDArray[np.bool_] = matches[encoded.indices.fill_null(len(matches) - 1).to_numpy()]
    return found


def _encoded(values: Sequence[str]) -> frozenset[bytes]:
    return frozenset(value.encode() for value in values)


def _mask(values: Array) -> NDArray[np.bool_]:
    return np.asarray(values.fill_null(False), np.bool_)
