import sys

import pyarrow as pa
import pytest
from pydantic import ValidationError

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.extract import Extract

SENTENCE = "Bread is one of the oldest prepared foods, and people have baked it for a very long time. "
ARTICLE = (
    "<html lang=' en-GB '><title>Bread\n and more</title><nav class=menu><ul><li><a href=/>Home</a></ul></nav>"
    f"<main><article><h1>Bread</h1><p>{SENTENCE * 4}</p><p>{SENTENCE * 3}<a href='/x'>a link</a></p>"
    "<table><tr><td>Flour<td>500 g<tr><td>Water<td>330 g</table></article></main>"
    "<footer class=footer><p><a href=/imprint>Imprint</a></p></footer>"
)


class NoAssets:
    def path(self, place):
        raise AssertionError(f"{place} was asked for")


def docs(*pages, types=None):
    html = pa.array(pages, pa.large_string())
    kinds = pa.array(types or ["text/html"] * len(pages), pa.string())
    return pa.RecordBatch.from_arrays([html, kinds], names=["html", "content_type"])


def columns(*pages, types=None, **settings):
    pytest.importorskip("trafilatura", reason="the extra `extractors` is not installed")
    return Extract(engine="trafilatura", **settings).columns(docs(*pages, types=types))


def extracted(*pages, **settings):
    return columns(*pages, **settings).arrays["text"].to_pylist()


def test_the_main_content_is_kept_and_navigation_is_not():
    text = extracted(ARTICLE)[0]

    assert text.count(SENTENCE.strip()) == 7
    assert "Home" not in text
    assert "Imprint" not in text


def test_title_and_language_are_the_pages_own():
    found = columns(ARTICLE, "<html><p>x").arrays

    assert found["title"].to_pylist() == ["Bread and more", None]
    assert found["page_language"].to_pylist() == ["en-GB", None]


def test_what_is_written_is_what_is_declared():
    found = columns(ARTICLE, "")

    assert {name: array.type for name, array in found.arrays.items()} == {
        field.name: field.type for field in Extract(engine="trafilatura").writes()
    }
    assert [len(array) for array in found.arrays.values()] == [2] * len(found.arrays)


def test_a_page_without_content_has_an_empty_text():
    assert extracted("", "<script>x</script>", "<!-- x -->", "\n") == ["", "", "", ""]


def test_plain_text_is_its_own_text():
    page = "Two < three\n<div>"

    assert columns(page, types=["text/plain"]).arrays["text"].to_pylist() == [page]


def test_text_in_any_script_comes_out():
    sentence = "Хлеб — один из старейших приготовляемых продуктов, и люди пекут его очень давно."

    assert extracted(ARTICLE.replace(SENTENCE * 4, sentence * 4))[0].count(sentence) == 4


def test_settings_reach_the_library():
    assert "Flour" in extracted(ARTICLE, favor="recall")[0]
    assert "Flour" not in extracted(ARTICLE, favor="recall", tables=False)[0]
    assert "a link" not in extracted(ARTICLE, skip_paths=("//a",))[0]
    assert "(/x)" in extracted(ARTICLE, links=True)[0]
    assert extracted(ARTICLE, markdown=True)[0].startswith("# Bread\n")
    assert SENTENCE.strip() in extracted(ARTICLE, fast=True, favor="recall", comments=False)[0]


@pytest.mark.parametrize(
    ("page", "settings", "reason", "detail"),
    [
        ("<div>" * 513, {}, "too deep", "513"),
        ("<p " + " ".join(f"a{i}" for i in range(1001)) + ">", {}, "too many attributes", "1001"),
        ("<p>x" * 1000, {"most_steps": 5000}, "too much work", "5039"),
        ("\x01\x02 x", {}, "not text", "2 of 4 bytes"),
        (None, {}, "no html", None),
    ],
)
def test_what_would_keep_the_extractor_busy_is_stopped(page, settings, reason, detail):
    found = columns(ARTICLE, page, **settings)

    assert found.failed == {1: reason}
    assert found.details == ({1: detail} if detail else {})
    assert found.arrays["text"].to_pylist()[1] == ""


def test_pages_together_are_pages_alone():
    pages = [ARTICLE, "<p>x", ARTICLE.replace("Bread", "Water"), ARTICLE]

    assert extracted(*pages) == [extracted(page)[0] for page in pages]


@pytest.mark.parametrize("path", ["//p[", "count(//p)"])
def test_a_bad_path_stops_the_run(path):
    pytest.importorskip("trafilatura", reason="the extra `extractors` is not installed")

    with pytest.raises(RecipeError, match="skip_paths"):
        Extract(engine="trafilatura", skip_paths=(path,)).open(NoAssets())


def test_without_the_library_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "trafilatura", None)

    with pytest.raises(RecipeError, match=r"pip install dclm_pipeline\[extractors\]"):
        Extract(engine="trafilatura").open(NoAssets())


@pytest.mark.parametrize(
    "settings",
    [
        {"engine": "trafilatura", "lean": 2.0},
        {"engine": "trafilatura", "list_bullets": False},
        {"engine": "blocks", "favor": "recall"},
        {"engine": "resiliparse", "fast": True},
    ],
)
def test_settings_of_other_engines_are_refused(settings):
    with pytest.raises(ValidationError, match="knows no"):
        Extract(**settings)


def test_a_run_depends_on_the_libraries_of_its_engine_alone():
    assert Extract().made_with() == ("resiliparse",)
    assert Extract(engine="blocks").made_with() == ("unicode", "bundled:kernels/main_content/extractor-4.npz")
    assert "trafilatura" in Extract(engine="trafilatura").made_with()
