"""A page's tree is the one that the library's parser builds, or the page is handed back."""

import gzip

import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.document import tree_page
from dclm_pipeline.kernels.document.tree_flat import BODY, NODE_COUNT
from dclm_pipeline.kernels.html import tags
from tests.kernels.oracle.one_tree import tree_of
from tests.kernels.oracle.parsed_tree import fast_tree, slow_tree

# The kernel of one tree is compiled for these tests alone; texts of pages, made of trees, are looked at in the others.
pytestmark = pytest.mark.slow

NAMES = str.split(
    "a b i p div span table tr td th tbody thead caption colgroup col select option optgroup form button input svg math "
    "title desc foreignobject mi annotation-xml li ul ol dd dt h1 h2 pre textarea script style head body html noscript "
    "template br hr img image font nobr object em rb rt ruby x-y plaintext iframe link meta sup mglyph frameset"
)
ATTRIBUTES = st.sampled_from(
    [
        "",
        "",
        "",
        " class=x",
        ' id="y" CLASS=z',
        " type=hidden",
        " color=red",
        ' encoding="text/html"',
        " hidden",
        "/",
        " =",
        " style='a&amp;b&copy=1'",
        " data-advertisement=1 data-advantagement=2",
        " alt=a/b/",
        " role\n=\n'x'",
        ' title="a>b"',
    ]
)
STARTS = st.builds(
    "<{}{}{}".format, st.sampled_from(NAMES), ATTRIBUTES, st.sampled_from([">", ">", ">", ">", "/>", ""])
)
ENDS = st.builds("</{}{}".format, st.sampled_from(NAMES), st.sampled_from([">", ">", ">", " x>", "/>", ""]))
TEXTS = st.sampled_from(
    [
        "x",
        " ",
        "\n",
        "y z\n",
        "&amp;",
        "&#32;",
        "&#10;",
        "&nbsp;",
        "&#x80;",
        "&notit;",
        "a < b",
        "é",
        "\r\n",
        "\r",
        "\f",
        "\x00",
        "&",
    ]
)
OTHERS = st.sampled_from(
    [
        "<!-- c -->",
        "<!-->",
        "<!--",
        "-->",
        "<!doctype html>",
        "<!DOCTYPE x>",
        "<![CDATA[x&amp;]]>",
        "<![CDATA[",
        "]]>",
        "<?pi?>",
        "<?xml x>",
        "</>",
        "</ x>",
        "<",
        "</",
        "<!",
        "<!-- -- --!>",
    ]
)
SOUP = st.lists(st.one_of(STARTS, STARTS, ENDS, TEXTS, OTHERS), max_size=30).map("".join)
FORMATTING = (
    "<a>",
    "<b>",
    "<i>",
    "<p>",
    "<div>",
    "<nobr>",
    "</a>",
    "</b>",
    "</i>",
    "</p>",
    "</div>",
    "</nobr>",
    "x",
    "<li>",
)


@given(SOUP)
def test_a_tree_is_that_of_the_library(html):
    assert fast_tree(html) in (None, slow_tree(html))


@given(st.text(max_size=60))
def test_a_tree_of_any_text_is_that_of_the_library(html):
    assert fast_tree(html) in (None, slow_tree(html))


@given(st.lists(st.sampled_from(FORMATTING), max_size=40).map("".join))
def test_misnested_formatting_is_mended_as_the_library_mends_it(html):
    assert fast_tree(html) == slow_tree(html)


