"""Which of several equal things stays: the same one, whoever is met first.

What an older pool has kept stays in any case. Then by a setting: the oldest or newest, the longest, the one with the highest or lowest number in a column; then the oldest,
then the smallest id. Equal means of one 128-bit hash.
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
from dclm_pipeline.ids import ID, halves
from dclm_pipeline.kernels.strings import valid_rows, views
from dclm_pipeline.remembering import Remembering
from dclm_pipeline.schema import is_number
from dclm_pipeline.step import Barrier, Batch

_NEVER = np.iinfo(np.int64).max  # a document without a date comes after all that have one
_BY_COLUMN = ("highest", "lowest")
# The number, among pools, of the one in the making: it comes after all older ones.
OWN = np.iinfo(np.int16).max
_HASHES = "hashes"


class KeepsOne(Remembering, Barrier):
    """What barriers have in common that keep one of several equal things."""

    compared_by: ClassVar[tuple[str, ...]] = ("normalise",)

    keep: Literal["oldest", "newest", "longest", "highest", "lowest", "smallest_id"] = Field(
        default="oldest",
        description="Which of equal ones stays; of equally good ones the oldest, then the smallest id.",
    )
    by: str = Field(default="", description="The column of numbers by which `highest` and `lowest` choose.")

    @model_validator(mode="after")
    def _has_its_column(self) -> "KeepsOne":
        if (self.keep in _BY_COLUMN) != bool(self.by):
            remedy = "name a column of numbers" if not self.by else f"it goes with {' and '.join(_BY_COLUMN)} alone"
            raise ValueError(f"keep is {self.keep!r} and by is {self.by!r}; {remedy}")
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
        ranked = self.keep in ("longest", *_BY_COLUMN)
        dated = self.keep != "smallest_id"
        fields: list[ArrowField] = [pa.field("pool", pa.int16())] if self.against else []
        fields += [pa.field("rank", pa.float64())] if ranked else []
        return [*fields, *([pa.field("date", pa.int64())] if dated else []), pa.field("id", ID)]

    def _ranks(self, docs: Batch) -> dict[str, Array]:
        """Return the values of these columns for documents: the smaller, the better."""
        ranks: dict[str, Array] = {"id": docs["id"], "pool": from_numpy(np.full(docs.num_rows, OWN, np.int16))}
        if self.keep == "smallest_id":
            return ranks
        ranks["date"] = from_numpy(np.full(docs.num_rows, _NEVER))
        if "date" in docs.schema.names:
            date = docs["date"].cast(pa.int64())
            ranks["date"] = (pc.negate(date) if self.keep == "newest" else date).fill_null(int(_NEVER))
        if self.keep == "longest":
            text = docs["text"].cast(pa.large_string())
            ranks["rank"] = from_numpy(np.where(valid_rows(text), -np.diff(views(text)[0]).astype(np.float64), np.inf))
        elif self.by:
            number = docs[self.by].cast(pa.float64())
            best = pc.negate(number) if self.keep == "highest" else number
            ranks["rank"] = pc.if_else(pc.is_finite(best).fill_null(False), best, np.inf)
        return ranks

    def kept_tables(self) -> Mapping[str, pa.Schema]:
        """Return the hashes of what stays, each with the document that has it."""
        return {_HASHES: schema_of(pa.field("low", pa.uint64()), pa.field("id", ID))}

    def recalled_in(self, round: int) -> str:
        """Return the hashes, which the only round hears."""
        del round
        return _HASHES

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
