import numpy as np
import pyarrow as pa
import pytest

import dclm_pipeline as dp
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.kernels.dedup.blocked import WORDS, size_for
from dclm_pipeline.kernels.dedup.bloom import Rule, sweep
from dclm_pipeline.kernels.dedup.verdicts import DOCUMENT
from dclm_pipeline.kernels.strings import views
from dclm_pipeline.step import Coming, Needs

ONE = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
TWO = "Alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi"
SHORT = "Read more"
RUSSIAN = "раз два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать"
CHINESE = "我们都是好朋友一起去公园看花"


def left(*texts, **settings):
    """Return what is left of texts, nothing for those that go."""
    table = pa.table({"text": pa.array(texts, pa.large_string())}).append_column(
        "place", pa.array(range(len(texts)), pa.int64())
    )
    applied = dp.apply([dp.steps.bloom_dedup(**settings)], table)
    kept = dict(zip(applied.docs["place"].to_pylist(), applied.docs["text"].to_pylist(), strict=True))
    return [kept.get(place, ...) for place in range(len(texts))]


@pytest.mark.parametrize("mode", ["paragraph", "document", "both", "substring", "old-both"])
@pytest.mark.parametrize("text", [ONE, RUSSIAN, CHINESE])
def test_a_copy_goes_and_the_first_stays(mode, text):
    assert left(text, TWO, text, mode=mode, least_tokens=13) == [text, TWO, ...]


@pytest.mark.parametrize("mode", ["paragraph", "document", "both", "substring", "old-both"])
def test_short_empty_and_unknown_texts_stay(mode):
    assert left(SHORT, SHORT, "", "", None, None, mode=mode) == [SHORT, SHORT, "", "", None, None]


def test_a_copied_paragraph_goes_and_the_rest_stays():
    assert left(ONE, f"{ONE}\n{TWO}", mode="paragraph") == [ONE, TWO]
    assert left(ONE, f"{TWO}\n{ONE}", mode="paragraph") == [ONE, TWO]
    assert left(ONE, f"{TWO}\n\n{ONE}\n{SHORT}", mode="both") == [ONE, f"{TWO}\n\n{SHORT}"]


def test_a_paragraph_that_repeats_within_its_document_goes_too():
    assert left(f"{ONE}\n{ONE}\n{TWO}", mode="paragraph") == [f"{ONE}\n{TWO}"]
    assert left(f"{ONE}\n{ONE}\n{TWO}", mode="both") == [f"{ONE}\n{TWO}"]


def test_a_short_line_keeps_a_document_in_the_mode_both_unless_most_of_it_was_seen():
    page = f"{ONE}\n{TWO}\n{SHORT}"

    assert left(page, page, mode="both") == [page, ...]
    assert left(page, page, mode="paragraph") == [page, f"\n{SHORT}".removeprefix("\n")]


def test_a_share_at_the_threshold_goes_and_in_the_old_mode_stays():
    # Of the five n-grams of the second text four were seen.
    seen, half = "a b c d e", "a b c d e f"
    settings = {"ngram": 1, "threshold": 5 / 6}

    assert left(seen, half, mode="paragraph", **settings) == [seen, ...]
    assert left(seen, half, mode="old-both", **settings) == [seen, half]
    assert left(seen, half, mode="old-both", ngram=1, threshold=0.83) == [seen, ...]


def test_shorter_units_are_one_ngram_where_that_is_asked_for():
    assert left(SHORT, SHORT, "Read less", mode="paragraph", shortest=2) == [SHORT, ..., "Read less"]
    assert left(SHORT, SHORT, mode="document", shortest=2) == [SHORT, ...]


def test_the_old_mode_remembers_what_stayed_of_documents_that_went():
    # The third goes as a whole, but its last paragraph is remembered: the only copy left of it goes, too.
    fresh = "q1 q2 q3 q4 q5 q6 q7 q8 q9 q10 q11 q12 q13"
    long = " ".join(f"w{i}" for i in range(100))
    texts = [long, f"{long}\n{fresh}", fresh]

    assert left(*texts, mode="old-both") == [long, ..., ...]
    assert left(*texts, mode="both") == [long, ..., fresh]


