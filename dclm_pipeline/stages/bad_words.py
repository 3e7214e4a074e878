"""Pages with words of a list: obscene, offensive or otherwise unwanted, by the language of the page.

The English list that comes with the package is that of LDNOOBW (CC BY 4.0), which C4 used. Lists of other languages are
files that a recipe names.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field, model_validator

from dclm_pipeline.arrow import Array, from_numpy
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.ids import uniform
from dclm_pipeline.stages.lists import read_entries, shipped, shipped_list
from dclm_pipeline.step import UNICODE, Assets, Batch, Filter, Place

if TYPE_CHECKING:
    from dclm_pipeline.kernels.words.matching import Matcher

ENGLISH = "bad_words_en.txt"
# Xue et al. 2021 (mT5) matched these without word ends, and left out the entries that are parts of common words.
UNSPACED = ("ja", "th", "zh")
ALLOWED = ("sm", "グロ", "女の子", "性")


class BadWords(Filter):
    """Drops pages that hold a word or phrase of their language's list, as whole words and regardless of case.

    An entry that begins or ends with a symbol is found anywhere. What is listed under `words` counts in every language;
    so `lists: {}`, `words: [lorem ipsum]` is a filter for one phrase. An unknown text does not pass.
    """

    libraries: ClassVar[tuple[str, ...]] = (UNICODE,)

    kind: Literal["bad_words"] = "bad_words"
    lists: Mapping[str, Place] = Field(
        default={"en": ""},
        description="By language, a file with one entry a line; an empty text stands for the English list of the package.",
    )
    words: tuple[str, ...] = Field(default=(), description="Entries for all languages.")
    column: str = Field(
        default="", description="The column with the page's language; without one all lists count for every page."
    )
    otherwise: Literal["keep", "drop"] = Field(
        default="keep",
        description="What becomes of pages whose language has no list or is unknown; `words` still count.",
    )
    unspaced: tuple[str, ...] = Field(
        default=UNSPACED, description="Languages whose entries are found within words, as nothing parts these."
    )
    allowed: tuple[str, ...] = Field(default=ALLOWED, description="Entries of lists that do not count.")
    keep_share: float = Field(
        default=0.0, ge=0, le=1, description="The share of pages with bad words to keep all the same."
    )
    seed: int = Field(default=0, description="What that share is drawn by.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.lists and not any(map(str.strip, self.words)):
            raise ValueError("bad_words has nothing to look for; give lists or words")
        lost = [language for language, place in self.lists.items() if not place and language != "en"]
        if lost:
            raise ValueError(f"no list for {', '.join(lost)} comes with the package; name a file")
        if self.otherwise == "drop" and not self.column:
            raise ValueError("otherwise: drop needs the column with the language")
        return self

    def reads(self) -> frozenset[str]:
        """Return the text, the language where that is asked for, and the id where some are kept by luck."""
        return frozenset({"text"} | ({self.column} - {""}) | ({"id"} if self.keep_share > 0 else set()))

    def made_with(self) -> tuple[str, ...]:
        """Return the tables of characters, and the list of the package where it is looked at."""
        return (*self.libraries, shipped(ENGLISH)) if "" in self.lists.values() else self.libraries

    def misfit(self, documents: pa.Schema) -> str:
        """Say that the column of languages holds no texts."""
        if not self.column:
            return ""
        kind = documents.field(self.column).type
        texts = pa.types.is_string(kind) or pa.types.is_large_string(kind)
        return "" if texts else f"reads languages, and {self.column!r} is {kind}"

    def open(self, assets: Assets) -> "OpenedBadWords":
        """Read the lists, and build what finds their entries."""
        lists = {language: self._entries(place, assets) for language, place in self.lists.items()}
        return OpenedBadWords(self, lists, [word.strip() for word in self.words if word.strip()])

    def _entries(self, place: str, assets: Assets) -> list[str]:
        entries = read_entries(place, assets) if place else shipped_list(ENGLISH)
        counting = [entry for entry in entries if entry not in self.allowed]
        if not counting:
            raise RecipeError(f"{place or 'en'}: lists nothing but what is `allowed`; leave the list out")
        return counting


class OpenedBadWords:
    """What finds the entries of each list."""

    def __init__(self, settings: BadWords, lists: Mapping[str, Sequence[str]], words: Sequence[str]) -> None:
        """Build what finds them; without a column of languages, all that are found alike at once."""
        self._settings = settings
        self._everywhere = _matchers(words, within=False)
        self._by_language = {
            language: _matchers(entries, within=language in settings.unspaced) for language, entries in lists.items()
        }

    def keep(self, docs: Batch) -> pa.BooleanArray:
        """Tell which rows hold no bad word."""
        from dclm_pipeline.kernels.strings import valid_rows

        text = docs["text"].cast(pa.large_string())
        every = np.ones(len(text), np.bool_)
        bad = _found(text, self._everywhere, every)
        languages = docs[self._settings.column] if self._settings.column else None
        listed = np.zeros(len(text), np.bool_)
        for language, matchers in self._by_language.items():
            rows = every if languages is None else _equal(languages, language)
            listed |= rows
            bad |= _found(text, matchers, rows & ~bad)
        if self._settings.keep_share > 0:
            bad &= uniform(self._settings.seed, docs["id"]) >= self._settings.keep_share
        if self._settings.otherwise == "drop":
            bad |= ~listed
        return pa.array(~bad & valid_rows(text), pa.bool_())


def _matchers(entries: Sequence[str], *, within: bool) -> "list[Matcher]":
    """Return what finds entries: between word ends where an entry has words at both ends, else anywhere."""
    from dclm_pipeline.kernels.words.matching import make_matcher

    whole = [] if within else [entry for entry in entries if _is_of_words(entry[0]) and _is_of_words(entry[-1])]
    known = set(whole)
    loose = [entry for entry in entries if entry not in known]
    made = [make_matcher(whole, ignore_case=True, whole_words=True)] if whole else []
    return made + ([make_matcher(loose, ignore_case=True, whole_words=False)] if loose else [])


def _is_of_words(character: str) -> bool:
    return character.isalnum() or character == "_"


def _found(text: Array, matchers: "Sequence[Matcher]", rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which of some rows hold an entry."""
    from dclm_pipeline.kernels.strings import views
    from dclm_pipeline.kernels.words.matching import count_terms

    found = np.zeros(len(text), np.bool_)
    if not rows.any():
        return found
    some = text if rows.all() else text.filter(from_numpy(rows))
    for matcher in matchers:
        found[rows] |= count_terms(matcher, views(some)).matches > 0
    return found


def _equal(languages: Array, language: str) -> NDArray[np.bool_]:
    same = pc.equal(languages, pa.scalar(language, languages.type)).fill_null(False)
    return np.asarray(same.to_numpy(zero_copy_only=False), np.bool_)
