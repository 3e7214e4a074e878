"""Scores of texts by a model of fastText, folded or not, as the step `quality` gives them: the probability of a label."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.quality import load_labels

# Labels of good documents, where nobody says which it is.
_USUAL = ("hq", "1", "good", "positive", "high")


class Scorer:
    """A model, and the label whose probability is the score."""

    def __init__(self, path: Path, label: str = "") -> None:
        """Load a model; without a label, that of good documents in DCLM's models and those like it."""
        known, scores_by = load_labels(path)
        self.label = label or next((usual for usual in _USUAL if usual in known), "")
        if self.label not in known:
            asked = f"knows no label {label!r}" if label else "has none of the usual labels of good documents"
            raise RecipeError(f"{path}: {asked}; name one of {', '.join(sorted(known)[:50])}")
        self._scores = scores_by(known.index(self.label))

    def scores(self, texts: Array) -> NDArray[np.float64]:
        """Return the score of each text, rounded to 2^-20; of one that says nothing, 0."""
        from dclm_pipeline.kernels.strings import grained

        scores = self._scores.of(texts.fill_null("").cast(pa.large_string()), "dclm")
        return grained(np.nan_to_num(scores, nan=0.0))

    def scores_of(self, batches: Iterable[Array]) -> NDArray[np.float64]:
        """Return the scores of all batches, one after the other."""
        return np.concatenate([np.empty(0), *(self.scores(texts) for texts in batches)])
