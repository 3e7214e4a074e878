"""Where chosen records of a file lie: sixteen bytes a record, however many there are.

Knows numbers; not files, nor who asks for them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Span = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Spans:
    """Offset and length of each record, a row each, by offset; none lies within another."""

    places: NDArray[np.int64]

    @classmethod
    def of(cls, spans: Iterable[Span]) -> "Spans":
        """Return spans that are written out."""
        return cls(np.array([*spans], np.int64).reshape(-1, 2))

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self.places)

    def __eq__(self, other: object) -> bool:
        """Tell whether they are the same places."""
        return isinstance(other, Spans) and np.array_equal(self.places, other.places)

    def __hash__(self) -> int:
        """Return what equal places share."""
        return hash(self.packed)

    @property
    def size(self) -> int:
        """Return how many bytes the records are together."""
        return int(self.places[:, 1].sum())

    @property
    def packed(self) -> bytes:
        """Return the numbers as bytes, the same on every machine."""
        return self.places.astype("<i8").tobytes()

    def borders(self, gap: int, most: int) -> NDArray[np.int64]:
        """Return which records begin a run of neighbours, and behind them the number of records.

        Within a run records lie at most `gap` bytes apart, and it spans at most `most` bytes, unless it is one record.
        """
        starts = self.places[:, 0]
        ends = starts + self.places[:, 1]
        cuts = np.flatnonzero(starts[1:] - ends[:-1] > gap) + 1
        begins, behind = np.append(0, cuts), np.append(cuts, len(self))
        if not len(self):
            return behind
        found = begins.tolist()
        for group in np.flatnonzero(ends[behind - 1] - starts[begins] > most):
            place, last = int(begins[group]), int(behind[group])
            while (place := max(place + 1, int(np.searchsorted(ends[:last], starts[place] + most, "right")))) < last:
                found.append(place)
        return np.sort(np.append(found, len(self)))


NO_SPANS = Spans.of(())
