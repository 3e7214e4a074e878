import json

import pyarrow as pa
import pytest
from pydantic import ValidationError

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.ids import document_id
from dclm_pipeline.stages.common_words import CommonWords, is_plain
from dclm_pipeline.stages.profile import read_profile
from dclm_pipeline.stages.profiling import ProfileSettings, Profiling

FEW = {"least": 4, "least_words": 20, "least_texts": 4, "words": 2, "share": 0.2}


def documents(pairs):
    ids = pa.array([document_id("shard", str(place)) for place in range(len(pairs))], pa.binary(16))
    names, texts = [name for name, _ in pairs], [text for _, text in pairs]
    columns = [ids, pa.array(names, pa.string()), pa.array(texts, pa.large_string())]
    return pa.RecordBatch.from_arrays(columns, names=["id", "language", "text"])


def made(batches, **settings):
    profiling = Profiling(ProfileSettings(**{**FEW, **settings}))
    for batch in batches:
        profiling.add_words(batch)
    profiling.begin_numbers(FetchedAssets())
    for batch in batches:
        profiling.add_numbers(batch)
    return profiling


GERMAN = [("de", f"der Hund und die Katze{i} und der Vogel" + " ach" * i) for i in range(8)]
JAPANESE = [("ja", "猫の耳の中の水の音の色の夢の跡") for _ in range(4)]


def test_stop_words_are_the_frequent_words_of_a_language():
    profile = made([documents([*GERMAN, *JAPANESE])]).profile("ours")

    assert profile.stop_words == {"de": ("ach", "der"), "ja": ("の", "中")}
    assert (profile.by, profile.origin, profile.documents) == ("language", "ours", {"de": 8, "ja": 4})


def test_a_band_reaches_from_one_quantile_to_the_other_and_is_rounded_outwards():
    pairs = [("de", "a " * 20 + "b" * length) for length in range(1, 102)]
    band = made([documents(pairs)], low=0.5, high=1).profile().bands["mean_word_length"]["de"]

    assert (band.low, band.high) == (3.3809, 5.7620)


def test_languages_with_few_documents_or_words_are_left_out_and_told():
    profiling = made([documents([*GERMAN, ("fr", "le chat"), (None, "x"), ("it", None)])])
    profile = profiling.profile()

    assert (set(profile.bands["mean_word_length"]), set(profile.stop_words), set(profile.documents)) == (
        {"de"},
        {"de"},
        {"de"},
    )
    assert profiling.left_out() == {"fr": "no bands and no stop words, from 1 documents with 2 words"}


def test_where_no_language_has_enough_there_is_no_profile():
    with pytest.raises(RecipeError, match="no language has 9 documents"):
        made([documents(GERMAN)], least=9, least_words=1000).profile()


@pytest.mark.parametrize("most", [3, 100])
def test_a_profile_depends_neither_on_batches_nor_on_their_order(most):
    batch = documents([*GERMAN, *JAPANESE])
    parts = [batch.slice(start, 3) for start in range(9, -1, -3)]

    assert made(parts, most=most).profile() == made([batch], most=most).profile()


def test_no_documents_make_no_profile():
    with pytest.raises(RecipeError):
        made([documents([])]).profile()


def test_a_profile_is_what_rules_read(tmp_path):
    profile = made([documents(GERMAN)]).profile()
    (tmp_path / "profile.json").write_text(json.dumps(profile.model_dump(exclude_none=True)))

    assert read_profile(tmp_path / "profile.json", "profile.json") == profile


def test_quantiles_out_of_order_are_refused():
    with pytest.raises(ValidationError, match="swap them"):
        ProfileSettings(low=0.9, high=0.1)


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        ("der", True),
        ("l'eau", True),
        ("हैं", True),
        ("の", True),
        ("ー", False),
        ("der,", False),
        ("3d", False),
        ("-", False),
        ("Der", False),
    ],
)
def test_stop_words_are_of_letters(word, plain):
    assert is_plain(word) == plain


def test_capitals_and_final_sigmas_make_no_other_words():
    words = CommonWords()
    words.add(pa.array(["Της της ΤΗΣ τησ und Und"], pa.large_string()))

    assert words.stop_words(0.1, 0) == ("της", "und") or words.stop_words(0.1, 0) == ("und", "της")


def test_hostile_texts_have_no_stop_words():
    words = CommonWords()
    words.add(pa.array(["x" * 300_000, "", "- " * 1000, "\u0000 1 " * 1000], pa.large_string()))

    assert words.stop_words(0.001, 8) == ()
