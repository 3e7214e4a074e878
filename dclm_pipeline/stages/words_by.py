"""Stop words by the value of another column: those of each text's own language."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.profile import check_stop_words, read_profile
from dclm_pipeline.step import Place


class WordsBy(BaseModel):
    """Which words are stop words of a row: those of its value in a column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str = Field(default="language", min_length=1, description="The column whose value chooses the words.")
    words: Mapping[str, tuple[str, ...]] = Field(
        default={}, description="The words of each value, in small letters: `{de: [der, die, und]}`."
    )
    file: Place = Field(
        default="",
        description="A profile, JSON or YAML: `{by: language, stop_words: {de: [der]}}`; `words` come first.",
    )

    @field_validator("words")
    @classmethod
    def _are_words(cls, words: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        for value, listed in words.items():
            if value and not listed:  # of the value of no row, whoever has no words says so
                raise ValueError(f"{value} has no words; leave it out")
            check_stop_words(listed)
        return words

    @model_validator(mode="after")
    def _has_words(self) -> Self:
        if not self.words and not self.file:
            raise ValueError(f"stop words by {self.column!r} need `words`, a `file` of them, or both")
        return self

    def with_file(self, path: Path) -> "WordsBy":
        """Return the same with the words of a profile, ours before those."""
        profile = read_profile(path, self.file)
        if profile.by != self.column:
            raise RecipeError(f"{self.file}: has words by {profile.by!r}, and this step wants them by {self.column!r}")
        if not profile.stop_words:
            raise RecipeError(f"{self.file}: has no stop_words; `dclm language-profile` makes a profile that has them")
        return self.model_copy(update={"words": {**profile.stop_words, **self.words}, "file": ""})
