"""Drawing documents: the same ones by seed and id, however they come, in memory that does not grow with what is read.

A group of n documents is the n with the smallest hashes, so that what cannot be among them is never kept. What is kept
goes to a file; a few numbers a document stay in memory (34 bytes). Another hash shuffles, and one of the text holds out,
so that equal texts are never on both sides of the judge.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import from_numpy, nulls, schema_of
from dclm_pipeline.engine.taking import taken
from dclm_pipeline.ids import ID, scatter, uniform
from dclm_pipeline.step import Batch

_SLACK = 65_536
# Rows that are gathered before they are written, and rows that are taken out of the file at once.
_GATHERED, _TAKEN = 32 * 2**20, 16_384

ROWS = schema_of(
    pa.field("group", pa.int16()),
    pa.field("url", pa.string()),
    pa.field("site", pa.string()),
    pa.field("score", pa.float64()),
    pa.field("text", pa.large_string()),
)


@dataclass(frozen=True)
class Drawn:
    """What is known of each kept row: its group, its numbers by hash, and the score that it came with."""

    group: NDArray[np.int16]
    order: NDArray[np.uint64]
    shuffle: NDArray[np.uint64]
    luck: NDArray[np.float64]
    score: NDArray[np.float64]


class Smallest:
    """Tells of which numbers the smallest so many may be."""

    def __init__(self, count: int | None) -> None:
        """Look for so many; all of them where there is no count."""
        self._count = count
        self._seen: list[NDArray[np.uint64]] = []
        self._size = 0
        self._bound = np.uint64(2**64 - 1)

    def admit(self, numbers: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell which of these may be among them, by what has been seen so far."""
        mask: NDArray[np.bool_] = numbers <= self._bound
        if self._count is not None:
            self._seen.append(numbers[mask])
            self._size += int(mask.sum())
            if self._size > 2 * self._count + _SLACK:
                self._cut()
        return mask

    def _cut(self) -> None:
        assert self._count is not None
        smallest = np.partition(np.concatenate(self._seen), self._count - 1)[: self._count]
        self._seen, self._size = [smallest], self._count
        self._bound = smallest.max()


class Drawing:
    """Rows on their way into a file, and what is known of each."""

    def __init__(self, path: Path, seed: int) -> None:
        """Keep rows at `path`."""
        self._path, self._seed = path, seed
        self._stack = ExitStack()
        self._sink = self._stack.enter_context(pa.OSFile(str(path), "wb"))
        self._writer = self._stack.enter_context(pa.ipc.new_file(self._sink, ROWS))
        self._pieces: list[Batch] = []
        self._bytes = 0
        self._known: list[Drawn] = []

    def __enter__(self) -> "Drawing":
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._stack.close()

    def add(self, group: int, place: str, docs: Batch, smallest: Smallest, score: str = "") -> None:
        """Keep those documents of a group that may be drawn; `place` tells apart ids of several places."""
        own = int.from_bytes(hashlib.sha256(place.encode()).digest()[:8])
        order = scatter(self._seed ^ own, docs["id"])
        mask = smallest.admit(order)
        if not mask.any():
            return
        docs, order = docs.filter(from_numpy(mask)), order[mask]
        rows = _rows(group, docs, score)
        scores = np.asarray(rows["score"].fill_null(np.nan).to_numpy(zero_copy_only=False), np.float64)
        shuffle = scatter((self._seed + 1) ^ own, docs["id"])
        luck = uniform(self._seed, _text_ids(rows))
        self._known.append(Drawn(np.full(len(order), group, np.int16), order, shuffle, luck, scores))
        self._pieces.append(rows)
        self._bytes += rows.nbytes
        if self._bytes >= _GATHERED:
            self._flush()

    def finish(self) -> Drawn:
        """Write what is left; return what is known of the rows, in the order in which they came."""
        self._flush()
        self._stack.close()
        floats, hashes = np.empty(0, np.float64), np.empty(0, np.uint64)
        known = [Drawn(np.empty(0, np.int16), hashes, hashes, floats, floats), *self._known]
        return Drawn(
            np.concatenate([one.group for one in known]),
            np.concatenate([one.order for one in known]),
            np.concatenate([one.shuffle for one in known]),
            np.concatenate([one.luck for one in known]),
            np.concatenate([one.score for one in known]),
        )

    def _flush(self) -> None:
        if self._pieces:
            self._writer.write_table(pa.Table.from_batches(self._pieces).combine_chunks())
        self._pieces, self._bytes = [], 0


