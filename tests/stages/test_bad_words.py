import re

import pyarrow as pa
import pytest
from pydantic import ValidationError

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.stages.bad_words import BadWords
from tests.stages.reference_verdicts import verdicts


class Folder:
    """Assets that are files of a folder."""

    def __init__(self, path):
        self._path = path

    def path(self, place):
        return self._path / place

    def digest(self, place):
        return place


def docs(texts, languages=None):
    ids = [number.to_bytes(16, "big") for number in range(len(texts))]
    columns = {"id": pa.array(ids, pa.binary(16)), "text": pa.array(texts, pa.large_string())}
    if languages is not None:
        columns["language"] = pa.array(languages, pa.large_string())
    return pa.RecordBatch.from_pydict(columns)


def kept(texts, languages=None, folder=None, **settings):
    return BadWords(**settings).open(folder).keep(docs(texts, languages)).to_pylist()


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("A cocker spaniel and the Scunthorpe assassin", True),
        ("An ASSHOLE.", False),
        ("asshole", False),
        ("asshole_", True),
        ("éasshole", True),
        ('"2 girls 1 cup"', False),
        ("up🖕yours", False),
        ("日本語 текст", True),
        ("", True),
        (None, False),
    ],
)
def test_a_page_with_a_bad_word_is_dropped(text, stays):
    assert kept([text]) == [stays]


def test_each_language_has_its_list(tmp_path):
    (tmp_path / "de").write_text("Mist\n", "utf-8")
    (tmp_path / "ja").write_text("悪い\nグロ\n", "utf-8")
    texts = ["mist", "mist", "Mistel", "とても悪い話", "グロ", "mist", "word"]
    languages = ["en", "de", "de", "ja", "ja", "fr", None]
    settings = {"lists": {"en": "", "de": "de", "ja": "ja"}, "column": "language", "folder": Folder(tmp_path)}

    assert kept(texts, languages, **settings) == [True, False, True, False, True, True, True]
    assert kept(texts, languages, otherwise="drop", **settings) == [True, False, True, False, True, False, False]


def test_without_a_column_all_lists_count(tmp_path):
    (tmp_path / "de").write_text("Mist\n", "utf-8")

    assert kept(["mist", "asshole", "x"], lists={"en": "", "de": "de"}, folder=Folder(tmp_path)) == [False, False, True]


def test_words_count_in_every_language():
    settings = {"lists": {}, "words": ["Lorem ipsum", "{"], "column": "language"}

    assert kept(["LOREM IPSUM", "lorem", "a{b", "x"], ["la", "la", None, "fr"], **settings) == [
        False,
        True,
        False,
        True,
    ]


def test_a_share_may_stay_by_luck_of_the_id():
    texts = ["asshole"] * 1000
    some = kept(texts, keep_share=0.25)

    assert 200 < sum(some) < 300
    assert [wide or not narrow for narrow, wide in zip(some, kept(texts, keep_share=0.5), strict=True)] == [True] * 1000
    assert kept(texts, keep_share=1.0) == [True] * 1000


def test_columns_that_are_read_are_those_that_are_needed():
    assert BadWords().reads() == {"text"}
    assert BadWords(column="language", keep_share=0.1).reads() == {"text", "language", "id"}


def test_a_column_of_numbers_is_no_language():
    schema = pa.schema([("text", pa.large_string()), ("language", pa.int32())])

    assert BadWords(column="language").misfit(schema) == "reads languages, and 'language' is int32"


@pytest.mark.parametrize(
    "settings",
    [{"lists": {}}, {"lists": {"de": ""}}, {"otherwise": "drop"}, {"keep_share": 2}, {"lists": {}, "words": [" "]}],
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(ValidationError):
        BadWords(**settings)


def test_real_pages_go_as_the_expression_of_the_reference_says(test_data):
    entries = (test_data / "lists" / "ldnoobw.txt").read_text("utf-8").splitlines()
    banned = re.compile(rf"\b(?:{'|'.join(entries)})\b")
    texts = [page["text"] for page in verdicts(test_data, "dclm")]

    assert kept(texts) == [banned.search(text.lower()) is None for text in texts]


@pytest.mark.parametrize(("data", "said"), [("\n \n", "de: lists nothing: it has"), ("sm\n", "lists nothing but what")])
def test_a_list_without_an_entry_is_refused(tmp_path, data, said):
    (tmp_path / "de").write_text(data)

    with pytest.raises(RecipeError, match=said):
        kept([], folder=Folder(tmp_path), lists={"en": "", "de": "de"})
