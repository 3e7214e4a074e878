"""The URL index of a crawl: a table with a row for each record, which says where in which WARC file it lies.

Row groups without a match by their statistics are not read; of the others first the columns that a condition looks at,
and where the records lie only if one fits. What the table says is not trusted: types, names and places are checked.
Holds a batch of each file that is being read, and of each match three numbers; two once all are in order.

Known gap: one long value in the dictionary of a page may stand for many rows, so a hostile file can make a batch large.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.errors import IntegrityError, RecipeError
from dclm_pipeline.pools.reading import distrusting
from dclm_pipeline.sources.index_file import NUMBER, TEXT, IndexFile
from dclm_pipeline.sources.spans import Spans
from dclm_pipeline.sources.url_conditions import Condition
from dclm_pipeline.storage import Storage
from dclm_pipeline.storage.many import at_once

NAME, OFFSET, LENGTH = "warc_filename", "warc_record_offset", "warc_record_length"
FILES_AT_ONCE = 4
MOST_RECORDS = 50_000_000
MOST_FILES = 1_000_000
_PLACES: dict[str, pa.DataType] = {NAME: TEXT, OFFSET: NUMBER, LENGTH: NUMBER}
# Beyond what any WARC file has: sums of places stay far below 64 bits.
_MOST_OFFSET, _MOST_LENGTH = 2**48, 2**31 - 1

# A match: the number of its file in a list of names, and where in that it lies; sixteen bytes.
_ROW = np.dtype([("file", np.int32), ("offset", np.int64), ("length", np.int32)])
Rows = NDArray[np.void]


@dataclass(frozen=True)
class Selection:
    """Which records fit, by file in the order of names; and how many there are in the whole index, about so large."""

    spans: Mapping[str, Spans]
    known_records: int
    known_bytes: int

    @property
    def records(self) -> int:
        """Return how many records fit."""
        return sum(map(len, self.spans.values()))

    @property
    def size(self) -> int:
        """Return how many bytes they are together."""
        return sum(spans.size for spans in self.spans.values())


def select(
    storage: Storage, files: Sequence[str], conditions: Sequence[Condition], is_file: Callable[[str], bool]
) -> Selection:
    """Return the records in an index's files that fulfil all conditions; `is_file` tells what a WARC file is called."""
    numbers: dict[str, int] = {}
    found: list[Rows] = []
    records = known_records = known_bytes = 0
    for part in at_once(lambda path: _part(storage, path, conditions, is_file), files, FILES_AT_ONCE):
        known_records += part.rows
        known_bytes += part.bytes
        found += _renumbered(part, numbers)
        records += part.records
        _require_few(records, numbers)
    return Selection(_by_file([*numbers], found), known_records, known_bytes)


@dataclass
class _Part:
    """What one file of the index holds: all its rows and matches, whose files are numbered as in `numbers`."""

    rows: int
    bytes: int
    numbers: dict[str, int] = field(default_factory=dict)
    matches: list[Rows] = field(default_factory=list)
    records: int = 0


def _part(storage: Storage, path: str, conditions: Sequence[Condition], is_file: Callable[[str], bool]) -> _Part:
    """Return the matches in a file of the index."""
    name = f"{storage.url}/{path}"
    kinds = _PLACES | {condition.column: condition.kind for condition in conditions}
    with storage.open(path) as stream, distrusting(name):
        file = IndexFile(stream, name, kinds)
        part = _Part(file.rows, file.rows * file.mean_of(LENGTH))
        for group in range(file.groups):
            if not all(_may_hold(file, group, condition) for condition in conditions):
                continue
            for places in _places(file, group, _fitting(file, group, conditions)):
                _require_places(name, places)
                rows = np.empty(places.num_rows, _ROW)
                rows["file"] = _numbered(name, places[NAME], part.numbers, is_file)
                rows["offset"], rows["length"] = places[OFFSET].to_numpy(), places[LENGTH].to_numpy()
                part.matches.append(rows)
                part.records += len(rows)
                _require_few(part.records, part.numbers)
    return part


def _may_hold(file: IndexFile, group: int, condition: Condition) -> bool:
    """Tell by its statistics whether a row group may hold a match."""
    bounds = file.bounds(group, condition.bounded, int if condition.kind == NUMBER else str)
    return bounds is None or condition.may_hold(*bounds)


