"""Two filters by a condition on columns: one says which rows stay, the other which go.

They differ in what becomes of rows of which the condition cannot be told: neither does anything without being sure.
"""

from typing import ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.condition import Answer, Condition
from dclm_pipeline.step import Batch, Filter


class Conditional(Filter):
    """Settings of filters by a condition."""

    revision: ClassVar[int] = 2

    where: Condition = Field(
        description="A condition such as `{column: quality, at_least: 0.5}`, or a list of conditions "
        "under `all_of`, `any_of` or `none_of`."
    )

    def reads(self) -> frozenset[str]:
        """Return the columns that the condition compares."""
        return self.where.reads()

    def misfit(self, documents: pa.Schema) -> str:
        """Say which column cannot be compared so."""
        return self.where.misfit(documents)

    def answer(self, docs: Batch) -> Answer:
        """Ask the condition about each row."""
        if problem := self.misfit(docs.schema):
            raise RecipeError(f"{self.name or self.kind} {problem}")
        return self.where.answer(docs)


class KeepIf(Conditional):
    """Keeps rows of which a condition holds; rows of which that is unknown do not pass.

    A comparison with null, or with what is not a number, is unknown; `known: true` and `known: false` never are.
    Numbers are compared by their exact values, as `between` does.
    """

    kind: Literal["keep_if"] = "keep_if"

    def keep(self, docs: Batch) -> pa.BooleanArray:
        """Tell of which rows the condition holds."""
        answer = self.answer(docs)
        return pa.array(answer.holds & answer.known, pa.bool_())


class DropIf(Conditional):
    """Drops rows of which a condition holds; rows of which that is unknown pass.

    A comparison with null, or with what is not a number, is unknown; `known: true` and `known: false` never are.
    Numbers are compared by their exact values, as `between` does.
    """

    kind: Literal["drop_if"] = "drop_if"

    def keep(self, docs: Batch) -> pa.BooleanArray:
        """Tell of which rows the condition does not hold, or may not."""
        answer = self.answer(docs)
        return pa.array(~(answer.holds & answer.known), pa.bool_())
