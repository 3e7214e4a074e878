"""Exactly so many tokens: the first rows of a training set, in its order.

Counts what a model is trained on, one token less than a row has. Rows beyond the budget go; of the row in which it
ends, the first tokens count. One row of evidence for each row, all of them heard in one place, in their order.
"""

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from dclm_pipeline.arrow import from_numpy, schema_of
from dclm_pipeline.errors import ShardError
from dclm_pipeline.step import Barrier, Batch, Columns


class TokenBudget(Barrier):
    """Keeps the first rows that `pack` made, up to exactly `tokens` tokens, and refuses to go on with fewer.

    Of a row of n tokens a model is trained on n - 1, as each is what follows the one before: a row of 2,049 counts
    2,048. In the row in which the budget ends, `token_count` says how far it reaches; what lies behind is there, and
    does not count. With `counted: stored` a row of n counts n. Padding never counts.
    """

    kind: Literal["token_budget"] = "token_budget"
    decides_blindly: ClassVar[bool] = True
    tokens: int = Field(ge=1, description="How many tokens to keep; DCLM's 400M-1x trains on 8,232,325,120.")
    counted: Literal["trained", "stored"] = Field(
        default="trained",
        description="What counts: tokens that are predicted, one less than a row has, or all of them.",
    )

    def reads(self) -> frozenset[str]:
        """Return how many tokens a row has."""
        return frozenset({"token_count"})

    def writes(self) -> pa.Schema:
        """Return how many tokens of a row count."""
        return schema_of(pa.field("token_count", pa.int32()))

    def sums(self) -> dict[str, str]:
        """Return that tokens are counted."""
        return {"token_count": ""}

    def misfit(self, documents: pa.Schema) -> str:
        """Say that documents are to be cut, which have no rows yet."""
        return "" if "starts" in documents.names else "cuts rows; put `pack` before it"

    def evidence_schema(self, round: int) -> pa.Schema:
        """Return the tokens that count."""
        del round
        return schema_of(pa.field("tokens", pa.int64()))

    def findings_schema(self, round: int) -> pa.Schema:
        """Return how many of them are left."""
        del round
        return schema_of(pa.field("left", pa.int32()))

    def evidence(self, docs: Batch, round: int, found: Batch | None) -> Batch:
        """Return how many tokens of each row count; all rows are heard in one place."""
        del round, found
        rows = np.arange(docs.num_rows)
        arrays = [from_numpy(rows), from_numpy(np.zeros(len(rows), np.uint64)), from_numpy(self._counting(docs))]
        return pa.RecordBatch.from_arrays(arrays, names=["row", "hash", "tokens"])

    def findings(self, rows: Iterator[Batch], round: int) -> Iterator[Batch]:
        """Return the rows that the budget does not reach, and the one in which it ends."""
        del round
        before = 0
        for batch in rows:
            counts = batch["tokens"].to_numpy()
            ends = before + np.cumsum(counts)
            cut = ends > self.tokens
            left = np.maximum(0, self.tokens - (ends - counts))[cut]
            # A row whose first token alone is left trains nothing.
            left = np.where(left > 0, left + self._first(), 0).astype(np.int32)
            about = batch.select(["shard", "row"]).filter(from_numpy(cut))
            yield about.append_column("left", from_numpy(left))
            before = int(ends[-1]) if len(ends) else before
        if before < self.tokens:
            raise ShardError(
                f"{self.name or self.kind}: asks for {self.tokens:,} tokens, and there are {before:,}, "
                f"{self.tokens - before:,} too few; repeat documents (`repeat`), take more of them, or ask for less"
            )

    def columns(self, docs: Batch, found: Batch) -> Columns:
        """Drop the rows that the budget does not reach."""
        counts = np.array(docs["token_count"].to_numpy(), np.int32)
        counts[found["row"].to_numpy()] = found["left"].to_numpy()
        return Columns({"keep": from_numpy(counts > 0), "token_count": from_numpy(counts)})

    def _first(self) -> int:
        """Return how many tokens of a row do not count."""
        return 1 if self.counted == "trained" else 0

    def _counting(self, docs: Batch) -> NDArray[np.int64]:
        return np.maximum(0, docs["token_count"].to_numpy().astype(np.int64) - self._first())
