"""How good a text is, by fastText models: the probability of a label, as each model sees it.

Models are folded (`dclm classifier fold`) or fastText's own `.bin` and `.ftz`, of which those that fold are folded when
the step is opened. What folding and scores are worth, `python -m bench.quality` tells.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.step import Annotate, Assets, Batch, Columns, Place

if TYPE_CHECKING:
    from dclm_pipeline.kernels.fasttext.file import FastText
    from dclm_pipeline.kernels.fasttext.folded_scores import Scorer
    from dclm_pipeline.kernels.strings import LargeArray

PUBLISHED = "asset:dclm-oh-eli5"
COLUMN = "quality"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
# What `str.isspace` holds of, and what `str.splitlines` parts lines by, but for what fastText takes for a blank itself.
_BLANKS = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_ENDS_OF_LINES = "[\n\x1c\x1d\x1e\x85\u2028\u2029]"
# What fastText adds to every probability that it reports.
_FLOOR = 1e-5


class Quality(Annotate):
    """Scores texts by fastText models: the probability, from 0 to 1, that a model gives to a label.

    A text without a score is a reject: an unknown one, and one of which a model knows no word, not even the end of a
    line. fastText reports 0.00001 more for each label, and so does DCLM's filter where the label wins, and 0.00001 less
    where it does not. Scores are rounded to 2^-20.
    """

    kind: Literal["quality"] = "quality"
    model: Place = Field(default=PUBLISHED, description="A folded model, or a `.bin` or `.ftz` of fastText.")
    models: dict[str, Place] = Field(
        default={}, description="Instead, several models by names of your own; each writes `quality.<name>`."
    )
    label: str = Field(default="hq", min_length=1, description="The label, without `__label__`, that good texts have.")
    profile: Literal["dclm", "plain"] = Field(
        default="dclm",
        description="How a text becomes the one line that fastText knows: as in DCLM, lines joined by blanks and nothing "
        "blank at the ends, or as it is, with newlines for blanks.",
    )

    @field_validator("models")
    @classmethod
    def _are_names(cls, models: dict[str, Place]) -> dict[str, Place]:
        if bad := [name for name in models if not _NAME.match(name)]:
            raise ValueError(f"{bad[0]!r} cannot name a column: use letters, digits, '-' and '_', 64 at most")
        return models

    @model_validator(mode="after")
    def _has_one_setting(self) -> Self:
        if self.models and self.model != PUBLISHED:
            raise ValueError("give `model`, for one, or `models`, by their names")
        return self

    def reads(self) -> frozenset[str]:
        """Return the text."""
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        """Return one column a model."""
        return pa.schema([(column, pa.float64()) for column in self.places()])

    def places(self) -> dict[str, str]:
        """Return the columns, and where the model of each lies; by name, as keys know settings."""
        return {f"{COLUMN}.{name}": place for name, place in sorted(self.models.items())} or {COLUMN: self.model}

    def open(self, assets: Assets) -> "OpenedQuality":
        """Load the models; a label that one does not know is refused."""
        paths = {column: assets.path(place) for column, place in self.places().items()}
        return OpenedQuality(self, {column: load_scorer(path, self.label) for column, path in paths.items()})


class Scores(Protocol):
    """What scores texts by one label of a model."""

    def of(self, text: "LargeArray", profile: str) -> NDArray[np.float64]:
        """Return a score for each text, no number where there is none."""
        ...


@dataclass(frozen=True)
class OpenedQuality:
    """The settings with what scores texts for each column."""

    settings: Quality
    scorers: dict[str, Scores]

    def columns(self, docs: Batch) -> Columns:
        """Score each text."""
        from dclm_pipeline.kernels.strings import grained, valid_rows

        text = docs["text"].cast(pa.large_string())
        failed = dict.fromkeys(np.flatnonzero(~valid_rows(text)).tolist(), "no text to score")
        arrays: dict[str, Array] = {}
        for column, scorer in self.scorers.items():
            scores = grained(scorer.of(text, self.settings.profile))
            failed |= {row: "no word known" for row in np.flatnonzero(np.isnan(scores)).tolist() if row not in failed}
            arrays[column] = from_numpy(scores)
        return Columns(arrays, failed=failed)


@dataclass(frozen=True)
class FoldedScores:
    """A folded model and the number of a label."""

    scorer: "Scorer"
    label: int

    def of(self, text: "LargeArray", profile: str) -> NDArray[np.float64]:
        """Return the probability of the label."""
        from dclm_pipeline.kernels.fasttext.folded_scores import LINES, PLAIN
        from dclm_pipeline.kernels.strings import views

        return self.scorer.scores(views(text), LINES if profile == "dclm" else PLAIN)[:, self.label]


@dataclass(frozen=True)
class WholeScores:
    """A model that does not fold, and the number of a label."""

    model: "FastText"
    label: int

    def of(self, text: "LargeArray", profile: str) -> NDArray[np.float64]:
        """Return the probability of the label, less what fastText adds to it."""
        from dclm_pipeline.kernels.fasttext.predict import predict
        from dclm_pipeline.kernels.strings import views

        if profile == "dclm":
            bare = pc.utf8_trim(text.cast(pa.large_string()), _BLANKS)
            text = pc.replace_substring_regex(bare, _ENDS_OF_LINES, " ").cast(pa.large_string())
        offsets, data = views(text)
        found = predict(self.model, offsets[:-1], offsets[1:], data, np.array([self.label], np.int64))
        return np.where(found.best < 0, np.nan, np.clip(found.scores[:, 0] - _FLOOR, 0, 1))


def load_scorer(path: Path, label: str) -> Scores:
    """Load a model of any sort, and look for a label."""
    labels, scores_by = load_labels(path)
    return scores_by(_label_of(path, labels, label))


def load_labels(path: Path) -> tuple[Sequence[str], Callable[[int], Scores]]:
    """Load a model of any sort; return its labels, and what gives scores by the number of one."""
    from dclm_pipeline.kernels.fasttext.file import SOFTMAX, load_model
    from dclm_pipeline.kernels.fasttext.folded import MOST_LABELS, fold
    from dclm_pipeline.kernels.fasttext.folded_file import is_folded, load_folded
    from dclm_pipeline.kernels.fasttext.folded_scores import Scorer

    if is_folded(path):
        folded = load_folded(path)
        return folded.labels, partial(FoldedScores, Scorer(folded))
    model = load_model(path)
    if model.loss == SOFTMAX and 2 <= len(model.labels) <= MOST_LABELS:
        return model.labels, partial(FoldedScores, Scorer(fold(model, "")))
    return model.labels, partial(WholeScores, model)


def _label_of(path: Path, labels: Sequence[str], label: str) -> int:
    if label not in labels:
        raise RecipeError(f"quality: {path.name} knows no label {label!r}; it knows {', '.join(sorted(labels)[:200])}")
    return labels.index(label)
