from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from resiliparse.extract.html2text import extract_plain_text

from dclm_pipeline.kernels.document.options import Options
from dclm_pipeline.kernels.document.plain_text import plain_texts
from dclm_pipeline.kernels.document.tree_rows import BUILT, HANDED_BACK
from dclm_pipeline.kernels.strings import views

MAIN, ALL = Options(), Options(main_content=False)


def texts(*pages, options=MAIN):
    found = plain_texts(views(pa.array(pages, pa.large_string())), options)
    offsets, data = found.texts
    assert found.status.tolist() == [BUILT] * len(pages)
    made = [data[begin:end].tobytes().decode() for begin, end in pairwise(offsets)]
    # Each of these tests is one of the library, too.
    assert made == [extract_plain_text(page, **options._asdict()) for page in pages]
    return made


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("", ""),
        ("<p> one\n two <b>three</b>four <p>five", "one two threefour\n\nfive"),
        ("<h1>Москва</h1>東京 — ทดสอบ", "Москва\n\n東京 — ทดสอบ"),
        ("one<br><br>two<div>three", "one\n\ntwo\nthree"),
        ("<ul><li>a<li>b<ol><li>c<li>d</ol></ul>e", "  • a\n  • b\n    1. c\n    2. d\n\ne".replace("\n\n", "\n")),
        ("<ol>" + "<li>x" * 11 + "</ol>", "\n".join(f"  {number}. x" for number in range(1, 12))),
        ("<table><tr><td>a<td>b<tr><th>c<th>d</table>", "a\t\tb\nc\t\td"),
        ("<pre>\n def x:\n\treturn  1 \n</pre>", " def x:\n\treturn  1"),
        ("one<script>two</script><style>three</style><template>four</template>", "one"),
    ],
)
def test_text_is_set_as_the_library_sets_it(page, text):
    assert texts(page, options=ALL) == [text]


def test_text_without_form_is_one_line():
    page = "<h1>one</h1><p>two<br>three<ul><li>four</ul><table><tr><td>five<td>six</table>"

    assert texts(page, options=ALL._replace(preserve_formatting=False)) == ["one two three four five six"]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "a picture x"),
        ({"alt_texts": False}, " x"),
        ({"links": True}, "a picture x (/y)"),
        ({"form_fields": True}, "a picture x[ said ] [ press ]"),
        ({"noscript": True}, "a picture xno script"),
    ],
)
def test_what_stands_for_text_is_written_where_it_is_asked_for(given, text):
    page = (
        '<img alt="a picture"> <a href=" /y ">x</a><noscript>no script</noscript><input value=" said ">'
        "<button>press</button>"
    )

    assert texts(page, options=ALL._replace(**given)) == [text]


@pytest.mark.parametrize(
    ("around", "kept"),
    [
        ("<div>{}</div>", True),
        ("<nav>{}</nav>", False),
        ("<footer>{}</footer>", False),
        ("<div><section><footer>{}</footer>x<b></b></section></div>", True),
        ("<div><section><footer>{}</footer>x</section></div>", False),
        ("<ul><li>{}</ul>", False),
        ("<div><div><div><ul><li>{}</ul></div></div></div>", True),
        ("<p hidden>{}</p>", False),
        ('<p rel=" tag ">{}</p>', False),
        ('<p aria-expanded="false">{}</p>', False),
        ('<p role="Tab">{}</p>', True),
        ('<div class="x" role=" tab ">{}</div>', False),
        ('<div class="menu">{}</div>', False),
        ('<div class="menu text">{}</div>', True),
        ('<span class="menu">{}</span>', True),
        ('<span class="LOGO">{}</span>', False),
        ('<p class="ad">{}</p>', True),
        ('<p id="ad">{}</p>', False),
        ('<p style="color:red; Display : none">{}</p>', False),
    ],
)
def test_elements_are_judged_by_what_they_say(around, kept):
    assert ("seen" in texts(f"<h1>Title</h1>{around.format('seen')}")[0]) == kept


@pytest.mark.parametrize(
    ("rest", "kept"),
    [(250, True), (249, False), (0, False)],
)
def test_a_division_of_many_links_is_no_content(rest, kept):
    """Links of 150 letters in a deep division: 0.6 of 250 is the edge."""
    page = "<div>" * 6 + "<a>" + "w" * 150 + "</a>" + "x" * max(0, rest - 150)

    assert (texts(page)[0] != "") == kept


@pytest.mark.parametrize(
    ("glyph", "kept"), [("¶", False), ("\ue012", False), ("é", True), ("日", False), ("日本", True)]
)
def test_a_lone_glyph_is_left_out(glyph, kept):
    assert texts(f"<p>x<p>\n{glyph} ") == ["x" + f"\n\n{glyph}" * kept]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ('<p>before<div class="x post-content">in</div>', "in"),
        ('<p>before<div class="post-content main-content">in</div>', "before\n\nin"),
        ('<p>before<div class="post-content">in</div><div role="main">too</div>', "before\n\nin\ntoo"),
        ('<p>before<div class="Post-Content">in</div>', "in"),
        ('<!doctype html><p>before<div class="Post-Content">in</div>', "before\n\nin"),
        ('<p>before<div role="Main">in</div>', "before\n\nin"),
    ],
)
def test_text_is_that_of_the_only_element_with_a_name_of_content(page, text):
    assert texts(page) == [text]


def test_pages_that_indent_without_end_are_handed_back():
    page = "<ul></ul>" * 2000 + "<div>x</div>" * 2000
    found = plain_texts(views(pa.array(["<p>one", page, "<p>two"], pa.large_string())), ALL)

    assert found.status.tolist() == [BUILT, HANDED_BACK, BUILT]
    assert found.texts[0].tolist() == [0, 3, 3, 6]


def test_pages_of_frames_are_handed_back():
    found = plain_texts(views(pa.array(["<frameset><frame>"], pa.large_string())), ALL)

    assert found.status.tolist() == [HANDED_BACK]


def test_room_grows_with_the_texts():
    pages = ["<p>" + "word " * 5000] * 40

    assert texts(*pages) == [("word " * 5000).strip()] * 40


@pytest.mark.parametrize("reference", ["&lt;", "&nLt;", "&#0", "&"])
def test_a_page_may_be_one_text_with_references(reference):
    page = f"<pre>{'int main' * 1000}{reference * 1000}"

    assert len(texts(page)) == 1


def test_texts_keep_no_more_memory_than_their_own():
    """Rows wait for others before they are written: forty times their bytes waited with them."""
    found = plain_texts(views(pa.array(["<title>x</title><p>y"], pa.large_string())), MAIN)

    assert [data.flags.owndata for _, data in (found.texts, found.titles, found.languages)] == [True] * 3


def test_there_may_be_no_pages():
    found = plain_texts((np.zeros(1, np.int64), np.empty(0, np.uint8)), ALL)

    assert found.texts[0].tolist() == [0]


def test_footers_in_footers_take_no_longer_than_others():
    """Each asks what is behind those around it; asked one by one these would take minutes."""
    page = "<div><div><div>" + "<footer>" * 20_000 + "x" + "</footer>" * 20_000 + "<p>z"

    found = plain_texts(views(pa.array([page] * 5, pa.large_string())), MAIN)

    assert found.status.tolist() == [BUILT] * 5
    assert found.texts[1].tobytes() == b"x\n\nz" * 5


def test_a_link_in_a_drawing_leads_where_either_name_says():
    page = "<p>x<svg><a xlink:href=k>t</a></svg>y"

    assert texts(page, options=ALL._replace(links=True)) == ["xt (k)y"]
