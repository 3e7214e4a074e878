"""Stretches of text put in place of others: rows without any are copied as they are.

Knows places in bytes; not why a stretch is replaced.
"""

from dataclasses import dataclass

import numpy as np
from numba import types, void
from numpy.typing import NDArray

from dclm_pipeline.kernels.compiled import BYTES, OFFSETS, copied, kernel
from dclm_pipeline.kernels.strings import Strings


@dataclass(frozen=True)
class Spans:
    """Stretches in the order of the text: where each begins and ends, and of what kind it is.

    Those of row `i` are `rows[i]` to `rows[i + 1]`; they do not overlap.
    """

    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    kinds: NDArray[np.int64]
    rows: NDArray[np.int64]

    def counts(self, kinds: int) -> NDArray[np.int64]:
        """Return how many of each kind each row has."""
        rows = np.repeat(np.arange(len(self.rows) - 1), np.diff(self.rows))
        counted = np.bincount(rows * kinds + self.kinds, minlength=kinds * (len(self.rows) - 1))
        return counted.reshape(-1, kinds)


_NUMBERS = types.int64[::1]


@kernel(void(OFFSETS, BYTES, _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS, OFFSETS, BYTES, OFFSETS, types.uint8[::1]))
def _put(
    offsets: NDArray[np.int64],
    data: NDArray[np.uint8],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    kinds: NDArray[np.int64],
    rows: NDArray[np.int64],
    text_offsets: NDArray[np.int64],
    texts: NDArray[np.uint8],
    places: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    for row in range(places.size - 1):
        i, o = offsets[row], places[row]
        for span in range(rows[row], rows[row + 1]):
            o = copied(data, i, begins[span], out, o)
            o = copied(texts, text_offsets[kinds[span]], text_offsets[kinds[span] + 1], out, o)
            i = ends[span]
        copied(data, i, offsets[row + 1], out, o)


def replaced(strings: Strings, spans: Spans, texts: list[str]) -> Strings:
    """Return the rows with the text of its kind in place of each span."""
    offsets, data = strings
    parts = [text.encode() for text in texts]
    lengths = np.array([len(part) for part in parts], np.int64)
    text_offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    changes = lengths[spans.kinds] - (spans.ends - spans.begins)
    grown = np.concatenate([[0], np.cumsum(changes)]).astype(np.int64)
    places = offsets - offsets[0] + grown[spans.rows]
    out = np.empty(places[-1], np.uint8)
    letters = np.frombuffer(b"".join(parts), np.uint8)
    _put(offsets, data, spans.begins, spans.ends, spans.kinds, spans.rows, text_offsets, letters, places, out)
    return places, out
