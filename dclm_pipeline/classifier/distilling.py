"""Teaching a cheap classifier what a dear one chose, and saying what it keeps of that choice.

The good documents are the share with the highest scores of the dear one; all others are the rest. What is kept of the
choice is found out on held-out documents, of which nothing was taught.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from dclm_pipeline.classifier.drawing import balanced_rows, chosen
from dclm_pipeline.classifier.identity import documents_of
from dclm_pipeline.classifier.making import HELD_OUT, Surroundings, described, gather, make, whole_or_nothing
from dclm_pipeline.classifier.measures import SHARES, correlation, overlap, threshold_of
from dclm_pipeline.classifier.settings import Distillation
from dclm_pipeline.errors import IncompleteError


def distill(settings: Distillation, out: Path, around: Surroundings) -> dict[str, Any]:
    """Make a cheap classifier in the folder `out`; return its card, with what it keeps under `distilled`."""
    group = settings.documents

    def work(scratch: Path) -> dict[str, Any]:
        gathered = gather(settings, (group,), settings.decontaminate, scratch, around, settings.score)
        drawn = gathered.drawn
        scored = np.isfinite(drawn.score)
        if not scored.any():
            raise IncompleteError(
                f"{group.name}: no document has a score in the column {settings.score!r}; score it first"
            )
        mask = chosen(drawn, {0: group.documents}) & scored
        threshold = threshold_of(drawn.score[mask], settings.share)
        good = drawn.score >= threshold
        # The held-out documents stay as they come: a share of them means something only then.
        taught = balanced_rows(drawn, mask, good) if settings.balance else mask
        held = mask & (drawn.luck < settings.held_out)
        facts = make(settings, settings.fasttext, (group,), gathered, taught | held, good, scratch, around)
        return facts | {
            "distilled": {
                "column": settings.score,
                "share": settings.share,
                "threshold": threshold,
                "unscored": int((~scored).sum()),
                **_kept_of_choice(scratch / HELD_OUT),
            }
        }

    documents = documents_of((group,), settings.decontaminate, around.assets, around.open_place)
    return whole_or_nothing(out, described(settings, around), documents, work)


def _kept_of_choice(held_out: Path) -> dict[str, Any]:
    """Return how much of what the dear one keeps of the held-out documents the cheap one keeps, by share."""
    table = pq.read_table(held_out, columns=["score", "dear_score"])
    cheap, dear = (np.asarray(table[name].to_numpy(), np.float64) for name in ("score", "dear_score"))
    if not len(dear):
        return {"documents": 0, "correlation": None, "kept_of_choice": []}
    shares = [{"share": share, "kept": overlap(dear, cheap, share)} for share in SHARES]
    return {"documents": len(dear), "correlation": correlation(dear, cheap), "kept_of_choice": shares}
