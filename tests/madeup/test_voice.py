from collections import Counter

import pytest

from dclm_pipeline.madeup.languages import BY_SITE, ENGLISH, PLACEHOLDER
from dclm_pipeline.madeup.languages.japanese import JAPANESE
from dclm_pipeline.madeup.luck import Luck
from dclm_pipeline.madeup.voice import Language, voice_of

LANGUAGES = sorted({language.code: language for language in (*BY_SITE, PLACEHOLDER)}.values(), key=lambda one: one.code)
SMALL = Language(
    code="xx",
    rules="""
sentence = <who> , {verb} big_thing !
title = {verb} ?
who = you
""",
    words={"verb": ("see",)},
    labels=("a",),
    notices=("b",),
    missing="c",
)


def test_rules_are_followed_to_the_letter():
    voice = voice_of(SMALL)

    assert voice.sentences(Luck(0, "x"), 2) == ["You, see big thing!"] * 2
    assert voice.titles(Luck(0, "x"), 1) == ["See?"]


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_sentences_are_whole(language):
    sentences = voice_of(language).sentences(Luck(1, "whole"), 300)

    ends = tuple(language.signs[1:4])
    wrong = [one for one in sentences if not one.endswith(ends) or one != one.strip() or set("<>{}_&=") & set(one)]
    assert wrong == []
    assert [one for one in sentences if one[:1] != one[:1].upper()] == []


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_every_word_class_is_used_and_spelt_once(language):
    used = {name for name in language.words if f"{{{name}}}" in language.rules}
    unused = set(language.words) - used
    twice = {
        name: word for name, words in language.words.items() for word, count in Counter(words).items() if count > 1
    }

    assert (unused, twice) == (set(), {})


@pytest.mark.parametrize(
    ("language", "common"),
    [
        ("en", "the of and a in"),
        ("de", "der die das und den"),
        ("fr", "le la de et"),
        ("es", "el la de y"),
        ("it", "il la di ha"),
        ("pl", "i w"),
        ("ru", "и"),
    ],
)
def test_function_words_are_frequent(language, common):
    voice = next(voice_of(one) for one in LANGUAGES if one.code == language)
    counts = Counter(" ".join(voice.sentences(Luck(2, "words"), 500)).lower().split())
    frequent = {word for word, _ in counts.most_common(60)}

    assert [word for word in common.split() if word not in frequent] == []


def test_word_frequencies_fall_like_zipf_says():
    words = (
        " ".join(" ".join(voice_of(ENGLISH).sentences(Luck(0, "zipf", page), 40)) for page in range(60)).lower().split()
    )
    counts = [count for _, count in Counter(words).most_common()]

    assert counts[0] > 5 * counts[20] > 10 * counts[200]
    assert 900 < len(counts) < 3000


def test_japanese_is_written_without_spaces():
    text = "".join(voice_of(JAPANESE).paragraphs(Luck(0, "ja"), 50))

    assert " " not in text
    assert text.count("。") >= 50


def test_no_sentences_are_asked_for():
    assert voice_of(ENGLISH).sentences(Luck(0, "x"), 0) == []


def test_thirteen_words_in_a_row_rarely_meet_again():
    counts: Counter[tuple[str, ...]] = Counter()
    for page in range(100):
        words = " ".join(voice_of(ENGLISH).sentences(Luck(0, "overlap", page), 30)).split()
        counts.update({tuple(words[k : k + 13]) for k in range(len(words) - 12)})

    assert sum(count for count in counts.values() if count > 1) < 0.001 * counts.total()
