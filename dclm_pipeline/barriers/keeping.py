"""Which of several equal things stays: the same one, whoever is met first.

What an older pool has kept stays in any case. Then by a setting: the oldest or newest, the longest, the one of the first
source, the one with the highest or lowest number in a column; then the oldest, then the smallest id. Equal means of one
128-bit hash. What a document is chosen by is read here for near duplicates, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field, model_validator

from dclm_pipeline.arrow import Array, from_numpy, one_batch, schema_of
from dclm_pipeline.arrow import Field as ArrowField
from dclm_pipeline.barriers.rails import Limited, added
from dclm_pipeline.ids import ID, halves
from dclm_pipeline.kernels.strings import valid_rows, views
from dclm_pipeline.remembering import Remembering
from dclm_pipeline.schema import is_number
from dclm_pipeline.step import Barrier, Batch, Step

_NEVER = np.iinfo(np.int64).max  # a document without a date comes after all that have one
_BY_COLUMN = ("highest", "lowest")
# The number, among pools, of the one in the making: it comes after all older ones.
OWN = np.iinfo(np.int16).max
_HASHES = "hashes"


class ByDocument(Step):
    """What steps have in common that choose between documents."""

    sources: tuple[str, ...] = Field(
        default=(),
        max_length=65_000,
        description="For `keep: source`, how the names of sources (shards of the input) begin, the best first; what "
        "begins with none of them comes last. An empty text is how all begin.",
    )

    def may_read(self) -> frozenset[str]:
        """Return the date and the source, which not all documents have."""
        return frozenset({"date", "source"})


def check_sources(keep: str, sources: Sequence[str]) -> None:
    """Refuse sources that nothing goes by, and `keep: source` without any."""
    if (keep == "source") != bool(sources):
        raise ValueError("`sources` names what `keep: source` goes by; give both or neither")


def dates_of(docs: Batch) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the seconds since 1970 of each document, and whether they are known."""
    if "date" not in docs.schema.names:
        return np.zeros(docs.num_rows, np.int64), np.zeros(docs.num_rows, np.bool_)
    seconds = docs["date"].cast(pa.timestamp("s", "UTC"), safe=False).cast(pa.int64())
    return seconds.fill_null(0).to_numpy(), valid_rows(docs["date"])


def sources_of(docs: Batch, sources: Sequence[str]) -> NDArray[np.int64]:
    """Return for each document the place of the first of some names that its source's begins with; others come last."""
    places = np.full(docs.num_rows, len(sources), np.int64)
    if "source" not in docs.schema.names:
        return places
    names: Array = docs["source"].cast(pa.string()).fill_null("")
    for place, beginning in reversed(list(enumerate(sources))):
        places[np.asarray(pc.starts_with(names, beginning).to_numpy(zero_copy_only=False), np.bool_)] = place
    return places


def lengths_of(docs: Batch) -> NDArray[np.int64]:
    """Return the bytes of each text, -1 where it is unknown."""
    text = docs["text"].cast(pa.large_string())
    lengths: NDArray[np.int64] = np.where(valid_rows(text), np.diff(views(text)[0]), -1)
    return lengths


