"""The text of pages as compiled code makes it, in plain Python, and as Resiliparse itself does."""

from itertools import islice, pairwise

import numpy as np
import pyarrow as pa
import pytest
from fastwarc.warc import ArchiveIterator, WarcRecordType
from hypothesis import given, settings
from hypothesis import strategies as st
from resiliparse.extract.html2text import extract_plain_text

from dclm_pipeline.kernels.document.options import Options
from dclm_pipeline.kernels.document.plain_text import plain_texts
from dclm_pipeline.kernels.document.tree_rows import BUILT
from dclm_pipeline.kernels.strings import views
from tests.kernels.oracle import slow_plain_text
from tests.kernels.oracle.slow_patterns import vocabulary

NAMES = [
    "div",
    "p",
    "span",
    "a",
    "b",
    "li",
    "ul",
    "ol",
    "table",
    "tr",
    "td",
    "th",
    "tbody",
    "h1",
    "h2",
    "h3",
    "h5",
    "footer",
    "article",
    "nav",
    "aside",
    "section",
    "main",
    "header",
    "pre",
    "textarea",
    "br",
    "img",
    "area",
    "button",
    "input",
    "form",
    "select",
    "option",
    "label",
    "figure",
    "figcaption",
    "svg",
    "math",
    "object",
    "video",
    "audio",
    "time",
    "noscript",
    "template",
    "script",
    "style",
    "iframe",
    "blockquote",
    "dl",
    "dt",
    "dd",
    "center",
    "hr",
    "details",
    "body",
    "html",
    "embed",
    "fieldset",
    "address",
    "caption",
    "meta",
]
CLASSES = [
    "article-body",
    "articleBody",
    "contentBody",
    "article-text",
    "main-content",
    "postcontent",
    "post-content",
    "single-post",
    "Main-Content",
    "x",
    "ad",
]
VALUES = {
    "rel": ["author", "icon", "search", "prev", "next", "tag", "main", " tag ", "nofollow", ""],
    "itemprop": ["datePublished", "author", "url", "name", " url", "URL"],
    "role": ["main", "Main", "navigation", "banner", "img", " tab ", "main ", "article", "complementary", ""],
    "style": ["display:none", "color:red; display : none;", "visibility:hidden", "display:nonex", "DISPLAY:NONE"],
    "aria-hidden": ["true", " true ", "TRUE", "false", ""],
    "aria-expanded": ["false", "\nfalse", "true"],
    "type": ["checkbox", " file", "text", "submit", "hidden", "TEXT", ""],
    "hidden": ["", "until-found"],
    "data-ad": ["", "1"],
    "data-advertisement": [""],
    "data-text-ad": [""],
}
VALUES |= {name: ["", "  some  text ", "x", "\n", "/?x=1&amp;y=2"] for name in ("alt", "value", "placeholder", "href")}
TEXTS = [
    "x",
    "y z",
    " ",
    "\n",
    "  a  b  ",
    "¶",
    "\ue000",
    "世",
    "世界",
    " \xa0 ",
    "&#xe000;",
    "é",
    "aé",
    "&#11;v",
    "&#12;",
    "&lt;b>",
]
TEXTS += ["some words " * 12, "w" * 90, "", "•", "<!--c-->"]


def attributes():
    words = st.sampled_from([*CLASSES, *vocabulary()])
    classes = st.lists(words, max_size=3).map(" ".join)
    named = st.tuples(st.sampled_from(["class", "class", "class", "id"]), classes)
    other = st.sampled_from(sorted(VALUES)).flatmap(
        lambda name: st.tuples(st.just(name), st.sampled_from(VALUES[name]))
    )
    return st.lists(named | named | other, max_size=3).map(
        lambda all: "".join(f' {name}="{value}"' for name, value in all)
    )


@st.composite
def pages(draw):
    names = st.sampled_from(draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=8)))
    pieces, opened = [draw(st.sampled_from(["", "<!doctype html>"]))], []
    for turn in draw(st.lists(st.sampled_from("ooootttcccx"), max_size=60)):
        if turn == "o":
            opened.append(draw(names))
            pieces.append(f"<{opened[-1]}{draw(attributes())}>")
        elif turn == "c" and opened:
            pieces.append(f"</{opened.pop()}>")
        elif turn == "x":
            pieces.append(f"</{draw(names)}>")
        else:
            pieces.append(draw(st.sampled_from(TEXTS)))
    return "".join(pieces)


def all_options():
    return st.just(Options()) | st.builds(Options, *[st.booleans()] * len(Options._fields))


def by_library(page, options):
    return extract_plain_text(page, **options._asdict())


def own(pages, options):
    """Return the texts, None where a page is handed back."""
    found = plain_texts(views(pa.array(pages, pa.large_string())), options)
    offsets, data = found.texts
    texts = [data[begin:end].tobytes().decode() for begin, end in pairwise(offsets)]
    return [text if how == BUILT else None for text, how in zip(texts, found.status, strict=True)]


@settings(max_examples=25)
@given(pages(), all_options())
def test_the_rules_in_python_agree_with_the_library(page, options):
    assert slow_plain_text.plain_text(slow_plain_text.parsed(page), options) == by_library(page, options)


@settings(max_examples=25)
@given(st.lists(pages(), min_size=1, max_size=4), all_options())
def test_texts_agree_with_the_library(pages, options):
    found = own(pages, options)

    assert found == [
        None if text is None else by_library(page, options) for page, text in zip(pages, found, strict=True)
    ]
    assert found.count(None) <= len(pages) // 2


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4), all_options())
def test_texts_of_anything_agree_with_the_library(pages, options):
    found = own(pages, options)

    assert found == [None if "\0" in page else by_library(page, options) for page in pages]


@pytest.mark.parametrize("shard", range(4))
def test_texts_of_real_pages_agree_with_the_library(test_data, shard):
    with (test_data / "dev" / f"dev-{shard:05}.warc.gz").open("rb") as stream:
        records = ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True)
        pages = [record.reader.read().decode(errors="replace") for record in islice(records, shard, None, 16)]

    assert own(pages, Options()) == [by_library(page, Options()) for page in pages]


def test_rows_are_read_where_they_lie():
    """A slice of a column, with a row in the midst that is null and lies over bytes."""
    column = pa.array(["<p>one", "<p>two", None, "", "<p>three"], pa.large_string()).slice(1)
    found = plain_texts(views(column), Options())
    offsets, data = found.texts

    assert offsets.tolist() == [0, 3, 3, 3, 8]
    assert data.tobytes() == b"twothree"
    assert np.flatnonzero(found.status != BUILT).tolist() == []
