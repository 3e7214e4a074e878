import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dclm_pipeline.kernels.characters import UNSPACED, character_table
from dclm_pipeline.kernels.strings import views
from dclm_pipeline.kernels.words.shingles import shingles_of
from tests.kernels.oracle.test_segmentation import slow_words

PRIME, BASE, ALL = 0x9E3779B97F4A7C15, 0x9FB21C651E98DF25, 2**64 - 1
ODD = "abzABZ@[`{éÉßẞİıKΣςÅ漢字かカหมา한 \n\u3000\x1c\u0301'.1٣_😀Ⱥ"
TEXTS = st.lists(
    st.text(st.one_of(st.sampled_from(ODD), st.sampled_from(ODD), st.characters(exclude_categories=["Cs"])))
)


def mixed(value):
    value = value * PRIME & ALL
    value ^= value >> 32
    value = value * PRIME & ALL
    return value ^ value >> 32


def word_hash(word):
    value = len(word)
    while len(word) > 8:
        value, word = mixed(value ^ int.from_bytes(word[:8], "little")), word[8:]
    return mixed(value * BASE & ALL ^ int.from_bytes(word, "little"))


def slow_split(text, words, unspaced):
    found = slow_words(text) if words == "unicode" else text.split()
    if not unspaced:
        return found
    table = character_table()
    alone = {c for c in text if table[ord(c)] & UNSPACED and c.isalnum()}
    pattern = "|".join(map(re.escape, sorted(alone)))
    return [part for word in found for part in (re.split(f"({pattern})", word) if pattern else [word]) if part]


def slow_shingles(text, n, words, lower, unspaced):
    found = slow_split(text, words, unspaced)
    if lower:
        found = ["".join(c.lower()[0] for c in word) for word in found]
    hashes = [word_hash(word.encode()) for word in found]
    whole = len(hashes)
    for value in hashes:
        whole = mixed(whole ^ value)
    if not hashes:
        return [], whole, 0
    runs = [
        mixed(sum(value * pow(BASE, n - 1 - j, 2**64) for j, value in enumerate(hashes[i : i + n])) & ALL)
        for i in range(len(hashes) - n + 1)
    ]
    return runs or [whole], whole, len(hashes)


def fast_shingles(array, *settings):
    runs = shingles_of(views(array), *settings)
    return [
        (runs.hashes[runs.rows[i] : runs.rows[i + 1]].tolist(), int(runs.wholes[i]), int(runs.words[i]))
        for i in range(len(array))
    ]


@given(
    TEXTS, st.integers(0, 2), st.integers(1, 5), st.sampled_from(["unicode", "blanks"]), st.booleans(), st.booleans()
)
@example(["Ünïted KELVIN K " * 9, "漢字a漢b" * 7], 0, 3, "unicode", True, True)
@example(["ȺȺȺȺȺȺȺȺ"], 0, 1, "blanks", True, False)
@example(["ABCDEFGHI ABCDEFGHİ İABCDEFGH ABCDEFGHIJKLMNOPQ"], 0, 1, "unicode", True, False)
def test_runs_are_those_of_words_hashed_slowly(texts, first, n, words, lower, unspaced):
    array = pa.array(texts, pa.large_string()).slice(first)

    assert fast_shingles(array, n, words, lower, unspaced) == [
        slow_shingles(text, n, words, lower, unspaced) for text in texts[first:]
    ]


@given(st.binary(max_size=40))
def test_capitals_of_ascii_are_found_eight_at_a_time(data):
    text = data.decode("ascii", "ignore").replace(" ", "")
    array = pa.array([text, text.lower()], pa.large_string())
    one, other = fast_shingles(array, 1, "blanks", True, False)

    assert one == other


@pytest.mark.parametrize(
    ("one", "other", "settings"),
    [
        ("The cat SAT", "the cat sat", {}),
        ("the cat, sat!", "the cat -- sat", {}),
        ("Ёлка", "ёлка", {}),
        ("我 爱你", "我爱 你", {"words": "blanks", "unspaced": True}),
    ],
)
def test_what_differs_in_what_is_no_word_has_the_same_runs(one, other, settings):
    runs = shingles_of(views(pa.array([one, other], pa.large_string())), 2, **settings)
    half = len(runs.hashes) // 2

    assert np.array_equal(runs.hashes[:half], runs.hashes[half:])
    assert runs.wholes[0] == runs.wholes[1]
