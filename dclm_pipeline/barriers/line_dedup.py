"""Equal lines or paragraphs, over all shards: each is kept once, in the document that is best by a rule.

As C4 was made, except for who stays: there it was whoever came first. Compares 128-bit hashes; 52 bytes of evidence a
line, so a crawl of text makes about its own size of evidence.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import Field

from dclm_pipeline.arrow import Array, from_numpy, take, where
from dclm_pipeline.barriers.keeping import KeepsOne, first_of_equals, hash_schema, is_own, runs_of_hashes
from dclm_pipeline.barriers.rails import COUNTS, counts_of, judge
from dclm_pipeline.step import UNICODE, Batch, Columns

if TYPE_CHECKING:
    from dclm_pipeline.kernels.lines.passages import Passages
    from dclm_pipeline.kernels.strings import LargeArray, Strings


_PASSAGE_BITS = 32


class LineDedup(KeepsOne):
    """Keeps each line, or each paragraph, in one document only, and takes it out of all others.

    A paragraph ends at a line that holds nothing but blanks. Within a document the first stays. A document of which
    nothing is left goes; lines without anything but blanks count for nothing. What may go, as a share, is lines or
    paragraphs; counting them reads the text once more, which `most_removed: 1` and `most_removed_of_source: 1` spare.
    """

    libraries: ClassVar[tuple[str, ...]] = (UNICODE,)

    compared_by: ClassVar[tuple[str, ...]] = ("unit", "normalise", "least_bytes")

    kind: Literal["line_dedup"] = "line_dedup"
    unit: Literal["line", "paragraph"] = Field(default="line", description="What must be equal.")
    normalise: Literal["as_is", "letters", "digits"] = Field(
        default="as_is",
        description="How they are made alike first: small letters and single blanks, and every digit 0 as well.",
    )
    least_bytes: int = Field(default=1, ge=1, description="Bytes, made alike, of the shortest that is compared.")

    def hearings(self) -> int:
        """Return one, where whatever goes may go."""
        return 1 if self.most_removed == self.most_removed_of_source == 1 else 2

    def judged(self) -> str:
        """Return of what there are shares."""
        return f"{self.unit}s"

    def reads(self) -> frozenset[str]:
        """Return the text, and what decides who stays."""
        return super().reads() | {"text"}

    def writes(self) -> pa.Schema:
        """Return the text."""
        return pa.schema([pa.field("text", pa.large_string())])

    def evidence_schema(self, round: int) -> pa.Schema:
        """Return the other half of the hash, which of the document's it is, and what decides who stays."""
        return COUNTS if round else hash_schema(pa.field("passage", pa.int32()), *self._ranking())

    def findings_schema(self, round: int) -> pa.Schema:
        """Return which of a document's goes."""
        return pa.schema([] if round else [pa.field("passage", pa.int32())])

    def evidence(self, docs: Batch, round: int, found: Batch | None) -> Batch:
        """Return the hash of each line, or counts of lines."""
        from dclm_pipeline.kernels.hashing import hash_stretches
        from dclm_pipeline.kernels.words import alike

        (_, data), passages = self._passages(docs)
        if round and found is not None:
            gone = np.bincount(found["row"].to_numpy(), minlength=docs.num_rows)
            return counts_of(docs, np.diff(passages.rows), gone.astype(np.int64))
        begins, ends = passages.begins, passages.ends
        if self.normalise != "as_is":
            how = alike.DIGITS if self.normalise == "digits" else alike.LETTERS
            offsets, data = alike.alike(data, begins, ends, how)
            begins, ends = offsets[:-1], offsets[1:]
        high, low = hash_stretches(data, begins, ends)
        row = np.repeat(np.arange(docs.num_rows, dtype=np.int64), np.diff(passages.rows))
        passage = (np.arange(len(row)) - passages.rows[row]).astype(np.int32)
        long = np.flatnonzero(ends - begins >= self.least_bytes)
        ranks = {name: values.take(from_numpy(row[long])) for name, values in self._ranks(docs).items()}
        names = [field.name for field in self.evidence_schema(round)][2:]
        arrays: list[Array] = [from_numpy(values[long]) for values in (row, high, low, passage)]
        return pa.RecordBatch.from_arrays(
            [*arrays, *(ranks[name] for name in names)], names=["row", "hash", "low", "passage", *names]
        )

    def findings(self, rows: Iterator[Batch], round: int) -> Iterator[Batch]:
        """Return the lines that are not the best of their equals; or judge the counts."""
        if round:
            yield from judge(self, rows)
            return
        for evidence in runs_of_hashes(rows):
            order = self._order(evidence, [evidence["passage"].to_numpy().astype(np.int64)])
            gone = np.flatnonzero((first_of_equals(evidence, order) != np.arange(len(order))) & is_own(evidence)[order])
            yield take(evidence.select(["shard", "row", "passage"]), order[gone])

    def remembered(self, docs: Batch, table: str, found: Batch) -> Batch:
        """Return the lines that stay, each by the first of its document."""
        del table
        evidence = self.evidence(docs, 0, None)
        gone = _places(found)
        evidence = where(evidence, ~np.isin(_places(evidence), gone))
        return evidence.select(["row", "hash", "low", "id"])

    def columns(self, docs: Batch, found: Batch) -> Columns:
        """Return texts without what was found to be another's, and drop those of which nothing is left."""
        from dclm_pipeline.kernels.lines.passages import leave_out
        from dclm_pipeline.kernels.strings import array_of, valid_rows

        strings, passages = self._passages(docs)
        gone = np.zeros(len(passages.begins), np.bool_)
        gone[passages.rows[found["row"].to_numpy()] + found["passage"].to_numpy()] = True
        left = leave_out(strings, passages, gone)
        lost = np.concatenate([[0], np.cumsum(gone)])[passages.rows]
        keep = (np.diff(lost) < np.diff(passages.rows)) | (np.diff(passages.rows) == 0)
        return Columns({"text": array_of(left, valid_rows(_texts(docs))), "keep": from_numpy(keep)})

    def _passages(self, docs: Batch) -> "tuple[Strings, Passages]":
        from dclm_pipeline.kernels.lines.passages import LINE, PARAGRAPH, passages_of
        from dclm_pipeline.kernels.strings import views

        strings = views(docs["text"].fill_null("").cast(pa.large_string()))
        return strings, passages_of(strings, LINE if self.unit == "line" else PARAGRAPH)


def _places(passages: Batch) -> NDArray[np.int64]:
    """Return a number for each passage of a batch of documents."""
    places: NDArray[np.int64] = passages["row"].to_numpy() << _PASSAGE_BITS | passages["passage"].to_numpy()
    return places


def _texts(docs: Batch) -> "LargeArray":
    return docs["text"].cast(pa.large_string())