@pytest.mark.parametrize(
    "html",
    [
        "",
        " \n",
        "plain",
        "<p>quiet",
        "héllo <b>wörld 你好</b>",
        "<!doctype html>\n<html>\n<head>\n<title>a &amp; b</title>\n</head>\n<body>\n</body>\n</html>\n<!-- x -->\n",
        "<p>one<p>two<div>three</p>four",
        "<ul><li>a<li>b<ul><li>c</ul><li>d</ul>",
        "<dl><dt>a<dd>b<dt>c</dl>",
        "<table>a<tr>b<td>c</table>d",
        "<table> <tr>\n<td>x</td> </tr>&#32;</table>",
        "<table><tr><td><table><td>x</table></table>",
        "<table><caption>x<col><td>y",
        "<table><tbody><table>",
        "<table><col><!doctype html> ",
        "<table><input type=hidden><input><form></form></table>",
        "<table><image>x",
        "<image>",
        "<b><p>x</b>y</p>z",
        "<a>x<a>y",
        "<a><b><i><u><s><div></a>x",
        "<b><b><b><b><b><p>x",
        "<nobr>a<nobr>b",
        "<b><template><caption></template></b>x",
        "<nobr><template><caption></template><nobr>x",
        "<a><template><caption></template><a>x",
        "<button>a<button>b",
        "<form><div></form>x<form>y",
        "<select><option>a<option>b<optgroup><option>c<hr></select>d",
        "<select>a<select>b<select>c<input>d",
        "<ruby>a<rt>b<rp>c<rb>d<rtc>e</ruby>",
        "<h1>a<h2>b</h3>c",
        "<noscript><p>x</p></noscript>",
        "<head><noscript><link><style>a</style></noscript></head>",
        "<head></head><title>late</title> <body class=a><body class=b id=c><html lang=x role=main>",
        "<pre>\n\nx</pre><textarea>\n&lt;</textarea><textarea>&#10;x</textarea><listing></>\nx",
        "<script><!-- <script> </script> --></script><style></p></style><xmp>&lt;</xmp>",
        "<p><b><plaintext></p></plaintext>",
        "<title>x</title",
        "<title>x</title y",
        "x<p class=",
        "</p></br></x><p></div>",
        "a\r\nb\rc\n\rd",
        "<svg><title>a<p>b</title><path/><![CDATA[<p>&amp;]]></svg>",
        "<svg><p>x",
        "<svg xlink:href=a><use xlink:href=b href=c><a href=d XLINK:HREF=e></svg><a xlink:href=f><math xlink:href=g>",
        "<svg><a face xlink:href=q><font face xlink:href=q>",
        "<svg><font>a<font color=red>b",
        "<svg><sup>x<sub>y",
        "<math><mi><p>x</mi><annotation-xml><p>y</math>",
        "<math><annotation-xml encoding=TEXT/html><p>y</annotation-xml>z",
        "<h1><svg><desc></h1>x",
        "<table><th><svg><template></table ><table>",
        "<p a=1 CLASS=x class=y aria-hidden aria-hidxen=1>x",
        "<p data-ad=1 DATA-TEXT-AD='2' data-advertisement=3 data-advantagement=4 aria-expanded=5 placeholder=6>",
        "<!DOCTYPE html PUBLIC '-//W3C//DTD HTML 4.01 Transitional//EN'><p><table>",
        "<!DOCTYPE html PUBLIC '-//W3C//DTD HTML 4.01 Transitional//EN' 'http://x'><p><table>",
        "<!DOCTYPE html PUBLIC '-//IETF//DTD HTML//EN' 'x'><p><table>",
        "<!DOCTYPE html SYSTEM 'http://www.ibm.com/data/dtd/v11/ibmxhtml1-transitional.dtd'><p><table>",
        "<!DOCTYPE html SYSTEM 'about:legacy-compat'><p><table>",
        "<!DOCTYPE html PUBLIC><p><table>",
        "<!DOCTYPE htm><p><table>",
        "<p><table>",
        "<html lang=en><p LANG='d&amp;e'>x",
        "<a&b c=d>x</a&b><customelementlongname>y</customelementlongname>z",
        "&lt&amp&notin;&nGt;&#0;&#x110000;&#xD800;",
    ],
)
def test_trees_are_those_of_the_library(html):
    assert fast_tree(html) == slow_tree(html)


@pytest.mark.parametrize(
    "html",
    [
        "a\0b",
        "<table><input type type=hidden>",
        "<frameset><frame></frameset>",
        "<select><option>a<selectedcontent></select>",
        "<p><?x",
    ],
)
def test_what_is_rare_is_handed_back(html):
    assert tree_of(html.encode(), False) is None


def test_a_page_that_is_too_long_for_its_places_is_handed_back(monkeypatch):
    monkeypatch.setattr(tree_page, "LONGEST", 1000)

    assert tree_of(b"x" * 1000, False) is not None
    assert tree_of(b"x" * 1004, False) is None


def test_the_children_of_a_template_are_left_out_unless_asked_for():
    html = "<p>a<template><b>x<i></template>b"

    assert fast_tree(html) == slow_tree(html)
    assert (6, "text", "x") in fast_tree(html, whole=True)


def test_a_tree_says_where_its_body_is_and_whether_the_page_is_in_quirks_mode():
    plain, quirky = tree_of(b"<!doctype html><p>x", False), tree_of(b"<p>x", False)

    assert plain.page.tolist() == [7, 4, 0]
    assert plain.tag[plain.page[BODY]] == tags.kind("body")
    assert quirky.page.tolist() == [6, 3, 1]


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 50_000,
        "<b>" * 50_000 + "<p>x" * 1000,
        "<a><div>" * 20_000,
        "<b><table>x" * 5_000,
        "<p><b><i><u>" * 10_000,
        "<table><tr><td>" * 20_000,
        "<svg><desc>" * 20_000 + "</p>" * 1000,
        "<font size=1>" * 1000 + "</p>" * 5000,
        "<li><a>" * 20_000,
        "</x>" * 100_000,
        "<x" * 100_000,
        "<!--" * 100_000,
        "<a href=" * 50_000,
        "&lt" * 100_000,
        "<template>" * 20_000,
        "<select><option>" * 20_000,
        "<table>" + "a</>" * 3_000,
    ],
)
def test_hostile_pages_take_no_longer_than_their_bytes_allow(html):
    tree = tree_of(html.encode(), False)

    assert tree is None or tree.page[NODE_COUNT] <= len(html) // 4 + 1024


def test_pages_of_the_web_have_the_trees_of_the_library(test_data):
    pages = []
    with gzip.open(test_data / "dev" / "dev-00003.warc.gz") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True):
            pages.append(record.reader.read().decode("utf-8", "replace"))
    pages = sorted(pages[::8], key=len)[:20]

    assert [fast_tree(page) for page in pages] == [slow_tree(page) for page in pages]
