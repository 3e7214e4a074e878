"""What scores are worth, as numbers: by rank, by share kept, by how far they can be taken at their word.

Knows scores and labels; not texts, and not where either comes from. Nothing is drawn at random: the error of an AUC is
DeLong's (1988), which needs no resampling.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]

SHARES = (0.01, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
BINS = 10


@dataclass(frozen=True)
class Kept:
    """What keeping a share by score comes to; documents with the score of the last one kept are kept, too."""

    share: float
    threshold: float
    documents: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True)
class Bin:
    """Documents whose scores lie in [low, high): how many, what they are on average, and the share of good ones."""

    low: float
    high: float
    documents: int
    mean: float | None
    good: float | None


@dataclass(frozen=True)
class Agreement:
    """How often two sorts of yes and no are the same, and how much of that is not chance (Cohen's kappa)."""

    threshold: float
    same: float
    kappa: float | None


def ranks(values: Scores) -> Scores:
    """Return the rank of each value, from 1; equal ones share the mean of their ranks."""
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: Scores = (2 * ends - counts + 1) / 2.0
    return means[group.reshape(-1)]


def auc(scores: Scores, good: Mask) -> float | None:
    """Return the probability that a good document has the higher score of a pair; equal scores count half."""
    goods, bads = int(good.sum()), int((~good).sum())
    if not goods or not bads:
        return None
    return float((ranks(scores)[good].sum() - goods * (goods + 1) / 2) / (goods * bads))


def placements(scores: Scores, good: Mask) -> tuple[Scores, Scores]:
    """Return of each good document the share of others below it, and of each other the share of good ones above it."""
    whole = ranks(scores)
    goods, bads = int(good.sum()), int((~good).sum())
    above = (whole[good] - ranks(scores[good])) / bads
    below: Scores = 1.0 - (whole[~good] - ranks(scores[~good])) / goods
    return above, below


def auc_error(scores: Scores, good: Mask) -> float | None:
    """Return the standard error of the AUC."""
    goods, bads = int(good.sum()), int((~good).sum())
    if goods < 2 or bads < 2:
        return None
    above, below = placements(scores, good)
    return float(np.sqrt(above.var(ddof=1) / goods + below.var(ddof=1) / bads))


def auc_difference(one: Scores, other: Scores, good: Mask) -> tuple[float, float] | None:
    """Return by how much the AUC of one is above that of another on the same documents, and the error of that."""
    goods, bads = int(good.sum()), int((~good).sum())
    if goods < 2 or bads < 2:
        return None
    first, second = placements(one, good), placements(other, good)
    above, below = first[0] - second[0], first[1] - second[1]
    error = float(np.sqrt(above.var(ddof=1) / goods + below.var(ddof=1) / bads))
    return float(above.mean()), error


def threshold_of(scores: Scores, share: float) -> float:
    """Return the score from which on this share of documents lies, at least one of them."""
    count = min(max(int(share * len(scores) + 0.5), 1), len(scores))
    return float(np.partition(scores, len(scores) - count)[len(scores) - count])


def kept_at(scores: Scores, good: Mask | None, shares: Sequence[float] = SHARES) -> list[Kept]:
    """Return what keeping each share comes to; precision and recall where it is known which documents are good."""
    rows = []
    for share in shares if len(scores) else ():
        threshold = threshold_of(scores, share)
        kept = scores >= threshold
        hits = None if good is None else int((kept & good).sum())
        precision = None if hits is None else hits / int(kept.sum())
        recall = hits / int(good.sum()) if hits is not None and good is not None and good.any() else None
        rows.append(Kept(share, threshold, int(kept.sum()), precision, recall))
    return rows


def calibration(scores: Scores, good: Mask, bins: int = BINS) -> tuple[list[Bin], float | None]:
    """Return documents by score, and by how much, on average, a score is off the share of good ones at it."""
    place = bin_of(scores, bins)
    rows, off = [], 0.0
    for number in range(bins):
        own = place == number
        count = int(own.sum())
        mean = float(scores[own].mean()) if count else None
        share = float(good[own].mean()) if count else None
        if mean is not None and share is not None:
            off += count * abs(mean - share)
        rows.append(Bin(number / bins, (number + 1) / bins, count, mean, share))
    return rows, off / len(scores) if len(scores) else None


def bin_of(scores: Scores, bins: int = BINS) -> NDArray[np.int64]:
    """Return the number of the bin of each score, of so many over [0, 1]; what lies outside is in the first or last."""
    return np.clip((scores * bins).astype(np.int64), 0, bins - 1)


def correlation(one: Scores, other: Scores) -> float | None:
    """Return Spearman's correlation; none where either is the same everywhere."""
    if len(one) < 2:
        return None
    first, second = ranks(one) - (len(one) + 1) / 2, ranks(other) - (len(one) + 1) / 2
    size = float(np.sqrt((first**2).sum() * (second**2).sum()))
    return float((first * second).sum() / size) if size else None


def agreement(scores: Scores, good: Mask) -> Agreement | None:
    """Hold the choice of as many documents as are good, by score, against the good ones."""
    if not good.any():
        return None
    threshold = threshold_of(scores, float(good.mean()))
    kept = scores >= threshold
    same = float((kept == good).mean())
    chance = float(kept.mean() * good.mean() + (~kept).mean() * (~good).mean())
    return Agreement(threshold, same, (same - chance) / (1 - chance) if chance < 1 else None)


def overlap(one: Scores, other: Scores, share: float) -> float:
    """Return what share of the documents that one keeps, the other keeps, too, when both keep the same share."""
    first, second = one >= threshold_of(one, share), other >= threshold_of(other, share)
    return float((first & second).sum() / first.sum())
