"""The best share of all documents, or of their tokens, by a score: exactly, whatever the shards.

Two rounds. The first adds up, on the way, how much lies in each of 65,536 bins of scores, and finds the bin that the
share ends in; the second ranks the documents of that bin alone and tells everyone the last one that stays. So a document
costs no evidence but where the share ends: there about 60 bytes.

Known gap: every shard is told of every group, so groups should be languages or sources, not sites.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field, model_validator

from dclm_pipeline.arrow import Array, from_numpy, one_batch, schema_of, take
from dclm_pipeline.barriers.shares import GROUP, Cut, Cuts, share_ends, walked
from dclm_pipeline.ids import ID, halves
from dclm_pipeline.schema import is_number
from dclm_pipeline.step import EVERYONE, Barrier, Batch, Columns

BINS = 65_536
# The heaviest document; what says to be heavier lies. Two thousand million of these can be added up.
MOST_WEIGHT = 2**32
_GRAINS = 2**20
_MOST_GRAINED = 2.0**32
_ID_BITS = np.uint64(44)


class TopShare(Barrier):
    """Keeps the best share of documents, or of their tokens, by a score; of equally good ones those of the least ids.

    Documents stay from the best on, as long as all that stay are no more than the share; the first that would be more
    ends it. With `by` this is done for each value of a column on its own; documents whose value is unknown are one group
    more. A document without a score or, where tokens count, without a weight, is a reject and counts nowhere.
    """

    revision: ClassVar[int] = 2
    rounds: ClassVar[int] = 2

    kind: Literal["top_share"] = "top_share"
    share: float = Field(gt=0, le=1, description="What stays, as a share of all.")
    of: Literal["documents", "tokens"] = Field(
        default="documents", description="What the share is of: `tokens` counts each document by its `weight`."
    )
    column: str = Field(default="quality", min_length=1, description="The column of scores, the higher the better.")
    weight: str = Field(default="word_count", min_length=1, description="The column of whole numbers for `tokens`.")
    by: str = Field(default="", description="A column of which each value has a share of its own.")
    low: float = Field(default=0.0, description="The usual range of scores, in which they are counted finely.")
    high: float = Field(default=1.0, description="Its upper end; what lies outside is ranked as well, at more cost.")

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if not (np.isfinite([self.low, self.high, self.high - self.low]).all() and self.low < self.high):
            raise ValueError(f"scores range from low to high, and low is {self.low}, high is {self.high}")
        return self

    def reads(self) -> frozenset[str]:
        """Return the score, and what else decides."""
        more = ({self.weight} if self.of == "tokens" else set()) | ({self.by} if self.by else set())
        return frozenset({"id", self.column} | more)

    def misfit(self, documents: pa.Schema) -> str:
        """Say which column cannot be used so."""
        score = documents.field(self.column)
        if not is_number(score):
            return f"keeps the best by {self.column!r}, which is {score.type}: it must be a number"
        if self.of == "tokens" and not pa.types.is_integer(documents.field(self.weight).type):
            return f"counts by {self.weight!r}, which is {documents.field(self.weight).type}: it must be a whole number"
        if self.by and not _can_group(documents.field(self.by).type):
            return f"has a share for each {self.by!r}, which is {documents.field(self.by).type}: it must be text"
        return ""

    def combines(self, round: int) -> bool:
        """Say that bins are added up on the way."""
        return round == 0

    def evidence_schema(self, round: int) -> pa.Schema:
        """Return bins, then what is ranked."""
        if round == 0:
            return schema_of(pa.field("low", pa.uint64()), pa.field("bin", pa.int32()), pa.field("weight", pa.int64()))
        return schema_of(
            pa.field("low", pa.uint64()),
            pa.field("order", pa.uint64()),
            pa.field("score", pa.float64()),
            pa.field("id", ID),
            pa.field("weight", pa.int64()),
            pa.field("bin", pa.int32()),
            pa.field("room", pa.int64()),
        )

    def findings_schema(self, round: int) -> pa.Schema:
        """Return for each group the bin that its share ends in, and the room there is, or the last that stays."""
        if round == 0:
            return schema_of(*GROUP, pa.field("bin", pa.int32()), pa.field("room", pa.int64()))
        return schema_of(*GROUP, pa.field("bin", pa.int32()), pa.field("score", pa.float64()), pa.field("id", ID))

    def evidence(self, docs: Batch, round: int, found: Batch | None) -> Batch:
        """Return what documents add to bins, or those of the bin that the share ends in."""
        asked = self._asked(docs)
        place = np.flatnonzero(asked.counts)
        high, low = asked.high[place], asked.low[place]
        if round == 0 or found is None:
            counted = [
                from_numpy(high),
                from_numpy(low),
                from_numpy(asked.bins[place]),
                from_numpy(asked.weights[place]),
            ]
            return pa.RecordBatch.from_arrays(counted, names=["hash", "low", "bin", "weight"])
        told = Cuts(found)
        cut = told.places(high, low)
        within = np.flatnonzero(told.values("bin")[cut] == asked.bins[place])
        place, cut = place[within], cut[within]
        ids = take(docs, place)["id"]
        named: dict[str, Array] = {
            "row": from_numpy(place.astype(np.int64)),
            "hash": from_numpy(asked.high[place]),
            "low": from_numpy(asked.low[place]),
            "order": from_numpy(self._order(asked.scores[place], asked.bins[place], halves(ids)[:, 0])),
            "score": from_numpy(asked.scores[place]),
            "id": ids,
            "weight": from_numpy(asked.weights[place]),
            "bin": from_numpy(asked.bins[place]),
            "room": from_numpy(told.values("room")[cut]),
        }
        return pa.RecordBatch.from_arrays(list(named.values()), names=list(named))

    def combine(self, rows: Batch) -> Batch:
        """Add up what lies in each bin of a group."""
        keys = ["hash", "low", "bin"]
        summed = pa.Table.from_batches([rows]).group_by(keys).aggregate([("weight", "sum")])
        return one_batch(summed.rename_columns([*keys, "weight"]).select(rows.schema.names))

    def findings(self, rows: Iterator[Batch], round: int) -> Iterator[Batch]:
        """Return where the share of each group ends."""
        if round == 0:
            for batch in rows:
                yield _for_everyone(share_ends(batch, Fraction(repr(self.share))), self.findings_schema(round))
            return
        for cuts in walked(rows):
            yield _for_everyone([_told(cut) for cut in cuts], self.findings_schema(round))

    def columns(self, docs: Batch, found: Batch) -> Columns:
        """Say of each document whether it is before the end of its share."""
        asked = self._asked(docs)
        told = Cuts(found)
        cut = told.places(asked.high, asked.low)
        known = (cut >= 0) & asked.counts
        # The last row answers for what has no group; nobody asks.
        bins = told.values("bin")[cut] if told.count else np.zeros(len(cut), np.int64)
        keep = asked.bins > bins
        if told.count:
            ends, ids = told.ends()
            mine = halves(docs["id"])
            last, last_id = ends[cut], ids[cut]
            first = (mine[:, 0] < last_id[:, 0]) | ((mine[:, 0] == last_id[:, 0]) & (mine[:, 1] <= last_id[:, 1]))
            keep |= (asked.bins == bins) & ((asked.scores > last) | ((asked.scores == last) & first))
        failed = {row: asked.reason(row) for row in np.flatnonzero(~known).tolist()}
        return Columns({"keep": from_numpy(keep & known)}, failed=failed)

    def _asked(self, docs: Batch) -> "Asked":
        """Return what decides about documents, as whole columns."""
        from dclm_pipeline.kernels.strings import grained

        scores = _floats(docs[self.column])
        scored = np.isfinite(scores)
        scores = np.where(scored, scores, 0.0) + 0.0
        # Beyond that a float has no parts as small as grains.
        small = np.abs(scores) < _MOST_GRAINED
        scores[small] = grained(scores[small]) + 0.0
        weights = np.ones(docs.num_rows, np.int64)
        weighed = np.ones(docs.num_rows, np.bool_)
        if self.of == "tokens":
            given = docs[self.weight].cast(pa.int64(), safe=False)
            weights = np.asarray(given.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)
            weighed = (weights >= 0) & (weights <= MOST_WEIGHT)
        with np.errstate(over="ignore"):  # to infinity, which is in the outermost bin as well
            part = np.floor((scores - self.low) / (self.high - self.low) * BINS)
        bins = np.clip(part, 0, BINS - 1).astype(np.int32)
        high, low = self._groups(docs)
        return Asked(scores, scored, weights, weighed, bins, high, low)

    def _groups(self, docs: Batch) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """Return the two halves of the hash of each document's group."""
        from dclm_pipeline.kernels.hashing import hash_rows
        from dclm_pipeline.kernels.strings import views

        if not self.by:
            return np.zeros(docs.num_rows, np.uint64), np.zeros(docs.num_rows, np.uint64)
        values = docs[self.by].cast(pa.large_string())
        # Nothing is not the same as an empty text.
        named = pc.replace_substring_regex(values, "^", "=").fill_null("")
        return hash_rows(*views(named.cast(pa.large_string())))

    def _order(
        self, scores: NDArray[np.float64], bins: NDArray[np.int32], ids: NDArray[np.uint64]
    ) -> NDArray[np.uint64]:
        """Return numbers in whose order come better scores, and of equal ones smaller ids, as far as there is room."""
        top = self.low + (bins.astype(np.float64) + 1) * (self.high - self.low) / BINS
        below = np.clip(np.rint(np.clip(top - scores, 0, 1) * _GRAINS), 0, _GRAINS - 1).astype(np.uint64)
        return below << _ID_BITS | ids >> (np.uint64(64) - _ID_BITS)


