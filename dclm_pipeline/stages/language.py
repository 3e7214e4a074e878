"""What language a text is in, by a fastText model.

Most texts give themselves away in their first characters; only those that do not are looked at as a whole. Of 1,599 real
pages 84 % needed their first 1,000 characters alone, and 99.94 % got the answer that the whole page gets (language, and
score above 0.65).

The model that comes with the package is the small one of fastText's two (`lid.176.ftz`); `asset:lid.176` is the large
one, which DCLM used. Where the two differ, and how much faster this is than the library, `python -m bench.language` tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.step import Annotate, Assets, Batch, Columns, Place

if TYPE_CHECKING:
    from dclm_pipeline.kernels.fasttext.file import FastText
    from dclm_pipeline.kernels.strings import LargeArray

DEFAULT_MODEL = "asset:lid.176.ftz"
_CANDIDATE = pa.struct([("language", pa.string()), ("score", pa.float64())])
# What fastText raises every probability by: below it there is nothing.
_LEAST_CANDIDATE = 1e-5


class Language(Annotate):
    """Names the language of a text, with the probability that the model gives it.

    Nothing is known of a text that holds only ASCII punctuation and blanks. Probabilities are fastText's, which it raises
    by up to 0.00001 for each decision, so that they may pass 1; they are rounded to 2^-20.
    """

    kind: Literal["language"] = "language"
    model: Place = Field(
        default=DEFAULT_MODEL, description="A fastText model, `.bin` or `.ftz`, whose labels are languages."
    )
    prefix: int = Field(
        default=1000, ge=0, description="Characters that are looked at first; 0 looks at the whole text at once."
    )
    sure: float = Field(
        default=0.9,
        ge=0,
        description="The score from which on the answer for the prefix stands; below it, the whole text is looked at.",
    )
    profile: Literal["plain", "dclm"] = Field(
        default="plain",
        description="What newlines are, as fastText knows one line: blanks, or as in DCLM nothing, which glues words.",
    )
    languages: tuple[str, ...] = Field(
        default=(),
        description="Languages, by the model's names for them, whose probabilities add up to `languages_score`.",
    )
    all: bool = Field(default=False, description="Add `language_candidates`: every language with a score, best first.")

    def reads(self) -> frozenset[str]:
        """Return the text."""
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        """Return the language and its score, and what else was asked for."""
        fields: list[tuple[str, pa.DataType]] = [("language", pa.string()), ("language_score", pa.float64())]
        if self.languages:
            fields.append(("languages_score", pa.float64()))
        if self.all:
            fields.append(("language_candidates", pa.list_(_CANDIDATE)))
        return pa.schema(fields)

    def open(self, assets: Assets) -> "OpenedLanguage":
        """Load the model; languages that it does not know are refused."""
        from dclm_pipeline.kernels.fasttext.file import load_model

        model = load_model(assets.path(self.model))
        return OpenedLanguage(self, model, labels_of(self.kind, model, self.languages))


@dataclass(frozen=True)
class OpenedLanguage:
    """The settings with their model, and which of its labels are asked for."""

    settings: Language
    model: "FastText"
    wanted: NDArray[np.int64]

    def columns(self, docs: Batch) -> Columns:
        """Say what language each text is in; of an unknown text nothing is known."""
        from dclm_pipeline.kernels.strings import grained, valid_rows, views
        from dclm_pipeline.kernels.words.prefixes import wordless_rows

        settings, labels = self.settings, self.model.labels
        text = docs["text"].cast(pa.large_string())
        wanted = np.arange(len(labels)) if settings.all else self.wanted
        best, best_scores, scores = self._predicted(text, wanted)
        unknown = ~valid_rows(text) | wordless_rows(views(text)) | (best < 0)
        names = pa.array(labels, pa.string())
        arrays: dict[str, Array] = {
            "language": names.take(pa.array(np.maximum(best, 0), pa.int64(), mask=unknown)),
            "language_score": pa.array(grained(best_scores), mask=unknown),
        }
        if settings.languages:
            asked = scores[:, self.wanted] if settings.all else scores
            arrays["languages_score"] = pa.array(grained(asked.sum(axis=1)), mask=unknown)
        if settings.all:
            arrays["language_candidates"] = _candidates(grained(scores), unknown, names)
        return Columns(arrays)

    def _predicted(
        self, text: "LargeArray", wanted: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Return the best label, its score, and those of the wanted labels: of a prefix, where that makes sure."""
        from dclm_pipeline.kernels.fasttext.predict import NOTHING, predict
        from dclm_pipeline.kernels.strings import grained, views
        from dclm_pipeline.kernels.words.prefixes import first_characters

        passed = ord("\n") if self.settings.profile == "dclm" else NOTHING
        offsets, data = views(text)
        begins, stops = offsets[:-1], offsets[1:]
        if self.settings.prefix == 0:
            whole = predict(self.model, begins, stops, data, wanted, passed)
            return whole.best, whole.best_scores, whole.scores
        cuts = first_characters((offsets, data), self.settings.prefix, passed)
        found = predict(self.model, begins, cuts, data, wanted, passed)
        unsure = np.flatnonzero((cuts < stops) & (grained(found.best_scores) < self.settings.sure))
        whole = predict(self.model, begins[unsure], stops[unsure], data, wanted, passed)
        best, best_scores, scores = found.best.copy(), found.best_scores.copy(), found.scores.copy()
        best[unsure], best_scores[unsure], scores[unsure] = whole.best, whole.best_scores, whole.scores
        return best, best_scores, scores


def labels_of(kind: str, model: "FastText", languages: Sequence[str]) -> NDArray[np.int64]:
    """Return the numbers of languages among a model's labels."""
    for language in languages:
        if language not in model.labels:
            known = ", ".join(sorted(model.labels)[:200])
            raise RecipeError(f"{kind}: {model.path.name} knows no language {language!r}; it knows {known}")
    return np.array([model.labels.index(language) for language in dict.fromkeys(languages)], np.int64)


def _candidates(scores: NDArray[np.float64], unknown: NDArray[np.bool_], names: Array) -> Array:
    """Return of each row the labels that have a score, best first; of equal ones the more frequent first."""
    order = np.argsort(-scores, axis=1, kind="stable")
    ordered = np.take_along_axis(scores, order, axis=1)
    kept = (ordered > _LEAST_CANDIDATE) & ~unknown[:, None]
    offsets = np.zeros(len(scores) + 1, np.int32)
    np.cumsum(kept.sum(axis=1), out=offsets[1:])
    values = pa.StructArray.from_arrays(
        [names.take(from_numpy(order[kept])), from_numpy(ordered[kept])], fields=list(_CANDIDATE)
    )
    lists: Array = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values, mask=pa.array(unknown, pa.bool_()))
    return lists
