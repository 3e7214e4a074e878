import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.extract import Extract

SENTENCE = "Bread is one of the oldest prepared foods, and people have baked it for a very long time. "
ARTICLE = (
    "<nav class=menu><ul><li><a href=/>Home</a><li><a href=/shop>Shop</a><li><a href=/about>About us</a></ul></nav>"
    f"<main><article><h1>Bread</h1>{''.join(f'<p>{number}. {SENTENCE * 4}</p>' for number in range(4))}</article></main>"
    "<footer class=footer><p><a href=/imprint>Imprint</a> <a href=/privacy>Privacy policy</a></p></footer>"
)
EXPECTED = "\n\n".join(["Bread", *[f"{number}. {SENTENCE * 4}".strip() for number in range(4)]])


class Files:
    def __init__(self, folder):
        self.folder = folder

    def path(self, place):
        return self.folder / place


def docs(*pages, types=None):
    html = pa.array(pages, pa.large_string())
    kinds = pa.array(types or ["text/html"] * len(pages), pa.string())
    return pa.RecordBatch.from_arrays([html, kinds], names=["html", "content_type"])


def columns(*pages, types=None, **settings):
    return Extract(engine="blocks", **settings).columns(docs(*pages, types=types))


def extracted(*pages, **settings):
    return columns(*pages, **settings).arrays["text"].to_pylist()


def test_the_main_content_is_kept_and_navigation_is_not():
    assert extracted(ARTICLE) == [EXPECTED]


def test_everything_that_is_shown_is_kept_where_asked():
    page = "<nav>Home</nav><p>one</p><p hidden>two</p><footer>three</footer>"

    assert extracted(page, main_content=False) == ["Home\n\none\n\nthree"]


def test_a_page_without_content_has_an_empty_text():
    assert extracted("", "<script>x</script>", "<!-- x -->") == ["", "", ""]


def test_what_is_written_is_what_is_declared():
    found = columns(ARTICLE, "")

    assert {name: array.type for name, array in found.arrays.items()} == {
        field.name: field.type for field in Extract(engine="blocks").writes()
    }
    assert [len(array) for array in found.arrays.values()] == [2] * len(found.arrays)


def test_what_a_page_says_about_itself_is_null_where_it_says_nothing():
    head = "<html lang=de><title>Brot</title><meta name=author content=Ä><link rel=canonical href=http://x/>"
    found = columns(head + "<meta property=article:published_time content=2020-01-02>", "<p>x").arrays

    assert {name: found[name].to_pylist() for name in found if name != "text"} == {
        "title": ["Brot", None],
        "author": ["Ä", None],
        "published": ["2020-01-02", None],
        "page_language": ["de", None],
        "canonical_url": ["http://x/", None],
    }


def test_plain_text_is_its_own_text():
    page = "Two < three\n<div>"

    assert columns(page, types=["text/plain; charset=utf-8"]).arrays["text"].to_pylist() == [page]


def test_null_and_bytes_that_are_no_text_fail_alone():
    found = columns(ARTICLE, None, "\x01\x02 x", ARTICLE)

    assert found.failed == {1: "no html", 2: "not text"}
    assert found.details == {2: "2 of 4 bytes"}
    assert [found.arrays["text"].to_pylist()[row] for row in (0, 3)] == [EXPECTED] * 2


def test_too_many_blocks_fail_alone():
    found = columns(ARTICLE, "<p>x" * 101, "<p>x" * 100, most_blocks=100)

    assert found.failed == {1: "too many blocks"}
    assert found.details == {1: "101"}
    assert found.arrays["text"].to_pylist()[0] == EXPECTED


def test_text_in_any_script_comes_out():
    sentence = "Хлеб — один из старейших приготовляемых продуктов, и люди пекут его очень давно. " * 4
    page = ARTICLE.replace(SENTENCE * 4, sentence)

    assert extracted(page)[0].count(sentence.strip()) == 4


def test_text_stands_as_the_page_has_it():
    """A page's phrases are looked for as they stand: what was left out of them was never found again."""
    page = ARTICLE.replace("prepared", "pre&shy;par\xaded").replace("people", "peo\u200cple\u200d â\x80\x99")

    assert extracted(page) == [
        EXPECTED.replace("prepared", "pre\xadpar\xaded").replace("people", "peo\u200cple\u200d â\x80\x99")
    ]


def test_a_paragraph_that_was_there_before_goes_unless_wanted():
    page = ARTICLE.replace("<p>1. ", "<p>0. ")

    assert extracted(page)[0].count("0. Bread") == 1
    assert extracted(page, repeats="keep")[0].count("0. Bread") == 2
    assert extracted(page, main_content=False)[0].count("0. Bread") == 2


def test_headings_are_marked_up_where_asked():
    assert extracted(ARTICLE, markdown=True)[0].startswith("# Bread\n\n0. Bread is")


def test_leaning_to_recall_never_loses_text(test_data):
    pages = real_pages(test_data)
    sizes = [[len(text) for text in extracted(*pages, lean=lean)] for lean in (0.1, 1.0, 10.0)]

    assert np.all(np.diff(np.array(sizes), axis=0) >= 0)


def test_pages_together_are_pages_alone(test_data):
    pages = real_pages(test_data)

    assert extracted(*pages) == [extracted(page)[0] for page in pages]


def real_pages(folder):
    from dclm_pipeline.extractor.labels import read_pages

    return list(read_pages(folder / "dev").values())[:40]


def test_a_slice_is_extracted_as_the_rows_it_shows():
    batch = docs("<p>one", ARTICLE, "<p>three").slice(1, 1)

    assert Extract(engine="blocks").columns(batch).arrays["text"].to_pylist() == [EXPECTED]
    assert Extract(engine="blocks").columns(batch.slice(1)).arrays["text"].to_pylist() == []


def test_a_model_of_ones_own_is_loaded(tmp_path):
    from dclm_pipeline.kernels.main_content.judging import builtin_model, packed

    (tmp_path / "model.npz").write_bytes(packed(builtin_model()))
    opened = Extract(engine="blocks", model="model.npz").open(Files(tmp_path))

    assert opened.columns(docs(ARTICLE)).arrays["text"].to_pylist() == [EXPECTED]


def test_a_file_that_is_no_model_stops_the_run(tmp_path):
    (tmp_path / "model.npz").write_bytes(b"x")

    with pytest.raises(RecipeError, match="holds no model"):
        Extract(engine="blocks", model="model.npz").open(Files(tmp_path))


@pytest.mark.parametrize(
    "settings", [{"engine": "blocks", "links": True}, {"engine": "resiliparse", "markdown": True}, {"lean": 2.0}]
)
def test_settings_of_the_other_engine_are_refused(settings):
    with pytest.raises(ValidationError, match="knows no"):
        Extract(**settings)


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 100_000 + "x",
        "<p " + " ".join(f"a{i}" for i in range(200_000)) + ">x",
        "<p>x" * 49_000,
        "<ul><li>x" * 30_000,
        "<table><tr><td>x" * 16_000,
        "<select>" + "<option>x" * 50_000,
        "<pre>" + "\n" * 1_000_000 + "x",
        "&lt;" * 250_000,
        "<script type='application/ld+json'>" + '{"author":[' * 50_000,
    ],
    ids=range(9),
)
def test_hostile_pages_cost_no_more_than_others_of_their_size(page):
    from time import process_time

    extracted(ARTICLE)
    begun = process_time()
    columns(page)

    assert process_time() - begun < 0.5