def test_the_old_mode_leaves_line_feeds_alone():
    assert left(ONE, f"{ONE}\n{TWO}\n", mode="old-both") == [ONE, f"\n{TWO}\n"]


def test_a_stretch_is_cut_out_of_the_middle():
    page = f"Before it, words.\n{ONE} And after it."

    assert left(ONE, page, mode="substring", least_tokens=14) == [ONE, "Before it, words.\nAnd after it."]
    assert left(ONE, page, mode="substring", least_tokens=15) == [ONE, page]
    assert left(ONE, f"Before. {ONE}", mode="substring", least_tokens=14) == [ONE, "Before."]


def test_stretches_close_to_each_other_are_one():
    words = [f"w{i}" for i in range(100)]
    marred = " ".join([*words[:50], "new", "words", *words[50:]])

    assert left(" ".join(words), marred, mode="substring", threshold=0.9, least_tokens=90) == [" ".join(words), ...]
    assert left(" ".join(words), marred, mode="substring", threshold=1.0, least_tokens=90)[1] == marred


def test_it_says_how_much_was_seen():
    applied = dp.apply([dp.steps.bloom_dedup(mode="document", threshold=1, annotate=True)], [ONE, ONE, SHORT])

    assert applied.docs["ngrams"].to_pylist() == [2, 2, 0]
    assert applied.docs["ngrams_seen"].to_pylist() == [0, 2, 0]
    assert applied.docs["passes.bloom_dedup"].to_pylist() == [True, False, True]
    assert applied.docs["text"].to_pylist() == [ONE, ONE, SHORT]


def test_sweeps_of_a_worker_begin_with_an_empty_filter():
    step = dp.steps.bloom_dedup(mode="document", expected_ngrams=1000, needs=Needs(memory=2**20))
    sweeper = step.open(None)
    docs = pa.RecordBatch.from_arrays([pa.array([ONE, ONE], pa.large_string())], names=["text"])
    for _ in range(2):
        state = sweeper.start(Coming())

        assert sweeper.columns(docs, state).arrays["keep"].to_pylist() == [True, False]


def test_a_filter_that_does_not_fit_is_refused_with_the_figures():
    with pytest.raises(
        RecipeError,
        match=r"1,000,000,000 n-grams at a false-positive rate of 0.01 takes 1,2.* needs.memory is 1,073,741,824",
    ):
        dp.steps.bloom_dedup(name="b", expected_ngrams=10**9, needs=Needs(memory=2**30)).open(None)
    sweeper = dp.steps.bloom_dedup(name="b").open(None)
    with pytest.raises(RecipeError, match=r"b: 9,000,000,000 bytes of text in a group: .* set groups to 2, or"):
        sweeper.start(Coming(1, 9 * 10**9))


def test_a_filter_that_holds_more_than_it_was_made_for_stops_the_run():
    with pytest.raises(RecipeError, match=r"made for 10 n-grams and holds \d\d after 4 documents"):
        left(ONE, TWO, RUSSIAN, CHINESE * 10, expected_ngrams=10)


def test_a_shortest_unit_that_is_longer_than_an_ngram_is_a_mistake():
    with pytest.raises(ValueError, match="shortest is 14, more than ngram, 13"):
        dp.steps.bloom_dedup(shortest=14)


@pytest.mark.parametrize("rate", [0.1, 0.01, 0.001])
def test_a_full_filter_takes_as_much_for_seen_as_was_asked(rate):
    keys, asked = 200_000, 400_000
    size = size_for(keys, rate)
    words = np.zeros(size.blocks * WORDS, np.uint64)
    rule = Rule(DOCUMENT, 1, 1, 1.0, 1)
    known, new = (
        pa.array([" ".join(f"{name}{i}" for i in range(count))], pa.large_string())
        for name, count in (("k", keys), ("n", asked))
    )
    sweep(views(known), rule, words, size.probes)
    told = sweep(views(new), rule, words, size.probes).facts[0]

    assert told[0] == asked
    # Of new keys those that came before are known, too; the filter is looked at as a whole before they go in.
    assert abs(told[1] / asked / rate - 1) < 0.2
