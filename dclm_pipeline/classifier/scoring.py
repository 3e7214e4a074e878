"""Scores of texts by a model of fastText, folded or not: the probability of one of its labels."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dclm_pipeline.arrow import Array
from dclm_pipeline.errors import RecipeError

if TYPE_CHECKING:
    from dclm_pipeline.kernels.fasttext_file import FastText

# Labels of good documents, where nobody says which it is.
_USUAL = ("hq", "1", "good", "positive", "high")


class Scorer:
    """A model, and the label whose probability is the score."""

    def __init__(self, path: Path, label: str = "") -> None:
        """Load a model; without a label, that of good documents in DCLM's models and those like it."""
        from dclm_pipeline.kernels.fasttext_file import load_model
        from dclm_pipeline.kernels.folded_file import is_folded, load_folded
        from dclm_pipeline.kernels.folded_scores import Scorer as FoldedScorer

        self.path = path
        self._model: FastText | None = None
        self._folded: FoldedScorer | None = None
        if is_folded(path):
            folded = load_folded(path)
            self._folded, known = FoldedScorer(folded), folded.labels
        else:
            self._model = load_model(path)
            known = self._model.labels
        self.label = label or next((usual for usual in _USUAL if usual in known), "")
        if self.label not in known:
            asked = f"knows no label {label!r}" if label else "has none of the usual labels of good documents"
            raise RecipeError(f"{path}: {asked}; name one of {', '.join(sorted(known)[:50])}")
        self._wanted = np.array([known.index(self.label)], np.int64)

    def scores(self, texts: Array) -> NDArray[np.float64]:
        """Return the score of each text, rounded to 2^-20; of one that says nothing, 0."""
        from dclm_pipeline.kernels.fasttext_predict import predict
        from dclm_pipeline.kernels.strings import grained, views

        strings = views(texts.fill_null("").cast(pa.large_string()))
        if self._folded is not None:
            return grained(np.nan_to_num(self._folded.scores(strings)[:, self._wanted[0]], nan=0.0))
        assert self._model is not None
        offsets, data = strings
        found = predict(self._model, offsets[:-1], offsets[1:], data, self._wanted)
        return grained(np.where(found.best < 0, 0.0, found.scores[:, 0]))

    def scores_of(self, batches: Iterable[Array]) -> NDArray[np.float64]:
        """Return the scores of all batches, one after the other."""
        return np.concatenate([np.empty(0), *(self.scores(texts) for texts in batches)])
