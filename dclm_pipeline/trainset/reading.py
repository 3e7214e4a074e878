"""Reading a training set in an order that depends on seed and epoch alone, shared out to ranks and their workers.

A step takes `rows` rows for each rank, the ranks in turn: with R ranks, rank r has rows r, r + R, and so on of the
step's. All that was read before a step is a beginning of the order, so one number resumes it, on any number of ranks.
Epochs follow each other without a gap: a step may have the last rows of one and the first of the next.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.trainset.order import Order, Round
from dclm_pipeline.trainset.packed import BLOCK_BYTES, PackedPool
from dclm_pipeline.trainset.rows import Documents, TokenBatch, Tokens, joined

FORMAT = 1
# Blocks of a round, and those that are read ahead, unless somebody says otherwise: as many as fit into so many bytes.
LANES = 16
ROUND_BYTES = 64 * 2**20


class State(TypedDict):
    """Where reading stands, as plain values; valid for any number of ranks and workers, and any rows a step."""

    format: int
    content: str
    seed: int | None
    lanes: int
    block_rows: int
    position: int


@dataclass(frozen=True)
class Share:
    """Which part of each step is read here, and which steps."""

    rank: int = 0
    ranks: int = 1
    worker: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        """Refuse a rank or worker that there cannot be."""
        if not (0 <= self.rank < self.ranks and 0 <= self.worker < self.workers):
            raise RecipeError(
                f"rank {self.rank} of {self.ranks}, worker {self.worker} of {self.workers}: they count from 0"
            )


@dataclass(frozen=True)
class Way:
    """How rows are read; `read_tokens` says what each of it does."""

    rows: int = 8
    epochs: int | None = 1
    share: Share = Share()
    documents: bool = True
    keep_last: bool = False
    ahead: int = LANES

    def __post_init__(self) -> None:
        """Refuse numbers that there cannot be."""
        if self.rows < 1 or self.ahead < 0 or (self.epochs is not None and self.epochs < 0):
            raise RecipeError(f"cannot read {self.rows} rows a step, {self.ahead} blocks ahead, {self.epochs} epochs")


@dataclass(frozen=True)
class _Portion:
    """Rows that are read here, of one round."""

    tokens: Tokens
    documents: Documents | None

    def between(self, start: int, end: int) -> "_Portion":
        told = None if self.documents is None else self.documents.between(start, end)
        return _Portion(self.tokens[start:end], told)


class TokenReader:
    """The batches of one rank, or of one of its workers; iterating goes on where it stands."""

    def __init__(self, pool: PackedPool, seed: int | None, lanes: int, way: Way) -> None:
        """Begin at the first row."""
        if lanes < 1:
            raise RecipeError(f"cannot read in {lanes} lanes; say 1 or more")
        self.pool = pool
        self.position = 0
        self._way = way
        self._order = Order(pool.sizes(), seed, lanes)
        if way.epochs and not way.keep_last and way.epochs * self._order.rows < way.rows * way.share.ranks:
            raise RecipeError(
                f"{pool.storage.url}: has {self._order.rows:,} rows, {way.epochs * self._order.rows:,} in {way.epochs} "
                f"epochs, and a step takes {way.rows * way.share.ranks:,} ({way.rows} for each of {way.share.ranks} "
                "ranks), so there would be none; read more epochs, fewer rows a step, or keep the last step "
                "(`keep_last`)"
            )

    @property
    def rows_of_epoch(self) -> int:
        """Count the rows of an epoch."""
        return self._order.rows

    def state_dict(self) -> State:
        """Return where reading stands, behind the batch that was handed out last."""
        return {
            "format": FORMAT,
            "content": self.pool.content,
            "seed": self._order.seed,
            "lanes": self._order.lanes,
            "block_rows": self.pool.block_rows,
            "position": self.position,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another reader of the same rows stood; refuses a state of other rows or another order."""
        ours: Mapping[str, object] = dict(self.state_dict())
        if set(state) != set(ours):
            raise RecipeError(f"no state of a reader of tokens: has {sorted(state)}, and {sorted(ours)} are expected")
        for name in ("format", "content", "block_rows"):
            if state[name] != ours[name]:
                raise RecipeError(f"the state is of other rows: its {name} is {state[name]}, here it is {ours[name]}")
        if int(state["position"]) < 0 or int(state["lanes"]) < 1:
            raise RecipeError(f"the state is none that a reader gave: {dict(state)}")
        self._order = Order(self._order.sizes, state["seed"], int(state["lanes"]))
        self.position = int(state["position"])

    def __iter__(self) -> Iterator[TokenBatch]:
        """Yield batches; each moves the reader behind itself."""
        for batch in self._batches(self.position):
            self.position = batch.position
            yield batch

    def _batches(self, start: int) -> Iterator[TokenBatch]:
        share, step_rows = self._way.share, self._way.rows * self._way.share.ranks
        end = self._last(start, step_rows)
        held: list[_Portion] = []
        waiting, step = 0, share.worker
        for portion in self._portions(start, end):
            at = 0
            while at < len(portion.tokens):
                most = self._rows_of_step(start + step * step_rows, end)
                taken = min(most - waiting, len(portion.tokens) - at)
                held.append(portion.between(at, at + taken))
                at, waiting = at + taken, waiting + taken
                if waiting == most:
                    yield _batch(held, min(start + (step + 1) * step_rows, end))
                    held, waiting, step = [], 0, step + share.workers

    def _last(self, start: int, step_rows: int) -> int:
        """Return where the last step ends: steps that not all ranks could fill are left out, unless they are kept."""
        if self._way.epochs is None:
            return 2**62
        end = self._way.epochs * self._order.rows
        return end if self._way.keep_last else start + max(0, end - start) // step_rows * step_rows

    def _rows_of_step(self, first: int, end: int) -> int:
        """Return how many rows this rank has of the step that begins at `first`."""
        way, share = self._way, self._way.share
        there = min(way.rows * share.ranks, end - first) - share.rank
        return min(way.rows, -(-there // share.ranks))

    def _portions(self, start: int, end: int) -> Iterator[_Portion]:
        """Yield the rows that are read here, of one round after another."""
        rounds = ((found, self._mine(found, start, end)) for found in self._order.rounds(start, end))
        asked: list[tuple[Round, NDArray[np.int64], NDArray[np.int64]]] = []

        def numbers() -> Iterator[int]:
            for found, mine in rounds:
                lanes = np.unique(found.turns[mine])
                asked.append((found, mine, lanes))
                yield from map(int, found.blocks[lanes])

        blocks = self.pool.blocks(numbers(), self._way.documents, self._way.ahead)
        for block in blocks:
            found, mine, lanes = asked.pop(0)
            while not len(lanes):  # rounds of which nothing is read here
                found, mine, lanes = asked.pop(0)
            tokens = np.empty((len(mine), self.pool.geometry.sequence_length), self.pool.geometry.dtype)
            told: list[Documents] = []
            places: list[NDArray[np.int64]] = []
            for turn, lane in enumerate(lanes):
                block = block if turn == 0 else next(blocks)
                at = np.flatnonzero(found.turns[mine] == lane)
                rows = found.rows[mine][at]
                tokens[at] = block.tokens[rows]
                if block.documents is not None:
                    told.append(block.documents.taken(rows))
                    places.append(at)
            yield _Portion(tokens, joined(told).taken(np.argsort(np.concatenate(places))) if told else None)

    def _mine(self, found: Round, start: int, end: int) -> NDArray[np.int64]:
        """Return which rows of a round are read here."""
        positions = found.position + np.arange(len(found.rows))
        share = self._way.share
        steps, within = np.divmod(positions - start, self._way.rows * share.ranks)
        here = (positions >= start) & (positions < end)
        here &= (within % share.ranks == share.rank) & (steps % share.workers == share.worker)
        return np.flatnonzero(here)


def read_tokens(
    pool: str | Path,
    *,
    rows: int = 8,
    seed: int | None = 0,
    epochs: int | None = 1,
    rank: int = 0,
    ranks: int = 1,
    worker: int = 0,
    workers: int = 1,
    documents: bool = True,
    keep_last: bool = False,
    state: Mapping[str, Any] | None = None,
    lanes: int | None = None,
    ahead: int | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> TokenReader:
    """Open a training set for reading, `rows` rows for each rank at a step.

    Another `seed`, another order; `None` reads the rows as they lie. `epochs=None` never ends. Of `workers` of a rank,
    each reads every so-many-th step. Without `documents` batches know neither padding nor where documents begin, and
    are read faster. A last step that does not fill all ranks is left out, or with `keep_last` handed out short.
    `state` is what `state_dict` returned. Rows of `lanes` blocks of `block_bytes` are mixed, and `ahead` blocks are read
    ahead: by default 16, or 2 row groups where tokens are compressed. A number of ranks that divides `lanes` lets each
    read its own part alone.
    """
    opened = PackedPool(str(pool), block_bytes)
    usual = max(1, min(LANES, ROUND_BYTES // opened.block_bytes))
    lanes = usual if lanes is None else lanes
    ahead = usual if ahead is None else ahead
    way = Way(rows, epochs, Share(rank, ranks, worker, workers), documents, keep_last, ahead)
    reader = TokenReader(opened, seed, lanes, way)
    if state is not None:
        reader.load_state_dict(state)
    return reader


def _batch(parts: list[_Portion], position: int) -> TokenBatch:
    tokens = parts[0].tokens if len(parts) == 1 else np.concatenate([part.tokens for part in parts])
    told = [part.documents for part in parts if part.documents is not None]
    return TokenBatch(tokens, position, None if not told else told[0] if len(told) == 1 else joined(told))
