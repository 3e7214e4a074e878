"""Evaluation sets as texts: JSON lines, packed or not, alone or in a tar archive, one task a file.

Of each line all texts are taken, or those below the fields that are named, however deep. Knows nothing of what a field
means: a question, its choices and its answer are texts of one item.
"""

import gzip
import io
import json
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dclm_pipeline.errors import RecipeError

_GZIP = b"\x1f\x8b"
_TAR, _MARK = b"ustar", slice(257, 262)
_LINES = (".jsonl", ".json", ".ndjson")


@dataclass(frozen=True)
class Item:
    """One line of a task: its number, from 0, and its texts."""

    task: str
    number: int
    texts: tuple[str, ...]


def task_of(place: str) -> str:
    """Return what a task is called: the name of its file up to the first point."""
    name = place.partition("#")[0].rstrip("/").rpartition("/")[2].rpartition("asset:")[2]
    return name.partition(".")[0] or name


def read_items(place: str, path: Path, fields: Sequence[str]) -> Iterator[Item]:
    """Yield the items of a file, which may be an archive of several."""
    data = _unpacked(place, path.read_bytes())
    if data[_MARK] != _TAR:
        yield from _items(place, task_of(place), data, fields)
        return
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in sorted(archive.getmembers(), key=lambda member: member.name):
                named = member.isfile() and member.name.removesuffix(".gz").endswith(_LINES)
                file = archive.extractfile(member) if named else None
                if file is not None:
                    within = f"{place}: {member.name}"
                    yield from _items(within, task_of(member.name), _unpacked(within, file.read()), fields)
    except tarfile.TarError as error:
        raise RecipeError(f"{place}: begins like a tar archive and is none ({error}); give a whole file") from error


def _unpacked(place: str, data: bytes) -> bytes:
    if not data.startswith(_GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise RecipeError(f"{place}: begins like gzip and is none ({error}); give a whole file") from error


def _items(place: str, task: str, data: bytes, fields: Sequence[str]) -> Iterator[Item]:
    # Line feeds alone end a line: U+2028 may stand within one.
    for number, line in enumerate(io.BytesIO(data)):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise RecipeError(
                f"{place}: line {number + 1} is no JSON ({error}); give one JSON object a line"
            ) from error
        if not isinstance(row, dict):
            raise RecipeError(f"{place}: line {number + 1} is no JSON object but {type(row).__name__}")
        values = row if not fields else {name: row[name] for name in fields if name in row}
        yield Item(task, number, tuple(_texts(values)))


def _texts(value: object) -> Iterator[str]:
    """Yield the texts of a JSON value, in its order."""
    if isinstance(value, str):
        # A lone half of a pair cannot be written as UTF-8.
        yield value.encode("utf-8", "replace").decode()
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
