"""The one rule: a number within bounds. Every threshold of every recipe is a step of this kind.

Knows nothing of what the number means.
"""

import math
from typing import Literal, Self

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.schema import is_number
from dclm_pipeline.step import Batch, Filter


class Between(Filter):
    """Keeps rows whose number is at least `low` and at most `high`; an unknown number does not pass."""

    kind: Literal["between"] = "between"
    column: str = Field(min_length=1, description="The column of numbers.")
    low: float | None = Field(default=None, description="The least number that passes.")
    high: float | None = Field(default=None, description="The greatest number that passes.")

    @field_validator("low", "high")
    @classmethod
    def _is_a_bound(cls, bound: float | None) -> float | None:
        if bound is not None and math.isnan(bound):
            raise ValueError("not a number is no bound; leave the bound out for none")
        return bound

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError(f"between needs a bound for {self.column!r}: set low, high or both")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low {self.low} is above high {self.high}, so nothing could pass; swap them")
        return self

    def reads(self) -> frozenset[str]:
        """Return the column of numbers."""
        return frozenset({self.column})

    def misfit(self, documents: pa.Schema) -> str:
        """Say that the column does not hold numbers."""
        field = documents.field(self.column)
        if is_number(field):
            return ""
        numbers = ", ".join(other.name for other in documents if is_number(other))
        return f"compares numbers, and {self.column!r} is {field.type}; numbers there are: {numbers or 'none'}"

    def keep(self, docs: Batch) -> pa.BooleanArray:
        """Tell which rows are within the bounds."""
        if problem := self.misfit(docs.schema):
            raise RecipeError(f"{self.name or self.kind} {problem}")
        field = docs.schema.field(self.column)
        numbers = docs[self.column]
        if pa.types.is_boolean(field.type):
            numbers = numbers.cast(pa.int8())
        kept = np.asarray(numbers.is_valid().to_numpy(zero_copy_only=False), np.bool_)
        values = numbers.fill_null(0).to_numpy(zero_copy_only=False)
        if self.low is not None:
            kept &= values >= self.low
        if self.high is not None:
            kept &= values <= self.high
        return pa.array(kept, pa.bool_())
