import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.html.blocks import cut_pages
from dclm_pipeline.kernels.html.linked import LONGEST, read_metadata
from dclm_pipeline.kernels.strings import views


def said(*pages):
    html = views(pa.array(pages, pa.large_string()))
    found = read_metadata(html, cut_pages(html, noscript=False))
    return [
        {
            name: data[offsets[page] : offsets[page + 1]].tobytes().decode()
            for name, (offsets, data) in found.items()
            if offsets[page + 1] > offsets[page]
        }
        for page in range(len(pages))
    ]


def script(value):
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("", {}),
        ("<title> One &amp;\n two </title>", {"title": "One & two"}),
        ("<title></title>", {}),
        ("<title>&shy; \ufeff Donau\xaddampf\x07\u200cschiff</title>", {"title": "Donau\xaddampf\u200cschiff"}),
        ("<svg><title>x</title></svg>", {}),
        ("<title>a</title><meta property='og:title' content='b'>", {"title": "b"}),
        ("<html lang=' de-AT '>", {"page_language": "de-AT"}),
        ("<meta http-equiv=Content-Language content=fr>", {"page_language": "fr"}),
        ("<link rel=canonical href='http://x/?a=1&copy=2'>", {"canonical": "http://x/?a=1&copy=2"}),
        ("<meta name=Author content='José &#34;J&#34;'>", {"author": 'José "J"'}),
        ("<meta property=article:published_time content=2020-01-02>", {"date": "2020-01-02"}),
        ("<time datetime=2021-02-03>x</time>", {"date": "2021-02-03"}),
        ("<meta name=viewport content=x><meta name=author>", {}),
        (script({"headline": "One", "datePublished": "2020"}), {"title": "One", "date": "2020"}),
        (script({"author": {"@type": "Person", "name": 'Žofie "Z" 🙂'}}), {"author": 'Žofie "Z" 🙂'}),
        (script({"author": [{"name": "A"}, {"name": "B"}]}), {"author": "A"}),
        (script({"author": "A", "publisher": {"name": "P"}}), {"author": "A"}),
        (script({"author": {"url": "u"}, "publisher": {"name": "P"}}), {}),
        ('<script>{"headline": "x"}</script>', {}),
        ('<script type=\'application/ld+json\'>{"headline": "x</script>', {"title": "x"}),
    ],
)
def test_what_a_page_says_about_itself(page, expected):
    assert said(page) == [expected]


def test_pages_do_not_take_each_others_word():
    assert said("<title>a</title>", "<p>b", "<title>c</title>") == [{"title": "a"}, {}, {"title": "c"}]


def test_long_values_are_cut():
    assert said("<title>" + "é" * 5000 + "</title>") == [{"title": "é" * LONGEST[0]}]


@given(st.text(max_size=40))
def test_strings_of_linked_data_agree_with_json(text):
    found = said(script({"headline": text}))[0].get("title", "")

    seen = "".join(c for c in text if not c.isspace() and not is_control(c))

    assert "".join(found.split()) == seen.lstrip(UNLOOKED)


UNLOOKED = "\xad\u200b\u2060\ufeff"


def is_control(character):
    return character < " " or character == "\x7f"


@given(st.text(alphabet='{}[]",:\\\\u0d8author name', max_size=60))
def test_damaged_linked_data_is_survived(text):
    assert len(said(f"<script type='application/ld+json'>{text}</script>")) == 1
