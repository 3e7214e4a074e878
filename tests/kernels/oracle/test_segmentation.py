import json
from functools import cache
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st
from uniseg import wordbreak

from dclm_pipeline.kernels.characters import PICTURE, WORD_BREAKS, word_break_classes
from dclm_pipeline.kernels.strings import views
from dclm_pipeline.kernels.words.segmentation import table_of_uniseg, words_of

# One or two characters of every class, so that rules meet.
ODD = "\r\n\x0b\u2028\u0301\u200d🇩🇪\u00adカア\u05d0\u05d1ab\"'.:,;5٣_\u203f \u3000漢かก😀❤Ⓜ\uff9e\U000e0001²(-\u00b7"
TEXTS = st.lists(
    st.text(st.one_of(st.sampled_from(ODD), st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])))
)

AHL = {"ALetter", "Hebrew_Letter"}
IGNORED = {"Extend", "Format", "ZWJ"}
LINES = {"CR", "LF", "Newline"}
BOTH = {"MidNumLet", "Single_Quote"}


@cache
def kind(character):
    return WORD_BREAKS[int(word_break_classes()[ord(character)]) & 31]


@cache
def kind_to_uniseg(character):
    """Return the class that uniseg 0.8.0 has a rule for, after version 15.0 of Unicode."""
    if "\u0600" <= character <= "\u0605" or character in "\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd":
        return "Format"
    if character in "\ufe10\ufe14":
        return "MidNum"
    unknown = {"Single_Quote", "Double_Quote", "Hebrew_Letter", "ZWJ"}
    return "Other" if character in "\u00b8\u19da" or kind(character) in unknown else kind(character)


def breaks(text, i, kind=kind):
    """Tell whether there is a boundary before character i, rule by rule as the standard lists them."""
    left, right = kind(text[i - 1]), kind(text[i])
    if (left, right) == ("CR", "LF"):  # WB3
        return False
    if left in LINES or right in LINES:  # WB3a, WB3b
        return True
    if left == "ZWJ" and word_break_classes()[ord(text[i])] & PICTURE:  # WB3c
        return False
    if left == right == "WSegSpace":  # WB3d
        return False
    if right in IGNORED:  # WB4
        return False
    before = [j for j in range(i) if kind(text[j]) not in IGNORED or j == 0 or kind(text[j - 1]) in LINES]
    after = [j for j in range(i + 1, len(text)) if kind(text[j]) not in IGNORED]
    last = kind(text[before[-1]])
    second = kind(text[before[-2]]) if len(before) > 1 else ""
    following = kind(text[after[0]]) if after else ""
    no_break = (
        (last in AHL and right in AHL)  # WB5
        or (last in AHL and right in BOTH | {"MidLetter"} and following in AHL)  # WB6
        or (second in AHL and last in BOTH | {"MidLetter"} and right in AHL)  # WB7
        or (last == "Hebrew_Letter" and right == "Single_Quote")  # WB7a
        or (last == "Hebrew_Letter" and right == "Double_Quote" and following == "Hebrew_Letter")  # WB7b
        or (second == "Hebrew_Letter" and last == "Double_Quote" and right == "Hebrew_Letter")  # WB7c
        or (last in AHL | {"Numeric"} and right == "Numeric")  # WB8, WB9
        or (last == "Numeric" and right in AHL)  # WB10
        or (second == "Numeric" and last in BOTH | {"MidNum"} and right == "Numeric")  # WB11
        or (last == "Numeric" and right in BOTH | {"MidNum"} and following == "Numeric")  # WB12
        or (last == right == "Katakana")  # WB13
        or (last in AHL | {"Numeric", "Katakana", "ExtendNumLet"} and right == "ExtendNumLet")  # WB13a
        or (last == "ExtendNumLet" and right in AHL | {"Numeric", "Katakana"})  # WB13b
    )
    if no_break:
        return False
    if last == right == "Regional_Indicator":  # WB15, WB16
        run = 0
        for j in reversed(before):
            if kind(text[j]) != "Regional_Indicator":
                break
            run += 1
        return run % 2 == 0
    return True


def slow_words(text, kind=kind):
    places = [0, *(i for i in range(1, len(text)) if breaks(text, i, kind)), len(text)]
    segments = [text[i:j] for i, j in pairwise(places)]
    return [segment for segment in segments if segment and segment[0].isalnum()]


def fast_words(array, table=None):
    offsets, data = views(array)
    words = words_of((offsets, data), table)
    found = [bytes(data[i:j]).decode() for i, j in zip(words.begins, words.ends, strict=True)]
    assert [len(word) for word in found] == words.lengths.tolist()
    return [found[i:j] for i, j in pairwise(words.rows)]


@given(TEXTS, st.integers(0, 2))
@example(["can't 3.14 1,000 a.b.c a..b don’t foo_bar _x x_ 'a' e-mail"], 0)
@example(["a²" * 50], 0)
def test_words_are_those_of_the_rules_read_slowly(texts, first):
    array = pa.array(texts, pa.large_string()).slice(first)

    assert fast_words(array) == list(map(slow_words, texts[first:]))


@given(TEXTS)
def test_words_are_those_of_another_implementation(texts):
    array = pa.array(texts, pa.large_string())

    assert fast_words(array) == [[word for word in wordbreak.words(text) if word[0].isalnum()] for text in texts]


def test_the_words_of_dclm_are_those_of_its_library():
    # Each line a made-up text, and its words as uniseg 0.8.0 gave them.
    lines = Path(__file__).with_name("words-of-uniseg-0.8.0.jsonl").read_text("ascii").splitlines()
    texts, words = zip(*map(json.loads, lines), strict=True)

    assert fast_words(pa.array(texts, pa.large_string()), table_of_uniseg()) == list(words)


@given(TEXTS)
def test_the_words_of_dclm_are_those_of_its_rules_read_slowly(texts):
    array = pa.array(texts, pa.large_string())

    assert fast_words(array, table_of_uniseg()) == [slow_words(text, kind_to_uniseg) for text in texts]
