"""Columns that a user names: what a source takes over from its rows beside the text, its address and its date.

Knows names and types; not how rows are stored.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import pyarrow as pa
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from dclm_pipeline.schema import DATE, TEXT, with_columns

Type = Literal["string", "int", "float", "bool", "date"]

_TYPES: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": DATE,
}
# Of columns that this package's own steps write, the type need not be said.
_KNOWN: Mapping[str, Type] = {"language_score": "float", "quality": "float", "word_count": "int", "cluster_size": "int"}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")
_MOST_COLUMNS = 1000
_INT64 = range(-(2**63), 2**63)


class Column(BaseModel):
    """One column: what it holds, and where in a row that is found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Type = Field(default="string", description="What it holds.")
    path: str = Field(default="", description="Where it is found, such as `metadata.language`; default: its name.")


def read_columns(value: object) -> object:
    """Read `[name, …]` and `{name: type}` as what they are short for; leave everything else to pydantic."""
    if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
        return {name: {"type": _KNOWN.get(name, "string")} for name in value}
    if isinstance(value, dict):
        for name, given in value.items():
            if isinstance(given, str) and given not in _TYPES:
                raise ValueError(f"{name} cannot hold {given!r}; it can hold {', '.join(_TYPES)}")
        return {name: {"type": given} if isinstance(given, str) else given for name, given in value.items()}
    return value


class Columns(BaseModel):
    """Settings that sources of texts have in common."""

    columns: Annotated[Mapping[str, Column], BeforeValidator(read_columns)] = Field(
        default={}, description="Further columns: `[name]`, `{name: float}` or `{name: {type: int, path: a.b}}`."
    )

    @field_validator("columns")
    @classmethod
    def _can_be_columns(cls, columns: Mapping[str, Column]) -> Mapping[str, Column]:
        for name in columns:
            if not _NAME.match(name):
                raise ValueError(f"{name!r} cannot be a column: letters, digits and '_', a letter first, 64 at most")
            if name in TEXT.names:
                raise ValueError(f"{name!r} is there without being asked for")
        if len(columns) > _MOST_COLUMNS:
            raise ValueError(f"{len(columns)} columns are too many; {_MOST_COLUMNS} can be")
        return columns

    def document_schema(self) -> pa.Schema:
        """Return the columns of a text with its address, and those that are asked for."""
        return with_columns(TEXT, pa.schema([(name, _TYPES[column.type]) for name, column in self.columns.items()]))


def fits(value: Any, kind: Type) -> Any:
    """Return a value of a row as its column holds it; raise a `ValueError` where it is of another type."""
    if value is None:
        return None
    if kind == "string" and isinstance(value, str):
        return readable(value)
    if kind == "bool" and isinstance(value, bool):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if kind == "int" and isinstance(value, int) and value in _INT64:
            return value
        if kind == "float":
            try:
                return float(value)
            except OverflowError as error:  # JSON has whole numbers of any length
                raise ValueError("int is too large for a float") from error
    if kind == "date" and (date := read_date(value)) is not None:
        return date
    raise ValueError(f"{type(value).__name__} is no {kind}")


def read_date(value: Any) -> datetime | None:
    """Read a date as ISO 8601 has them, in UTC where it does not say otherwise, to the second; nothing for others."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    try:
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        return None
    return aware.replace(microsecond=0)


def readable(text: str) -> str:
    """Return text that every encoding can hold: lone halves of characters become U+FFFD, NUL is left out."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
