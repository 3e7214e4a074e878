import pyarrow as pa
import pytest
from pydantic import ValidationError

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.rewrite import RewriteText


class Folder:
    """Assets that are files of a folder."""

    def __init__(self, path):
        self._path = path

    def path(self, place):
        return self._path / place

    def digest(self, place):
        return place


def new(*texts, assets=None, **settings):
    batch = pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])
    return RewriteText(**settings).open(assets).text(batch).to_pylist()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("See http://example.com/a?b=c#d now", "See now"),
        ("See https://example.com.", "See."),
        ("(see http://example.com/a_(b))", "(see)"),
        ("HTTP://EXAMPLE.COM/X end", "end"),
        ("one\nhttp://example.com\ntwo", "one\n\ntwo"),
        ("Go to www.example.com, please", "Go to, please"),
        ("Go to example.co.uk/path today", "Go to today"),
        ("网址 http://example.com欢迎", "网址 欢迎"),
        ("网址http://example.com欢迎", "网址欢迎"),
        ("Страница http://пример.рф/путь тут", "Страница тут"),
        ("ftp://files.example.org/x", None),
        ("http://localhost:8080/x y", "y"),
        ("http://192.168.1.1/admin y", "y"),
        ("mail me@example.com", "mail me@example.com"),
        ("mail me@example.com/x", "mail me@example.com/x"),
        ("run main.py in src/main.py/x", "run main.py in src/main.py/x"),
        ("version 1.2.3.4 and 10.0.0.1", "version 1.2.3.4 and 10.0.0.1"),
        ("The end.It was", "The end.It was"),
        ("example.com alone stays", "example.com alone stays"),
        ("http:// and www. are no addresses", "http:// and www. are no addresses"),
    ],
)
def test_addresses_and_nothing_else_are_cut_out(text, left):
    assert new(text, urls="mended") == [left]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("The page http://example.com/x is", "The page is"),
        ("What http://example.com/x is", "What http://example.com/x is"),
        ("The mail me@example.com and main.py", "The mail and"),
        ("Version 1.2.3.4", "Version"),
        ("日本 1.2.3.4/x", "日本"),
        ("1.2.3.4", None),
    ],
)
def test_the_reference_cuts_by_how_the_page_begins(text, left):
    assert new(text, urls="dclm") == [left]


@pytest.mark.parametrize(
    ("settings", "text", "left"),
    [
        ({"newlines": 2}, "a\n\n\n\nb\n\nc", "a\n\nb\n\nc"),
        ({"newlines": 1}, "a\n\nb", "a\nb"),
        ({"citations": True}, "a[1] [x] [٣][edit]", "a [x] "),
        ({"blanks": True}, " a \u3000 b\t\nc \n\n d", "a b\nc\n\nd"),
        ({"unseen": True}, "a\x00b\xadc\u200bd\r\ne\u2028f\u200dg\x85", "abcd\ne\nf\u200dg\n"),
        ({"normalize": True}, "e\u0301 日本 \u1100\u1161", "é 日本 가"),
        ({"mojibake": True}, "cafÃ© â€œxâ€\x9d\nÃ l'Ã©cole\nнорма é", "café “x”\nà l'école\nнорма é"),
        ({"mojibake": True}, "À « voir », Ã et É", "À « voir », Ã et É"),
    ],
)
def test_a_pass_leaves_what_it_should(settings, text, left):
    assert new(text, **settings) == [left]


@pytest.mark.parametrize(
    "settings",
    [
        {"newlines": 2},
        {"citations": True},
        {"blanks": True},
        {"unseen": True},
        {"normalize": True},
        {"mojibake": True},
        {"urls": "dclm"},
    ],
)
def test_empty_and_unknown_texts_are_dropped(settings):
    assert new("", None, "Text stays", **settings) == [None, None, "Text stays"]


def test_a_text_of_which_nothing_is_left_is_dropped():
    assert new("[1]", " ", "x", citations=True, blanks=True) == [None, None, "x"]


def test_repairs_touch_the_rows_that_need_them_alone():
    assert new("fine", "cafÃ©", None, "日本", "e\u0301", mojibake=True, normalize=True) == [
        "fine",
        "café",
        None,
        "日本",
        "é",
    ]


def test_another_list_of_domains_may_be_given(tmp_path):
    (tmp_path / "domains.txt").write_text("example\n\n", "utf-8")
    settings = {"urls": "mended", "domains": "domains.txt", "assets": Folder(tmp_path)}

    assert new("see a.example/x b.com/x", **settings) == ["see b.com/x"]


def test_a_list_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "domains.txt").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(RecipeError, match=r"domains\.txt: a list must be UTF-8"):
        RewriteText(urls="mended", domains="domains.txt").open(Folder(tmp_path))


def test_a_rewrite_with_nothing_to_do_is_refused():
    with pytest.raises(ValidationError, match="nothing to do"):
        RewriteText()


@pytest.mark.parametrize(
    "text", ["a." * 100_000, "http://" * 50_000, "www." * 100_000, "[1" * 100_000, "1.2." * 100_000]
)
def test_no_text_makes_a_rewrite_slow(text):
    assert len(new("The " + text, urls="mended", citations=True)) == len(new("The " + text, urls="dclm")) == 1
