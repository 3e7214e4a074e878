"""Small steps of every verb, for testing the engine. Importable by workers."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dclm_pipeline.step import Annotate, Batch, Columns, Filter, Rewrite, Sweep, Unfold


class Count(Annotate):
    """Counts characters; a text with `boom` in it raises, one with `bad` fails."""

    kind: Literal["count"] = "count"

    def reads(self) -> frozenset[str]:
        return frozenset({"text"})

    def writes(self) -> pa.Schema:
        return pa.schema([("length", pa.int64())])

    def columns(self, docs: Batch) -> Columns:
        texts = docs["text"].to_pylist()
        if any("boom" in text for text in texts):
            raise ValueError("boom")
        failed = {row: "bad text" for row, text in enumerate(texts) if "bad" in text}
        return Columns({"length": pa.array([len(text) for text in texts], pa.int64())}, failed)


class Least(Filter):
    """Keeps what has a length of `least` at least."""

    kind: Literal["least"] = "least"
    least: int = 0

    def reads(self) -> frozenset[str]:
        return frozenset({"length"})

    def keep(self, docs: Batch) -> pa.BooleanArray:
        return pc.greater_equal(docs["length"], self.least)


class Without(Filter):
    """Drops texts that hold a word; raises for texts that hold `trap`."""

    kind: Literal["without"] = "without"
    word: str

    def reads(self) -> frozenset[str]:
        return frozenset({"text"})

    def keep(self, docs: Batch) -> pa.BooleanArray:
        texts = docs["text"].to_pylist()
        if any("trap" in text for text in texts):
            raise KeyError("trap")
        return pa.array([self.word not in text for text in texts])


class Upper(Rewrite):
    """Puts text in capitals; drops what is empty."""

    kind: Literal["upper"] = "upper"

    def text(self, docs: Batch) -> pa.Array:
        return pa.array([text.upper() or None for text in docs["text"].to_pylist()], pa.large_string())


class Pairs(Unfold):
    """Joins every two neighbouring texts of a shard to one row; an odd one stays alone."""

    kind: Literal["pairs"] = "pairs"

    def reads(self) -> frozenset[str]:
        return frozenset({"id", "text"})

    def writes(self) -> pa.Schema:
        return pa.schema([pa.field("id", pa.binary(16), nullable=False), pa.field("text", pa.large_string())])

    def rows(self, docs: Iterator[Batch]) -> Iterator[Batch]:
        held: list[dict[str, object]] = []
        for batch in docs:
            held += batch.select(["id", "text"]).to_pylist()
            while len(held) >= 2:
                one, two = held.pop(0), held.pop(0)
                yield self._row(one["id"], f"{one['text']}+{two['text']}")
        for one in held:
            yield self._row(one["id"], str(one["text"]))

    def _row(self, id: object, text: str) -> Batch:
        return pa.RecordBatch.from_pylist([{"id": id, "text": text}], schema=self.writes())


class Seen(Sweep):
    """Keeps the first text that begins with each letter."""

    kind: Literal["seen"] = "seen"

    def reads(self) -> frozenset[str]:
        return frozenset({"text"})

    def start(self) -> object:
        return set()

    def columns(self, docs: Batch, state: object) -> Columns:
        assert isinstance(state, set)
        keep = []
        for text in docs["text"].to_pylist():
            keep.append(text[:1] not in state)
            state.add(text[:1])
        return Columns({"keep": pa.array(np.array(keep, np.bool_))})
