"""Small kinds for tests of recipes."""

from collections.abc import Iterator
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from dclm_pipeline.arrow import schema_of
from dclm_pipeline.sources import InputShard, Reading, Source
from dclm_pipeline.step import Annotate, Batch, Columns, Filter, Place, Step, Unfold
from dclm_pipeline.storage import Storage


class Lines(Source):
    """Documents of one line each."""

    kind: Literal["lines"] = "lines"
    prelude = ("strip",)
    most: int = Field(default=10, ge=1, description="Characters of the longest line.")

    def document_schema(self) -> pa.Schema:
        return schema_of(pa.field("id", pa.binary(16)), pa.field("body", pa.large_binary()))

    def shards(self, storage: Storage) -> Iterator[InputShard]:
        raise NotImplementedError

    def read(self, storage: Storage, shard: InputShard, rows: int, size: int) -> Reading:
        raise NotImplementedError


class Strip(Annotate):
    """Texts of lines."""

    kind: Literal["strip"] = "strip"
    blanks: str = " "

    def reads(self) -> frozenset[str]:
        return frozenset({"body"})

    def writes(self) -> pa.Schema:
        return schema_of(pa.field("text", pa.large_string()))

    def columns(self, docs: Batch) -> Columns:
        return Columns({"text": docs["body"].cast(pa.large_string())})


class Length(Annotate):
    """How long texts are."""

    kind: Literal["length"] = "length"

    def reads(self) -> frozenset[str]:
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        return schema_of(pa.field("length", pa.int64()))

    def columns(self, docs: Batch) -> Columns:
        return Columns({"length": pa.array([len(text) for text in docs["text"].to_pylist()], pa.int64())})


class Edges(BaseModel):
    """Settings within settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: int = Field(default=0, ge=0)
    list: Place = ""


class Longer(Filter):
    """Keeps what is long enough."""

    kind: Literal["longer"] = "longer"
    least: int | None = None
    share: float = Field(default=0.5, ge=0, le=1)
    words: tuple[str, ...] = ()
    edges: Edges = Edges()
    model: Place | None = None

    def reads(self) -> frozenset[str]:
        return frozenset({"length"})

    def keep(self, docs: Batch) -> pa.BooleanArray:
        return pa.array([length > (self.least or 0) for length in docs["length"].to_pylist()], pa.bool_())


class Cut(Unfold):
    """Pieces of texts."""

    kind: Literal["cut"] = "cut"

    def reads(self) -> frozenset[str]:
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        return schema_of(pa.field("id", pa.binary(16)), pa.field("piece", pa.large_string()))

    def rows(self, docs: Iterator[Batch]) -> Iterator[Batch]:
        raise NotImplementedError


SOURCES: dict[str, type[Source]] = {"lines": Lines}
KINDS: dict[str, type[Step]] = {"strip": Strip, "length": Length, "longer": Longer, "cut": Cut}
