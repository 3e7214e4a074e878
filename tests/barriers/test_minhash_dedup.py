"""Who stays of documents that are alike: against the rule read slowly, and case by case."""

import random
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import dclm_pipeline as dp
from dclm_pipeline.barriers.minhash_dedup import MinhashDedup
from dclm_pipeline.errors import ShardError

# So many bands of one number that whatever is alike to a half is a candidate: what is tested is what comes of it.
SURE = {"bands": 64, "rows": 1, "permutations": 64, "threshold": 0.5, "ngram": 2}
PAGE = " ".join(f"word{i}" for i in range(100))


def table(texts, **columns):
    """Return documents with ids that rise with their place."""
    ids = pa.array([i.to_bytes(16) for i in range(len(texts))], pa.binary(16))
    return pa.table({"id": ids, "text": pa.array(texts, pa.large_string()), **columns})


def joins(documents, **settings):
    """Return, by place, whom each document that goes has joined, and how alike the two are."""
    applied = dp.apply([MinhashDedup(annotate=True, **settings)], documents)
    rows = applied.docs.to_pylist()
    assert len(rows) == documents.num_rows
    return {
        int.from_bytes(row["id"]): (int.from_bytes(row["cluster"]), row["cluster_similarity"])
        for row in rows
        if not row["passes.minhash_dedup"]
    }


def stay(texts, **settings):
    """Return the places of those that stay."""
    gone = joins(table(texts), **settings)
    return [place for place in range(len(texts)) if place not in gone]


def runs(text):
    words = text.split()
    return {tuple(words[i : i + 2]) for i in range(len(words) - 1)} or {tuple(words)}


def alike(one, other):
    one, other = runs(one), runs(other)
    return len(one & other) / len(one | other)


def slow_stars(texts):
    gone = {}
    for i, text in enumerate(texts):
        for j in range(i):
            if text and texts[j] and j not in gone and alike(text, texts[j]) >= 0.5:
                gone[i] = (j, round(alike(text, texts[j]) * 2**20) / 2**20)
                break
    return gone


def slow_chains(texts):
    first = list(range(len(texts)))
    for _ in texts:
        for i, text in enumerate(texts):
            for j, other in enumerate(texts):
                if text and other and alike(text, other) >= 0.5:
                    first[i] = first[j] = min(first[i], first[j])
    return {i: j for i, j in enumerate(first) if i != j}


TEXTS = st.lists(st.lists(st.sampled_from("abcd"), max_size=7).map(" ".join), max_size=12)


@given(TEXTS)
def test_who_goes_is_who_is_like_one_that_stays(texts):
    assert joins(table(texts), **SURE) == slow_stars(texts)


@given(TEXTS)
def test_in_chains_all_go_but_the_first_of_what_is_tied_together(texts):
    found = joins(table(texts), cluster="chains", **SURE)

    assert {place: cluster for place, (cluster, _) in found.items()} == slow_chains(texts)


@given(TEXTS, st.randoms(use_true_random=False))
def test_it_does_not_matter_in_which_order_documents_come(texts, luck):
    documents = table(texts)
    order = list(range(len(texts)))
    luck.shuffle(order)

    assert joins(documents.take(pa.array(order, pa.int64())), **SURE) == joins(documents, **SURE)


@pytest.mark.parametrize(
    ("other", "kept"),
    [
        (PAGE, [0]),
        (PAGE.upper(), [0]),
        (PAGE.replace(" ", " -- "), [0]),
        (PAGE + " more", [0]),
        ("", [0, 1]),
        (None, [0, 1]),
        ("word0", [0, 1]),
        (" ".join(f"other{i}" for i in range(100)), [0, 1]),
    ],
)
def test_keeps_one_of_what_is_nearly_the_same(other, kept):
    assert stay([PAGE, other]) == kept


@pytest.mark.parametrize(("threshold", "kept"), [(0.6, [0]), (0.600001, [0, 1])])
def test_the_threshold_itself_is_alike(threshold, kept):
    # Of five runs of one word, three are in both.
    assert stay(["a b c d", "a b c e"], **SURE | {"ngram": 1, "threshold": threshold}) == kept


@pytest.mark.parametrize(
    ("texts", "settings", "kept"),
    [
        (["two words", "Two words!", "two more words"], {}, [0, 2]),
        (["two words", "Two words!", "two more words"], {"short": "alone"}, [0, 1, 2]),
        (["", "", " ", "--", None, None], {}, [0, 1, 2, 3, 4, 5]),
        (["А" + "бв гд" * 30, "а" + "бв гд" * 30], {}, [0]),
        (["Two Words", "two words"], {"lower": False}, [0, 1]),
        (["我们今天去公园看花吧好不好呢" * 3, "我们今天去公园看花吧好不好呢" * 3 + "！"], {}, [0]),
        (["我们今天 去公园看花吧好不好呢" * 3, "我们今天去公园 看花吧好不好呢" * 3], {"words": "blanks"}, [0, 1]),
        (
            ["我们今天 去公园看花吧好不好呢" * 3, "我们今天去公园 看花吧好不好呢" * 3],
            {"words": "blanks", "characters": True},
            [0],
        ),
        (["ไปเที่ยวทะเลกันไหม" * 5, "ไปเที่ยวทะเลกันไหม" * 5 + " ครับ"], {}, [0]),
    ],
)
def test_short_empty_and_foreign_texts(texts, settings, kept):
    assert stay(texts, **settings) == kept


