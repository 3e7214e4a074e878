"""A profile of languages, from trusted texts: their stop words, and what numbers about their texts are usual.

Two passes over the texts. The first counts words and chooses documents, the second takes the numbers of those. Memory
is bounded by languages times chosen documents. The answer depends on which documents there are, not on their order, but
for words that are only just frequent enough (see `frequent`).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from dclm_pipeline.arrow import Array, where
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.ids import scatter
from dclm_pipeline.stages.common_words import CommonWords
from dclm_pipeline.stages.profile import Band, Profile
from dclm_pipeline.stages.repetition import SHARES, Repetition
from dclm_pipeline.stages.signals import Signals
from dclm_pipeline.stages.words_by import WordsBy
from dclm_pipeline.step import Annotates, Assets, Batch

# The numbers that rules look at and that differ by language, and which of their ends tells a bad text.
ENDS: Mapping[str, str] = {
    "mean_word_length": "low high",
    "letterless_word_share": "high",
    "symbols_per_word": "high",
    "digit_share": "high",
    "punctuation_share": "low high",
    "symbol_share": "high",
    "stop_word_share": "low",
    "stop_character_share": "low",
    "terminal_line_share": "low",
    "short_line_share": "high",
    "line_feeds_per_word": "high",
    **dict.fromkeys(SHARES, "high"),
}
_GRAIN = 10_000


class ProfileSettings(BaseModel):
    """How a profile is made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str = Field(default="language", min_length=1, description="The column that parts the documents.")
    low: float = Field(default=0.01, ge=0, le=1, description="The quantile that is the least number of a band.")
    high: float = Field(default=0.99, ge=0, le=1, description="The quantile that is the greatest.")
    least: int = Field(default=100, ge=1, description="A language with fewer documents has no bands.")
    most: int = Field(default=20_000, ge=1, description="Documents of a language whose numbers are looked at.")
    share: float = Field(default=0.008, gt=0, le=1, description="A word with this share of all is a stop word.")
    words: int = Field(default=8, ge=0, description="So many stop words at least, though their share be smaller.")
    least_words: int = Field(default=5_000, ge=1, description="A language with fewer words has no stop words.")
    least_texts: int = Field(default=10, ge=1, description="Nor has one with fewer documents, whatever their words.")

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}; swap them")
        return self


@dataclass
class _Language:
    """What is known of one language: how many documents, their words, and by which numbers documents are chosen."""

    documents: int = 0
    words: CommonWords = field(default_factory=CommonWords)
    lots: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    numbers: list[NDArray[np.float64]] = field(default_factory=list)


class Profiling:
    """A profile in the making: hand it all documents, `begin_numbers`, and all documents again."""

    def __init__(self, settings: ProfileSettings) -> None:
        """Begin with nothing."""
        self._settings = settings
        self._languages: dict[str, _Language] = {}
        self._steps: tuple[Annotates, ...] = ()

    def add_words(self, docs: Batch) -> None:
        """Look at documents for the first time: `id`, `text` and the column that parts them."""
        for name, rows in self._parted(docs):
            language = self._languages.setdefault(name, _Language())
            language.documents += rows.num_rows
            language.words.add(rows["text"])
            lots = np.concatenate([language.lots, scatter(0, rows["id"])])
            # Documents are chosen by their ids alone, the smallest lots: whoever reads them in whatever order.
            language.lots = np.sort(lots)[: self._settings.most]

    def begin_numbers(self, assets: Assets) -> None:
        """Take down the stop words, of which the numbers need to know."""
        words = WordsBy(column=self._settings.by, words={"": (), **self._stop_words()})
        signals = Signals(only=tuple(name for name in ENDS if name not in SHARES), stop_words_by=words)
        self._steps = tuple(
            opened for step in (signals, Repetition()) if isinstance(opened := step.open(assets), Annotates)
        )

    def add_numbers(self, docs: Batch) -> None:
        """Look at the same documents for the second time."""
        for name, rows in self._parted(docs):
            language = self._languages[name]
            if language.documents < self._settings.least:
                continue
            chosen = where(rows, scatter(0, rows["id"]) <= language.lots[-1])
            if chosen.num_rows:
                arrays = {key: array for step in self._steps for key, array in step.columns(chosen).arrays.items()}
                language.numbers.append(np.stack([_numbers(arrays[key]) for key in ENDS], axis=1))

    def profile(self, origin: str = "") -> Profile:
        """Return the profile of the languages that have enough documents or words."""
        bands: dict[str, dict[str, Band]] = {name: {} for name in ENDS}
        for language, known in sorted(self._languages.items()):
            for place, values in enumerate(np.concatenate(known.numbers).T if known.numbers else ()):
                name = list(ENDS)[place]
                band = self._band(values[~np.isnan(values)], ENDS[name])
                if band is not None:
                    bands[name][language] = band
        words = self._stop_words()
        told = {name: known.documents for name, known in self._languages.items() if known.numbers or name in words}
        if not told:
            raise RecipeError(
                f"no {self._settings.by} has {self._settings.least} documents or {self._settings.least_words} words; "
                "give more documents, or ask for fewer"
            )
        settings = self._settings.model_dump(exclude={"by"})
        listed = {name: found for name, found in bands.items() if found}
        return Profile(
            by=self._settings.by,
            bands=listed,
            stop_words=words,
            documents=dict(sorted(told.items())),
            origin=origin,
            settings=settings,
        )

    def left_out(self) -> Mapping[str, str]:
        """Return the languages of which something is missing, and what."""
        told: dict[str, str] = {}
        for name, known in sorted(self._languages.items()):
            few = [] if known.documents >= self._settings.least else ["no bands"]
            few += [] if self._has_words(known) else ["no stop words"]
            if few:
                told[name] = f"{' and '.join(few)}, from {known.documents} documents with {known.words.size} words"
        return told

    def _has_words(self, language: _Language) -> bool:
        settings = self._settings
        return language.documents >= settings.least_texts and language.words.size >= settings.least_words

    def _stop_words(self) -> dict[str, tuple[str, ...]]:
        settings = self._settings
        enough = {name: known.words for name, known in self._languages.items() if self._has_words(known)}
        found = {name: words.stop_words(settings.share, settings.words) for name, words in sorted(enough.items())}
        return {name: words for name, words in found.items() if words}

    def _parted(self, docs: Batch) -> list[tuple[str, Batch]]:
        """Return the documents of each language, those without a language or text left out."""
        known = pc.and_(docs[self._settings.by].is_valid(), docs["text"].is_valid())
        rows = docs.filter(known)
        names: Array = pc.unique(rows[self._settings.by])
        return [
            (str(name), rows.filter(pc.equal(rows[self._settings.by], pa.scalar(name, names.type))))
            for name in names.to_pylist()
        ]

    def _band(self, values: NDArray[np.float64], ends: str) -> Band | None:
        """Return the band between two quantiles, widened to a round number."""
        if not len(values):
            return None
        low = high = None
        if "low" in ends:
            low = math.floor(float(np.quantile(values, self._settings.low, method="lower")) * _GRAIN) / _GRAIN
        if "high" in ends:
            high = math.ceil(float(np.quantile(values, self._settings.high, method="higher")) * _GRAIN) / _GRAIN
        return Band(low=low, high=high)


def _numbers(array: Array) -> NDArray[np.float64]:
    """Return a column's numbers, NaN where unknown."""
    numbers = array.cast(pa.float64())
    return np.asarray(numbers.fill_null(math.nan).to_numpy(zero_copy_only=False), np.float64)
