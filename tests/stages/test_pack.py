import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dclm_pipeline as dp
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.ids import document_id
from dclm_pipeline.stages.pack import Pack

END = 0
SIZES = st.lists(st.integers(0, 40), max_size=30)


def tokenized(sizes: list[int], dtype: str = "uint16") -> pa.Table:
    """Return documents of so many tokens, the last of each of them end-of-text: 1000 n + 1, …"""
    rows = [
        [1000 * (number % 60) + place for place in range(1, size)] + [END] * (size > 0)
        for number, size in enumerate(sizes)
    ]
    data = [np.array(row, {"uint16": "<u2", "uint32": "<u4"}[dtype]).tobytes() for row in rows]
    ids = [document_id("test", str(number)) for number in range(len(sizes))]
    return pa.table(
        {
            "id": pa.array(ids, pa.binary(16)),
            "tokens": pa.array(data, pa.large_binary()),
            "token_count": pa.array(sizes, pa.int32()),
        }
    )


def rows_of(docs: pa.Table, dtype: str = "<u2") -> list[list[int]]:
    return [np.frombuffer(value, dtype).tolist() for value in docs["tokens"].to_pylist()]


def put_together(docs: pa.Table, dtype: str = "<u2") -> dict[bytes, list[int]]:
    """Return the tokens of each document, by what rows say of where they stand."""
    found: dict[bytes, dict[int, int]] = {}
    for row, tokens in zip(docs.to_pylist(), rows_of(docs, dtype), strict=True):
        ends = [*row["starts"][1:], row["token_count"]]
        for id, start, end, offset in zip(row["doc_ids"], row["starts"], ends, row["offsets"], strict=True):
            known = found.setdefault(id, {})
            for place in range(end - start):
                assert offset + place not in known
                known[offset + place] = tokens[start + place]
    return {id: [tokens[place] for place in sorted(tokens)] for id, tokens in found.items()}


@pytest.mark.parametrize("fit", ["greedy", "best"])
def test_rows_do_not_depend_on_batches_where_documents_have_no_common_end(fit):
    docs = tokenized([3, 7, 0, 5, 9, 2]).set_column(
        1, "tokens", pa.array([bytes([n] * 2 * size) for n, size in enumerate([3, 7, 0, 5, 9, 2])], pa.large_binary())
    )
    pack = Pack(sequence_length=8, fit=fit)
    found = [pa.Table.from_batches(pack.rows(iter(docs.to_batches(max_chunksize=size)))) for size in (6, 2, 1)]

    assert found[1].equals(found[0])
    assert found[2].equals(found[0])


@pytest.mark.parametrize("fit", ["greedy", "best"])
@pytest.mark.parametrize("dtype", ["uint16", "uint32"])
@given(sizes=SIZES)
def test_every_document_stands_there_once(fit, dtype, sizes):
    docs = tokenized(sizes, dtype)
    packed = dp.apply([Pack(sequence_length=16, fit=fit, dtype=dtype)], docs).docs
    kind = {"uint16": "<u2", "uint32": "<u4"}[dtype]

    given_tokens = zip(docs["id"].to_pylist(), docs["tokens"].to_pylist(), strict=True)
    expected = {id: np.frombuffer(data, kind).tolist() for id, data in given_tokens if data}
    assert put_together(packed, kind) == expected
    for tokens, count in zip(rows_of(packed, kind), packed["token_count"].to_pylist(), strict=True):
        assert tokens[count:] == [END] * (16 - count)
    assert len(set(packed["id"].to_pylist())) == packed.num_rows


@given(SIZES)
def test_only_the_last_row_is_padded(sizes):
    packed = dp.apply([Pack(sequence_length=16)], tokenized(sizes)).docs

    total = sum(sizes)
    assert packed["token_count"].to_pylist() == [16] * (total // 16) + ([total % 16] if total % 16 else [])


@given(SIZES)
def test_best_cuts_only_documents_longer_than_a_row(sizes):
    packed = dp.apply([Pack(sequence_length=16, fit="best")], tokenized(sizes)).docs
    pieces: dict[bytes, int] = {}
    for row in packed.to_pylist():
        for id in row["doc_ids"]:
            pieces[id] = pieces.get(id, 0) + 1

    expected = {document_id("test", str(n)): -(-size // 16) for n, size in enumerate(sizes) if size}
    assert pieces == expected


@pytest.mark.parametrize("fit", ["greedy", "best"])
def test_rows_do_not_depend_on_batches(fit):
    docs = tokenized([5, 30, 0, 16, 1, 17, 2, 9, 14] * 20)
    step = Pack(sequence_length=16, fit=fit)
    whole = pa.Table.from_batches(list(step.rows(iter(docs.to_batches()))))
    by_one = pa.Table.from_batches(list(step.rows(iter(docs.to_batches(max_chunksize=1)))))

    assert whole.combine_chunks().equals(by_one.combine_chunks())


def test_a_document_as_long_as_a_row_is_a_row():
    packed = dp.apply([Pack(sequence_length=16)], tokenized([16, 16])).docs

    assert (
        packed.select(["starts", "offsets", "token_count"]).to_pylist()
        == [{"starts": [0], "offsets": [0], "token_count": 16}] * 2
    )


def test_no_documents_give_no_rows():
    assert dp.apply([Pack(sequence_length=16)], tokenized([])).docs.num_rows == 0


@pytest.mark.parametrize("count", [3, None])
def test_a_number_of_tokens_that_is_not_theirs_is_refused(count):
    docs = tokenized([4]).set_column(2, "token_count", pa.array([count], pa.int32()))

    applied = dp.apply([Pack(sequence_length=16)], tokenized([4]))
    assert applied.docs.num_rows == 1
    with pytest.raises(Exception, match="8 bytes of tokens and a token_count of"):
        dp.apply([Pack(sequence_length=16)], docs)


def test_another_width_than_that_of_the_tokens_is_refused():
    with pytest.raises(RecipeError, match="give `dtype` as `tokenize` does"):
        dp.apply([dp.steps.tokenize(tokenizer="asset:demo-tokenizer"), Pack(dtype="uint32")], ["one"])
