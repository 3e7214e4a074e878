"""Conditions on columns, as recipes write them: comparisons of one column, and conditions put together.

    {column: quality, at_least: 0.5}
    {any_of: [{column: language, one_of: [de, fr]}, {column: date, less_than: "2020-01-01"}]}

Knows three answers: yes, no, unknown. A comparison with null is unknown, `known` alone is not; a condition put together
is unknown where the unknown parts would decide it. Nothing is evaluated but what stands here: no code, no patterns.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Self, TypeAlias

import numpy as np
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from dclm_pipeline.arrow import Array
from dclm_pipeline.stages.comparing import (
    Mask,
    Number,
    Numbers,
    is_one_of,
    known_of,
    numbers_of,
    read_seconds,
    seconds_of,
    sort_of,
    within,
)
from dclm_pipeline.step import Batch

Ordered: TypeAlias = StrictInt | StrictFloat | StrictStr
Value: TypeAlias = StrictBool | StrictInt | StrictFloat | StrictStr

_ORDERS: dict[str, Callable[[Numbers, Number], Mask]] = {
    "at_least": lambda values, bound: within(values, bound, None),
    "at_most": lambda values, bound: within(values, None, bound),
    "more_than": lambda values, bound: ~within(values, None, bound),
    "less_than": lambda values, bound: ~within(values, bound, None),
}
_COMPARISONS = (*_ORDERS, "equals", "one_of", "known")
_GROUPS = ("all_of", "any_of", "none_of")
_SORTS = {"number": "a number", "text": "a text", "date": "a date such as 2024-05-18", "truth": "true or false"}


@dataclass(frozen=True)
class Answer:
    """For each row whether a condition holds, and whether that is known."""

    holds: Mask
    known: Mask


class Condition(BaseModel):
    """A comparison of one column, or conditions put together by `all_of`, `any_of` or `none_of`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str = Field(default="", description="The column that is compared; several comparisons must all hold.")
    at_least: Ordered | None = Field(default=None, description="Holds for this number or date, and greater ones.")
    at_most: Ordered | None = Field(default=None, description="Holds for this number or date, and smaller ones.")
    more_than: Ordered | None = Field(default=None, description="Holds for numbers or dates above this one.")
    less_than: Ordered | None = Field(default=None, description="Holds for numbers or dates below this one.")
    equals: Value | None = Field(default=None, description="Holds for this number, text or truth.")
    one_of: tuple[Value, ...] | None = Field(default=None, min_length=1, description="Holds for each of these.")
    known: StrictBool | None = Field(
        default=None, description="Holds where there is a value; false: where there is none."
    )
    all_of: tuple["Condition", ...] | None = Field(
        default=None, min_length=1, description="Holds where all of these do."
    )
    any_of: tuple["Condition", ...] | None = Field(
        default=None, min_length=1, description="Holds where one of these does."
    )
    none_of: tuple["Condition", ...] | None = Field(
        default=None, min_length=1, description="Holds where none of these does."
    )

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        compared = [name for name in _COMPARISONS if getattr(self, name) is not None]
        groups = [name for name in _GROUPS if getattr(self, name) is not None]
        if len(groups) > 1 or (groups and (self.column or compared)):
            said = ", ".join([*(["column"] if self.column else []), *compared, *groups])
            raise ValueError(f"{said} stand side by side; put them in a list under `all_of`")
        if not groups and not self.column:
            raise ValueError(f"a condition names a `column`, or has {', '.join(_GROUPS)}")
        if self.column and not compared:
            raise ValueError(f"nothing is said of {self.column!r}; say one of {', '.join(_COMPARISONS)}")
        if any(isinstance(value, float) and math.isnan(value) for _, value in self._values()):
            raise ValueError("not a number is nothing to compare with; `known: false` holds for it")
        return self

    def reads(self) -> frozenset[str]:
        """Return the columns that are compared."""
        inner = frozenset().union(*(part.reads() for part in self._parts()))
        return inner | {self.column} if self.column else inner

    def misfit(self, documents: pa.Schema) -> str:
        """Say which column is compared with what it cannot be; nothing if all fit."""
        for part in self._parts():
            if problem := part.misfit(documents):
                return problem
        if not self.column:
            return ""
        sort = sort_of(documents.field(self.column))
        for name, value in self._values():
            if sort == "other":
                return f"compares {self.column!r}, which is {documents.field(self.column).type}; only `known` fits that"
            if not _fits(value, sort) or (name in _ORDERS and sort in ("text", "truth")):
                remedy = "say `equals` or `one_of`" if _fits(value, sort) else f"expected {_SORTS[sort]}"
                return f"says {name}: {value!r} of {self.column!r}, which holds {sort}s; {remedy}"
        return ""

    def answer(self, docs: Batch) -> Answer:
        """Ask the condition about each row."""
        if self.all_of is not None:
            return reduce(_both, (part.answer(docs) for part in self.all_of))
        if self.any_of is not None:
            return _opposite(reduce(_both, (_opposite(part.answer(docs)) for part in self.any_of)))
        if self.none_of is not None:
            return reduce(_both, (_opposite(part.answer(docs)) for part in self.none_of))
        return self._compared(docs[self.column], sort_of(docs.schema.field(self.column)))

    def _compared(self, column: Array, sort: str) -> Answer:
        everywhere = np.ones(len(column), np.bool_)
        answers = []
        if sort == "text":
            known = known_of(column)
            if self.equals is not None:
                answers.append(Answer(is_one_of(column, [str(self.equals)]), known))
            if self.one_of is not None:
                answers.append(Answer(is_one_of(column, [*map(str, self.one_of)]), known))
        elif sort in ("number", "truth", "date"):
            values, known = seconds_of(column) if sort == "date" else numbers_of(column)
            for name, compare in _ORDERS.items():
                if (bound := getattr(self, name)) is not None:
                    answers.append(Answer(compare(values, _plain(bound)), known))
            if self.equals is not None:
                answers.append(Answer(_equal(values, self.equals), known))
            if self.one_of is not None:
                found = reduce(np.logical_or, (_equal(values, value) for value in self.one_of))
                answers.append(Answer(found, known))
        else:
            known = known_of(column)
        if self.known is not None:
            answers.append(Answer(known == self.known, everywhere))
        return reduce(_both, answers)

    def _values(self) -> Iterator[tuple[str, Value]]:
        """Yield what the column is compared with, each with the comparison's name."""
        for name in (*_ORDERS, "equals"):
            if (value := getattr(self, name)) is not None:
                yield name, value
        for value in self.one_of or ():
            yield "one_of", value

    def _parts(self) -> "tuple[Condition, ...]":
        return self.all_of or self.any_of or self.none_of or ()


def _fits(value: Value, sort: str) -> bool:
    if isinstance(value, bool):
        return sort == "truth"
    if isinstance(value, str):
        return sort == "text" or (sort == "date" and read_seconds(value) is not None)
    return sort == "number"


def _equal(values: Numbers, value: Value) -> Mask:
    return within(values, _plain(value), _plain(value))


def _plain(value: Value) -> int | float:
    """Return a value as what a column's numbers are compared with."""
    if isinstance(value, str):
        seconds = read_seconds(value)
        if seconds is None:
            raise ValueError(f"{value!r} is no date")
        return seconds
    return value


def _both(one: Answer, other: Answer) -> Answer:
    no = (one.known & ~one.holds) | (other.known & ~other.holds)
    return Answer(one.holds & other.holds & ~no, (one.known & other.known) | no)


def _opposite(answer: Answer) -> Answer:
    return Answer(~answer.holds, answer.known)
