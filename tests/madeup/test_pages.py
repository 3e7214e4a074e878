import re
from collections import Counter
from html import unescape

import pytest

from dclm_pipeline.madeup.blocks import Block, Content, markup_of, render
from dclm_pipeline.madeup.luck import Luck
from dclm_pipeline.madeup.pages import page_of, pages
from dclm_pipeline.madeup.sites import site_of


@pytest.fixture(scope="module")
def first_pages():
    return list(pages(0, 0, 600, 15_000))


def test_a_page_does_not_depend_on_the_pages_made_before_it(first_pages):
    site_of.cache_clear()
    again = page_of(0, 333, 15_000)

    page = first_pages[333]
    assert (again.url, again.body, again.text) == (page.url, page.body, page.text)


def test_other_seeds_are_other_webs(first_pages):
    others = list(pages(1, 0, 50, 15_000))

    assert not {page.url for page in others} & {page.url for page in first_pages}
    assert not {page.body for page in others if len(page.body) > 200} & {page.body for page in first_pages}


def test_addresses_are_unique_and_reserved(first_pages):
    hosts = {re.sub(r"^https?://([^/]+)/.*$", r"\1", page.url) for page in first_pages}

    assert len({page.url for page in first_pages}) == len(first_pages)
    assert [host for host in hosts if not re.search(r"(^|\.)(example|test|example\.(com|org|net))$", host)] == []
    assert len(hosts) > 300


def test_about_forty_five_percent_is_english(first_pages):
    counts = Counter(page.language for page in first_pages if page.language)

    assert 0.40 < counts["en"] / counts.total() < 0.52
    assert set(counts) == {"en", "de", "fr", "es", "it", "pl", "ru", "ja", "la"}


@pytest.mark.parametrize(("mean_bytes", "count"), [(15_000, 600), (100_000, 300)])
def test_bodies_have_the_size_asked_for_and_a_heavy_tail(mean_bytes, count):
    sizes = sorted(len(page.body) for page in pages(3, 0, count, mean_bytes))
    mean = sum(sizes) / count

    assert 0.85 < mean / mean_bytes < 1.15
    assert sizes[count // 2] < 0.85 * mean
    assert sizes[-1] > 3 * mean


def test_whole_pages_hold_their_text_in_their_charset(first_pages):
    whole = [
        page
        for page in first_pages
        if page.charset and page.kind not in ("broken", "documentation") and not page.truncated
    ]
    missing = []
    for page in whole:
        seen = squeezed(unescape(re.sub(r"<[^>]*>", " ", page.body.decode(page.charset))))
        missing += [(page.number, line) for line in page.text.splitlines() if squeezed(line) not in seen]

    assert missing == []
    assert len({page.charset for page in whole}) >= 8


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_exact_copies_have_their_originals_body(first_pages):
    bodies = {page.url: page.body for page in first_pages}
    copies = [page for page in first_pages if page.duplicate_kind == "exact"]

    assert [page.number for page in copies if bodies[page.duplicate_of] != page.body] == []
    assert {page.jaccard for page in copies} == {1.0}


def test_near_copies_are_other_bodies_that_say_much_the_same(first_pages):
    originals = {page.url: page for page in first_pages}
    copies = [page for page in first_pages if page.duplicate_kind == "near"]

    assert [page.number for page in copies if originals[page.duplicate_of].body == page.body] == []
    assert [page.number for page in copies if originals[page.duplicate_of].language != page.language] == []
    assert min(page.jaccard for page in copies) >= 0.2


def test_kinds_without_content_have_no_text(first_pages):
    silent = {"boilerplate-only", "script-shell", "link-farm", "empty", "redirect", "missing", "plain", "binary"}

    assert {page.kind for page in first_pages if not page.text} == silent
    assert {page.kind for page in first_pages if page.language is None} == silent
    assert {page.kind for page in first_pages if not page.body} == {"empty"}


def test_odd_pages_are_odd(first_pages):
    by_kind = {page.kind: page for page in first_pages}

    assert by_kind["binary"].body.startswith(b"%PDF-1.4")
    assert (by_kind["binary"].content_type, by_kind["binary"].identified) == ("text/html", "application/pdf")
    assert (by_kind["redirect"].status, by_kind["missing"].status) == ("301 Moved Permanently", "404 Not Found")
    assert by_kind["redirect"].location.startswith(by_kind["redirect"].site.origin)
    assert re.search(rb"(<\w+>)\1{1400}", by_kind["deep"].body)
    assert "{{" in by_kind["braces"].text
    assert "orem ipsum" in " ".join(page.text for page in first_pages if page.kind == "placeholder")


def test_some_pages_are_cut_short_or_mislabelled(first_pages):
    labelled = Counter(page.labelled for page in first_pages)

    assert {"both", "header", "meta", "nowhere", "wrong"} <= set(labelled)
    assert 1 <= sum(page.truncated for page in first_pages) <= 30


def test_neighbouring_items_and_rows_share_a_list_and_a_table():
    content = Content("t", (Block("li", "a"), Block("li", "b"), Block("row", "c\td"), Block("pre", "x < y")), "en")
    html = render(content.blocks, markup_of(Luck(0, "markup", 1)))

    assert html.count("<table") == 1
    assert html.endswith("</table>\n<pre><code>x &lt; y</code></pre>\n")
    assert content.text == "a\nb\nc d\nx < y"
