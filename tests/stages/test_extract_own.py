"""The text of Resiliparse by our own pass is the library's: same columns, same rejects, whatever the page and settings."""

import gzip
from random import Random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.kernels.document.options import LONGEST_LANGUAGE, LONGEST_TITLE
from dclm_pipeline.stages import extract_own
from dclm_pipeline.stages.extract import Extract
from dclm_pipeline.stages.extract_parsed import OpenResiliparse
from tests.kernels.oracle.mangled_pages import mangled
from tests.stages.test_extract import ARTICLE, docs

SWITCHES = [
    "preserve_formatting",
    "main_content",
    "list_bullets",
    "alt_texts",
    "links",
    "form_fields",
    "noscript",
    "comments",
    "post_meta",
    "hidden_elements",
]
TITLES = st.text(st.sampled_from(" \n\t\x0b\x1f\xa0aé<&;"), max_size=8)


@pytest.fixture
def library(monkeypatch):
    """Count the pages that the library is asked for."""
    asked = []
    parsed = OpenResiliparse._parsed
    monkeypatch.setattr(OpenResiliparse, "_parsed", lambda self, page: asked.append(page) or parsed(self, page))
    return asked


def both(batch, **settings):
    own, theirs = Extract(**settings).columns(batch), Extract(**settings, library=True).columns(batch)
    rows = [row for row in range(batch.num_rows) if row not in own.failed]
    assert (own.failed, own.details) == (theirs.failed, theirs.details)
    return tuple(
        {name: [array[row].as_py() for row in rows] for name, array in found.arrays.items()} for found in (own, theirs)
    )


@given(
    st.lists(st.tuples(TITLES, TITLES), min_size=1), st.fixed_dictionaries({name: st.booleans() for name in SWITCHES})
)
def test_what_pages_say_of_themselves_is_what_the_library_reads(said, settings):
    pages = [f"<html lang='{language}'><title>{title}</title>{ARTICLE}<svg><title>x" for title, language in said]
    own, theirs = both(docs(*pages), **settings)

    assert own == theirs


def test_long_titles_and_languages_are_cut_alike(library):
    longest = [size + more for size in (LONGEST_TITLE, LONGEST_LANGUAGE) for more in (-1, 0, 1)]
    words = [
        *("é" * size for size in longest),
        *("é " * (size // 2) for size in longest),
        "é" * 4095 + " é",
        "é" * 63 + " é",
    ]
    own, theirs = both(docs(*(f"<html lang='\u3000{word} '><title> {word}" for word in words)))

    assert own == theirs


def test_pages_changed_at_random_give_what_the_library_gives():
    luck = Random(7)
    real = [
        f"<!doctype html><html lang=de><title>Brot</title><body><nav>Home</nav>{ARTICLE}<ul><li>a<li>b</ul>",
        ARTICLE,
    ]
    for _ in range(20):
        settings = {name: luck.random() < 0.5 for name in SWITCHES}
        own, theirs = both(docs(*(mangled(real, luck) for _ in range(64))), **settings)
        assert own == theirs


def test_real_pages_give_what_the_library_gives(test_data, library):
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    with gzip.open(test_data / "dev" / "dev-00001.warc.gz") as stream:
        records = ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True)
        pages = [record.reader.read().decode("utf-8", "replace") for record in records]
    Extract().columns(docs(*pages))

    assert library == []
    own, theirs = both(docs(*pages))
    assert own == theirs


def test_a_page_that_is_handed_back_is_the_librarys_alone(library):
    handed_back = f"<html lang=de><title>x</title><p>{'a' * 60}\0b"
    found = Extract().columns(docs(ARTICLE, handed_back, None, "<div>" * 513, ARTICLE))

    assert library == [handed_back]
    assert found.failed == {2: "no html", 3: "too deep"}
    assert [found.arrays["text"].to_pylist()[row] for row in (0, 1)] == [
        "Bread\n\nBread is one of the oldest prepared foods.",
        "a" * 60 + "b",
    ]
    assert found.arrays["title"].to_pylist() == [None, "x", None, None, None]
    assert found.arrays["page_language"].to_pylist() == [None, "de", None, None, None]


@pytest.mark.parametrize(
    "settings", [{"library": True}, {"skip_elements": ("nav",)}, {"preserve_formatting": "minimal_html"}]
)
def test_what_the_pass_does_not_cover_is_the_librarys(library, settings):
    Extract(**settings).columns(docs(ARTICLE))

    assert library == [ARTICLE]


def test_another_version_of_the_library_speaks_for_itself(library, monkeypatch):
    monkeypatch.setattr(extract_own, "_installed", lambda: "2.0.2")
    Extract().columns(docs(ARTICLE))

    assert library == [ARTICLE]


def test_the_version_that_is_reproduced_is_the_one_that_is_locked():
    assert extract_own._installed() == extract_own.REPRODUCED


def test_an_empty_batch_has_its_columns():
    empty = pa.RecordBatch.from_arrays([pa.array([], pa.large_string())], names=["html"])

    assert {name: str(array.type) for name, array in Extract().columns(empty).arrays.items()} == {
        "text": "large_string",
        "title": "string",
        "page_language": "string",
    }
