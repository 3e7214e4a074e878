"""The URL index of a crawl: a table with a row for each record, which says where in which WARC file it lies.

Knows the columns of Common Crawl's table and how it is sorted (by address, the host's parts from the last to the
first), so that row groups without a match are not read; of the others first the columns that a condition looks at, and
where the records lie only if one fits. What the table says is not trusted: names and places are checked.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, one_batch, where
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.pools.reading import distrusting
from dclm_pipeline.storage import Storage
from dclm_pipeline.storage.many import at_once

NAME, OFFSET, LENGTH = "warc_filename", "warc_record_offset", "warc_record_length"
KEY = "url_surtkey"
FILES_AT_ONCE = 4
MOST_RECORDS = 50_000_000
_WWW = re.compile(r"^www\d*\.")
_MOST_LENGTH = 2**31

Span = tuple[int, int]


class Condition(Protocol):
    """What a row must fulfil: by one column, and by what that column's statistics allow."""

    @property
    def column(self) -> str:
        """Return the column that is looked at."""
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
    """A column is one of some values."""

    column: str
    values: tuple[Any, ...]

    @property
    def bounded(self) -> str:
        """Return the column itself."""
        return self.column

    def may_hold(self, least: Any, greatest: Any) -> bool:
        """Tell whether one of the values lies between two."""
        known = sorted(self.values)
        place = bisect_left(known, least)
        return place < len(known) and bool(known[place] <= greatest)

    def holds(self, values: Array) -> NDArray[np.bool_]:
        """Look each up."""
        return _mask(pc.is_in(values, value_set=pa.array(self.values, values.type)))


@dataclass(frozen=True)
class Between:
    """A column is a number from `low` to `high`."""

    column: str
    low: int
    high: int

    @property
    def bounded(self) -> str:
        """Return the column itself."""
        return self.column

    def may_hold(self, least: Any, greatest: Any) -> bool:
        """Tell whether the two stretches meet."""
        return bool(least <= self.high and greatest >= self.low)

    def holds(self, values: Array) -> NDArray[np.bool_]:
        """Compare each."""
        numbers = values.fill_null(self.low - 1).to_numpy(zero_copy_only=False)
        matches: NDArray[np.bool_] = (numbers >= self.low) & (numbers <= self.high)
        return matches


@dataclass(frozen=True)
class Languages:
    """One of some languages is what a page is in, for the most part or (`any`) in part."""

    values: tuple[str, ...]
    any: bool = False

    column = "content_languages"
    bounded = "content_languages"

    def may_hold(self, least: Any, greatest: Any) -> bool:
        """Say yes: a list of languages is in no order that helps."""
        del least, greatest
        return True

    def holds(self, values: Array) -> NDArray[np.bool_]:
        """Look for a language at the beginning of each list, or anywhere in it."""
        before = "(^|,)" if self.any else "^"
        return _mask(pc.match_substring_regex(values, f"{before}({_any_of(self.values)})(,|$)"))


@dataclass(frozen=True)
class Addressed:
    """A host or an address is one of some; with `below`, or a host under one of them."""

    column: str
    values: tuple[str, ...]
    below: bool = False

    bounded = KEY

    def may_hold(self, least: Any, greatest: Any) -> bool:
        """Tell whether the addresses of one of the hosts may lie between two keys."""
        prefixes, known = self._prefixes
        place = bisect_left(prefixes, least)
        if place < len(prefixes) and prefixes[place] <= greatest:
            return True
        return any(least[:cut] in known for cut in range(1, len(least) + 1))

    def holds(self, values: Array) -> NDArray[np.bool_]:
        """Look each up."""
        if self.below:
            return _mask(pc.match_substring_regex(values, rf"(^|\.)({_any_of(self.values)})\.?$"))
        return _mask(pc.is_in(values, value_set=pa.array(self.values, values.type)))

    @cached_property
    def _prefixes(self) -> tuple[list[str], frozenset[str]]:
        """Return how the keys of matches begin, in order and for looking up."""
        hosts = (urlsplit(value).hostname or "" if "://" in value else value for value in self.values)
        known = frozenset(sort_key(host) for host in hosts)
        return sorted(known), known


@dataclass
class Selection:
    """Which records fit: their places by file, in order; and how many there are in the whole index, about so large."""

    spans: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    records: int = 0
    bytes: int = 0
    known_records: int = 0
    known_bytes: int = 0


def sort_key(host: str) -> str:
    """Return how an address on a host begins in the index's order: `org,example,www2`; a leading www counts nothing."""
    host = host.lower().rstrip(".")
    if not host.isascii():
        host = host.encode("idna").decode()
    return ",".join(reversed(_WWW.sub("", host).split(".")))


