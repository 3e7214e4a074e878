"""Bands of numbers by the value of another column: what is long for one language is short for another.

Knows bands, and the profile that may hold them; not what a number means.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dclm_pipeline.arrow import Array
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.comparing import Mask, Numbers, places_among, within_each
from dclm_pipeline.stages.profile import Band, read_profile
from dclm_pipeline.step import Place


class By(BaseModel):
    """Which band a row's number must lie in: that of the row's value in a column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str = Field(min_length=1, description="The column whose value chooses the band, such as `language`.")
    bands: Mapping[str, Band] = Field(default={}, description="The band of each value: `{de: {low: 3, high: 12}}`.")
    file: Place = Field(
        default="",
        description="A profile, JSON or YAML: `{by: language, bands: {COLUMN: {de: {low: 3}}}}`; `bands` come first.",
    )
    otherwise: Band | Literal["keep", "drop"] = Field(
        description="What becomes of rows whose value has no band, or is unknown: another band, keep or drop."
    )

    @model_validator(mode="after")
    def _has_bands(self) -> Self:
        if not self.bands and not self.file:
            raise ValueError(f"by {self.column!r} needs `bands`, a `file` of them, or both")
        return self

    def with_file(self, path: Path, column: str) -> "By":
        """Return the same with the bands of a file for a column of numbers, ours before those."""
        profile = read_profile(path, self.file)
        if profile.by != self.column:
            raise RecipeError(f"{self.file}: has bands by {profile.by!r}, and this step wants them by {self.column!r}")
        if column not in profile.bands:
            known = ", ".join(sorted(profile.bands))
            raise RecipeError(f"{self.file}: has no bands for {column!r}; it has them for {known or 'nothing'}")
        return self.model_copy(update={"bands": {**profile.bands[column], **self.bands}, "file": ""})

    def within(self, numbers: Numbers, known: Mask, values: Array) -> Mask:
        """Tell which rows' numbers are known and within their bands, or pass whatever they are."""
        names = list(self.bands)
        rest = self.otherwise if isinstance(self.otherwise, Band) else None
        bounds = [(band.low, band.high) for band in map(self.bands.__getitem__, names)]
        bounds.append((None, None) if rest is None else (rest.low, rest.high))
        places = places_among(values, names)
        kept = known & within_each(numbers, bounds, places)
        if self.otherwise == "keep":
            return kept | (places < 0)
        return kept & (places >= 0) if self.otherwise == "drop" else kept
