"""Small steps of every verb, for testing the engine. Importable by workers."""

import os
import signal
from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dclm_pipeline.step import (
    EVERYONE,
    Annotate,
    Assets,
    Barrier,
    Batch,
    Columns,
    Coming,
    Filter,
    Place,
    Rewrite,
    Sweep,
    Unfold,
)


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


class LongestOf(Barrier):
    """Keeps the longest half of the texts that begin with each letter; of equally long ones those of the least ids.

    Round 0 counts lengths, in bins of 512; round 1 looks at the documents of the one bin that is cut through.
    """

    kind: Literal["longest_of"] = "longest_of"
    rounds: ClassVar[int] = 2
    share: float = 0.5

    def reads(self) -> frozenset[str]:
        return frozenset({"id", "text"})

    def combines(self, round: int) -> bool:
        return round == 0

    def evidence_schema(self, round: int) -> pa.Schema:
        if round == 0:
            return pa.schema([("bin", pa.int64()), ("count", pa.int64())])
        return pa.schema([("length", pa.int64()), ("id", pa.binary(16)), ("room", pa.int64())])

    def findings_schema(self, round: int) -> pa.Schema:
        own = (
            [("bin", pa.int64()), ("room", pa.int64())]
            if round == 0
            else [("length", pa.int64()), ("id", pa.binary(16))]
        )
        return pa.schema([("letter", pa.uint64()), *own])

    def evidence(self, docs: Batch, round: int, found: Batch | None) -> Batch:
        texts = docs["text"].to_pylist()
        letters = [letter_of(text) for text in texts]
        if round == 0:
            arrays = [pa.array(letters, pa.uint64()), pa.array([len(text) // 512 for text in texts], pa.int64())]
            ones = pa.array([1] * docs.num_rows, pa.int64())
            return pa.RecordBatch.from_arrays([*arrays, ones], names=["hash", "bin", "count"])
        assert found is not None
        assert set(found["row"].to_pylist()) <= {EVERYONE}
        cuts = {row["letter"]: row for row in found.to_pylist()}
        rows = [
            (row, letter, len(text), id, cuts[letter]["room"])
            for row, (letter, text, id) in enumerate(zip(letters, texts, docs["id"].to_pylist(), strict=True))
            if len(text) // 512 == cuts[letter]["bin"]
        ]
        schema = pa.schema([("row", pa.int64()), ("hash", pa.uint64()), *self.evidence_schema(1)])
        return pa.RecordBatch.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)

    def combine(self, rows: Batch) -> Batch:
        summed = pa.Table.from_batches([rows]).group_by(["hash", "bin"]).aggregate([("count", "sum")])
        return summed.rename_columns(["hash", "bin", "count"]).combine_chunks().to_batches()[0]

    def findings(self, rows: Iterator[Batch], round: int) -> Iterator[Batch]:
        schema = pa.schema([("shard", pa.int64()), ("row", pa.int64()), *self.findings_schema(round)])
        groups: dict[int, list[dict[str, object]]] = {}
        for batch in rows:
            for row in batch.to_pylist():
                groups.setdefault(row["hash"], []).append(row)
        told = [(EVERYONE, EVERYONE, letter, *self._cut(group, round)) for letter, group in groups.items()]
        yield pa.RecordBatch.from_pylist([dict(zip(schema.names, row, strict=True)) for row in told], schema=schema)

    def _cut(self, group: list[dict[str, object]], round: int) -> tuple[object, object]:
        """Return the bin that is cut through and the room in it, or the last text that fits."""
        if round == 1:
            ranked = sorted(group, key=lambda row: (-row["length"], row["id"]))
            last = ranked[group[0]["room"] - 1]
            return last["length"], last["id"]
        counts: dict[int, int] = {}
        for row in group:
            counts[row["bin"]] = counts.get(row["bin"], 0) + row["count"]
        room = max(1, int(self.share * sum(counts.values())))
        for bin in sorted(counts, reverse=True):
            if counts[bin] >= room:
                return bin, room
            room -= counts[bin]
        raise AssertionError("a share of all is no more than all")

    def columns(self, docs: Batch, found: Batch) -> Columns:
        cuts = {row["letter"]: (-row["length"], row["id"]) for row in found.to_pylist()}
        rows = zip(docs["text"].to_pylist(), docs["id"].to_pylist(), strict=True)
        return Columns({"keep": pa.array([(-len(text), id) <= cuts[letter_of(text)] for text, id in rows], pa.bool_())})


def letter_of(text: str) -> int:
    """Return a number for how a text begins, spread over all ranges."""
    return ord(text[:1] or " ") * 0x9E3779B97F4A7C15 % 2**64


class LongestOfAdded(LongestOf):
    """The same, adding nothing on the way."""

    kind: Literal["longest_of_added"] = "longest_of_added"

    def combine(self, rows: Batch) -> Batch:
        return rows
