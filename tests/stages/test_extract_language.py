import pyarrow as pa
import pytest
from pydantic import ValidationError

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.extract import Extract
from dclm_pipeline.stages.extract_blocks import WRITES
from dclm_pipeline.stages.language import Language
from tests.stages.test_language import ARABIC, ENGLISH, GERMAN, JAPANESE

MODEL = "asset:lid.176.ftz"


def page(text, menu="Home"):
    return f"<title>T</title><nav><a href=/>{menu}</a></nav><article><h1>1</h1><p>{text * 5}</p></article>"


def columns(*pages, types=None, **settings):
    html = pa.array(pages, pa.large_string())
    kinds = pa.array(types or ["text/html"] * len(pages), pa.string())
    batch = pa.RecordBatch.from_arrays([html, kinds], names=["html", "content_type"])
    step = Extract(engine="blocks", languages=("en",), language_model=MODEL, **settings)
    found = step.open(FetchedAssets()).columns(batch)

    assert {name: array.type for name, array in found.arrays.items()} == {
        field.name: field.type for field in step.writes()
    }
    return found


def test_texts_in_other_languages_are_null_and_nothing_else_is_said_of_them():
    found = columns(*map(page, (ENGLISH, GERMAN, JAPANESE, ARABIC))).arrays

    assert [text is not None for text in found["text"].to_pylist()] == [True, False, False, False]
    assert found["title"].to_pylist() == ["T", None, None, None]
    assert found["language"].to_pylist() == ["en", "de", "ja", "ar"]


def test_it_is_the_chosen_text_that_counts():
    found = columns(page(ENGLISH, menu=GERMAN), page(GERMAN, menu=ENGLISH)).arrays

    assert [text is not None for text in found["text"].to_pylist()] == [True, False]


def test_a_page_with_a_wanted_language_gets_the_text_that_it_gets_without_asking():
    plain = Extract(engine="blocks").open(FetchedAssets())
    html = pa.RecordBatch.from_arrays([pa.array([page(ENGLISH)], pa.large_string())], names=["html"])
    asked, unasked = columns(page(ENGLISH)).arrays, plain.columns(html).arrays

    assert {name: asked[name] for name in WRITES.names} == unasked


def test_the_language_is_that_of_the_step_language():
    found = columns(page(ENGLISH)).arrays
    text = pa.RecordBatch.from_arrays([found["text"]], names=["text"])
    other = Language(model=MODEL, languages=("en",)).open(FetchedAssets()).columns(text).arrays

    assert found["language"] == other["language"]
    assert found["languages_score"].to_pylist() == pytest.approx(other["languages_score"].to_pylist(), abs=0.05)


@pytest.mark.parametrize("html", ["", "<p>", "<p>!?", "<script>x</script>"])
def test_of_pages_without_words_no_language_is_known(html):
    found = columns(html).arrays

    assert found["language"].to_pylist() == [None]
    assert found["text"].null_count == 0


def test_the_least_score_is_enough():
    score = columns(page(ENGLISH)).arrays["languages_score"].to_pylist()[0]

    assert columns(page(ENGLISH), least_language=score).arrays["text"].null_count == 0
    assert columns(page(ENGLISH), least_language=score + 0.001).arrays["text"].null_count == 1


def test_plain_text_has_a_language_too():
    found = columns(ENGLISH * 5, GERMAN * 5, page(ENGLISH), None, types=["text/plain", "text/plain", "text/html", None])

    assert found.arrays["language"].to_pylist()[:3] == ["en", "de", "en"]
    assert [text is not None for text in found.arrays["text"].to_pylist()[:3]] == [True, False, True]
    assert found.failed == {3: "no html"}


def test_unknown_languages_and_missing_models_are_refused():
    with pytest.raises(RecipeError, match="knows no language 'xx'"):
        Extract(engine="blocks", languages=("xx",), language_model=MODEL).open(FetchedAssets())
    with pytest.raises(ValidationError, match="language_model"):
        Extract(engine="blocks", languages=("en",))
