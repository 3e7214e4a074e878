import json
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import ValidationError

from dclm_pipeline.engine.assets import FetchedAssets
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe.places import places_of
from dclm_pipeline.stages.between import Between
from dclm_pipeline.stages.signals import SIGNALS, Signals


def documents(*texts):
    return pa.RecordBatch.from_arrays([pa.array(texts, pa.large_string())], names=["text"])


def signals(*texts, **settings):
    arrays = Signals(**settings).open(FetchedAssets()).columns(documents(*texts)).arrays
    return [{name: array[row].as_py() for name, array in arrays.items()} for row in range(len(texts))]


def number(name, text, **settings):
    return signals(text, only=[name], **settings)[0][name]


def kept(text, **bounds):
    docs = documents(text)
    arrays = Signals(only=[bounds["column"]]).open(FetchedAssets()).columns(docs).arrays
    return Between(**bounds).keep(pa.RecordBatch.from_pydict(arrays)).to_pylist() == [True]


def test_a_text_is_counted():
    names = [signal.name for signal in SIGNALS[:6]]

    assert signals("Two words\n42 é.", only=names) == [
        {
            "word_count": 4,
            "character_count": 15,
            "line_count": 2,
            "letter_share": 9 / 15,
            "digit_share": 2 / 15,
            "mean_word_length": 3.0,
        }
    ]


def test_an_empty_text_counts_nothing():
    assert signals("") == [{signal.name: 0 for signal in SIGNALS}]


def test_of_an_unknown_text_nothing_is_known():
    assert signals(None) == [{signal.name: None for signal in SIGNALS}]


def test_blanks_alone_are_lines_without_words():
    found = signals(" \n\t\n ")[0]

    assert (found["word_count"], found["line_count"], found["filled_line_count"]) == (0, 3, 0)
    assert (found["mean_word_length"], found["paragraph_count"], found["sentence_count"]) == (0.0, 0, 0)


@pytest.mark.parametrize(
    ("text", "letters", "unspaced", "cjk"),
    [("日本語", 1, 1, 1), ("рус", 1, 0, 0), ("تنص", 1, 0, 0), ("ไทย", 1, 1, 0), ("한글", 1, 0, 1), ("12", 0, 0, 0)],
)
def test_letters_of_any_script_are_letters(text, letters, unspaced, cjk):
    found = signals(text)[0]

    assert [found[name] for name in ("letter_share", "unspaced_share", "cjk_share")] == [letters, unspaced, cjk]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("fasttext_word_count", 'a "quoted word\u00a0more \u00bdx', 3),
        ("symbols_per_word", "# ... . . . … x", 4 / 7),
        ("bullet_line_share", "● a\n • b\n\n* c\n- d\ne", 4 / 5),
        ("datatrove_bullet_line_share", "● a\n • b\n\n* c\n- d\ne", 2 / 6),
        ("dolma_bullet_line_share", "● a\n • b\n\n* c\n- d\ne", 2 / 6),
        ("ellipsis_line_share", "a...\nb. . . \nc …\n\nd", 3 / 4),
        ("datatrove_ellipsis_line_share", "a...\nb. . . \nc …\n\nd", 2 / 5),
        ("dolma_ellipsis_line_share", "a...\nb. . . \nc …\n\nd", 1 / 5),
        ("letterless_word_share", "a 1 2b --", 2 / 4),
        ("stop_word_count", "The the AND\u00a0x and, that", 4),
        ("distinct_stop_word_count", "The the AND\u00a0x and, that", 3),
        ("dolma_stop_word_count", "The the AND\u00a0x and, that", 2),
        ("datatrove_stop_word_count", "The the AND\u00a0x and, that", 3),
        ("terminal_line_share", "one.\ntwo!\nthree. \n四。\n\n", 3 / 4),
        ("short_line_share", f"{'x' * 30}\n{'x' * 31}\n \n", 1 / 2),
        ("line_feeds_per_word", "one, two\nthree\n", 2 / 4),
        ("dolma_median_word_length", "a bbb cc dddd", 2.5),
        ("dolma_symbol_word_share", "#a… b... c", 1 / 3),
        ("longest_word", "a é漢字 b", 3),
        ("longest_line", "a\nabcé\n", 4),
        ("mean_line_length", "a\nabcé\n", 5 / 3),
        ("paragraph_count", "one\ntwo\n\nthree\n\n\n \n\nfour", 3),
        ("sentence_count", 'He said "No." Then left, e.g. home. J. Doe 3.5 times', 3),
        ("sentence_count", "これは文です。これも文です。", 2),
        ("sentence_count", "A title\nA line... and more! ***\n---", 2),
        ("brace_count", "{ a } {{", 3),
        ("lorem_ipsum_count", "Lorem Ipsum lorem  ipsum", 1),
        ("javascript_count", "JavaScript, nojavascripts and java script", 2),
        ("policy_count", "Our Privacy Policy uses cookies. Terms of Use", 3),
        ("replacement_count", "a\ufffd\ufffd", 2),
        ("datatrove_word_count", "Don't stop-gap (it's) e.g. 12-year 3,5 www.a.b! ...", 11),
        ("datatrove_letter_word_share", "one , two", 2 / 3),
    ],
)
def test_numbers_have_the_definitions_of_their_systems(name, text, expected):
    assert number(name, text) == expected


