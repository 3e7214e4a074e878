from collections import Counter
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dclm_pipeline as dp
from dclm_pipeline.barriers.shuffle import Shuffle
from dclm_pipeline.errors import RecipeError, ShardError
from dclm_pipeline.stages.repeat import Repeat
from tests.stages.test_pack import tokenized


def copies_of(docs: pa.Table) -> dict[bytes, int]:
    return Counter(docs["id"].to_pylist())


@pytest.mark.parametrize(("times", "rows"), [(0, 0), (1, 1), (3, 3)])
def test_a_whole_factor_gives_as_many_copies(times, rows):
    docs = dp.apply([Repeat(times=times)], tokenized([4, 2])).docs

    assert docs["copy"].to_pylist() == list(range(rows)) * 2
    assert docs["copies"].to_pylist() == [rows] * 2 * rows
    assert set(copies_of(docs).values()) <= {rows}


def test_a_fraction_is_exact_in_expectation():
    docs = dp.apply([Repeat(times=2.25)], tokenized([1] * 20_000)).docs
    counts = Counter(copies_of(docs).values())

    assert set(counts) == {2, 3}
    assert counts[3] / 20_000 == pytest.approx(0.25, abs=0.01)


def test_factors_of_documents_and_sizes_are_multiplied():
    docs = tokenized([1] * 4)
    docs = docs.append_column("times", pa.array([2.0, 1.0, None, 0.0]))
    docs = docs.append_column("cluster_size", pa.array([1, 2, 5, 5]))
    step = Repeat(column="times", by_size={2: 2, 5: 3})

    counts = copies_of(dp.apply([step], docs).docs)
    assert [counts.get(id, 0) for id in docs["id"].to_pylist()] == [2, 2, 3, 0]


def test_a_document_of_two_pools_has_luck_of_its_own_in_each():
    docs = tokenized([1] * 4000)
    lucky = []
    for pool in ("web", "code"):
        part = docs.append_column("pool", pa.array([pool] * 4000, pa.string()))
        lucky.append(set(dp.apply([Repeat(times=0.5)], part).docs["id"].to_pylist()))

    assert len(lucky[0] & lucky[1]) == pytest.approx(1000, abs=120)


def test_texts_are_no_factors():
    docs = tokenized([1]).append_column("times", pa.array(["2"]))

    with pytest.raises(RecipeError, match="name a column of numbers"):
        dp.apply([Repeat(column="times")], docs)


@given(st.integers(1, 9), st.integers(0, 2**63))
def test_copy_i_of_n_lies_in_the_ith_part_and_half_a_part_from_the_next(copies, seed):
    docs = dp.apply([Repeat(times=copies)], tokenized([1] * 10)).docs.combine_chunks().to_batches()[0]
    keys = [int(key) for key in Shuffle(seed=seed).key(docs).to_pylist()]
    numbers = docs["copy"].to_pylist()

    assert [key * copies >> 64 for key in keys] == numbers
    by_id: dict[bytes, list[int]] = {}
    for id, key in zip(docs["id"].to_pylist(), keys, strict=True):
        by_id.setdefault(id, []).append(key)
    gaps = [later - sooner for one in by_id.values() for sooner, later in pairwise(one)]
    assert all(gap >= (2**63) // copies - 1 for gap in gaps)


def test_a_shuffle_without_copies_is_what_it_was():
    docs = tokenized([1] * 50)
    plain = dp.apply([Shuffle(seed=3)], docs).docs
    keys = np.array(Shuffle(seed=3).key(plain.combine_chunks().to_batches()[0]).to_pylist(), np.uint64)

    assert (np.diff(keys.astype(np.float64)) >= 0).all()
    assert sorted(plain["id"].to_pylist()) == sorted(docs["id"].to_pylist())


@pytest.mark.parametrize("times", [-0.5, 10_001.0, 1e18, float("inf"), float("nan")])
def test_factors_that_cannot_be_are_told_with_their_document(times):
    docs = tokenized([1, 1]).append_column("times", pa.array([1.0, times]))

    with pytest.raises(ShardError, match=f"{docs['id'][1].as_py().hex()} is to be repeated"):
        dp.apply([Repeat(column="times")], docs)


def test_the_greatest_factor_is_a_factor():
    docs = tokenized([1]).append_column("times", pa.array([10_000.0]))

    assert dp.apply([Repeat(column="times")], docs).docs.num_rows == 10_000
