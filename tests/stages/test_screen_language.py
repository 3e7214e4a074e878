import gzip
import json

import numpy as np
import pyarrow as pa
import pytest

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.between import Between
from dclm_pipeline.stages.decode import Decode
from dclm_pipeline.stages.language import Language
from dclm_pipeline.stages.screen_language import ScreenLanguage
from tests.stages.test_language import ARABIC, ENGLISH, GERMAN, JAPANESE

LEAST = 0.01


def page(text, head="", foot=""):
    return f"<html><head><title>x</title>{head}</head><body><p class=text>{text * 5}</p>{foot}</body></html>"


def scores(*pages, **settings):
    step = ScreenLanguage(**settings)
    batch = pa.RecordBatch.from_arrays([pa.array(pages, pa.large_string())], names=["html"])
    array = step.open(FetchedAssets()).columns(batch).arrays["screen_score"]

    assert array.type == step.writes().field("screen_score").type
    return array.to_pylist()


def test_pages_in_a_wanted_language_score_high_and_others_low():
    found = scores(*map(page, (ENGLISH, GERMAN, JAPANESE, ARABIC)))

    assert [score >= LEAST for score in found] == [True, False, False, False]
    assert found[0] > 0.8


def test_several_languages_may_be_wanted():
    found = scores(*map(page, (ENGLISH, GERMAN, JAPANESE)), languages=["de", "ja"])

    assert [score > 0.8 for score in found] == [False, True, True]


def test_scripts_styles_and_attributes_are_not_read():
    hidden = f"<script>var s = '{ENGLISH * 9}'</script><style>/* {ENGLISH * 9} */</style><!-- {ENGLISH * 9} -->"

    assert scores(page(GERMAN, head=hidden, foot=f'<a title="{ENGLISH * 9}">')) == scores(page(GERMAN))


def test_a_page_that_is_in_part_in_a_wanted_language_stays():
    assert scores(page(GERMAN, foot=f"<p>{ENGLISH * 5}"))[0] >= LEAST


def test_a_page_that_begins_in_a_wanted_language_is_not_read_on():
    begins = f"<p>{ENGLISH * 9}"

    assert scores(begins + GERMAN * 99) == scores(begins + JAPANESE * 99) == scores(begins)
    assert scores(begins + GERMAN * 99, first_bytes=0)[0] < scores(begins)[0]


def test_no_page_is_judged_by_its_beginning_alone_that_is_not_in_a_wanted_language():
    html = f"<p>{GERMAN * 5}{ENGLISH * 20}"

    assert scores(html) == scores(html, first_bytes=0)
    assert scores(html)[0] > 0.5


def test_a_score_that_is_just_sure_stands():
    html = f"<p>{ENGLISH * 9}{GERMAN * 9}"
    (sure,) = scores(html)

    assert sure > 0.5
    assert scores(html, sure=sure) == [sure]
    assert scores(html, sure=np.nextafter(sure, 2)) == scores(html, first_bytes=0)


def test_a_beginning_with_too_little_text_says_nothing():
    html = f"<p>{ENGLISH * 9}"

    assert scores(html, first_bytes=20) == scores(html, first_bytes=0)


def test_pages_do_not_depend_on_their_neighbours():
    pages = [page(ENGLISH), page(GERMAN), None, "", page(JAPANESE, foot=ENGLISH), page(ENGLISH)]

    assert scores(*pages) == [scores(each)[0] for each in pages]


@pytest.mark.parametrize("html", ["", "<p>", "<p>Hallo Welt", "<script>" + GERMAN * 9, page("12 34 ")])
def test_nothing_speaks_against_a_page_with_little_text(html):
    assert scores(html) == [1.0]


def test_letters_at_the_limit_are_enough():
    html = f"<p>{GERMAN * 3}"
    letters = sum(letter.isalpha() for letter in GERMAN * 3)

    assert scores(html, least_letters=letters) != [1.0]
    assert scores(html, least_letters=letters + 1) == [1.0]


def test_of_no_page_nothing_is_known():
    assert scores(None, page(ENGLISH))[0] is None


def test_no_rows_are_no_rows():
    assert scores() == []


def test_a_rule_drops_what_is_surely_not_wanted():
    found = scores(page(ENGLISH), page(GERMAN), "", None)
    batch = pa.RecordBatch.from_arrays([pa.array(found)], names=["screen_score"])

    assert Between(column="screen_score", low=LEAST).keep(batch).to_pylist() == [True, False, True, False]


def test_a_language_that_the_model_does_not_know_is_refused():
    with pytest.raises(RecipeError, match=r"screen_language: .*knows no language 'english'"):
        ScreenLanguage(languages=["english"]).open(FetchedAssets())


@pytest.mark.slow
def test_no_real_page_whose_text_is_english_is_lost_and_most_others_are(test_data):
    from fastwarc.warc import ArchiveIterator, WarcRecordType

    with gzip.open(test_data / "oracle" / "dclm.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts = {row["record_id"]: row["text"] for row in map(json.loads, lines)}
    english, kept = [], []
    for warc in sorted((test_data / "dev").glob("*.warc.gz")):
        with warc.open("rb") as stream:
            records = ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True)
            found = [(record.record_id, record.reader.read(), record.http_charset) for record in records]
        columns = [
            pa.array([body for _, body, _ in found], pa.large_binary()),
            pa.array([label for _, _, label in found], pa.string()),
            pa.array([texts.get(record) or texts.get(record.strip("<>")) for record, _, _ in found], pa.large_string()),
        ]
        batch = pa.RecordBatch.from_arrays(columns, names=["body", "http_charset", "text"])
        html = Decode().columns(batch).arrays["html"]
        told = Language(languages=["en"]).open(FetchedAssets()).columns(batch).arrays["languages_score"]
        english += np.greater(told.fill_null(0.0).to_numpy(), 0.65).tolist()
        kept += [score >= LEAST for score in scores(*html.to_pylist())]
    pairs = list(zip(english, kept, strict=True))

    assert sum(english) > 1000
    assert [pair for pair in pairs if pair == (True, False)] == []
    assert pairs.count((False, False)) > 0.75 * english.count(False)
