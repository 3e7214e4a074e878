from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dclm_pipeline as dp
from dclm_pipeline.barriers import shares
from dclm_pipeline.barriers.top_share import TopShare
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.kernels.strings import GRAIN


def documents(rows):
    """Return a table of rows: a score, a count of words, a language."""
    rows = [(*row, None, None)[:3] if isinstance(row, tuple) else (row, 1, "en") for row in rows]
    return pa.table(
        {
            "id": pa.array([n.to_bytes(16, "big") for n in range(len(rows))], pa.binary(16)),
            "quality": pa.array([score for score, _, _ in rows], pa.float64()),
            "word_count": pa.array([count for _, count, _ in rows], pa.int64()),
            "language": pa.array([language for _, _, language in rows], pa.string()),
        }
    )


def kept(rows, **settings):
    """Return the places of the rows that stay, whatever the order and the batches they come in."""
    table = documents(rows)
    steps = [dp.steps.top_share(**settings)]
    left = sorted(dp.apply(steps, table).docs["id"].to_pylist())
    backwards = dp.apply(steps, table.take(pa.array(range(len(rows))[::-1], pa.int64()))).docs["id"].to_pylist()

    assert sorted(backwards) == left, "the order must not matter"
    return [int.from_bytes(id, "big") for id in left]


def ranked(rows, share, tokens, by):
    """Return what a plain walk keeps: sort, add up, stop where it would be too much."""
    groups = {}
    for n, (score, count, language) in enumerate(rows):
        if score is not None and np.isfinite(score) and (not tokens or count is not None):
            grains = np.rint(score / GRAIN)
            groups.setdefault(language if by else "", []).append((-grains, n, count if tokens else 1))
    stay = []
    for group in groups.values():
        room = int(sum(weight for _, _, weight in group) * Fraction(repr(share)))
        for _, n, weight in sorted(group):
            room -= weight
            if room < 0:
                break
            stay.append(n)
    return sorted(stay)


def test_the_best_documents_stay():
    assert kept([0.1, 0.9, 0.3, 0.5, 0.2], share=0.4) == [1, 3]


def test_of_equally_good_ones_the_least_ids_stay():
    assert kept([0.5] * 10, share=0.3) == [0, 1, 2]
    assert kept([0.5, 0.7, 0.5, 0.7, 0.5], share=0.6) == [0, 1, 3]


def test_scores_that_differ_by_less_than_a_grain_are_equal():
    assert kept([0.5, 0.5 + GRAIN / 3, 0.5 + GRAIN], share=0.67) == [0, 2]


@pytest.mark.parametrize(("share", "stay"), [(1.0, 4), (0.75, 3), (0.74, 2), (0.25, 1), (0.24, 0)])
def test_the_share_is_never_passed(share, stay):
    assert kept([0.1, 0.2, 0.3, 0.4], share=share) == list(range(4 - stay, 4))


def test_shares_are_what_their_digits_say():
    assert len(kept([n / 128 for n in range(100)], share=0.29)) == 29


def test_tokens_count_documents_by_their_weight():
    rows = [(0.9, 40, "en"), (0.8, 20, "en"), (0.7, 1, "en"), (0.6, 39, "en")]

    assert kept(rows, share=0.6, of="tokens") == [0, 1]
    assert kept(rows, share=0.59, of="tokens") == [0]
    assert kept(rows, share=0.39, of="tokens") == []


def test_what_weighs_nothing_stays_behind_what_just_fits():
    rows = [(0.9, 5, "en"), (0.6, 0, "en"), (0.2, 0, "en"), (0.1, 5, "en")]

    assert kept(rows, share=0.5, of="tokens") == [0, 1, 2]


def test_each_group_has_its_share():
    rows = [
        (0.9, 1, "en"),
        (0.8, 1, "en"),
        (0.2, 1, "pl"),
        (0.1, 1, "pl"),
        (0.5, 1, None),
        (0.4, 1, None),
        (0.3, 1, ""),
    ]

    assert kept(rows, share=0.5, by="language") == [0, 2, 4]
    assert kept(rows, share=0.5) == [0, 1, 4]


@pytest.mark.parametrize("score", [None, float("nan"), float("inf"), -float("inf")])
def test_without_a_score_a_document_is_a_reject_and_counts_nowhere(score):
    applied = dp.apply([dp.steps.top_share(share=0.5)], documents([(0.5, 1), (score, 1), (0.4, 1)]))

    assert [id[-1] for id in applied.docs["id"].to_pylist()] == [0]
    assert [
        (row["id"][-1], row["outcome"], row["reason"]) for row in applied.rejects.to_pylist() if row["id"][-1] == 1
    ] == [(1, "failed", "no score")]


@pytest.mark.parametrize("weight", [None, -1, 2**32 + 1, 2**41])
def test_without_a_weight_a_document_is_a_reject_where_tokens_count(weight):
    rows = [(0.5, 10), (0.9, weight), (0.4, 10)]
    applied = dp.apply([dp.steps.top_share(share=0.5, of="tokens")], documents(rows))

    assert [id[-1] for id in applied.docs["id"].to_pylist()] == [0]
    assert {row["reason"] for row in applied.rejects.to_pylist() if row["outcome"] == "failed"} == {"no weight"}
    assert kept(rows, share=0.34) == [1]


