"""What YAML of strangers may say, and what it may not."""

import json
import math

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe.loading import MOST_DEPTH, load_scalar, load_yaml, read_word


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("010", 10),
        ("0o10", 8),
        ("0x1f", 31),
        ("+7", 7),
        ("1_000", "1_000"),
        ("1e5", 1e5),
        (".5", 0.5),
        ("1.", 1.0),
        ("-.inf", -math.inf),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("true", True),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("~", None),
        ("", None),
        ("=", "="),
        ("'1'", "1"),
        ('"no"', "no"),
        ("[a, 1]", ["a", 1]),
        ("{a: [1]}", {"a": [1]}),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text, value):
    read = load_scalar(text, "test")

    assert (type(read), read) == (type(value), value)


def test_every_value_knows_its_line():
    loaded = load_yaml(b"a: 1\nb:\n  - c: 2\n\n    d: |\n      x\n  - 3\n", "x.yaml")

    assert loaded.values == {"a": 1, "b": [{"c": 2, "d": "x\n"}, 3]}
    assert loaded.lines == {
        (): 1,
        ("a",): 1,
        ("b",): 2,
        ("b", 0): 3,
        ("b", 0, "c"): 3,
        ("b", 0, "d"): 5,
        ("b", 1): 7,
    }


def test_what_has_no_line_has_that_of_what_holds_it():
    loaded = load_yaml(b"a:\n- b: {c: 1}\n", "x.yaml")

    assert [loaded.line(path) for path in [("a", 0, "b", "zz"), ("a", 9), ("zz",)]] == [2, 1, 1]


def test_of_a_key_that_stands_twice_the_first_is_read_and_the_second_told_of():
    loaded = load_yaml(b"a: 1\nb: {c: 1, c: 2}\na: 3\n", "x.yaml")

    assert loaded.values == {"a": 1, "b": {"c": 1}}
    assert loaded.repeated == (
        (2, "'c' stands here a second time, after line 2; which one is meant?"),
        (3, "'a' stands here a second time, after line 1; which one is meant?"),
    )


LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, "x.yaml:1: anchors and aliases (& and *) cannot be used; write the value out, or quote it"),
        ("a: [*x]", "x.yaml:1: anchors and aliases (& and *) cannot be used; write the value out, or quote it"),
        ("\n&a b: 1", "x.yaml:2: anchors and aliases (& and *) cannot be used; write the value out, or quote it"),
        ("a: !!str 1", "x.yaml:1: the tag 'tag:yaml.org,2002:str' cannot be used; recipes hold plain values alone"),
        ("a: !x 1", "x.yaml:1: the tag '!x' cannot be used; recipes hold plain values alone"),
        ("? [a, b]\n: c", "x.yaml:1: a key must be a word"),
        ("a: 1\nb: .nan", "x.yaml:2: what is not a number cannot be a setting"),
        ("a:\n  - " + "1" * 31, "x.yaml:2: a number of 31 digits"),
        ("a: 0x" + "f" * 40, "x.yaml:1: a number of 42 digits"),
        ('a: 1\n"b\\ud800": 1', "x.yaml:2: an escape stands for half a character; write the character itself"),
        ("a: 1\n\x00", "x.yaml:2: not YAML: special characters are not allowed"),
        ("---\na: 1\n---\nb: 2", "x.yaml:3: a second document begins here; a recipe is one document"),
        ("a: 1\n\tb: 2", "x.yaml:2: a tab stands here; indent with blanks"),
        ("[" * 1_000_000, f"x.yaml:1: nested more than {MOST_DEPTH} deep"),
        ("? " * 500_000, f"x.yaml:1: nested more than {MOST_DEPTH} deep"),
        ("- a\n" * 25_000, "x.yaml:19999: more than 20,000 values; no recipe is that long"),
        ("a" * (2**20 + 1), "x.yaml: 1,048,577 bytes; a recipe has 1,048,576 at most"),
    ],
    ids=range(17),
)
def test_what_a_recipe_has_no_use_for_is_refused_with_its_line(text, said):
    with pytest.raises(RecipeError) as caught:
        load_yaml(text.encode(), "x.yaml")

    assert str(caught.value) == said


@pytest.mark.parametrize("data", [b"a: 1\nb: \xff", "a: ü\nb: ü".encode("latin-1"), "a: 1".encode("utf-16")])
def test_what_is_not_utf_8_is_refused(data):
    with pytest.raises(RecipeError, match=r"x\.yaml:\d: not UTF-8; save the file as UTF-8"):
        load_yaml(data, "x.yaml")


@given(st.binary(max_size=200) | st.text(alphabet="ab01:-?[]{},&*!|>'\"%@` \n\t#~<=.\\", max_size=80).map(str.encode))
def test_whatever_bytes_there_are_they_are_read_or_refused(data):
    try:
        loaded = load_yaml(data, "x.yaml")
    except RecipeError as error:
        said = str(error)
        assert said.startswith("x.yaml:")
    else:
        assert loaded.lines or loaded.values is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**28), 10**28) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=20)
@given(VALUES)
@example({"𐀀": "𐀀"})
@example({"no": "no", "1e5": "1e5", "~": "~", "": ""})
def test_json_is_read_as_json_reads_it(value):
    text = json.dumps(value, ensure_ascii=True).replace("Infinity", ".inf")

    assert load_yaml(text.encode(), "x.yaml").values == json.loads(json.dumps(value))


@given(st.text(alphabet="0123456789+-.eExo_:~nulNULtrefasyOi", max_size=8))
def test_a_word_is_a_number_only_where_it_looks_like_one(word):
    try:
        read = read_word(word)
    except ValueError:
        read = math.nan

    assert isinstance(read, str) or word[:1] in "0123456789+-.~nNtTfF"
    assert read == word or not isinstance(read, str)


def test_words_without_quotes_agree_with_pyyaml_where_yaml_1_1_and_1_2_do():
    words = ["1", "-3", "+4", "1.5", "5.", "1.0e+5", ".inf", "true", "False", "null", "~", "abc", "a b", "1a", "1.2.3"]

    assert [read_word(word) for word in words] == [yaml.safe_load(word) for word in words]
