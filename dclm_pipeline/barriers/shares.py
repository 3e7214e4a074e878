"""Where shares of groups end: in which bin, with how much room, and at which document.

Groups are told by the two halves of a hash. Whole numbers alone are added, so that order never matters.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import Field, one_batch, take
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.ids import ID_BYTES, halves
from dclm_pipeline.step import Batch

GROUP: tuple[Field, ...] = (pa.field("high", pa.uint64()), pa.field("low", pa.uint64()))
# What a sum of weights stays below.
_MOST_TOGETHER = 2.0**63
# No document: nothing of the bin stays.
NOBODY = bytes(ID_BYTES)


@dataclass
class Cut:
    """The last document of a bin that stays, so far; a score of infinity where none does."""

    group: tuple[int, int]
    bin: int
    room: int
    score: float = float("inf")
    id: bytes = NOBODY
    ended: bool = False


class Cuts:
    """What was told of groups, to be looked up."""

    def __init__(self, found: Batch) -> None:
        order = np.lexsort((found["low"].to_numpy(), found["high"].to_numpy()))
        self._found = take(found, order)
        self._high, self._low = (self._found[name].to_numpy() for name in ("high", "low"))
        self.count = len(order)

    def places(self, high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the row that tells of each group, -1 where none does."""
        place = np.searchsorted(self._high, high).astype(np.int64)
        if not self.count:
            return np.full(len(high), -1, np.int64)
        while True:
            at = np.minimum(place, self.count - 1)
            same = (place < self.count) & (self._high[at] == high)
            other = same & (self._low[at] != low)
            if not other.any():
                return np.where(same, at, -1)
            place += other

    def values(self, name: str) -> NDArray[np.int64]:
        """Return a column of whole numbers."""
        return np.asarray(self._found[name].to_numpy(), np.int64)

    def ends(self) -> tuple[NDArray[np.float64], NDArray[np.uint64]]:
        """Return the score and the id of the last document that stays."""
        return np.asarray(self._found["score"].to_numpy(), np.float64), halves(self._found["id"])


def share_ends(rows: Batch, share: Fraction) -> list[dict[str, object]]:
    """Return for each group the bin that its share ends in, and how much of it there is room for."""
    names = ("hash", "low", "bin", "weight")
    high, low, bins, weights = (rows[name].to_numpy() for name in names)
    order = np.lexsort((-bins.astype(np.int64), low, high))
    high, low, bins, weights = high[order], low[order], bins[order], weights[order]
    # Whole numbers begin anew, without a word, behind the largest one.
    if (weights < 0).any() or weights.sum(dtype=np.float64) >= _MOST_TOGETHER:
        raise RecipeError(
            "top_share: the weights of all documents add up to more than can be counted; the column of weights holds "
            "something else"
        )
    ends: list[dict[str, object]] = []
    for start, stop in _groups(high, low):
        before = np.cumsum(weights[start:stop])
        allowed = int(before[-1]) * share.numerator // share.denominator
        # What weighs nothing stays behind what just fits, as in a plain walk.
        at = min(int(np.searchsorted(before, allowed, "right")), stop - start - 1)
        room = allowed - int(before[at] - weights[start + at])
        group = {"high": int(high[start]), "low": int(low[start])}
        ends.append({**group, "bin": int(bins[start + at]), "room": room})
    return ends


def walked(rows: Iterator[Batch]) -> Iterator[list[Cut]]:
    """Walk documents of groups from the best on, and yield where each group ends, once it has been passed.

    Rows come in the order of hashes and in these of `order`; of equal `order`, all are looked at together.
    """
    cuts: dict[tuple[int, int], Cut] = {}
    held: Batch | None = None
    for batch in rows:
        if batch.num_rows == 0:
            continue
        table = batch if held is None else one_batch(pa.Table.from_batches([held, batch]))
        hashes, orders = table["hash"].to_numpy(), table["order"].to_numpy()
        ready = int(np.argmax((hashes == hashes[-1]) & (orders == orders[-1])))
        _walk(table.slice(0, ready), cuts)
        held = table.slice(ready)
        passed = [group for group in cuts if group[0] != int(hashes[-1])]
        if passed:
            yield [cuts.pop(group) for group in passed]
    if held is not None:
        _walk(held, cuts)
    if cuts:
        yield list(cuts.values())


def _walk(rows: Batch, cuts: dict[tuple[int, int], Cut]) -> None:
    """Take documents as far as there is room, group by group."""
    ids = halves(rows["id"])
    high, low, scores = (rows[name].to_numpy() for name in ("hash", "low", "score"))
    order = np.lexsort((ids[:, 1], ids[:, 0], -scores, low, high))
    high, low, scores = high[order], low[order], scores[order]
    weights, bins, rooms = (rows[name].to_numpy()[order] for name in ("weight", "bin", "room"))
    for start, stop in _groups(high, low):
        group = (int(high[start]), int(low[start]))
        cut = cuts.setdefault(group, Cut(group, int(bins[start]), int(rooms[start])))
        if cut.ended:
            continue
        taken = np.cumsum(weights[start:stop])
        fitting = int(np.searchsorted(taken, cut.room, "right"))
        cut.ended = fitting < stop - start
        if fitting:
            last = start + fitting - 1
            cut.room -= int(taken[fitting - 1])
            cut.score, cut.id = float(scores[last]), rows["id"][int(order[last])].as_py()


def _groups(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> list[tuple[int, int]]:
    """Return where each group begins and ends, of rows in their order."""
    begins = np.ones(len(high), np.bool_)
    begins[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    return list(itertools.pairwise([*np.flatnonzero(begins).tolist(), len(high)]))
