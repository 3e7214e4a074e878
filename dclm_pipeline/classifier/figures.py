"""What a classifier is worth on labelled texts, as plain values: figures, where it leans, and its worst mistakes.

Knows texts, labels and scores; no model. Of two classifiers on one sample, what tells them apart.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dclm_pipeline.arrow import from_numpy
from dclm_pipeline.classifier.measures import (
    SHARES,
    Mask,
    Scores,
    agreement,
    auc,
    auc_difference,
    auc_error,
    bin_of,
    calibration,
    correlation,
    kept_at,
    overlap,
    threshold_of,
)

HISTOGRAM_BINS = 20
LENGTHS = 10
# A site with fewer documents says nothing of how sites fare.
_LEAST_OF_SITE, _MOST_SITES = 5, 10
_LEAN_SHARE = 0.1
_SHOWN_CHARACTERS = 600


@dataclass(frozen=True)
class Sample:
    """Labelled texts with their scores: columns `text`, `group` (where each comes from), `site` and `url`."""

    table: pa.Table
    good: Mask
    scores: Scores


def figures_of(
    sample: Sample, *, label: str = "", shares: Sequence[float] = SHARES, strongest: int = 10
) -> dict[str, Any]:
    """Return all figures of one classifier on a sample."""
    scores, good = sample.scores, sample.good
    bins, off = calibration(scores, good)
    agreed = agreement(scores, good)
    return {
        "label": label,
        "documents": len(scores),
        "good": int(good.sum()),
        "auc": auc(scores, good),
        "auc_error": auc_error(scores, good),
        "kept": [asdict(kept) for kept in kept_at(scores, good, shares)],
        "agreement": None if agreed is None else asdict(agreed),
        "calibration": {"off": off, "bins": [asdict(each) for each in bins]},
        "histograms": _histograms(sample),
        "length": _by_length(sample),
        "sites": _by_site(sample),
        "false_positives": _strongest(sample, ~good, strongest, highest=True),
        "false_negatives": _strongest(sample, good, strongest, highest=False),
    }


def compared(one: Sample, other: Scores, shares: Sequence[float] = SHARES, strongest: int = 10) -> dict[str, Any]:
    """Return what tells another classifier apart from one on the same sample: the sample has the scores of the one."""
    found = auc_difference(one.scores, other, one.good)
    first, second = _places(one.scores), _places(other)
    apart = np.argsort(first - second, kind="stable")
    return {
        "correlation": correlation(one.scores, other),
        "auc_difference": None if found is None else found[0],
        "auc_difference_error": None if found is None else found[1],
        "overlap": [{"share": share, "overlap": overlap(one.scores, other, share)} for share in shares]
        if len(other)
        else [],
        "higher_by_the_first": [_shown(one, int(row), float(other[row])) for row in apart[::-1][:strongest]],
        "higher_by_the_second": [_shown(one, int(row), float(other[row])) for row in apart[:strongest]],
    }


def lengths_of(table: pa.Table) -> NDArray[np.int64]:
    """Return the characters of each text."""
    return np.asarray(pc.fill_null(pc.utf8_length(table["text"]), 0).to_numpy(), np.int64)


def _places(scores: Scores) -> Scores:
    """Return where each score lies among all, from 0 to 1."""
    order = np.argsort(scores, kind="stable")
    places = np.empty(len(scores), np.float64)
    places[order] = np.arange(len(scores)) / max(len(scores) - 1, 1)
    return places


def _histograms(sample: Sample) -> dict[str, list[int]]:
    place = bin_of(sample.scores, HISTOGRAM_BINS)
    groups = np.array(sample.table["group"].to_pylist(), object)
    names = sorted({str(group) for group in groups if group is not None})
    found = {name: groups == name for name in names}
    found |= {"": np.array([group is None for group in groups], np.bool_)} if None in set(groups.tolist()) else {}
    return {name: np.bincount(place[own], minlength=HISTOGRAM_BINS).tolist() for name, own in found.items()}


def _by_length(sample: Sample) -> dict[str, Any]:
    """Say how scores go with length, on either side and by tenths of the documents from the shortest."""
    lengths = lengths_of(sample.table)
    order = np.argsort(lengths, kind="stable")
    rows = []
    for part in np.array_split(order, LENGTHS):
        if len(part) == 0:
            continue
        rows.append(
            {
                "low": int(lengths[part].min()),
                "high": int(lengths[part].max()),
                "documents": len(part),
                "mean": float(sample.scores[part].mean()),
                "good": float(sample.good[part].mean()),
                "auc": auc(sample.scores[part], sample.good[part]),
            }
        )
    own = {"all": np.ones(len(lengths), np.bool_), "good": sample.good, "others": ~sample.good}
    return {
        "correlation": {
            name: correlation(sample.scores[mask], lengths[mask].astype(np.float64)) for name, mask in own.items()
        },
        "tenths": rows,
    }


def _by_site(sample: Sample) -> dict[str, Any]:
    """Say which sites are kept most and least when a tenth is kept, and how much of the tenth the first ten make up."""
    if not len(sample.scores):
        return {"sites": 0, "most": [], "least": [], "first_ten_of_kept": None, "first_ten_of_all": None}
    kept = from_numpy(sample.scores >= threshold_of(sample.scores, _LEAN_SHARE))
    table = pa.table({"site": sample.table["site"], "score": from_numpy(sample.scores), "kept": kept.cast(pa.int64())})
    sites = (
        table.filter(pc.is_valid(table["site"]))
        .group_by("site")
        .aggregate([("score", "mean"), ("kept", "sum"), ("kept", "count")])
    )
    rows = sorted(
        (
            {"site": row["site"], "documents": row["kept_count"], "kept": row["kept_sum"], "mean": row["score_mean"]}
            for row in sites.to_pylist()
        ),
        key=lambda row: (-row["mean"], row["site"]),
    )
    known = [row for row in rows if row["documents"] >= _LEAST_OF_SITE]
    whole, whole_kept = sum(row["documents"] for row in rows), sum(row["kept"] for row in rows)
    by_kept = sorted((row["kept"] for row in rows), reverse=True)[:_MOST_SITES]
    by_size = sorted((row["documents"] for row in rows), reverse=True)[:_MOST_SITES]
    return {
        "sites": len(rows),
        "most": known[:_MOST_SITES],
        "least": known[::-1][:_MOST_SITES],
        "first_ten_of_kept": sum(by_kept) / whole_kept if whole_kept else None,
        "first_ten_of_all": sum(by_size) / whole if whole else None,
    }


def _strongest(sample: Sample, mask: Mask, count: int, *, highest: bool) -> list[dict[str, Any]]:
    rows = np.flatnonzero(mask)
    order = np.argsort(-sample.scores[rows] if highest else sample.scores[rows], kind="stable")[:count]
    return [_shown(sample, int(row)) for row in rows[order]]


def _shown(sample: Sample, row: int, other: float | None = None) -> dict[str, Any]:
    shown = {
        "score": float(sample.scores[row]),
        "good": bool(sample.good[row]),
        "group": sample.table["group"][row].as_py(),
        "url": sample.table["url"][row].as_py(),
        "text": (sample.table["text"][row].as_py() or "")[:_SHOWN_CHARACTERS],
    }
    return shown if other is None else shown | {"other": other}