class KeepsOne(ByDocument, Limited, Remembering, Barrier):
    """What barriers have in common that keep one of several equal things, and count in a last look what goes."""

    compared_by: ClassVar[tuple[str, ...]] = ("normalise",)

    keep: Literal["oldest", "newest", "longest", "source", "highest", "lowest", "smallest_id"] = Field(
        default="oldest",
        description="Which of equal ones stays; of equally good ones the oldest, then the smallest id.",
    )
    by: str = Field(default="", description="The column of numbers by which `highest` and `lowest` choose.")

    @model_validator(mode="after")
    def _has_its_column(self) -> "KeepsOne":
        if (self.keep in _BY_COLUMN) != bool(self.by):
            remedy = "name a column of numbers" if not self.by else f"it goes with {' and '.join(_BY_COLUMN)} alone"
            raise ValueError(f"keep is {self.keep!r} and by is {self.by!r}; {remedy}")
        check_sources(self.keep, self.sources)
        return self

    def reads(self) -> frozenset[str]:
        """Return what decides who stays."""
        return frozenset(
            {"id"}
            | ({"date"} if self.keep != "smallest_id" else set())
            | ({self.by} if self.by else set())
            | ({"text"} if self.keep == "longest" else set())
        )

    def misfit(self, documents: pa.Schema) -> str:
        """Say that the column to choose by has no numbers."""
        if self.by and not is_number(documents.field(self.by)):
            return f"chooses by {self.by!r}, which is {documents.field(self.by).type}; name a column of numbers"
        return ""

    def _ranking(self) -> list[ArrowField]:
        """Return the columns of evidence that say who stays, the id last."""
        ranked = self.keep in ("longest", "source", *_BY_COLUMN)
        dated = self.keep != "smallest_id"
        fields: list[ArrowField] = [pa.field("pool", pa.int16())] if self.against else []
        fields += [pa.field("rank", pa.float64())] if ranked else []
        return [*fields, *([pa.field("date", pa.int64())] if dated else []), pa.field("id", ID)]

    def _ranks(self, docs: Batch) -> dict[str, Array]:
        """Return the values of these columns for documents: the smaller, the better."""
        ranks: dict[str, Array] = {"id": docs["id"], "pool": from_numpy(np.full(docs.num_rows, OWN, np.int16))}
        if self.keep == "smallest_id":
            return ranks
        seconds, dated = dates_of(docs)
        ranks["date"] = from_numpy(np.where(dated, -seconds if self.keep == "newest" else seconds, _NEVER))
        if self.keep == "longest":
            lengths = lengths_of(docs)
            ranks["rank"] = from_numpy(np.where(lengths >= 0, -lengths.astype(np.float64), np.inf))
        elif self.keep == "source":
            ranks["rank"] = from_numpy(sources_of(docs, self.sources).astype(np.float64))
        elif self.by:
            number = docs[self.by].cast(pa.float64())
            best = pc.negate(number) if self.keep == "highest" else number
            ranks["rank"] = pc.if_else(pc.is_finite(best).fill_null(False), best, np.inf)
        return ranks

    def kept_tables(self) -> Mapping[str, pa.Schema]:
        """Return the hashes of what stays, each with the document that has it."""
        return {_HASHES: schema_of(pa.field("low", pa.uint64()), pa.field("id", ID))}

    def recalled_in(self, round: int) -> str:
        """Return the hashes, which the first round hears."""
        return "" if round else _HASHES

    def hearings(self) -> int:
        """Return two: who stays, and how much that leaves."""
        return 2

    def combines(self, round: int) -> bool:
        """Say that counts are added up on the way."""
        return round > 0

    def checks(self, round: int) -> bool:
        """Say that nothing new is found by counting."""
        return round > 0

    def combine(self, rows: Batch) -> Batch:
        """Add up counts."""
        return added(rows)

    def recalled(self, kept: Batch, pool: int, round: int) -> Batch:
        """Return hashes of an older pool as evidence that is better than any of our own."""
        rows = kept.num_rows
        known: dict[str, Array] = {name: kept[name] for name in ("hash", "low", "id")}
        known["pool"] = from_numpy(np.full(rows, pool, np.int16))
        schema = pa.schema([pa.field("shard", pa.int64()), pa.field("row", pa.int64()), pa.field("hash", pa.uint64())])
        schema = pa.unify_schemas([schema, self.evidence_schema(round)])
        nothing = from_numpy(np.zeros(rows))
        arrays = [known[name] if name in known else nothing.cast(schema.field(name).type) for name in schema.names]
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _order(self, evidence: Batch, last: Sequence[NDArray[np.int64]] = ()) -> NDArray[np.int64]:
        """Return evidence in the order of its hashes, and of equal ones the best first."""
        ids = halves(evidence["id"])
        keys: list[NDArray[np.int64] | NDArray[np.uint64] | NDArray[np.float64]] = [*last, ids[:, 1], ids[:, 0]]
        keys += [evidence[name].to_numpy() for name in ("date", "rank", "pool") if name in evidence.schema.names]
        order: NDArray[np.int64] = np.lexsort([*keys, evidence["low"].to_numpy(), evidence["hash"].to_numpy()])
        return order


def is_own(evidence: Batch) -> NDArray[np.bool_]:
    """Tell which rows of evidence are about documents of this pool."""
    if "pool" not in evidence.schema.names:
        return np.ones(evidence.num_rows, np.bool_)
    own: NDArray[np.bool_] = evidence["pool"].to_numpy() == OWN
    return own


def hash_schema(*fields: ArrowField) -> pa.Schema:
    """Return a schema of evidence: the other half of the hash, and these columns."""
    return schema_of(pa.field("low", pa.uint64()), *fields)


def runs_of_hashes(rows: Iterator[Batch]) -> Iterator[Batch]:
    """Yield evidence that is sorted by its hash in batches that never part what has one hash."""
    held: list[Batch] = []
    for batch in rows:
        hashes = batch["hash"].to_numpy()
        if len(hashes) == 0:
            continue
        cut = int(np.searchsorted(hashes, hashes[-1]))
        if cut or (held and held[-1]["hash"][-1].as_py() != hashes[0]):
            yield one_batch(pa.Table.from_batches([*held, batch.slice(0, cut)]))
            held = []
        held.append(batch.slice(cut))
    if held:
        yield one_batch(pa.Table.from_batches(held))


def first_of_equals(evidence: Batch, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each place in the order the first place of its equals."""
    high, low = evidence["hash"].to_numpy()[order], evidence["low"].to_numpy()[order]
    begins = np.ones(len(order), np.bool_)
    begins[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1])
    firsts: NDArray[np.int64] = np.flatnonzero(begins)[np.cumsum(begins) - 1]
    return firsts