def read_rows(path: Path, order: NDArray[np.int64]) -> Iterator[Batch]:
    """Yield rows of a finished drawing in an order."""
    with pa.memory_map(str(path)) as file:
        reader = pa.ipc.open_file(file)
        batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
        yield from taken(batches, order, _TAKEN)


def chosen(drawn: Drawn, counts: Mapping[int, int | None]) -> NDArray[np.bool_]:
    """Tell which rows belong to their group's smallest so many; `counts` is by group."""
    mask = np.zeros(len(drawn.group), np.bool_)
    for group, count in counts.items():
        rows = np.flatnonzero(drawn.group == group)
        if count is not None and count < len(rows):
            rows = rows[np.argsort(drawn.order[rows], kind="stable")[:count]]
        mask[rows] = True
    return mask


def balanced(drawn: Drawn, mask: NDArray[np.bool_], sides: Sequence[Sequence[int]]) -> NDArray[np.bool_]:
    """Thin the larger of two sides out to the size of the smaller, each of its groups by the same share."""
    sizes = [int(np.isin(drawn.group[mask], side).sum()) for side in sides]
    left = mask.copy()
    for side, size in zip(sides, sizes, strict=True):
        if size > min(sizes):
            counts = [int((drawn.group[mask] == group).sum()) for group in side]
            left &= chosen(_only(drawn, mask), dict(zip(side, shared_out(min(sizes), counts), strict=True))) | ~np.isin(
                drawn.group, side
            )
    return left


def balanced_rows(drawn: Drawn, mask: NDArray[np.bool_], good: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Thin the more frequent of good and other rows of one group out to the number of the rarer."""
    least = min(int((mask & good).sum()), int((mask & ~good).sum()))
    left = np.zeros(len(mask), np.bool_)
    for side in (good, ~good):
        rows = np.flatnonzero(mask & side)
        left[rows[np.argsort(drawn.order[rows], kind="stable")[:least]]] = True
    return left


def shared_out(whole: int, counts: Sequence[int]) -> list[int]:
    """Share a number out by counts, so that the parts add up to it; what is left over goes to the largest remainders."""
    exact = [whole * count / max(sum(counts), 1) for count in counts]
    parts = [int(part) for part in exact]
    order = sorted(range(len(counts)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: whole - sum(parts)]:
        parts[place] += 1
    return parts


def _only(drawn: Drawn, mask: NDArray[np.bool_]) -> Drawn:
    """Return the same rows, those outside of a mask in no group."""
    group = np.where(mask, drawn.group, np.int16(-1))
    return Drawn(group, drawn.order, drawn.shuffle, drawn.luck, drawn.score)


def _rows(group: int, docs: Batch, score: str) -> Batch:
    count = docs.num_rows
    origin = [
        docs[name].cast(pa.string()) if name in docs.schema.names else nulls(count, pa.string())
        for name in ("url", "site")
    ]
    scores = docs[score].cast(pa.float64()) if score else nulls(count, pa.float64())
    groups = from_numpy(np.full(count, group, np.int16))
    return pa.RecordBatch.from_arrays([groups, *origin, scores, docs["text"].cast(pa.large_string())], schema=ROWS)


def _text_ids(rows: Batch) -> pa.FixedSizeBinaryArray:
    """Return an id for each text, the same for the same one."""
    from dclm_pipeline.kernels.hashing import hash_rows
    from dclm_pipeline.kernels.strings import views

    high, low = hash_rows(*views(rows["text"]))
    data = np.stack([high, low], 1).astype(">u8").tobytes()
    array = pa.Array.from_buffers(ID, rows.num_rows, [None, pa.py_buffer(data)])
    if not isinstance(array, pa.FixedSizeBinaryArray):
        raise TypeError(f"made {array.type}")
    return array