def test_of_texts_alike_the_oldest_stays_or_the_longest_or_the_best():
    dates = [datetime(2020, 1, day, tzinfo=UTC) if day else None for day in (0, 3, 2, 2)]
    texts = [PAGE, PAGE + " a", PAGE + " a b", PAGE + " a"]
    documents = table(
        texts,
        date=pa.array(dates, pa.timestamp("s", "UTC")),
        score=pa.array([0.5, None, -1.0, 0.75], pa.float64()),
    )
    kept = {
        keep: set(range(4)) - set(joins(documents, keep=keep, column="score" if keep == "best" else ""))
        for keep in ("smallest_id", "oldest", "newest", "longest", "best")
    }

    assert kept == {"smallest_id": {0}, "oldest": {2}, "newest": {1}, "longest": {2}, "best": {3}}


@pytest.mark.parametrize(
    ("sources", "kept"),
    [(["books/"], 2), (["wiki/", "books/"], 1), (["nowhere"], 0), (["nowhere", ""], 0), (["books/b", "wiki/"], 3)],
)
def test_of_texts_alike_that_of_the_best_source_stays(sources, kept):
    names = pa.array([None, "wiki/1", "books/a", "books/b", "вики/1"])
    documents = table([PAGE + " a" * i for i in range(5)], source=names)

    assert set(range(5)) - set(joins(documents, keep="source", sources=sources)) == {kept}


@pytest.mark.parametrize("keep", ["oldest", "newest"])
def test_what_has_no_date_comes_last(keep):
    dates = pa.array([None, datetime(1969, 1, 1, tzinfo=UTC), None], pa.timestamp("s", "UTC"))

    assert set(range(3)) - set(joins(table([PAGE] * 3, date=dates), keep=keep)) == {1}
    assert set(range(3)) - set(joins(table([PAGE] * 3), keep=keep)) == {0}


def test_what_goes_is_told_of_in_the_rejects():
    applied = dp.apply([MinhashDedup()], table([PAGE, PAGE + " more", "else"]))

    assert applied.rejects["detail"].to_pylist() == [f"like {0:032x}, similarity 0.9888, cluster of 2"]
    assert applied.docs.select(["cluster_size", "cluster_similarity"]).to_pylist() == [
        {"cluster_size": 2, "cluster_similarity": None},
        {"cluster_size": 1, "cluster_similarity": None},
    ]
    assert applied.docs["cluster"].to_pylist() == applied.docs["id"].to_pylist()


def test_of_an_unknown_text_the_cluster_is_unknown():
    rows = dp.apply([MinhashDedup()], table([None, ""])).docs.to_pylist()

    assert [(row["cluster"], row["cluster_size"]) for row in rows] == [(None, None), ((1).to_bytes(16), 1)]


def test_unverified_whatever_shares_a_bucket_is_alike():
    texts = [" ".join(["same"] * 3 + [f"own{i}"] * 50) for i in range(3)]
    settings = {"bands": 64, "rows": 1, "permutations": 64, "ngram": 1}

    assert stay(texts, **settings) == [0, 1, 2]
    assert stay(texts, **settings, verify=False) == [0]


def test_a_large_bucket_compares_with_the_first_ones_alone():
    generator = random.Random(1)
    words = PAGE.split()
    texts = [
        " ".join(
            generator.choice("xyzuvw") if i in generator.sample(range(100), 2) else word for i, word in enumerate(words)
        )
        for _ in range(80)
    ]

    assert stay([PAGE, *texts], ngram=1) == [0]


@pytest.mark.parametrize(
    ("settings", "texts", "message"),
    [
        ({"most_removed": 0.5}, [PAGE] * 3 + ["else"] * 1, "would remove 2 of 4 documents of all sources, 50.0%"),
        ({"largest_cluster": 2}, [PAGE] * 3, "3 documents or more are one cluster"),
    ],
)
def test_too_much_stops_the_run_with_the_figures(settings, texts, message):
    tighter = {name: value - 0.01 if name == "most_removed" else value for name, value in settings.items()}
    dp.apply(
        [MinhashDedup(least_judged=1, **{name: value + 1 if value > 1 else value for name, value in settings.items()})],
        table(texts),
    )
    with pytest.raises(ShardError, match=message):
        dp.apply([MinhashDedup(least_judged=1, **tighter)], table(texts))


def test_too_much_of_one_source_stops_the_run():
    documents = table([PAGE] * 4 + [f"other {i}" for i in range(20)], source=pa.array(["a"] * 4 + ["b"] * 20))
    with pytest.raises(ShardError, match=r"would remove 3 of 4 documents of the source a, 75.0%"):
        dp.apply([MinhashDedup(least_judged=4, most_removed_of_source=0.7)], documents)

    assert dp.apply([MinhashDedup(least_judged=5, most_removed_of_source=0.7)], documents).docs.num_rows == 21


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(ValidationError, match="17 bands of 8 rows take 136 permutations"):
        MinhashDedup(bands=17)
    with pytest.raises(ValidationError, match="keep: best"):
        MinhashDedup(keep="best")
    with pytest.raises(ValidationError, match="keep: source"):
        MinhashDedup(keep="source")
    with pytest.raises(ValidationError, match="keep: source"):
        MinhashDedup(sources=["wiki"])
    with pytest.raises(dp.RecipeError, match="it must be a number"):
        dp.apply([MinhashDedup(keep="best", column="text")], table([PAGE]))


def test_ten_thousand_equal_documents_cost_little():
    applied = dp.apply([MinhashDedup(most_removed=1)], table([PAGE] * 10_000))

    assert applied.docs["cluster_size"].to_pylist() == [10_000]
