import unicodedata

import numpy as np
import pytest

from dclm_pipeline.kernels import characters
from tests.kernels import word_break_file


def having(bit):
    return {chr(code) for code in np.flatnonzero(characters.character_table() & bit)}


ALL = list(map(chr, range(characters.CODES)))


@pytest.mark.parametrize(
    ("bit", "test"),
    [
        (characters.SPACE, str.isspace),
        (characters.LETTER, str.isalpha),
        (characters.DIGIT, str.isdigit),
        (characters.ALNUM, str.isalnum),
        (characters.UPPER, str.isupper),
        (characters.LOWER, str.islower),
        (characters.PUNCTUATION, lambda each: unicodedata.category(each)[0] == "P"),
        (characters.SYMBOL, lambda each: unicodedata.category(each)[0] == "S"),
        (characters.MARK, lambda each: unicodedata.category(each)[0] == "M"),
    ],
)
def test_a_character_is_what_python_says(bit, test):
    assert having(bit) == set(filter(test, ALL))


def test_classes_of_words_are_those_of_the_library():
    recorded = word_break_file.FILE.read_text("ascii").splitlines()
    written = list(word_break_file.lines())
    if written[0].split(", as ")[0] != recorded[0].split(", as ")[0]:
        pytest.skip(f"the installed regex knows another Unicode: {written[0]}")

    assert recorded[1:] == written[1:]


@pytest.mark.parametrize(
    ("character", "unspaced"),
    [("漢", True), ("か", True), ("カ", True), ("ก", True), ("a", False), ("한", False), ("。", False)],
)
def test_scripts_without_blanks_are_known(character, unspaced):
    assert (character in having(characters.UNSPACED)) == unspaced
