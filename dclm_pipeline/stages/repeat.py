"""How often a document stands in a training set: copies of its tokens, numbered.

A factor that is no whole number gives one copy more by luck that the document's id carries, so that it is exact in
expectation and the same in every run. Knows nothing of order: who shuffles puts copy i of n into the i-th part.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from dclm_pipeline.arrow import from_numpy, nulls, schema_of, take
from dclm_pipeline.errors import ShardError
from dclm_pipeline.ids import ID, part_ids, salts, uniform
from dclm_pipeline.schema import is_number
from dclm_pipeline.stages.tokenize import DTYPES, Width, tokens_field
from dclm_pipeline.step import Batch, Unfold

# Luck of its own: with that of `sample` or `shuffle`, what one leaves would all be repeated alike.
_OWN = 0x6A09E667F3BCC909
_PIECE_BYTES = 16 * 2**20
_MOST = 10_000
Factor = Annotated[float, Field(ge=0, le=_MOST, allow_inf_nan=False)]


class Repeat(Unfold):
    """Gives each document as often as factors say: `times`, that of its pool, and that of how often it was met.

    The factors are multiplied, and come to 10,000 at most. 2.25 is two copies of each document and a third one of a quarter of them; 0.5 half of
    them. With `by_size`, a document whose `cluster_size` is at least a number is repeated by the factor of the greatest
    such number.
    """

    kind: Literal["repeat"] = "repeat"
    times: Factor = Field(default=1.0, description="How often every document is to stand in the set.")
    column: str = Field(
        default="", description="A column with a factor for each document, such as the `times` of a mixture; null is 1."
    )
    by_size: Mapping[Annotated[int, Field(ge=1)], Factor] = Field(
        default={}, description="Factors by how many documents were equal, such as `{2: 1.5, 100: 3}`; below, 1."
    )
    size_column: str = Field(
        default="cluster_size", min_length=1, description="The column that says how many were equal."
    )
    seed: int = Field(default=0, description="Another seed gives other documents the copy that a fraction stands for.")
    dtype: Width = Field(default="uint16", description="How a token is stored, as in `tokenize`.")

    def reads(self) -> frozenset[str]:
        """Return the tokens, and the columns of factors."""
        asked = {self.column} if self.column else set()
        return frozenset({"id", "tokens", "token_count"} | asked | ({self.size_column} if self.by_size else set()))

    def may_read(self) -> frozenset[str]:
        """Return what tells pools of a mixture apart."""
        return frozenset({"pool"})

    def writes(self) -> pa.Schema:
        """Return the copies: which of how many, and their tokens."""
        return schema_of(
            pa.field("id", ID, nullable=False),
            pa.field("pool", pa.string()),
            pa.field("copy", pa.int32()),
            pa.field("copies", pa.int32()),
            tokens_field(self.dtype),
            pa.field("token_count", pa.int32()),
        )

    def sums(self) -> Mapping[str, str]:
        """Return that tokens are counted, by pool."""
        return {"token_count": "pool"}

    def misfit(self, documents: pa.Schema) -> str:
        """Say that factors are no numbers, or that tokens have another width."""
        for name in sorted(self.reads() & {self.column, self.size_column}):
            if not is_number(documents.field(name)):
                return f"repeats by {name!r}, which is {documents.field(name).type}; name a column of numbers"
        return other_width(documents, self.dtype)

    def rows(self, docs: Iterator[Batch]) -> Iterator[Batch]:
        """Yield the copies of each document, one after the other."""
        for batch in docs:
            copies = self._copies(batch)
            chosen = np.repeat(np.arange(batch.num_rows), copies)
            first = np.cumsum(copies) - copies
            numbers = np.arange(len(chosen)) - first[chosen]
            for start, stop in _pieces(batch["token_count"].to_numpy(), chosen):
                rows = take(batch, chosen[start:stop])
                pool = rows["pool"] if "pool" in rows.schema.names else nulls(rows.num_rows, pa.string())
                arrays = {
                    "id": rows["id"],
                    "pool": pool,
                    "copy": from_numpy(numbers[start:stop].astype(np.int32)),
                    "copies": from_numpy(copies[chosen[start:stop]].astype(np.int32)),
                    "tokens": rows["tokens"],
                    "token_count": rows["token_count"],
                }
                schema = self.writes()
                yield pa.RecordBatch.from_arrays([arrays[name] for name in schema.names], schema=schema)

    def _copies(self, docs: Batch) -> NDArray[np.int64]:
        """Return how many copies there are of each document."""
        factors = np.full(docs.num_rows, self.times)
        if self.column:
            factors *= _numbers(docs, self.column)
        if self.by_size:
            bounds = sorted(self.by_size)
            table = np.array([1.0, *(self.by_size[bound] for bound in bounds)])
            factors *= table[np.searchsorted(bounds, _numbers(docs, self.size_column), "right")]
        wrong = np.flatnonzero(~((factors >= 0) & (factors <= _MOST)))
        if len(wrong):
            row = int(wrong[0])
            raise ShardError(
                f"{self.name or self.kind}: document {docs['id'][row].as_py().hex()} is to be repeated {factors[row]:g} times; "
                f"factors, multiplied, must be 0 to {_MOST:,}: look at `column`, and at the weights of a mixture"
            )
        whole = np.floor(factors)
        # Pools of a mixture may hold the same document; it has luck of its own in each.
        ids = part_ids(docs["id"], salts(docs["pool"])) if "pool" in docs.schema.names else docs["id"]
        luck = uniform(self.seed ^ _OWN, ids)
        copies: NDArray[np.int64] = (whole + (luck < factors - whole)).astype(np.int64)
        return copies


def other_width(documents: pa.Schema, dtype: Width) -> str:
    """Say that the tokens of documents are not of a width."""
    expected = tokens_field(dtype).metadata or {}
    found = documents.field("tokens").metadata or {}
    if found.get(b"dtype", expected[b"dtype"]) == expected[b"dtype"]:
        return ""
    said = found[b"dtype"].decode()
    known = next((name for name, width in DTYPES.items() if width.str == said), said)
    return f"takes tokens as {dtype}, and they are {known}; give `dtype` as `tokenize` does"


def _numbers(docs: Batch, name: str) -> NDArray[np.float64]:
    """Return a column of factors or sizes; null is 1."""
    return np.asarray(docs[name].cast(pa.float64()).fill_null(1.0).to_numpy(zero_copy_only=False), np.float64)


def _pieces(counts: NDArray[np.int32], chosen: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Cut copies where their tokens would pass a number of bytes, one at least in a piece."""
    ends = np.cumsum(counts[chosen].astype(np.int64) * 4)
    start = 0
    while start < len(chosen):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _PIECE_BYTES, "right")))
        yield start, stop
        start = stop
