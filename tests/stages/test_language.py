import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.language import Language

ENGLISH = "The old mill stands by the river, and every morning its wheel begins to turn.\n"
GERMAN = "Die alte Mühle steht am Fluss, und jeden Morgen beginnt sich ihr Rad zu drehen.\n"
JAPANESE = "川のそばに古い水車小屋があり、毎朝その車輪が回り始めます。\n"
ARABIC = "تقف الطاحونة القديمة بجانب النهر، وكل صباح تبدأ عجلتها في الدوران.\n"


def told(*texts, **settings):
    step = Language(**settings)
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])
    arrays = step.open(FetchedAssets()).columns(batch).arrays

    assert pa.schema([(name, array.type) for name, array in arrays.items()]) == step.writes()
    return [{name: array[row].as_py() for name, array in arrays.items()} for row in range(len(texts))]


def languages(*texts, **settings):
    return [row["language"] for row in told(*texts, **settings)]


def test_languages_in_any_script_are_told_apart():
    assert languages(ENGLISH, GERMAN, JAPANESE, ARABIC) == ["en", "de", "ja", "ar"]


def test_a_sure_answer_has_a_high_score():
    assert 0.9 < told(ENGLISH)[0]["language_score"] <= 1.001


def test_scores_are_whole_grains():
    assert told(GERMAN)[0]["language_score"] * 2**20 % 1 == 0


@pytest.mark.parametrize("text", [None, "", " \n\t\r", "... -- !!! ***\n"])
def test_of_no_words_nothing_is_known(text):
    assert told(text, ENGLISH, languages=["en"], all=True)[0] == {
        "language": None,
        "language_score": None,
        "languages_score": None,
        "language_candidates": None,
    }


@pytest.mark.parametrize("text", ["a", "...1", "。", "\xa0"])
def test_whatever_else_there_is_is_judged(text):
    assert languages(text) != [None]


def test_no_rows_are_no_rows():
    assert told(all=True, languages=["en"]) == []


def test_a_slice_is_judged_by_its_rows():
    batch = pa.RecordBatch.from_arrays([pa.array([ENGLISH, None, GERMAN, ENGLISH], pa.large_string())], names=["text"])
    found = Language().open(FetchedAssets()).columns(batch.slice(1, 2)).arrays

    assert found["language"].to_pylist() == [None, "de"]


def test_a_sure_prefix_decides_alone():
    text = ENGLISH * 20 + GERMAN * 200

    assert (languages(text), languages(text, prefix=0)) == (["en"], ["de"])


def test_an_unsure_prefix_does_not():
    text = "1234 " * 200 + GERMAN * 20

    assert (languages(text, sure=0.0), languages(text)) == (languages("1234 " * 200), ["de"])
    assert told(text) == told(text, prefix=0)


def test_the_score_that_is_sure_is_enough_itself():
    text = ENGLISH * 20 + GERMAN * 200
    score = told(text, sure=0.0)[0]["language_score"]

    assert languages(text, sure=score) == ["en"]
    assert languages(text, sure=score + 2**-20) == ["de"]


def test_a_prefix_is_counted_in_characters():
    text = JAPANESE * 40

    assert told(text, prefix=200, sure=0.0) == told(text[:200], prefix=0)


def test_newlines_are_blanks_or_nothing():
    text = "the\nold\nmill\nstands\nby\nthe\nriver"

    assert told(text) == told(text.replace("\n", " "))
    assert told(text, profile="dclm") == told(text.replace("\n", ""))
    assert told(text) != told(text, profile="dclm")


def test_wanted_languages_add_up():
    text = f"{ENGLISH} {GERMAN}"
    scores = {row["language"]: row["score"] for row in told(text, all=True)[0]["language_candidates"]}
    found = told(text, languages=["en", "de"])[0]["languages_score"]

    assert abs(found - scores["en"] - scores["de"]) <= 2**-20
    assert told(text, languages=["en", "de"], all=True)[0]["languages_score"] == found


def test_candidates_come_best_first_and_begin_with_the_answer():
    found = told(f"{ENGLISH} {GERMAN}", all=True)[0]
    scores = [candidate["score"] for candidate in found["language_candidates"]]

    assert found["language_candidates"][0] == {"language": found["language"], "score": found["language_score"]}
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 1e-5


def test_a_language_that_the_model_does_not_know_is_refused():
    with pytest.raises(RecipeError, match=r"knows no language 'english'"):
        Language(languages=["english"]).open(FetchedAssets())


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "list.txt").write_text("the and of")

    with pytest.raises(RecipeError, match=r"list\.txt: is no model"):
        Language(model="list.txt").open(FetchedAssets(str(tmp_path)))


@given(
    st.lists(
        st.one_of(
            st.none(), st.lists(st.sampled_from(["\n", " ", "the", "mühle", "水車", "x" * 40, "\r"])).map("".join)
        )
    ),
    st.sampled_from([0, 1, 7, 100]),
)
def test_in_dclm_a_newline_is_as_if_it_were_not_there(texts, prefix):
    without = [None if text is None else text.replace("\n", "") for text in texts]

    assert told(*texts, profile="dclm", prefix=prefix, all=True) == told(*without, prefix=prefix, all=True)
