import pyarrow as pa
import pytest

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.kernels.document.options import LONGEST_TITLE
from dclm_pipeline.stages.extract import Extract

ARTICLE = "<article><h1>Bread</h1><p>Bread is one of the oldest prepared foods.</p></article>"


class NoAssets:
    def path(self, place):
        raise AssertionError(f"{place} was asked for")


def docs(*pages, types=None):
    html = pa.array(pages, pa.large_string())
    kinds = pa.array(types or ["text/html"] * len(pages), pa.string())
    return pa.RecordBatch.from_arrays([html, kinds], names=["html", "content_type"])


def extracted(*pages, **settings):
    return Extract(**settings).columns(docs(*pages)).arrays["text"].to_pylist()


def test_the_main_content_is_kept_and_navigation_is_not():
    page = f"<body><nav><a href=/>Home</a></nav>{ARTICLE}<footer>Imprint</footer></body>"

    assert extracted(page) == ["Bread\n\nBread is one of the oldest prepared foods."]


def test_title_and_language_are_the_pages_own():
    columns = Extract().columns(
        docs("<html lang=' de-AT '><title> Brot\n und Butter</title>", "<p>x", "<html lang=''><title></title>", "")
    )

    assert columns.arrays["title"].to_pylist() == ["Brot und Butter", None, None, None]
    assert columns.arrays["page_language"].to_pylist() == ["de-AT", None, None, None]


def test_a_page_without_content_has_an_empty_text():
    assert extracted("", "<script>x</script>", "<nav>Home</nav>") == ["", "", ""]


def test_plain_text_is_its_own_text():
    page = "Two < three\n<div>"
    found = Extract().columns(docs(page, page, types=["text/plain; charset=utf-8", None])).arrays["text"]

    assert found.to_pylist() == [page, "Two < three"]


def test_plain_text_may_look_as_deep_as_it_likes():
    assert Extract().columns(docs("<div>" * 1000, types=["TEXT/PLAIN"])).failed == {}


def test_documents_without_content_type_are_pages():
    batch = pa.RecordBatch.from_arrays([pa.array([ARTICLE], pa.large_string())], names=["html"])

    assert Extract().columns(batch).arrays["text"].to_pylist() == [
        "Bread\n\nBread is one of the oldest prepared foods."
    ]


@pytest.mark.parametrize(
    ("page", "settings", "reason", "detail"),
    [
        ("<div>" * 513, {}, "too deep", "513"),
        ("<p " + " ".join(f"a{i}" for i in range(1001)) + ">", {}, "too many attributes", "1001"),
        ("<select>" + "<option>x" * 10_001, {}, "too many options", "10001"),
        ("<p>x" * 100, {"most_steps": 1000}, "too much work", "1007"),
        ("\x01\x02 x", {}, "not text", "2 of 4 bytes"),
        (None, {}, "no html", None),
    ],
)
def test_what_would_keep_the_extractor_busy_is_stopped(page, settings, reason, detail):
    columns = Extract(**settings).columns(docs(ARTICLE, page))

    assert columns.failed == {1: reason}
    assert columns.details == ({1: detail} if detail else {})
    assert columns.arrays["text"].to_pylist() == ["Bread\n\nBread is one of the oldest prepared foods.", ""]


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 512,
        "<p " + " ".join(f"a{i}" for i in range(1000)) + ">",
        "<p>x" * 10_000,
        "<ul>" + "<li>x<br>" * 10_000,
    ],
)
def test_what_is_at_the_limit_passes(page):
    assert Extract().columns(docs(page)).failed == {}


def test_character_references_to_nothing_leave_valid_text():
    assert extracted("<p>a&#0;b&#xD800;c&#x110000;d") == ["a\ufffdb\ufffdc\ufffdd"]


def test_long_titles_are_cut():
    title = Extract().columns(docs("<title>" + "x" * 9999)).arrays["title"].to_pylist()

    assert title == ["x" * LONGEST_TITLE]


def test_settings_reach_the_library():
    page = "<p class=x>one <a href='/two'>two</a></p><ul><li>three</ul>"

    assert extracted(page, links=True, list_bullets=False, main_content=False) == ["one two (/two)\n\n  three"]
    assert extracted(page, skip_elements=("ul",), main_content=False) == ["one two"]


def test_a_bad_selector_stops_the_run():
    with pytest.raises(RecipeError, match="skip_elements"):
        Extract(skip_elements=("p[[",)).open(NoAssets())


def test_good_settings_open_as_the_step_itself():
    step = Extract(skip_elements=("p.x",))

    assert step.open(NoAssets()) == step


def test_no_rows_are_no_rows():
    assert Extract().columns(docs(ARTICLE).slice(1)).arrays["text"].to_pylist() == []


def test_a_slice_is_extracted_as_the_rows_it_shows():
    assert Extract().columns(docs("<p>one", "<p>two", "<p>three").slice(1, 1)).arrays["text"].to_pylist() == ["two"]


def test_what_extract_writes_is_kept_by_default():
    assert Extract().save
