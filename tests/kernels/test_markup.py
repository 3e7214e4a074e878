import pyarrow as pa
import pytest

from dclm_pipeline.kernels.html.markup import Limits, scan_markup
from dclm_pipeline.kernels.strings import views

NO_LIMITS = Limits(10_000, 10**9, 10**9, 10**12)


def scan(*pages, limits=NO_LIMITS):
    return scan_markup(views(pa.array(pages, pa.large_string())), limits)


def depths(*pages):
    return scan(*pages).depth.tolist()


@pytest.mark.parametrize(
    ("page", "depth"),
    [
        ("", 0),
        ("text alone", 0),
        ("<div><div>x</div></div><div>y</div>", 2),
        ("<DIV><Div>x</dIV>", 2),
        ("<p>one<p>two<p>three", 1),
        ("<ul><li>one<li>two<li>three</ul>", 2),
        ("<ul><li>one<ul><li>two</ul><li>three</ul>", 4),
        ("<dl><dt>one<dd>two<dt>three</dl>", 2),
        ("<table><tr><td>one<td>two<tr><td>three</table>", 4),
        ("<table><td>one<td>two</table>", 4),
        ("<select><option>one<option>two</select>", 2),
        ("<select><option>one<input>", 2),
        ("one<br>two<br>three<img><hr>", 1),
        ("<i><i><i>", 3),
        ("<a>one<a>two<a>three", 1),
        ("<div></span></b></div>", 1),
        ("<table><tr><td></div></table>", 4),
        ("<form><form><form>", 1),
        ("<h1>one<h2>two", 1),
        ("<ruby>one<rt>two<rt>three</ruby>", 2),
        ("<td><td><td>", 0),
        ("<html><body><body><head>", 0),
        ("</div></p></br>", 1),
    ],
)
def test_depth_follows_implied_ends(page, depth):
    assert depths(page) == [depth]


@pytest.mark.parametrize(
    ("page", "depth"),
    [
        ("<!-- <div><div> --><p>", 1),
        ("<!--><div>", 1),
        ("<!---><div>", 1),
        ("<!-- --!><div>", 1),
        ("<!-- <div>", 0),
        ("<!doctype html '><div>", 1),
        ("<?php <div> ?><p>", 1),
        ("<p a='<div><div>' b=\"<div>\">", 1),
        ("<p a=<div>>", 1),
        ("<p a='<div><div>", 0),
        ("<p", 0),
        ("<", 0),
        ("</", 0),
        ("</>< div><<p>", 1),
        ("<script>'<div><div>'</script><p>", 1),
        ("<script><!--<script></script><div></script><p>--></script><p><b>", 2),
        ("<script><!--></script><p>", 1),
        ("<style><div></style ><p>", 1),
        ("<title><div></titles></TITLE/><p>", 1),
        ("<textarea><div><div>", 1),
        ("<plaintext><div><div>", 1),
        ("<svg><style><g><g>", 4),
        ("<svg/><p>", 1),
        ("<svg><g/><g/><path/></svg><p>", 2),
        ("<svg><![CDATA[<g><g>]]></svg><p>", 1),
        ("<p><![CDATA[<b>]]>", 1),
    ],
)
def test_what_is_no_tag_does_not_nest(page, depth):
    assert depths(page) == [depth]


@pytest.mark.parametrize(
    ("page", "depth"),
    [
        ("<svg><td><td><td>", 4),
        ("<svg><g><p>x", 2),
        ("<svg><foreignObject><p>one<p>two", 3),
        ("<svg><foreignObject><p>one</svg><svg>", 4),
        ("<math><mi><p>one<p>two", 3),
    ],
)
def test_foreign_content_nests_by_its_own_rules(page, depth):
    assert depths(page) == [depth]


def test_equal_formatting_is_opened_again_three_times_at_most():
    alike, unlike = "<p>" + "<b>" * 9, "<p>" + "".join(f"<b id={i}>" for i in range(9))

    assert depths(alike + "</p><p><i>", unlike + "</p><p><i>") == [10, 11]


def test_ten_thousand_unclosed_paragraphs_items_and_breaks_are_flat():
    assert depths("<p>x" * 10_000, "<ul>" + "<li>x" * 10_000, "x<br>" * 10_000) == [1, 2, 1]


def test_attributes_are_counted_on_the_element_that_has_most():
    pages = ["<p a b=1 c='2' d>", "<p a=1/><b c d>", "<p a='>' b>", "<p>", "<p =a=1 / b/>", "<p a\n=\n1 b>"]

    assert scan(*pages).attributes.tolist() == [4, 2, 2, 0, 2, 2]


def test_attributes_of_every_body_go_to_one():
    assert scan("<body a><body b c><html d>", "<p a><p b c>").attributes.tolist() == [3, 2]


def test_options_are_counted_over_the_page():
    assert scan("<select><option>1<option>2</select><select><option>3</select>").options.tolist() == [3]


def test_a_scan_ends_at_the_limit_that_is_passed():
    limits = Limits(depth=5, attributes=3, options=2, steps=1000)
    pages = ["<div>" * 100, "<p a b c d e f><div><div>", "<option>" * 100, "<p>" * 10_000]
    found = scan(*pages, limits=limits)

    assert found.depth.tolist() == [6, 1, 1, 1]
    assert found.attributes.tolist() == [0, 6, 0, 0]
    assert found.options.tolist() == [0, 0, 3, 0]
    assert found.steps[3] < 1100


def test_a_long_class_that_is_copied_into_every_paragraph_is_work():
    """Whoever judges elements by their classes reads it as often as there are paragraphs."""
    short, long = (f"<p><b class='{'x' * size}'></p>" + "<p>x</p>" * 100 for size in (10, 10_000))

    assert scan(short).steps[0] * 10 < scan(long).steps[0]


def test_formatting_that_is_copied_into_every_paragraph_is_work():
    formatting = "<p>" + "".join(f"<b id={i}>" for i in range(100)) + "</p>"

    assert scan("<p>x</p>" * 100).steps[0] * 50 < scan(formatting + "<p>x</p>" * 100).steps[0]


def test_rows_null_rows_and_slices_are_scanned_alone():
    pages = pa.array(["<div><div>", None, "<script>", "<p>", ""], pa.large_string())

    assert scan_markup(views(pages), NO_LIMITS).depth.tolist() == [2, 0, 1, 1, 0]
    assert scan_markup(views(pages.slice(2, 2)), NO_LIMITS).depth.tolist() == [1, 1]
    assert scan_markup(views(pages.slice(0, 0)), NO_LIMITS).depth.tolist() == []