def _fitting(file: IndexFile, group: int, conditions: Sequence[Condition]) -> NDArray[np.int64]:
    """Return which rows of a row group fulfil all conditions."""
    found = [np.empty(0, np.int64)]
    begin = 0
    for batch in file.batches(group, sorted({condition.column for condition in conditions})):
        fits = np.ones(batch.num_rows, np.bool_)
        for condition in conditions:
            fits &= condition.holds(batch[condition.column])
        found.append(np.flatnonzero(fits) + begin)
        begin += batch.num_rows
    return np.concatenate(found)


def _places(file: IndexFile, group: int, fitting: NDArray[np.int64]) -> Iterator[pa.RecordBatch]:
    """Yield where the records of some rows lie."""
    begin = 0
    for batch in file.batches(group, [*_PLACES]) if len(fitting) else ():
        low, high = np.searchsorted(fitting, (begin, begin + batch.num_rows))
        if low < high:
            yield batch.take(from_numpy(fitting[low:high] - begin))
        begin += batch.num_rows


def _numbered(name: str, files: Array, numbers: dict[str, int], is_file: Callable[[str], bool]) -> NDArray[np.int64]:
    """Return the number of each row's file; give one to those that are new."""
    encoded = files.dictionary_encode()
    found = [(told or b"").decode("ascii", "replace") for told in encoded.dictionary.to_pylist()]
    for file in found:
        if file not in numbers and not is_file(file):
            raise RecipeError(f"{name}: is the index of another crawl: it names {file[:200]!r}")
    known = np.array([numbers.setdefault(file, len(numbers)) for file in found], np.int64)
    rows: NDArray[np.int64] = known[encoded.indices.to_numpy()]
    return rows


def _require_places(name: str, places: pa.RecordBatch) -> None:
    """Refuse rows that do not say where their record lies, or that it lies where none can."""
    if any(column.null_count for column in places.columns):
        raise IntegrityError(f"{name}: a row does not say where its record lies")
    offsets, lengths = places[OFFSET].to_numpy(), places[LENGTH].to_numpy()
    wrong = np.flatnonzero((offsets < 0) | (offsets > _MOST_OFFSET) | (lengths <= 0) | (lengths > _MOST_LENGTH))
    if len(wrong):
        offset, length = offsets[wrong[0]], lengths[wrong[0]]
        raise IntegrityError(f"{name}: a row says that its record lies where none can: {length} bytes from {offset} on")


def _require_few(records: int, files: Mapping[str, int]) -> None:
    if records > MOST_RECORDS or len(files) > MOST_FILES:
        raise RecipeError(
            f"source: more than {MOST_RECORDS:,} records (or {MOST_FILES:,} files) fit; so much of a crawl is read faster "
            "as whole files, with the source common_crawl and filters"
        )


def _renumbered(part: _Part, numbers: dict[str, int]) -> list[Rows]:
    """Return a part's matches by the numbers that files have in all parts; add those that are new."""
    known = np.array([numbers.setdefault(file, len(numbers)) for file in part.numbers], np.int32)
    for rows in part.matches:  # in place: they are this part's own, and copies would double what is held
        rows["file"] = known[rows["file"]]
    return part.matches


def _by_file(names: Sequence[str], found: list[Rows]) -> dict[str, Spans]:
    """Return the places of each file's records by offset, each once; empties `found`, for both would be large."""
    rows = np.concatenate([np.empty(0, _ROW), *found])
    found.clear()
    in_order = sorted(range(len(names)), key=names.__getitem__)
    ranks = np.empty(len(names), np.int32)
    ranks[in_order] = np.arange(len(names))
    rows["file"] = ranks[rows["file"]]
    rows = rows[np.lexsort((rows["length"], rows["offset"], rows["file"]))]
    rows = rows[np.append(True, rows[1:] != rows[:-1])[: len(rows)]]
    same = rows["file"][1:] == rows["file"][:-1]
    inside = np.flatnonzero(same & (rows["offset"][1:] < rows["offset"][:-1] + rows["length"][:-1]))
    if len(inside):
        file, offset, length = rows[inside[0] + 1]
        raise IntegrityError(
            f"{names[in_order[file]]}: the index says that one of its records ({length} bytes from {offset} on) lies "
            "within another"
        )
    borders = np.searchsorted(rows["file"], np.arange(len(names) + 1))
    places = np.stack([rows["offset"], rows["length"]], axis=1)
    return {names[one]: Spans(places[borders[rank] : borders[rank + 1]]) for rank, one in enumerate(in_order)}
