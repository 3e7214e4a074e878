from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from dclm_pipeline.kernels.html.blocks import cut_pages
from dclm_pipeline.kernels.html.composing import Manner, compose
from dclm_pipeline.kernels.strings import views


def composed(*pages, kept=None, **manner):
    blocks = cut_pages(views(pa.array(pages, pa.large_string())), noscript=False)
    chosen = np.ones(len(blocks.blocks), np.bool_) if kept is None else np.array(kept, np.bool_)
    offsets, data = compose(blocks, chosen, Manner(**manner))
    return [data[begin:end].tobytes().decode() for begin, end in pairwise(offsets)]


@pytest.mark.parametrize(
    ("page", "plain", "markdown"),
    [
        ("", "", ""),
        ("<h2>One</h2><p>two", "One\n\ntwo", "## One\n\ntwo"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>d", "- a\n- b\n  - c\n\nd", "- a\n- b\n  - c\n\nd"),
        ("<ol><li>a<li><p>b<p>c</ol>", "1. a\n2. b\n  c", "1. a\n2. b\n  c"),
        ("<table><tr><th>A<th>B<tr><td>1<td>2</table>x", "A\tB\n1\t2\n\nx", "| A | B |\n| --- | --- |\n| 1 | 2 |\n\nx"),
        ("<pre>\n def x:\n\treturn\n</pre>", " def x:\n\treturn", "```\n def x:\n\treturn\n```"),
        ("<blockquote>one</blockquote>", "one", "> one"),
        ("<dl><dt>one<dd>two<dt>three</dl>", "one\ntwo\nthree", "one\ntwo\nthree"),
        ("<p>one<br>two", "one\ntwo", "one\ntwo"),
        ("<p>Москва<p>東京", "Москва\n\n東京", "Москва\n\n東京"),
    ],
)
def test_chosen_blocks_become_text(page, plain, markdown):
    assert composed(page) == [plain]
    assert composed(page, markdown=True) == [markdown]


@pytest.mark.parametrize(
    ("page", "markdown"),
    [
        ("<table><tr><td>A</table>", "| A |\n| --- |"),
        ("<table><tr><td>a|b<td>c</table>|", "| a\\|b | c |\n| --- | --- |\n\n|"),
        ("<table><tr><td>A</table><table><tr><td>B</table>", "| A |\n| --- |\n\n| B |\n| --- |"),
        ("<table><tr><td>A<tr><td>B<td>C</table>x", "| A |\n| --- |\n| B | C |\n\nx"),
    ],
)
def test_a_table_of_markdown_has_the_line_that_makes_it_one(page, markdown):
    assert composed(page, markdown=True) == [markdown]


def test_a_table_for_layout_becomes_paragraphs():
    long = "word " * 41
    page = f"<table><tr><td>{long}<td>{long}</table>"

    assert composed(page) == [f"{long.strip()}\n\n{long.strip()}"]


def test_items_go_without_bullets():
    assert composed("<ul><li>a<li>b</ul>", bullets=False) == ["a\nb"]


def test_items_keep_their_numbers_where_others_go():
    assert composed("<ol><li>a<li>b<li>c</ol>", kept=[True, False, True]) == ["1. a\n3. c"]


def test_pages_do_not_run_into_each_other():
    assert composed("<ul><li>a", "<p>b", "", kept=[True, False]) == ["- a", "", ""]


def test_deep_lists_are_indented_no_further_than_some():
    deep = "<ul><li>x" * 200
    lines = composed(deep)[0].split("\n")

    assert max(map(len, lines)) <= 20
    assert len(lines) == 200
