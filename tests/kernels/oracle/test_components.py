import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.barriers.near.labels import edges_between, settle
from dclm_pipeline.barriers.near.rows import nodes_of
from dclm_pipeline.engine.gathered import order_of

GRAPHS = st.integers(2, 24).flatmap(
    lambda n: st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=40)
)


def slow_labels(edges):
    """Return for each node that has an edge the least that it is tied to."""
    label = {node: node for edge in edges for node in edge}
    changed = True
    while changed:
        changed = False
        for one, other in edges:
            least = min(label[one], label[other])
            changed |= label[one] != least or label[other] != least
            label[one] = label[other] = least
    return label


def node(number, tied):
    """Return a node whose order is that of its number; with `tied`, all ranks are equal."""
    return [7 if tied else number << 40, number, number * 2**40 + 3]


def settled(edges, tied, partitions, run):
    """Go through passes as the exchange does, with so many partitions; return labels, and how many passes it took."""
    ends = np.array([[node(max(edge), tied), node(min(edge), tied)] for edge in edges], np.uint64).reshape(-1, 2, 3)
    handed = [edges_between(np.ascontiguousarray(ends[:, 0]), np.ascontiguousarray(ends[:, 1]))]
    labels, passes = {}, 0
    while any(batch.num_rows for batch in handed):
        passes += 1
        assert passes < 100
        table = pa.Table.from_batches(handed).combine_chunks()
        parts = table["hash"].to_numpy() % partitions
        handed = []
        for part in range(partitions):
            mine = table.filter(pa.array(parts == part))
            if mine.num_rows == 0:
                continue
            mine = mine.take(pa.array(order_of(mine))).combine_chunks()
            for batch in settle(iter(mine.to_batches(max_chunksize=run))):
                if "hash" in batch.schema.names:
                    handed.append(batch)
                else:
                    for own, leader in zip(nodes_of(batch["own"]), nodes_of(batch["leader"]), strict=True):
                        assert labels.setdefault(int(own[1]), int(leader[1])) == leader[1]
    return labels, passes


@given(GRAPHS, st.booleans(), st.sampled_from([1, 3, 16]), st.sampled_from([1, 3, 1000]))
def test_every_node_learns_the_first_of_all_that_it_is_tied_to(edges, tied, partitions, run):
    edges = [edge for edge in edges if edge[0] != edge[1]]

    assert settled(edges, tied, partitions, run)[0] == slow_labels(edges)


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_long_path_takes_few_passes(shuffled):
    numbers = np.random.default_rng(2).permutation(1000) if shuffled else np.arange(1000)
    edges = list(zip(numbers[:-1].tolist(), numbers[1:].tolist(), strict=True))
    labels, passes = settled(edges, False, 4, 1000)

    assert labels == dict.fromkeys(range(1000), 0)
    assert passes < 25


def test_a_large_star_is_settled_at_once():
    labels, passes = settled([(0, i) for i in range(1, 500)], False, 4, 64)

    assert labels == dict.fromkeys(range(500), 0)
    assert passes == 2
