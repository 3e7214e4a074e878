"""Rows of a training set as arrays: their tokens, and where in them documents begin.

What a model is asked is the row less its last token, and what it should answer the row less its first; `windows` below
are those rows of one token less. Padding counts as a document of its own that nobody is asked about.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.unsignedinteger]
IGNORED = -100  # what PyTorch's cross entropy passes over, if not told otherwise


@dataclass(frozen=True)
class Documents:
    """Of each row how many tokens count, and at which its documents begin: those of row r end at `ends[r]` of `starts`."""

    counts: NDArray[np.int32]
    ends: NDArray[np.int64]
    starts: NDArray[np.int32]

    def taken(self, rows: NDArray[np.int64]) -> "Documents":
        """Return what is said of some rows, in their order."""
        begins = np.concatenate([np.zeros(1, np.int64), self.ends])[rows]
        sizes = self.ends[rows] - begins
        ends = np.cumsum(sizes)
        places = np.arange(int(sizes.sum())) + np.repeat(begins - (ends - sizes), sizes)
        return Documents(self.counts[rows], ends, self.starts[places])

    def between(self, start: int, end: int) -> "Documents":
        """Return what is said of the rows from `start` to before `end`."""
        first = int(self.ends[start - 1]) if start else 0
        last = int(self.ends[end - 1]) if end else 0
        return Documents(self.counts[start:end], self.ends[start:end] - first, self.starts[first:last])

    def segments(self, width: int) -> NDArray[np.int64]:
        """Return where documents and padding begin in windows of `width` tokens that lie one after another."""
        sizes = np.diff(self.ends, prepend=0)
        rows = np.arange(len(self.counts)) * width
        starts = np.repeat(rows, sizes)[self.starts < width] + self.starts[self.starts < width]
        padding = rows[self.counts < width] + self.counts[self.counts < width]
        return np.unique(np.concatenate([rows, starts, padding]))


def joined(parts: Sequence[Documents]) -> Documents:
    """Return what is said of rows, those of several parts one after another."""
    before = np.cumsum([0, *(len(part.starts) for part in parts[:-1])])
    return Documents(
        np.concatenate([part.counts for part in parts]),
        np.concatenate([part.ends + start for part, start in zip(parts, before, strict=True)]),
        np.concatenate([part.starts for part in parts]),
    )


@dataclass(frozen=True)
class TokenBatch:
    """Rows for one step of one rank; `position` is how many rows all ranks together have read after that step."""

    tokens: Tokens
    position: int
    documents: Documents | None = None

    def inputs(self) -> NDArray[np.int64]:
        """Return what a model is asked: all tokens but the last of each row."""
        return self.tokens[:, :-1].astype(np.int64)

    def labels(self) -> NDArray[np.int64]:
        """Return what it should answer: all tokens but the first of each row, padding as `IGNORED`."""
        labels = self.tokens[:, 1:].astype(np.int64)
        places = np.arange(1, self.tokens.shape[1])
        labels[places >= self._documents().counts[:, None]] = IGNORED
        return labels

    def labels_within_documents(self) -> NDArray[np.int64]:
        """Return `labels`, where nobody is asked with what token another document begins."""
        documents, width = self._documents(), self.tokens.shape[1]
        labels = np.full(self.tokens.shape, IGNORED, np.int64)
        labels[:, 1:] = self.labels()
        labels.reshape(-1)[documents.segments(width)] = IGNORED
        return labels[:, 1:]

    def cu_seqlens(self) -> NDArray[np.int32]:
        """Return where documents begin in the windows of all rows, one after another, and where the last one ends.

        It is what attention kernels for packed rows call `cu_seqlens`.
        """
        width = self.tokens.shape[1] - 1
        return np.append(self._documents().segments(width), len(self.tokens) * width).astype(np.int32)

    def position_ids(self) -> NDArray[np.int64]:
        """Return the place of each token in its document, of windows."""
        bounds = self.cu_seqlens().astype(np.int64)
        width = self.tokens.shape[1] - 1
        places = np.arange(len(self.tokens) * width) - np.repeat(bounds[:-1], np.diff(bounds))
        return places.reshape(len(self.tokens), width)

    def _documents(self) -> Documents:
        if self.documents is None:
            raise ValueError("these rows were read without their documents; read them with `documents=True`")
        return self.documents
