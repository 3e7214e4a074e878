"""Near deduplication tried on a sample that is in memory: what each threshold would remove, and which pairs are how alike.

The step's own rounds, but for the exchange: the same runs of words, bands, candidates and comparison, and a document goes
if an earlier one that stays is like it. All candidates are compared once; a threshold is a cut through what was found.
A sample has fewer duplicates than its whole: of a pair, both have to be in it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array, one_batch, take
from dclm_pipeline.barriers.near.bands import LEADERS, runs_of
from dclm_pipeline.barriers.near.rows import bounds_of
from dclm_pipeline.barriers.near.settings import NearSettings
from dclm_pipeline.ids import halves, scatter
from dclm_pipeline.kernels.dedup.buckets import candidates_of, seats_of
from dclm_pipeline.kernels.dedup.minhash import bands_of, permutations_of, signatures_of
from dclm_pipeline.kernels.dedup.overlap import joined_rows, sets_of, similarities_of
from dclm_pipeline.step import Batch

# Pairs are shown by how alike they are: from the one to the next, the last ones being equal run by run.
EDGES = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
SIZES = (2, 3, 5, 10, 100, 1000)


@dataclass(frozen=True)
class Tried:
    """What one threshold comes to; `sizes` counts clusters of so many documents and more, up to the next number."""

    ngram: int
    threshold: float
    documents: int
    candidates: int
    verified: int
    removed: int
    clusters: int
    largest: int
    sizes: dict[int, int]
    band_bytes: int
    set_bytes: int

    @property
    def share(self) -> float:
        """Return what share of the documents goes."""
        return self.removed / max(self.documents, 1)


@dataclass(frozen=True)
class Pair:
    """Two documents of a sample, by their places in it, and how alike they are."""

    ngram: int
    one: int
    other: int
    similarity: float


@dataclass(frozen=True)
class Candidates:
    """All pairs that share a bucket, the earlier of two first, and how alike they are.

    Of documents with equal words only the first is in pairs; `copy_of` says for each document which that is.
    """

    copy_of: NDArray[np.int64]
    ones: NDArray[np.int64]
    others: NDArray[np.int64]
    similarities: NDArray[np.float64]
    band_bytes: int
    set_bytes: int


def candidates_in(settings: NearSettings, batches: Sequence[Batch], advance: Callable[[int], None]) -> Candidates:
    """Return the candidates among documents (some, in keep order), compared; `advance` is told how many are signed."""
    bands: list[NDArray[np.uint64]] = []
    wholes: list[NDArray[np.uint64]] = []
    places: list[NDArray[np.int64]] = []
    offsets, sets = [np.zeros(1, np.int64)], [np.zeros(0, np.uint64)]
    begun = 0
    for batch in batches:
        runs, present = runs_of(settings, batch["text"])
        rows = np.flatnonzero(present)
        signed = signatures_of(runs.rows, runs.hashes, permutations_of(settings.seed, settings.permutations))
        bands.append(bands_of(signed[rows], settings.bands, settings.rows))
        wholes.append(runs.wholes[rows])
        places.append(begun + rows)
        ends, own = sets_of(runs.rows, runs.hashes)
        offsets.append(offsets[-1][-1] + ends[1:])
        sets.append(own)
        begun += batch.num_rows
        advance(begun)
    matrix, whole, place = np.concatenate(bands), np.concatenate(wholes), np.concatenate(places)
    # Documents with equal words are one, told by the first of them.
    _, first, kind = np.unique(whole, return_index=True, return_inverse=True)
    copy_of = np.arange(begun)
    copy_of[place] = place[first[kind]]
    alone = np.sort(first)
    met = [_met(matrix[alone, band], whole[alone]) for band in range(settings.bands)]
    pairs = place[alone[np.unique(np.concatenate(met), axis=0)]]
    ones, others = np.ascontiguousarray(pairs[:, 0]), np.ascontiguousarray(pairs[:, 1])
    bounds, runs_of_all = np.concatenate(offsets), np.concatenate(sets)
    similarities = similarities_of(bounds, runs_of_all, ones, others)
    compared = np.unique(pairs)
    size = int((bounds[compared + 1] - bounds[compared]).sum()) * 8
    return Candidates(copy_of, ones, others, similarities, matrix.nbytes, size)


def _met(hashes: NDArray[np.uint64], whole: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return the pairs of rows that meet in the buckets of one band, the earlier first."""
    order = np.argsort(hashes, kind="stable")
    bounds = bounds_of(hashes[order])
    offsets, told = candidates_of(bounds, *seats_of(bounds, whole[order]), LEADERS, earlier=True)
    own = np.repeat(np.arange(len(order)), np.diff(offsets))
    return np.stack([order[told], order[own]], axis=1)


def tried(candidates: Candidates, ngram: int, threshold: float) -> Tried:
    """Return what a threshold comes to."""
    alike = np.flatnonzero(candidates.similarities >= threshold)
    documents = len(candidates.copy_of)
    copies = int((candidates.copy_of != np.arange(documents)).sum())
    joined = joined_rows(documents, candidates.ones[alike], candidates.others[alike])[candidates.copy_of]
    counts = np.bincount(joined, minlength=documents)
    clusters = counts[counts > 1]
    bounds = [*SIZES, np.iinfo(np.int64).max]
    sizes = {
        low: int(((clusters >= low) & (clusters < high)).sum()) for low, high in zip(SIZES, bounds[1:], strict=True)
    }
    return Tried(
        ngram,
        threshold,
        documents,
        len(candidates.ones) + copies,
        len(alike) + copies,
        int((joined != np.arange(len(joined))).sum()),
        len(clusters),
        int(clusters.max(initial=1)),
        sizes,
        candidates.band_bytes,
        candidates.set_bytes,
    )


def pairs_to_read(candidates: Candidates, ngram: int, ids: Array, most: int, seed: int) -> list[Pair]:
    """Return up to so many pairs for each stretch of similarity, drawn by a seed, the most alike last."""
    copies = np.flatnonzero(candidates.copy_of != np.arange(len(candidates.copy_of)))
    ones = np.concatenate([candidates.ones, candidates.copy_of[copies]])
    others = np.concatenate([candidates.others, copies])
    alike = np.concatenate([candidates.similarities, np.ones(len(copies))])
    luck = scatter(seed, ids)
    stretch = np.searchsorted(EDGES, alike, "right")
    order = np.lexsort((luck[ones] ^ luck[others], stretch))
    bounds = bounds_of(stretch[order])
    chosen = [place for start, stop in pairwise(bounds) for place in order[start:stop][:most]]
    return [Pair(ngram, int(ones[place]), int(others[place]), float(alike[place])) for place in chosen]


def in_keep_order(docs: pa.Table) -> pa.Table:
    """Return documents by their ids, the smallest first."""
    ids = halves(one_batch(docs.select(["id"]))["id"])
    return take(docs, np.lexsort((ids[:, 1], ids[:, 0])))
