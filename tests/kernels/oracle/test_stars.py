import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.dedup.stars import ALIKE, COPY, STAYS, Deciding

# For each document after the first: those before it that are like it, or the one of which it is a copy.
GRAPHS = st.integers(1, 14).flatmap(
    lambda n: st.tuples(*(st.tuples(st.sets(st.integers(0, i), max_size=4), st.booleans()) for i in range(n)))
)


def slow_stars(graph):
    """Return whom each document that goes joins, read as the rule is told."""
    joins = {}
    for i, (earlier, copied) in enumerate(graph, 1):
        if copied and earlier:
            first = min(earlier)
            joins[i] = joins.get(first, first)
        else:
            stay = [j for j in sorted(earlier) if j not in joins]
            if stay:
                joins[i] = stay[0]
    return joins


def node(number):
    return [number // 3, number, number + 100]


def fast_stars(graphs, most, run):
    rows = [
        (component, i, j, COPY if copied else ALIKE, 0.5)
        for component, graph in enumerate(graphs)
        for i, (earlier, copied) in enumerate(graph, 1)
        for j in (sorted(earlier)[:1] if copied else sorted(earlier))
    ]
    joins, passes = [{} for _ in graphs], 0
    while rows:
        passes += 1
        assert passes < 60
        deciding, later, start = Deciding(most), [], 0
        while start < len(rows):
            stop = min(start + run, len(rows))
            while stop < len(rows) and rows[stop][:2] == rows[stop - 1][:2]:
                stop += 1
            part = rows[start:stop]
            components, own, leaders, ties, similar = zip(*part, strict=True)
            nodes, tops = (np.array([node(i) for i in numbers], np.uint64) for numbers in (own, leaders))
            gone, left = deciding.decide(
                np.array(components, np.uint64), nodes, tops, np.array(ties, np.uint8), np.array(similar)
            )
            for row, leader in zip(gone.rows, gone.leaders, strict=True):
                joins[components[row]][own[row]] = int(leader[1])
            for row, leader, tie in zip(left.rows, left.leaders, left.ties, strict=True):
                later.append((components[row], own[row], int(leader[1]), int(tie), 0.5))
            start = stop
        rows = sorted(later)
    return joins, passes


@given(st.lists(GRAPHS, max_size=4), st.sampled_from([1, 2, 3, 100]), st.sampled_from([1, 5, 1000]))
def test_who_stays_is_who_the_rule_says(graphs, most, run):
    joins, _ = fast_stars(graphs, most, run)

    assert joins == [slow_stars(graph) for graph in graphs]


def test_what_is_too_much_takes_more_passes():
    graph = tuple(({0}, False) for _ in range(20))
    joins, passes = fast_stars([graph], 4, 1000)

    assert joins == [dict.fromkeys(range(1, 21), 0)]
    assert passes == 5
    assert fast_stars([graph], 20, 1000)[1] == 1
    assert STAYS not in (ALIKE, COPY)
