"""Folded models as files: what they are and from what they were made, then their tables as kernels look at them.

`dclmfold`, a version and the length of the head (two little-endian 32-bit numbers), the head as JSON with blanks behind
it up to a multiple of eight bytes, then little-endian tables without gaps: keys of words, keys of labels (64 bits); sums of
words, rows of buckets, the row of the end of a line (floats); rows of words, kept buckets (32 bits). The same
model gives the same bytes. A file may say anything of itself: whatever leads from one table into another is held against
it, and tables must fill the file to its last byte. They stay in the file, which is mapped; a scorer takes out those that
are small.
"""

import struct
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.kernels.fasttext.file import MOST_LONGEST, MOST_PRUNED, MOST_RUN
from dclm_pipeline.kernels.fasttext.folded import MOST_LABELS, Folded
from dclm_pipeline.kernels.fasttext.rows import BUCKET, COLUMNS, LABELS, LONGEST, NUMBERS, PRUNED, RUN, SHORTEST, SUMMED
from dclm_pipeline.kernels.fasttext.words import Kept

MAGIC, VERSION = b"dclmfold", 1

_BEGIN = struct.Struct("<8sII")
_MOST_HEAD = 1 << 20
_MOST_ROWS = 0x7FFFFFFF
Count = Annotated[int, Field(ge=0, le=_MOST_ROWS)]


class Head(BaseModel):
    """What a file says of itself; the numbers of rows are those of its tables."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    parent: str = Field(pattern=r"^[0-9a-f]{64}$")
    labels: list[str] = Field(min_length=2, max_length=MOST_LABELS)
    run: int = Field(ge=1, le=MOST_RUN)
    buckets: Count
    shortest: int = Field(ge=-_MOST_ROWS, le=_MOST_ROWS)
    longest: int = Field(ge=0, le=MOST_LONGEST)
    words: Count
    label_keys: int = Field(ge=0, le=MOST_LABELS)
    rows: Count
    has_end: bool
    pruned: bool

    @model_validator(mode="after")
    def _fits_itself(self) -> "Head":
        hashed = self.run > 1 or self.longest > 0
        if hashed and self.buckets < 1:
            raise ValueError("it has runs or pieces of words, and no buckets for them")
        if not self.pruned and self.rows != (self.buckets if hashed else 0):
            raise ValueError(f"it has {self.buckets:,} buckets, and {self.rows:,} rows for them")
        if self.pruned and self.buckets > MOST_PRUNED:
            raise ValueError(f"it was pruned from {self.buckets:,} buckets; up to {MOST_PRUNED:,} can be used")
        return self


def folded_bytes(model: Folded) -> bytes:
    """Return a folded model as its file."""
    numbers = model.numbers
    head = Head(
        parent=model.parent,
        labels=list(model.labels),
        run=int(numbers[RUN]),
        buckets=int(numbers[BUCKET]),
        shortest=int(numbers[SHORTEST]),
        longest=int(numbers[LONGEST]),
        words=len(model.keys),
        label_keys=len(model.label_keys),
        rows=len(model.rows),
        has_end=model.end.size > 0,
        pruned=bool(numbers[PRUNED]),
    )
    said = head.model_dump_json().encode()
    said += b" " * (-(_BEGIN.size + len(said)) % 8)
    kept = model.kept.buckets.astype(np.int32) if numbers[PRUNED] else np.empty(0, np.int32)
    tables = (model.keys, model.label_keys, model.sums, model.rows, model.end, model.counts, kept)
    little = (table.astype(table.dtype.newbyteorder("<")).tobytes() for table in tables)
    return b"".join([_BEGIN.pack(MAGIC, VERSION, len(said)), said, *little])


def is_folded(path: Path) -> bool:
    """Tell whether a file begins as a folded model."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def load_folded(path: Path) -> Folded:
    """Read a folded model."""
    if path.stat().st_size < _BEGIN.size:
        raise _error(path, "it ends before its head")
    data: NDArray[np.uint8] = np.asarray(np.memmap(path, np.uint8, mode="r"))
    magic, version, length = _BEGIN.unpack(data[: _BEGIN.size].tobytes())
    if magic != MAGIC or version != VERSION:
        raise _error(path, f"it begins with {magic!r} and version {version}; known is {MAGIC!r}, version {VERSION}")
    place = _BEGIN.size + length
    if length > _MOST_HEAD or place % 8 or place > data.size:
        raise _error(path, f"its head should have {length:,} bytes")
    try:
        head = Head.model_validate_json(data[_BEGIN.size : place].tobytes())
    except ValidationError as error:
        raise _error(path, "; ".join(one["msg"] for one in error.errors()[:3])) from error
    columns = len(head.labels) - 1
    tables: list[NDArray[Any]] = []
    for kind, shape in (
        ("<u8", (head.words,)),
        ("<u8", (head.label_keys,)),
        ("<f4", (head.words, columns)),
        ("<f4", (head.rows, columns)),
        ("<f4", (columns if head.has_end else 0,)),
        ("<i4", (head.words if head.longest else 0,)),
        ("<i4", (head.rows if head.pruned else 0,)),
    ):
        size = int(np.prod(shape, dtype=np.int64)) * int(kind[2])
        if size > data.size - place:
            raise _error(path, f"it ends within its tables, at byte {data.size:,}")
        table = data[place : place + size].view(kind).reshape(shape)
        tables.append(table.astype(table.dtype.newbyteorder("="), copy=False))
        place += size
    if place != data.size:
        raise _error(path, f"{data.size - place:,} bytes follow its tables")
    keys, label_keys, sums, rows, end, counts, buckets = tables
    _check_tables(path, head, keys, buckets, counts, (sums, rows, end))
    kept = Kept.of(buckets.astype(np.int64), np.arange(head.rows), head.buckets) if head.pruned else Kept.all()
    numbers = np.zeros(NUMBERS, np.int64)
    numbers[[COLUMNS, BUCKET, SHORTEST, LONGEST, RUN]] = columns, head.buckets, head.shortest, head.longest, head.run
    numbers[[PRUNED, SUMMED, LABELS]] = head.pruned, 1, len(head.labels)
    return Folded(head.parent, tuple(head.labels), numbers, end, label_keys, keys, sums, counts, kept, rows)


def _check_tables(
    path: Path,
    head: Head,
    keys: NDArray[np.uint64],
    buckets: NDArray[np.int32],
    counts: NDArray[np.int32],
    floats: tuple[NDArray[np.float32], ...],
) -> None:
    """Refuse tables that lead out of each other, or hold what is no number."""
    if (keys[1:] <= keys[:-1]).any():
        raise _error(path, "its words are not in order")
    if (buckets[1:] <= buckets[:-1]).any() or (buckets < 0).any() or (buckets >= head.buckets).any():
        raise _error(path, f"its kept buckets are not in order, or more than its {head.buckets:,}")
    if (counts < 1).any():
        raise _error(path, "it has words without rows")
    if not all(np.isfinite(table).all() for table in floats):
        raise _error(path, "its tables hold numbers that are not finite")


def _error(path: Path, problem: str) -> RecipeError:
    return RecipeError(f"{path}: is no folded model that can be used: {problem}; fold it again")