@pytest.mark.parametrize(("bullets", "kept_"), [(8, True), (9, True), (10, False)])
def test_the_edge_of_a_bound_passes(bullets, kept_):
    text = "\n".join(["- x"] * bullets + ["x"] * (10 - bullets))

    assert kept(text, column="bullet_line_share", high=0.9) == kept_


@pytest.mark.parametrize(("ending", "kept_"), [(3, True), (4, False)])
def test_three_of_ten_are_not_above_a_bound_of_three_tenths(ending, kept_):
    text = "\n".join(["x..."] * ending + ["x"] * (10 - ending))

    assert kept(text, column="ellipsis_line_share", high=0.3) == kept_


def test_what_is_asked_for_is_all_there_is():
    assert list(signals("a b", only=["dolma", "brace_count"])[0]) == [
        signal.name for signal in SIGNALS if "dolma" in signal.groups or signal.name == "brace_count"
    ]


@pytest.mark.parametrize("name", [signal.name for signal in SIGNALS])
def test_a_number_is_the_same_alone_and_among_all(name):
    text = "The # of “words” … don't.\n- Über-all, 12% of it: lorem ipsum {javascript} privacy policy...\n\n漢字。\r\nx"

    assert number(name, text) == signals(text)[0][name]


def test_stop_words_are_those_of_the_language():
    text = "Die Katze und ÜBER allem der Hund, und die"

    assert [
        number(name, text, stop_words=["und", "die", "über"]) for name in ("stop_word_count", "stop_word_share")
    ] == [
        5,
        5 / 9,
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"only": ["wordcount"]}, "there is no number or group wordcount"),
        ({"stop_words": []}, "at least 1"),
        ({"stop_words": ["Der"]}, "write 'der' for 'Der'"),
        ({"stop_words": ["a b"]}, "no blanks"),
        ({"stop_words": [""]}, "is no word"),
        ({"stop_words": ["der", "der"]}, "twice"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, message):
    with pytest.raises(ValidationError, match=message):
        Signals(**settings)


def test_types_are_those_declared():
    arrays = Signals().open(FetchedAssets()).columns(documents("x", None).slice(1)).arrays

    assert pa.schema([(name, array.type) for name, array in arrays.items()]) == Signals().writes()


def test_no_rows_are_no_rows():
    assert signals() == []


def test_every_signal_says_what_it_is_and_who_uses_it():
    assert [signal.name for signal in SIGNALS if not (signal.about and signal.source and signal.groups)] == []


def test_names_are_each_there_once():
    names = [signal.name for signal in SIGNALS]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "text", ["." * 300_000, ". " * 150_000, "-a" * 150_000, "a" * 300_000, "':" * 150_000, "\n" * 300_000]
)
def test_hostile_texts_are_counted_as_fast_as_others(text):
    assert number("character_count", text) == 300_000


