"""Profiles: what is usual for each value of a column, such as each language, as a file that several steps read.

    {by: language, bands: {COLUMN: {de: {low: 3, high: 12}}}, stop_words: {de: [der, die, und]}}

`dclm language-profile` makes one. Knows the file; what its numbers and words are for is the steps' own business.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.mistakes import problems_of

MOST_FILE = 16 * 1024 * 1024


def _as_given(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """Keep a whole number that no float is equal to; any other is a float, and a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value) if float(value) == value else value
        except OverflowError:
            return value
    bound = handler(value)
    if math.isnan(bound):
        raise ValueError("not a number is no bound; leave the bound out for none")
    return bound


# A number as a bound: what a column's numbers are compared with, exactly.
Bound = Annotated[float, WrapValidator(_as_given), PlainSerializer(lambda bound: bound)]


def check_order(low: float | None, high: float | None) -> None:
    """Raise a `ValueError` where nothing lies between two bounds."""
    if low is not None and high is not None and low > high:
        raise ValueError(f"low {low} is above high {high}, so nothing could pass; swap them")


class Band(BaseModel):
    """The numbers that pass: at least `low`, at most `high`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: Bound | None = Field(default=None, description="The least number that passes.")
    high: Bound | None = Field(default=None, description="The greatest number that passes.")

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("a band needs low, high or both")
        check_order(self.low, self.high)
        return self


class Profile(BaseModel):
    """What a profile says: of each value of the column `by`, the band of each column of numbers, and its stop words.

    `documents`, `origin` and `settings` are for people: from how many documents of each value it was made, from what, how.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str
    bands: Mapping[str, Mapping[str, Band]] = {}
    stop_words: Mapping[str, tuple[str, ...]] = {}
    documents: Mapping[str, int] = {}
    origin: str = ""
    settings: Mapping[str, float] = {}

    @field_validator("stop_words")
    @classmethod
    def _are_words(cls, stop_words: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        for words in stop_words.values():
            check_stop_words(words)
        return stop_words


def check_stop_words(words: tuple[str, ...]) -> None:
    """Raise a `ValueError` where texts are no stop words: single words, in small letters, each once."""
    for word in words:
        if word.split() != [word]:
            raise ValueError(f"{word!r} is no word; a stop word has no blanks")
        if word.lower() != word:
            raise ValueError(f"stop words are in small letters; write {word.lower()!r} for {word!r}")
    if len({word.replace("ς", "σ") for word in words}) < len(words):
        raise ValueError("a stop word is there twice; leave one out")


def read_profile(path: Path, place: str) -> Profile:
    """Read a profile; `place` is what the recipe calls it."""
    data = path.read_bytes()
    if len(data) > MOST_FILE:
        raise RecipeError(f"{place}: {len(data):,} bytes; a profile has {MOST_FILE:,} at most")
    try:
        return Profile.model_validate(_values(data.decode("utf-8")))
    except ValidationError as error:
        found = problems_of(error, Profile, (), place)
        more = f"; and {len(found) - 1} more" if len(found) > 1 else ""
        told = found[0][1] if found[0][0] else f"{place}: the file holds no settings"
        raise RecipeError(
            f"{told}{more}; a profile is {{by: COLUMN, bands: {{COLUMN: {{VALUE: {{low: …}}}}}}, stop_words: {{…}}}}"
        ) from error
    except (UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        raise RecipeError(f"{place}: is neither JSON nor YAML in UTF-8: {str(error)[:200]}") from error


def _values(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        # Of YAML words alone: a language is called `no`, which would be read as false.
        return yaml.load(text, Loader=yaml.BaseLoader)