def select(storage: Storage, files: Sequence[str], conditions: Sequence[Condition]) -> Selection:
    """Return the records in an index's files that fulfil all conditions."""
    found: dict[str, list[NDArray[np.int64]]] = defaultdict(list)
    selection = Selection()
    for part in at_once(lambda path: _matches(storage, path, conditions), files, FILES_AT_ONCE):
        selection.known_records += part.rows
        selection.known_bytes += part.bytes
        for name, places in part.places.items():
            found[name].append(places)
            selection.records += len(places)
        if selection.records > MOST_RECORDS:
            raise RecipeError(
                f"source: more than {MOST_RECORDS:,} records fit; so much of a crawl is read faster as whole files, "
                "with the source common_crawl and filters"
            )
    for name in sorted(found):
        selection.spans[name] = _in_order(name, np.concatenate(found[name]))
    selection.records = sum(len(spans) for spans in selection.spans.values())
    selection.bytes = sum(length for spans in selection.spans.values() for _, length in spans)
    return selection


@dataclass
class _Part:
    """What one file of the index holds."""

    rows: int
    bytes: int = 0
    places: dict[str, NDArray[np.int64]] = field(default_factory=dict)


def _matches(storage: Storage, path: str, conditions: Sequence[Condition]) -> _Part:
    name = f"{storage.url}/{path}"
    with storage.open(path) as stream, distrusting(name):
        file = pq.ParquetFile(stream, pre_buffer=True)
        wanted = {NAME, OFFSET, LENGTH, *(condition.column for condition in conditions)}
        missing = sorted(wanted - frozenset(file.schema_arrow.names))
        if missing:
            raise RecipeError(f"{name}: has no column {missing[0]!r}; is it the URL index of a crawl?")
        part = _Part(file.metadata.num_rows)
        places: dict[str, list[NDArray[np.int64]]] = defaultdict(list)
        for group in range(file.num_row_groups):
            if group == 0:
                lengths = file.read_row_group(0, [LENGTH])[LENGTH]
                part.bytes = int(pc.mean(lengths).as_py() or 0) * part.rows
            if all(_may_hold(file, group, condition) for condition in conditions):
                for warc, rows in _places(file, group, conditions, name):
                    places[warc].append(rows)
    part.places = {warc: np.concatenate(rows) for warc, rows in places.items()}
    return part


def _may_hold(file: pq.ParquetFile, group: int, condition: Condition) -> bool:
    """Tell by its statistics whether a row group may hold a match."""
    place = file.schema_arrow.get_field_index(condition.bounded)
    if place < 0:
        return True
    statistics = file.metadata.row_group(group).column(place).statistics
    if statistics is None or not statistics.has_min_max or isinstance(statistics.min, bytes):
        return True
    return condition.may_hold(statistics.min, statistics.max)


def _places(
    file: pq.ParquetFile, group: int, conditions: Sequence[Condition], name: str
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Yield the places of the matches of a row group, file by file."""
    looked_at = one_batch(file.read_row_group(group, sorted({condition.column for condition in conditions})))
    mask = np.ones(file.metadata.row_group(group).num_rows, np.bool_)
    for condition in conditions:
        mask &= condition.holds(looked_at[condition.column])
    if not mask.any():
        return
    table = where(file.read_row_group(group, [NAME, OFFSET, LENGTH]), mask)
    if any(table[column].null_count for column in (NAME, OFFSET, LENGTH)):
        raise IntegrityError(f"{name}: a row does not say where its record lies")
    rows = np.stack([table[column].cast(pa.int64()).to_numpy() for column in (OFFSET, LENGTH)], axis=1)
    if rows.min() < 0 or rows[:, 1].min() == 0 or rows[:, 1].max() > _MOST_LENGTH:
        raise IntegrityError(f"{name}: a row says that its record lies where none can")
    names, codes = np.unique(np.array(table[NAME].to_pylist(), object), return_inverse=True)
    order = np.argsort(codes, kind="stable")
    borders = np.searchsorted(codes[order], np.arange(1, len(names)))
    yield from zip(map(str, names), np.split(rows[order], borders), strict=True)


def _mask(values: Array) -> NDArray[np.bool_]:
    return np.asarray(values.fill_null(False), np.bool_)


def _any_of(values: Sequence[str]) -> str:
    return "|".join(map(re.escape, values))


def _in_order(name: str, rows: NDArray[np.int64]) -> tuple[Span, ...]:
    """Return the places of a file's records by offset, each once."""
    rows = np.unique(rows, axis=0)
    if (rows[1:, 0] < rows[:-1, 0] + rows[:-1, 1]).any():
        raise IntegrityError(f"{name}: the index says that one of its records lies within another")
    return tuple((int(offset), int(length)) for offset, length in rows)
