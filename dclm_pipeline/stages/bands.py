"""Bands of numbers by the value of another column: what is long for one language is short for another.

Knows bands and the file that may hold them; not what a number means.
"""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from dclm_pipeline.arrow import Array
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.comparing import places_among
from dclm_pipeline.step import Place

MOST_FILE = 16 * 1024 * 1024


def checked_bound(bound: float | None) -> float | None:
    """Return a bound; raise a `ValueError` where it is none."""
    if bound is not None and math.isnan(bound):
        raise ValueError("not a number is no bound; leave the bound out for none")
    return bound


def check_order(low: float | None, high: float | None) -> None:
    """Raise a `ValueError` where nothing lies between two bounds."""
    if low is not None and high is not None and low > high:
        raise ValueError(f"low {low} is above high {high}, so nothing could pass; swap them")


class Band(BaseModel):
    """The numbers that pass: at least `low`, at most `high`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: float | None = Field(default=None, description="The least number that passes.")
    high: float | None = Field(default=None, description="The greatest number that passes.")

    @field_validator("low", "high")
    @classmethod
    def _is_a_bound(cls, bound: float | None) -> float | None:
        return checked_bound(bound)

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("a band needs low, high or both")
        check_order(self.low, self.high)
        return self


class Profile(BaseModel):
    """What a file of bands says: for each column of numbers the band of each value of the column `by`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str
    bands: Mapping[str, Mapping[str, Band]]


class By(BaseModel):
    """Which band a row's number must lie in: that of the row's value in a column."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str = Field(min_length=1, description="The column whose value chooses the band, such as `language`.")
    bands: Mapping[str, Band] = Field(default={}, description="The band of each value: `{de: {low: 3, high: 12}}`.")
    file: Place = Field(
        default="",
        description="A file of bands, JSON or YAML: `{by: language, bands: {COLUMN: {de: {low: 3}}}}`; `bands` come first.",
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

    def bounds(self, values: Array) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """Return each row's least and greatest number, and which rows pass whatever their number is."""
        names = list(self.bands)
        bands = [self.bands[name] for name in names]
        rest = self.otherwise if isinstance(self.otherwise, Band) else None
        lows = [band.low for band in bands] + [None if rest is None else rest.low]
        highs = [band.high for band in bands] + [None if rest is None else rest.high]
        if self.otherwise == "drop":
            lows[-1], highs[-1] = math.inf, -math.inf
        places = places_among(values, names)
        low = np.array([-math.inf if bound is None else bound for bound in lows])[places]
        high = np.array([math.inf if bound is None else bound for bound in highs])[places]
        return low, high, (places < 0) & (self.otherwise == "keep")


def read_profile(path: Path, place: str) -> Profile:
    """Read a file of bands; `place` is what the recipe calls it."""
    data = path.read_bytes()
    if len(data) > MOST_FILE:
        raise RecipeError(f"{place}: {len(data):,} bytes; a file of bands has {MOST_FILE:,} at most")
    try:
        return Profile.model_validate(_values(data.decode("utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise RecipeError(f"{place}: {where}: {first['msg']}; expected {{by: COLUMN, bands: {{…}}}}") from error
    except (UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
        raise RecipeError(f"{place}: is neither JSON nor YAML in UTF-8: {str(error)[:200]}") from error


def _values(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        # Of YAML words alone: a language is called `no`, which would be read as false.
        return yaml.load(text, Loader=yaml.BaseLoader)
