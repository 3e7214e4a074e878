"""In which order the rows of a training set are read: a function of seed and epoch, the same for any number of readers.

Rows lie in blocks, some neighbours each. The blocks of an epoch are shuffled and read in rounds, as many at a time as
there are lanes; the rows of each are shuffled too, and the blocks of a round take turns row by row. So a rank that
takes every n-th row touches every n-th block, where n divides the lanes, and a place in the order is one number.
Knows numbers of rows; nothing of files, ranks or tokens.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.ids import shuffled

Numbers = NDArray[np.int64]
# The luck of blocks and that of the rows within one.
_OF_BLOCKS, _OF_ROWS = 0, 1


@dataclass(frozen=True)
class Round:
    """Rows that are read together: of each, in their order, which of `blocks` it is of, and where in it."""

    position: int
    blocks: Numbers
    turns: Numbers
    rows: Numbers


@dataclass(frozen=True)
class Order:
    """All rows of blocks of so many rows each, epoch after epoch; with no seed, as they lie."""

    sizes: Numbers
    seed: int | None
    lanes: int

    @cached_property
    def rows(self) -> int:
        """Count the rows of an epoch."""
        return int(self.sizes.sum())

    def rounds(self, position: int, end: int) -> Iterator[Round]:
        """Yield the rounds that hold rows from `position` to before `end`, both counted from the first of epoch 0."""
        while position < end:
            epoch, start = divmod(position, self.rows)
            first = epoch * self.rows
            for found in self._of_epoch(epoch, start):
                if first + found.position >= end:
                    return
                yield Round(first + found.position, found.blocks, found.turns, found.rows)
            position = first + self.rows

    def _of_epoch(self, epoch: int, start: int) -> Iterator[Round]:
        """Yield the rounds of an epoch, from the one that holds its row `start`."""
        count = len(self.sizes)
        lanes = 1 if self.seed is None else self.lanes
        blocks = np.arange(count) if self.seed is None else shuffled(count, self.seed, epoch, _OF_BLOCKS)
        begins = np.concatenate([np.zeros(1, np.int64), np.cumsum(self.sizes[blocks])])[::lanes]
        number = int(np.searchsorted(begins, start, "right")) - 1
        for place in range(number * lanes, count, lanes):
            yield self._round(epoch, int(begins[place // lanes]), blocks[place : place + lanes])

    def _round(self, epoch: int, position: int, blocks: Numbers) -> Round:
        sizes = self.sizes[blocks]
        turns = np.repeat(np.arange(len(blocks)), sizes)
        nth = np.arange(len(turns)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        if self.seed is None:
            return Round(position, blocks, turns, nth)
        rows = np.concatenate(
            [
                shuffled(int(size), self.seed, epoch, _OF_ROWS, int(block))
                for block, size in zip(blocks, sizes, strict=True)
            ]
        )
        order = np.lexsort((turns, nth))
        return Round(position, blocks, turns[order], rows[order])