def test_weights_that_add_up_to_more_than_can_be_counted_stop_the_run():
    def bins(*weights):
        count = len(weights)
        columns = {name: pa.array([0] * count, pa.uint64()) for name in ("hash", "low")}
        numbers = {"bin": pa.array(range(count), pa.int32()), "weight": pa.array(weights, pa.int64())}
        return pa.RecordBatch.from_pydict(columns | numbers)

    assert shares.share_ends(bins(2**61, 2**62), Fraction(1, 2))[0]["room"] == 3 * 2**60
    for weights in ((2**62, 2**62 + 2**61), (5, -(2**63))):
        with pytest.raises(RecipeError, match="add up to more than can be counted"):
            shares.share_ends(bins(*weights), Fraction(1, 2))


def test_the_heaviest_documents_count():
    assert kept([(0.9, 2**32), (0.8, 2**32), (0.7, 2**32)], share=0.67, of="tokens") == [0, 1]


def test_no_documents_are_none():
    assert kept([], share=0.5) == []
    assert kept([(None, 1)], share=0.5) == []


def test_it_can_say_which_documents_would_go():
    docs = dp.apply([dp.steps.top_share(share=0.5, annotate=True)], documents([0.1, 0.9])).docs

    assert docs["passes.top_share"].to_pylist() == [False, True]


SCORES = st.one_of(
    st.sampled_from([None, float("nan"), 0.0, 0.5, 0.5 + GRAIN, 0.5 - GRAIN / 4, 1.0, -3.0, 7.5, 1e300]),
    st.floats(0, 1),
    st.floats(0.5, 0.5 + 40 * GRAIN),
)
ROWS = st.lists(
    st.tuples(SCORES, st.integers(0, 9) | st.none(), st.sampled_from(["en", "pl", "", None, "日本"])), max_size=40
)


@given(ROWS, st.sampled_from([0.01, 0.1, 0.29, 0.5, 0.999, 1.0]), st.booleans(), st.booleans())
def test_it_is_what_a_plain_walk_keeps(rows, share, tokens, by):
    settings = {"share": share, "of": "tokens" if tokens else "documents", "by": "language" if by else ""}

    assert kept(rows, **settings) == ranked(rows, share, tokens, by)


@given(ROWS, st.integers(1, 7))
def test_ranking_does_not_depend_on_how_rows_come(rows, size):
    step = TopShare(kind="top_share", name="top_share", share=0.4, by="language")
    docs = documents(rows).combine_chunks().to_batches()
    bins = [step.evidence(batch, 0, None) for batch in docs]
    counted = (
        pa.Table.from_batches(
            [step.combine(batch) for batch in bins if batch.num_rows], bins[0].schema if bins else None
        )
        if bins
        else None
    )
    if counted is None or not counted.num_rows:
        return
    told = next(step.findings(iter([counted.combine_chunks().to_batches()[0]]), 0))
    ranked_rows = pa.Table.from_batches([step.evidence(docs[0], 1, told)]).sort_by(
        [("hash", "ascending"), ("order", "ascending")]
    )
    whole, parts = (
        [
            cut
            for cuts in shares.walked(iter(ranked_rows.combine_chunks().to_batches(max_chunksize=rows_a_batch)))
            for cut in cuts
        ]
        for rows_a_batch in (1000, size)
    )

    assert sorted(whole, key=lambda cut: cut.group) == sorted(parts, key=lambda cut: cut.group)


def test_hashes_that_agree_in_one_half_are_two_groups():
    found = pa.RecordBatch.from_pydict(
        {
            "high": pa.array([5, 5, 9], pa.uint64()),
            "low": pa.array([2, 1, 1], pa.uint64()),
            "bin": pa.array([20, 10, 30], pa.int32()),
        }
    )
    high, low = (np.array(values, np.uint64) for values in ([5, 5, 9, 5, 7, 10], [1, 2, 1, 3, 1, 1]))
    cuts = shares.Cuts(found)
    places = cuts.places(high, low)

    assert places.tolist() == [0, 1, 2, -1, -1, -1]
    assert cuts.values("bin")[places[:3]].tolist() == [10, 20, 30]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"column": "language"}, "keeps the best by 'language', which is string"),
        ({"of": "tokens", "weight": "quality"}, "counts by 'quality', which is double"),
        ({"by": "quality"}, "has a share for each 'quality', which is double"),
    ],
)
def test_columns_that_do_not_fit_are_mistakes(settings, said):
    with pytest.raises(RecipeError, match=said):
        dp.apply([dp.steps.top_share(share=0.5, **settings)], documents([0.5]))


@pytest.mark.parametrize(
    "settings",
    [
        {"share": 0},
        {"share": 1.1},
        {"share": 0.1, "low": 1.0},
        {"share": 0.1, "high": float("nan")},
        {"share": 0.1, "low": -1e308, "high": 1e308},
    ],
)
def test_settings_that_do_not_fit_are_mistakes(settings):
    with pytest.raises(ValueError):
        dp.steps.top_share(**settings)


def test_scores_of_any_size_are_ranked():
    largest = np.finfo(np.float64).max
    rows = [-largest, 1e305, -1e305, largest, 0.5, 2.0**40 + 0.25, 2.0**40, float("inf")]

    assert kept(rows, share=0.5) == [1, 3, 5]
    assert kept(rows, share=0.9) == [1, 2, 3, 4, 5, 6]
    assert kept(rows, share=0.3) == [1, 3]
