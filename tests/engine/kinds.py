"""Small steps of every verb, for testing the engine. Importable by workers."""

import os
import signal
from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dclm_pipeline.step import Annotate, Assets, Barrier, Batch, Columns, Coming, Filter, Place, Rewrite, Sweep, Unfold


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


class Listed(Filter):
    """Keeps texts that hold a word of a list, which is an asset."""

    kind: Literal["listed"] = "listed"
    words: Place

    def reads(self) -> frozenset[str]:
        return frozenset({"text"})

    def open(self, assets: Assets) -> "ListedWords":
        return ListedWords(assets.path(self.words).read_text().split())


class ListedWords:
    """The words of a list."""

    def __init__(self, words: list[str]) -> None:
        self._words = words

    def keep(self, docs: Batch) -> pa.BooleanArray:
        return pa.array([any(word in text for word in self._words) for text in docs["text"].to_pylist()], pa.bool_())


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

    def start(self, coming: Coming) -> object:
        return set()

    def columns(self, docs: Batch, state: object) -> Columns:
        assert isinstance(state, set)
        keep = []
        for text in docs["text"].to_pylist():
            keep.append(text[:1] not in state)
            state.add(text[:1])
        return Columns({"keep": pa.array(np.array(keep, np.bool_))})


class Picky(Barrier):
    """Keeps, of texts of equal length, the first; some texts it cannot stand in one round or the other.

    Round 0 raises for texts of which `raises` divides the length, and dies of those that hold `fatal`; what it decides
    raises where `decides` divides the length.
    """

    kind: Literal["picky"] = "picky"
    rounds: ClassVar[int] = 2
    raises: int = 7
    decides: int = 11
    fatal: str = ""

    def reads(self) -> frozenset[str]:
        return frozenset({"text"})

    def evidence_schema(self, round: int) -> pa.Schema:
        return pa.schema([("seen", pa.int64())])

    def findings_schema(self, round: int) -> pa.Schema:
        return pa.schema([("again", pa.bool_())])

    def evidence(self, docs: Batch, round: int, found: Batch | None) -> Batch:
        texts = docs["text"].to_pylist()
        if any(len(text) % self.raises == 0 for text in texts):
            assert round == 0, "what was not heard in one round is not asked in the next"
            raise ArithmeticError("an awkward length")
        if self.fatal and any(self.fatal in text for text in texts):
            os.kill(os.getpid(), signal.SIGSEGV)
        rows = np.arange(docs.num_rows, dtype=np.int64)
        lengths = np.array([len(text) for text in texts], np.int64)
        seen = rows if found is None else found["row"].to_numpy()
        lengths = lengths if found is None else lengths[seen]
        arrays = [pa.array(seen), pa.array(lengths.astype(np.uint64) << np.uint64(40)), pa.array(lengths)]
        return pa.RecordBatch.from_arrays(arrays, names=["row", "hash", "seen"])

    def findings(self, rows: Iterator[Batch], round: int) -> Iterator[Batch]:
        known: set[int] = set()
        for batch in rows:
            again = [length in known or bool(known.add(length)) for length in batch["seen"].to_pylist()]
            kept = batch.select([name for name in ("shard", "row") if name in batch.schema.names])
            yield kept.append_column("again", pa.array(again, pa.bool_()))

    def columns(self, docs: Batch, found: Batch) -> Columns:
        texts = docs["text"].to_pylist()
        keep = np.ones(docs.num_rows, np.bool_)
        keep[found["row"].to_numpy()] = ~found["again"].to_numpy(zero_copy_only=False)
        if any(len(text) % self.decides == 0 and keep[row] for row, text in enumerate(texts)):
            raise LookupError("no decision")
        return Columns({"keep": pa.array(keep)})
