import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dclm_pipeline.barriers.shuffle import Shuffle
from dclm_pipeline.ids import ID, document_id, uniform
from dclm_pipeline.stages.sample import Sample


def docs(count):
    ids = [document_id("shard", str(place)) for place in range(count)]
    return pa.RecordBatch.from_arrays([pa.array(ids, ID)], names=["id"])


def kept(share, seed=0, batch=None):
    return Sample(share=share, seed=seed).keep(docs(1000) if batch is None else batch).to_pylist()


def test_nothing_and_all_are_shares():
    assert (kept(0), kept(1)) == ([False] * 1000, [True] * 1000)


def test_about_the_share_is_kept():
    assert 230 < sum(kept(0.25)) < 270


def test_another_seed_draws_another_sample():
    assert kept(0.5, seed=1) != kept(0.5, seed=2)


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_smaller_share_is_part_of_a_larger(one, other):
    batch = docs(50)
    small, large = kept(min(one, other), batch=batch), kept(max(one, other), batch=batch)

    assert all(after for before, after in zip(small, large, strict=True) if before)


@given(st.permutations(range(20)))
def test_luck_does_not_depend_on_order(order):
    batch = docs(20)
    luck = kept(0.5, batch=batch)

    assert kept(0.5, batch=batch.take(pa.array(order))) == [luck[place] for place in order]


def test_a_slice_is_drawn_by_its_rows():
    assert kept(0.5, batch=docs(20).slice(5, 7)) == kept(0.5, batch=docs(20))[5:12]


def test_no_rows_draw_none():
    assert kept(0.5, batch=docs(0)) == []


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_lies_between_nothing_and_all(share):
    with pytest.raises(ValidationError):
        Sample(share=share)


def test_what_a_sample_leaves_is_shuffled_and_looked_at_as_all_else():
    batch = docs(4000)
    drawn = np.array(kept(0.25, batch=batch))
    keys = np.array(Shuffle().key(batch).to_numpy())[drawn] / 2.0**64
    looked_at = uniform(0, batch["id"]) < 0.1

    assert 0.45 < keys.mean() < 0.55
    assert 0.08 < looked_at[drawn].mean() < 0.12
    assert 0.08 < looked_at[~drawn].mean() < 0.12


def test_the_sample_is_the_same_however_documents_are_split():
    batch = docs(300)

    assert kept(0.5, batch=batch.slice(0, 100)) + kept(0.5, batch=batch.slice(100)) == kept(0.5, batch=batch)
