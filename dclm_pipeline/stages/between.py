"""The one rule: a number within bounds. Every threshold of every recipe is a step of this kind.

Knows nothing of what the number means. The bounds may differ by the value of another column, and the rule may be one
for some rows only.
"""

from typing import ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.schema import is_number
from dclm_pipeline.stages.bands import By
from dclm_pipeline.stages.comparing import numbers_of, sort_of, within
from dclm_pipeline.stages.condition import Condition
from dclm_pipeline.stages.profile import Bound, check_order
from dclm_pipeline.step import Assets, Batch, Filter


class Between(Filter):
    """Keeps rows whose number is at least `low` and at most `high`, by exact value; an unknown number does not pass.

    With `by`, the bounds are those of the row's value in another column, such as its language; a value without a band,
    and an unknown one, go by `otherwise`. With `when`, rows of which the condition does not hold, or is unknown, pass
    whatever their number is.
    """

    revision: ClassVar[int] = 2

    kind: Literal["between"] = "between"
    column: str = Field(min_length=1, description="The column of numbers.")
    low: Bound | None = Field(default=None, description="The least number that passes.")
    high: Bound | None = Field(default=None, description="The greatest number that passes.")
    by: By | None = Field(
        default=None, description="Other bounds for each value of a column: `{column, bands, file, otherwise}`."
    )
    when: Condition | None = Field(
        default=None, description="Which rows the rule is for, as `where` of keep_if; others pass. Default: all."
    )

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        bounded = self.low is not None or self.high is not None
        if self.by is None and not bounded:
            raise ValueError(f"between needs a bound for {self.column!r}: set low, high or both")
        if self.by is not None and bounded:
            raise ValueError("with `by`, low and high of all other rows stand there, as `otherwise: {low: …, high: …}`")
        check_order(self.low, self.high)
        return self

    def reads(self) -> frozenset[str]:
        """Return the column of numbers, and those that choose the bounds and the rows."""
        chooses = frozenset() if self.by is None else frozenset({self.by.column})
        return frozenset({self.column}) | chooses | (frozenset() if self.when is None else self.when.reads())

    def misfit(self, documents: pa.Schema) -> str:
        """Say which column cannot be used so."""
        field = documents.field(self.column)
        if not is_number(field):
            numbers = ", ".join(other.name for other in documents if is_number(other))
            return f"compares numbers, and {self.column!r} is {field.type}; numbers there are: {numbers or 'none'}"
        if self.by is not None and sort_of(documents.field(self.by.column)) != "text":
            other = documents.field(self.by.column)
            return f"chooses bounds by texts, and {other.name!r} is {other.type}"
        return "" if self.when is None else self.when.misfit(documents)

    def open(self, assets: Assets) -> "Between":
        """Read the file of bands, if there is one."""
        if self.by is None or not self.by.file:
            return self
        return self.model_copy(update={"by": self.by.with_file(assets.path(self.by.file), self.column)})

    def keep(self, docs: Batch) -> pa.BooleanArray:
        """Tell which rows are within their bounds."""
        if problem := self.misfit(docs.schema):
            raise RecipeError(f"{self.name or self.kind} {problem}")
        values, kept = numbers_of(docs[self.column])
        if self.by is not None:
            kept = self.by.within(values, kept, docs[self.by.column])
        else:
            kept &= within(values, self.low, self.high)
        if self.when is not None:
            asked = self.when.answer(docs)
            kept |= ~(asked.holds & asked.known)
        return pa.array(np.asarray(kept, np.bool_), pa.bool_())