@dataclass(frozen=True)
class Asked:
    """What decides about documents: scores and weights, which of them there are, bins, and the hashes of groups."""

    scores: NDArray[np.float64]
    scored: NDArray[np.bool_]
    weights: NDArray[np.int64]
    weighed: NDArray[np.bool_]
    bins: NDArray[np.int32]
    high: NDArray[np.uint64]
    low: NDArray[np.uint64]

    @property
    def counts(self) -> NDArray[np.bool_]:
        """Tell which documents count."""
        counting: NDArray[np.bool_] = self.scored & self.weighed
        return counting

    def reason(self, row: int) -> str:
        """Return why a document is a reject."""
        return "no score" if not self.scored[row] else "no weight" if not self.weighed[row] else "no group heard of it"


def _can_group(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_boolean(kind)
    )


def _floats(column: Array) -> NDArray[np.float64]:
    values = column.cast(pa.float64(), safe=False).fill_null(float("nan"))
    return np.asarray(values.to_numpy(zero_copy_only=False), np.float64)


def _told(cut: Cut) -> dict[str, object]:
    return {"high": cut.group[0], "low": cut.group[1], "bin": cut.bin, "score": cut.score, "id": cut.id}


def _for_everyone(rows: list[dict[str, object]], findings: pa.Schema) -> Batch:
    """Return findings that all documents are told of."""
    schema = schema_of(pa.field("shard", pa.int64()), pa.field("row", pa.int64()), *findings)
    return pa.RecordBatch.from_pylist([row | {"shard": EVERYONE, "row": EVERYONE} for row in rows], schema=schema)
