import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.barriers.near import older
from dclm_pipeline.barriers.near.rows import own_nodes
from dclm_pipeline.ids import ID, halves

IDS = st.lists(st.binary(min_size=16, max_size=16), min_size=1, max_size=20)
POOLS = st.integers(0, 2**15 - 1)


@given(IDS, POOLS)
def test_a_node_tells_its_id_and_pool(ids, pool):
    nodes = older.nodes_of_ids(pa.array(ids, ID), pool)

    assert older.ids_of(nodes).to_pylist() == ids
    assert set(older.pools_of(nodes).tolist()) == {pool}
    assert older.are_older(nodes).all()
    assert older.hash_of_older(nodes).tolist() == older.hash_of_ids(pa.array(ids, ID)).tolist()


@given(IDS, POOLS, IDS)
def test_older_ones_come_before_all_others_which_keep_their_order(ids, pool, own):
    nodes = older.nodes_of_ids(pa.array(ids, ID), pool)
    high, low = halves(pa.array(sorted(own), ID)).T
    rank, tie = older.behind(high, low)
    pairs = list(zip(rank.tolist(), tie.tolist(), strict=True))

    assert nodes[:, 0].max() < rank.min()
    assert pairs == sorted(pairs)


@given(IDS, POOLS)
def test_a_place_survives_being_a_shard_and_a_row(ids, pool):
    kept = pa.RecordBatch.from_pylist(
        [{"id": one, "cluster": one, "hash": 1, "signature": b"1234"} for one in ids],
        schema=pa.schema(
            [pa.field("id", ID), pa.field("cluster", ID), ("hash", pa.uint64()), ("signature", pa.large_binary())]
        ),
    )
    heard = older.recalled_signatures(kept, pool)

    assert np.array_equal(own_nodes(heard, "rank"), older.nodes_of_ids(kept["cluster"], pool))


def test_those_that_share_most_are_compared_and_no_more_than_there_is_room_for():
    ids = pa.array([bytes([n] * 16) for n in range(100)], ID)
    nodes = older.nodes_of_ids(ids, 0)
    pairs = np.concatenate([np.arange(100), [99, 99, 98]])
    chosen = older.chosen_pairs(np.zeros(len(pairs), np.int64), nodes[pairs])

    assert len(chosen) == older.MOST_OLDER
    assert pairs[chosen][:3].tolist() == [99, 98, 0]
    assert len(older.chosen_pairs(np.zeros(0, np.int64), nodes[:0])) == 0
