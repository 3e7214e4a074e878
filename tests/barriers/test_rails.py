"""Limits to what a step may take out, in all that take out what is there more than once."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dclm_pipeline as dp
from dclm_pipeline.arrow import from_numpy
from dclm_pipeline.barriers.bloom_dedup import BloomDedup
from dclm_pipeline.barriers.exact_dedup import ExactDedup
from dclm_pipeline.barriers.line_dedup import LineDedup
from dclm_pipeline.barriers.minhash_dedup import MinhashDedup
from dclm_pipeline.barriers.rails import Limited, LimitedClusters, added, counts_of, judge, members_of
from dclm_pipeline.errors import IntegrityError, RecipeError, ShardError
from dclm_pipeline.schema import DATE

PAGE = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
LONG = " ".join(f"word{n}" for n in range(20))


def table(texts, sources=None):
    columns = {
        "id": pa.array([bytes([n]) * 16 for n in range(len(texts))], pa.binary(16)),
        "date": pa.array([None] * len(texts), DATE),
        "text": pa.array(texts, pa.large_string()),
    }
    if sources is not None:
        columns["source"] = pa.array(sources, pa.string())
    return pa.table(columns)


def left(step, texts, sources=None):
    return dp.apply([step], table(texts, sources)).docs.num_rows


@pytest.mark.parametrize(
    ("step", "texts", "share", "figures"),
    [
        (ExactDedup, ["a", "a", "a", "прямо", None], 2 / 5, "would remove 2 of 5 documents of all sources, 40.0%"),
        (LineDedup, ["a\nb", "", "a\nb\n漢字", None, "b"], 3 / 6, "would remove 3 of 6 lines of all sources, 50.0%"),
        (BloomDedup, [PAGE, PAGE, "", None], 1 / 2, "would remove 80 of 160 bytes of all sources, 50.0%"),
        (MinhashDedup, [PAGE, PAGE, PAGE, "else"], 2 / 4, "would remove 2 of 4 documents of all sources, 50.0%"),
    ],
)
def test_more_than_the_share_of_all_stops_the_run_with_the_figures(step, texts, share, figures):
    passing = left(step(least_judged=1, most_removed=share, most_removed_of_source=1), texts)

    assert passing == left(step(most_removed=1), texts)
    with pytest.raises((ShardError, RecipeError), match=figures):
        dp.apply([step(least_judged=1, most_removed=share - 0.01, most_removed_of_source=1)], table(texts))


@pytest.mark.parametrize(
    ("step", "figures"),
    [
        (ExactDedup, "would remove 3 of 4 documents of the source вики, 75.0%; most_removed_of_source is 70.0%"),
        (LineDedup, "would remove 3 of 4 lines of the source вики, 75.0%; most_removed_of_source is 70.0%"),
        (BloomDedup, "would remove 240 of 320 bytes of the source вики, 75.0%; most_removed_of_source is 70.0%"),
        (MinhashDedup, "would remove 3 of 4 documents of the source вики, 75.0%; most_removed_of_source is 70.0%"),
    ],
)
def test_more_than_the_share_of_a_source_stops_the_run(step, figures):
    texts = [PAGE] * 4 + [f"{LONG} {n}" for n in "abcd"] + [None]
    sources = ["вики"] * 4 + ["b"] * 3 + [None] * 2
    with pytest.raises((ShardError, RecipeError), match=figures):
        dp.apply([step(least_judged=4, most_removed_of_source=0.7)], table(texts, sources))

    unhurt = {"most_removed": 1, "most_removed_of_source": 1}
    assert left(step(least_judged=5, most_removed_of_source=0.7), texts, sources) == left(
        step(**unhurt), texts, sources
    )


@pytest.mark.parametrize("step", [ExactDedup, LineDedup, BloomDedup, MinhashDedup])
def test_what_has_no_source_counts_for_all_alone(step):
    settings = {"least_judged": 1, "most_removed_of_source": 0}

    assert left(step(**settings, most_removed=1), [PAGE, PAGE]) == 1


@pytest.mark.parametrize("step", [ExactDedup, LineDedup, BloomDedup, MinhashDedup])
@pytest.mark.parametrize("texts", [[], [""], [None, None], ["", None]])
def test_where_there_is_nothing_nothing_is_too_much(step, texts):
    settings = {"least_judged": 1, "most_removed": 0.5, "most_removed_of_source": 0.5}

    assert left(step(**settings), texts, ["a"] * len(texts)) == len(texts)


@pytest.mark.parametrize("step", [ExactDedup, MinhashDedup])
def test_a_cluster_that_is_too_large_stops_the_run(step):
    assert left(step(largest_cluster=3), [PAGE] * 3) == 1
    with pytest.raises(ShardError, match="3 documents or more are one cluster; largest_cluster is 2"):
        dp.apply([step(largest_cluster=2)], table([PAGE] * 3 + ["else"]))


def test_a_huge_cluster_is_not_even_gathered():
    with pytest.raises(ShardError, match="documents or more are one cluster; largest_cluster is 1,000"):
        dp.apply(
            [ExactDedup(keep="smallest_id", largest_cluster=1000)], pa.table({"text": pa.array(["same"] * 200_000)})
        )


def test_ids_that_are_there_twice_are_other_clusters():
    rows = table(["a", "a", "b", "b"]).set_column(0, "id", pa.array([bytes(16)] * 4, pa.binary(16)))

    assert dp.apply([ExactDedup()], rows).docs["text"].to_pylist() == ["a", "b"]


@pytest.mark.parametrize(("gone", "older"), [([1, 1], 0), ([0, 0], 0), ([1, 0], 1)])
def test_a_cluster_that_keeps_none_or_several_is_a_bug(gone, older):
    same, whose = np.ones(2, np.uint64), np.full(2, bool(older))
    members = members_of(same, same, np.array(gone, np.bool_), whose)
    with pytest.raises(IntegrityError, match="keeps none of its documents, or several"):
        list(judge(ExactDedup(name="step"), iter([added(members)])))

    right = members_of(same, same, np.array([older, 1], np.bool_), whose)
    assert list(judge(ExactDedup(name="step"), iter([added(right)]))) == []


def test_looking_at_lines_once_more_can_be_spared():
    assert LineDedup().hearings() == 2
    assert LineDedup(most_removed=1, most_removed_of_source=1).hearings() == 1
    assert left(LineDedup(most_removed=1, most_removed_of_source=1), ["a", "a"]) == 1


@pytest.mark.parametrize("step", [ExactDedup, LineDedup, BloomDedup, MinhashDedup])
def test_limits_are_called_alike(step):
    assert issubclass(step, Limited)
    assert issubclass(step, LimitedClusters) == ("largest_cluster" in step.model_fields)


@given(st.lists(st.tuples(st.sampled_from([None, "", "a", "вики", "漢字"]), st.integers(0, 9), st.integers(0, 9))))
def test_counts_are_the_same_however_they_are_added_up(rows):
    sources = [source for source, _, _ in rows]
    docs = table([""] * len(rows), sources).combine_chunks().to_batches()
    judged, removed = (np.array([row[place] for row in rows], np.int64) for place in (1, 2))
    whole = [counts_of(batch, judged, removed) for batch in docs]
    single = [
        counts_of(batch.slice(n, 1), judged[n : n + 1], removed[n : n + 1]) for batch in docs for n in range(len(rows))
    ]

    assert summed(whole) == summed(single)
    assert summed(whole).get((0, None), (0, 0, 0)) == (len(rows), judged.sum(), removed.sum())


def summed(batches):
    """Return what counts say of whom."""
    if not batches:
        return {}
    rows = added(pa.Table.from_batches(batches).combine_chunks().to_batches()[0]) if batches[0].num_rows else batches[0]
    return {
        (row["about"], row["source"]): (row["documents"], row["all"], row["removed"])
        for row in rows.to_pylist()
        if row["documents"]
    }


@pytest.mark.parametrize(
    ("sources", "kept"),
    [(["books/"], 2), (["wiki/", "books/"], 1), (["nowhere"], 0), (["nowhere", ""], 0), (["books/b", "wiki/"], 3)],
)
@pytest.mark.parametrize("step", [ExactDedup, LineDedup, MinhashDedup])
def test_of_equal_ones_that_of_the_best_source_stays(step, sources, kept):
    names = [None, "wiki/1", "books/a", "books/b", "вики/1"]
    docs = dp.apply([step(keep="source", sources=sources)], table([PAGE] * 5, names)).docs

    assert [id[0] for id in docs["id"].to_pylist()] == [kept]


@pytest.mark.parametrize("step", [ExactDedup, LineDedup, MinhashDedup])
def test_sources_go_with_keep_source_alone(step):
    with pytest.raises(ValueError, match="keep: source"):
        step(keep="source")
    with pytest.raises(ValueError, match="keep: source"):
        step(sources=["wiki"])


@pytest.mark.parametrize("step", [ExactDedup, LineDedup])
def test_of_equally_good_sources_the_oldest_stays_whatever_the_column(step):
    rows = table([PAGE] * 3, ["a", "b", "a"])
    dates = from_numpy(np.array([30, 10, 20])).cast(DATE)
    rows = rows.set_column(1, pa.field("date", DATE), dates)

    assert [id[0] for id in dp.apply([step(keep="source", sources=["a"])], rows).docs["id"].to_pylist()] == [2]
