import html as standard
import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from resiliparse.extract.html2text import extract_plain_text

from dclm_pipeline.kernels.html.blocks import BLOCK, TEXT, cut_pages
from dclm_pipeline.kernels.html.flow import BLOCK_FIELDS, FIRST, HIDDEN, LAST_BYTE, LINKED, SOURCE, WORDS
from dclm_pipeline.kernels.html.flow import FLAGS as SAID
from dclm_pipeline.kernels.strings import views


def cut(*pages, noscript=False):
    return cut_pages(views(pa.array(pages, pa.large_string())), noscript)


def blocks_of(*pages, noscript=False):
    """Return the texts of the blocks of each page."""
    found = cut(*pages, noscript=noscript)
    texts = []
    for page in range(len(pages)):
        begin = found.rows[page, TEXT]
        own = found.blocks[found.rows[page, BLOCK] : found.rows[page + 1, BLOCK]]
        texts.append([found.text[begin + b[FIRST] : begin + b[LAST_BYTE]].tobytes().decode() for b in own])
    return texts


def texts(page, **settings):
    return blocks_of(page, **settings)[0]


def column(page, number):
    return cut(page).blocks[:, number].tolist()


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("", []),
        ("text alone", ["text alone"]),
        ("<p>one<p>two", ["one", "two"]),
        ("<ul><li>one<li>two</ul>", ["one", "two"]),
        ("<dl><dt>one<dd>two</dl>", ["one", "two"]),
        ("<table><tr><td>one<td>two<tr><th>three</table>four", ["one", "two", "three", "four"]),
        ("a <b>bold</b> <i>word</i>s", ["a bold words"]),
        ("un<b>brok</b>en", ["unbroken"]),
        ("one<br>two<br/>\n<br>three", ["one\ntwo", "three"]),
        ("  many \n\t blanks  ", ["many blanks"]),
        ("no&nbsp;break, hy&shy;phen, m\ufeffark", ["no break, hy\xadphen, m\ufeffark"]),
        ("\xad\ufeff<p>\u200b&NoBreak;one&shy;<br>\xad<br>\ufefftwo \u200bthree", ["one\xad", "two \u200bthree"]),
        ("می\u200cخواهم&zwj; \u200fक्\u200dष", ["می\u200cخواهم\u200d \u200fक्\u200dष"]),
        ("itâ\x80\x99s b\x01e\x7fl\x1bl", ["itâ\x80\x99s bell"]),
        ("<pre>\n  one\r\n\ttwo  \n</pre>three", ["  one\n\ttwo", "three"]),
        ("<a href=/>Home</a><a href=/x>About</a>", ["Home About"]),
        ("<h1>One</h2>two", ["One", "two"]),
        ("<div>one</div>two<hr>three", ["one", "two", "three"]),
        ("<select><option>x</select>seen", ["seen"]),
        ("<details><summary>one</summary>two</details>", ["one", "two"]),
        ("Привет<p>你好</p>", ["Привет", "你好"]),
        ("nul\0l", ["null"]),
    ],
)
def test_a_page_falls_into_blocks(page, expected):
    assert texts(page) == expected


@pytest.mark.parametrize(
    "page",
    [
        "<!-- x > y --><p>seen",
        "<script>x</script><p>seen",
        "<script><!--<script></script>x--></script><p>seen",
        "<style>x</style><p>seen",
        "<title>x</title><p>seen",
        "<textarea><p>x</textarea><p>seen",
        "<iframe><p>x</iframe><p>seen",
        "<p a='>x<' b=\">x\">seen",
        "<p/a=x>seen",
        "<template><p>x</p></template>seen",
        "<svg><title>x</title><style><g></style><text>x</text></svg>seen",
        "<svg><script/></svg>seen",
        "<svg><path><p>seen",
        "<?php x ?>seen",
        "<!doctype html>seen",
        "</ x>seen",
        "</>seen",
        "<noscript>x</noscript>seen",
        "<canvas>x</canvas><video>x</video>seen",
        "seen<p x",
    ],
)
def test_what_nobody_reads_is_passed_by(page):
    assert texts(page) == ["seen"]


@pytest.mark.parametrize("page", ["a < b", "a <3 b", "a <", "a </", "<", "</", "a << b"])
def test_brackets_that_begin_no_tag_are_text(page):
    assert texts(page) == [page]


def test_raw_text_without_an_end_takes_the_rest():
    assert texts("one<script>two<p>three") == ["one"]
    assert texts("one<plaintext>two<p>&amp;") == ["one", "two<p>&amp;"]
    assert texts("<xmp><b>&amp;</xmp>two") == ["<b>&amp;", "two"]


def test_noscript_is_shown_where_asked():
    assert texts("<noscript><p>one</noscript>two", noscript=True) == ["one", "two"]


