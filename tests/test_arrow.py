"""The conversions of Arrow's values that everybody needs."""

import pyarrow as pa
import pytest

from dclm_pipeline.arrow import one_batch
from dclm_pipeline.errors import ShardError


class InPieces:
    """A table that Arrow cannot join: as one whose strings have more than 2 GB, and offsets of 32 bits."""

    def __init__(self, *pieces: pa.Table) -> None:
        self._whole = pa.concat_tables(pieces)
        self.schema, self.num_rows, self.nbytes = self._whole.schema, self._whole.num_rows, self._whole.nbytes

    def combine_chunks(self) -> pa.Table:
        return self._whole


def test_pieces_become_one_batch():
    pieces = [pa.table({"text": pa.array([text, None], pa.large_string())}) for text in ("one", "", "\u4e8c")]
    batch = one_batch(pa.concat_tables(pieces))

    assert batch["text"].to_pylist() == ["one", None, "", None, "\u4e8c", None]


def test_no_rows_are_a_batch_of_none():
    schema = pa.schema([pa.field("text", pa.large_string())])

    assert one_batch(schema.empty_table()).equals(pa.RecordBatch.from_pylist([], schema=schema))


def test_what_arrow_leaves_in_pieces_is_refused_and_never_cut_short():
    piece = pa.table({"text": pa.array(["one"]), "id": pa.array([1])})

    with pytest.raises(ShardError, match=r"2 rows .* 2 pieces.* 32 bits: text; make them large_string"):
        one_batch(InPieces(piece, piece))