TALKATIVE = (
    "The Mill... of the 12 rivers!\n- (a) #1 {x} don\u2019t stop…\n\n● 日本の 漢字。\ufffd\r\n* lorem ipsum . . .",
    "javascript: see our privacy policy\u2028*\n42 + 1 = 43\n\n\n" + "word " * 40 + "END. And then",
    "",
    None,
)


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda signal: signal.name)
def test_a_number_is_the_same_whether_others_are_wanted_or_not(signal):
    everything = signals(*TALKATIVE)

    assert signals(*TALKATIVE, only=[signal.name]) == [{signal.name: row[signal.name]} for row in everything]


def by_language(texts, languages, only=("stop_word_count", "stop_word_share"), **by):
    batch = pa.RecordBatch.from_arrays(
        [pa.array(texts, pa.large_string()), pa.array(languages, pa.string())], names=["text", "language"]
    )
    arrays = Signals(only=only, stop_words_by=by).open(Inside()).columns(batch).arrays
    return [array.to_pylist() for array in arrays.values()]


class Inside:
    """Where every place is a file of this machine."""

    def path(self, place):
        return Path(place)


def test_each_text_is_held_against_the_stop_words_of_its_language():
    texts = ["the der x und", "the der x und", "der", "", None]
    words = {"en": ["the"], "de": ["der", "und"]}

    assert by_language(texts, ["en", "de", "de", "de", "de"], words=words) == [
        [1, 2, 1, 0, None],
        [1 / 4, 2 / 4, 1.0, 0.0, None],
    ]


def test_of_a_language_without_stop_words_their_number_is_unknown_and_no_other():
    only = ("word_count", "stop_word_share", "dolma_stop_word_count", "datatrove_stop_word_count")

    assert by_language(["the x", "the x", "the x"], ["fr", None, "en"], only, words={"en": ["the"]}) == [
        [2, 2, 2],
        [None, None, 0.5],
        [None, None, 1],
        [None, None, 1],
    ]


def test_characters_of_scripts_without_blanks_are_stop_words_by_themselves():
    found = by_language(["猫の耳は 大", "の the", ""], ["ja"] * 3, ["stop_character_share"], words={"ja": ["の", "は"]})

    assert found == [[2 / 5, 1.0, 0.0]]


def test_stop_words_of_a_profile_come_after_those_of_the_recipe(tmp_path):
    path = tmp_path / "profile.json"
    path.write_text(json.dumps({"by": "language", "stop_words": {"de": ["der"], "no": ["og"]}}))
    texts, languages = ["der die", "og"], ["de", "no"]

    assert by_language(texts, languages, file=str(path))[0] == [1, 1]
    assert by_language(texts, languages, file=str(path), words={"de": ["die", "der"]})[0] == [2, 1]
    assert list(places_of(Signals(stop_words_by={"file": str(path)}))) == [("stop_words_by.file", str(path))]


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ({"by": "site", "stop_words": {"a": ["b"]}}, "words by 'site'"),
        ({"by": "language"}, "has no stop_words"),
        ({"by": "language", "stop_words": {"de": ["Der"]}}, "write 'der' for 'Der'"),
    ],
)
def test_a_profile_without_such_words_is_refused(tmp_path, profile, said):
    path = tmp_path / "profile.json"
    path.write_text(json.dumps(profile))

    with pytest.raises(RecipeError, match=said):
        by_language([], [], file=str(path))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"stop_words_by": {}}, "`words`, a `file` of them"),
        ({"stop_words_by": {"words": {"de": ["a b"]}}}, "no blanks"),
        ({"stop_words_by": {"words": {"de": ["der"]}}, "stop_words": ["und"]}, "no others count"),
    ],
)
def test_stop_words_by_a_column_that_mean_nothing_are_refused(settings, said):
    with pytest.raises(ValidationError, match=said):
        Signals(**settings)


def test_what_chooses_stop_words_is_text():
    step = Signals(stop_words_by={"words": {"de": ["der"]}})

    assert step.reads() == {"text", "language"}
    assert step.misfit(pa.schema([("language", pa.string())])) == ""
    assert "'language' is int64" in step.misfit(pa.schema([("language", pa.int64())]))