@pytest.mark.parametrize(
    ("page", "hidden"),
    [
        ("<p hidden>x", True),
        ("<p aria-hidden=TRUE>x", True),
        ("<p aria-hidden=false>x", False),
        ("<p style='color: red; Display : none'>x", True),
        ("<p style='display: block'>x", False),
        ("<p style='visibility:hidden'>x", True),
        ("<div hidden><div>y</div></div><p>x", False),
        ("<span hidden>y<span>y</span></span><p>x", False),
        ("<p><span style=display:none>x", True),
        ("<dialog>x", True),
        ("<dialog open>x", False),
    ],
)
def test_hidden_text_is_marked(page, hidden):
    assert bool(column(page, SAID)[-1] & HIDDEN) == hidden


def test_what_nobody_sees_changes_no_number():
    plain = '<p>Two words, <a href=x>in a link</a>.</p><p class="menu">Menu item</p><p>می\u200cخواهم'
    hyphened = (
        plain.replace("ords", "or\xadds").replace(" item", " i&shy;tem").replace("link", "\u200bl\ufeffink\u2060")
    )
    before, after = cut(plain), cut(hyphened)
    counts = [field for field in range(BLOCK_FIELDS) if field not in (FIRST, LAST_BYTE, SOURCE)]

    assert after.blocks[:, counts].tolist() == before.blocks[:, counts].tolist()
    assert after.blocks[:, WORDS].tolist() == [5, 2, 1]
    assert after.marks.tolist() == before.marks.tolist()


def test_words_and_letters_in_links_are_counted():
    page = "<p>Two words <a href=x>in link</a> don't. 你好 - <a name=y>no link</a></p>"

    assert (column(page, WORDS), column(page, LINKED)) == ([9], [6])


def test_pages_do_not_run_into_each_other():
    assert blocks_of("<p hidden>one<b>", "two</p><script>", "", "three") == [["one"], ["two"], [], ["three"]]


REFERENCES = st.sampled_from(
    [
        "&",
        "&amp;",
        "&amp",
        "&AMP",
        "&notit;",
        "&notin;",
        "&not",
        "&nGt;",
        "&#65;",
        "&#x41",
        "&#0;",
        "&#xD800;",
        "&#128;",
        "&#1114112;",
        "&#99999999999999999999;",
        "&#",
        "&#x",
        "&#xg;",
        "&CounterClockwiseContourIntegral;",
        "&frac12x",
        "&ampamp;",
        "&Aacute",
        "&;",
        "&a",
        "&#150;",
        "&lt;b&gt;",
        "&copy2",
        "&zwnj;",
        "&bsol",
    ]
)


@given(st.lists(st.one_of(REFERENCES, st.text(max_size=5)), max_size=12).map("".join))
def test_character_references_agree_with_the_standard_library(page):
    page = page.replace("<", "")

    assert solid("".join(texts(page))) == solid(standard.unescape(page.replace("\0", "")))


def solid(text):
    """Return a text without blanks, controls and what has no look."""
    return re.sub(r"[\s\x00-\x1f\x7f\xad\u200b\u2060\ufeff]+", "", text)


TAGS = str.split(
    "p div span b i a li ul ol dl dt dd h1 h2 em section article pre code br hr img blockquote header nav footer main "
    "figure small strong"
)
PIECES = st.one_of(
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS]),
    st.sampled_from(["<p class='a>b' id=x>", "<!-- <p> -->", "<!-->", "<script>1<2</script>", "<style>a</style>"]),
    st.sampled_from(
        ["< ", "<3", "</3>", "<!x>", "<?x>", "<DIV\n>", "<p\t/>", "&lt;p&gt;", "&eacute", "<x-y>", "</x-y>"]
    ),
    st.text(alphabet="abc ÄДñ你ك\n", min_size=1, max_size=6),
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_all_text_comes_out_in_order_on_any_soup(page):
    seen = solid("".join(texts(page)))

    assert seen == solid(
        extract_plain_text(page, main_content=False, alt_texts=False, list_bullets=False, noscript=True)
    )


@given(st.text(alphabet="<>/!-?'\"= abp&;#xsvgcriptl\n\0é", max_size=80))
def test_any_bytes_give_valid_text_that_lies_in_the_page(page):
    found = "".join(texts(page))

    assert len(found.encode()) <= len(page.encode()) * 6 // 5 + 64


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 100_000 + "x",
        "<div>" * 1000 + "</p>" * 100_000 + "x",
        "<b>" * 50_000 + "<p>x</b>" * 20_000,
        "<li>" * 300 + "<li><div>" * 50_000,
        "<p " + " ".join(f"a{i}" for i in range(200_000)) + ">x",
        "<table><tr><td>" * 50_000 + "x",
        "&" * 500_000 + "x",
        "<a href=x>" * 100_000 + "x",
        "<x-y>" * 100_000 + "</x-z>" * 10_000 + "x",
        "<!--" * 100_000,
        "<script><!--<script>" * 50_000,
    ],
    ids=range(11),
)
def test_time_is_linear_in_the_bytes(page):
    from time import process_time

    cut("<p>")
    begun = process_time()
    cut(page)

    assert process_time() - begun < 0.2
