"""Changing settings by the names of steps."""

import pytest

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe import Recipe, load_recipe
from tests.recipe.steps import KINDS, SOURCES

TEXT = """\
name: small
source: lines
steps:
  - length
  - {kind: longer, name: long.enough, least: 3}
  - longer
  - {kind: longer, least: 5}
"""


def load(*overrides: str) -> Recipe:
    return load_recipe(TEXT, overrides=overrides, kinds=KINDS, sources=SOURCES)


def said_of(*overrides: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        load(*overrides)
    return str(caught.value).splitlines()


def setting(recipe: Recipe, name: str, field: str) -> object:
    return next(step for step in recipe.steps if step.name == name).model_dump()[field]


@pytest.mark.parametrize(
    ("override", "name", "field", "value"),
    [
        ("longer.least=7", "longer", "least", 7),
        ("longer-2.least=7", "longer-2", "least", 7),
        ("longer-2.least=", "longer-2", "least", None),
        ("long.enough.least=7", "long.enough", "least", 7),
        ("long.enough.edges.low=2", "long.enough", "edges", {"low": 2, "list": ""}),
        ("longer.words=[a, no]", "longer", "words", ("a", "no")),
        ("longer.model=a=b", "longer", "model", "a=b"),
        ("strip.blanks='.'", "strip", "blanks", "."),
        ("length.save=true", "length", "save", True),
    ],
)
def test_a_step_is_addressed_by_its_name(override, name, field, value):
    assert setting(load(override), name, field) == value


def test_what_is_no_step_is_addressed_too():
    recipe = load("source.most=3", "source.path=here", "limits.memory=1MiB", "seed=4", "columns=[text]", "name=other")

    assert (recipe.source.model_dump(), recipe.limits.memory) == ({"kind": "lines", "path": "here", "most": 3}, 2**20)
    assert (recipe.seed, recipe.columns, recipe.name) == (4, ("text",), "other")


def test_the_last_of_two_counts():
    assert setting(load("longer.least=7", "longer.least=8"), "longer", "least") == 8


def test_renaming_a_step_gives_its_old_name_to_the_next():
    assert [step.name for step in load("longer.name=first").steps] == [
        "strip",
        "length",
        "long.enough",
        "first",
        "longer",
    ]


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("enough", "--set enough: expected NAME.FIELD=VALUE, such as enough_words.low=50"),
        ("=3", "--set =3: expected NAME.FIELD=VALUE, such as enough_words.low=50"),
        (
            "lngth.save=true",
            ("--set lngth.save=true: no step is named 'lngth'; did you mean 'length'? "
            "Known: length, long.enough, longer, longer-2, strip, source, limits, seed, columns, name, annotate"),
        ),
        ("longer=3", "--set longer=3: a setting of 'longer' must be named, such as longer.FIELD=…"),
        ("longer.=3", "--set longer.=3: a setting of 'longer' must be named, such as longer.FIELD=…"),
        (
            "longer.lest=3",
            ("--set longer.lest=3: steps.2 (longer): unknown setting 'lest'; did you mean 'least'? "
            "Known: kind, name, save, needs, annotate, least, share, words, edges, model"),
        ),
        ("longer.least=x", "--set longer.least=x: steps.2 (longer): least is 'x'; expected a whole number or null"),
        (
            "longer.edges.low=-1",
            "--set longer.edges.low=-1: steps.2 (longer): edges.low is -1; expected a whole number at least 0",
        ),
        ("seed=true", "--set seed=true: recipe: seed is true; expected a whole number"),
        (
            "limits.failed_share=2",
            "--set limits.failed_share=2: limits: failed_share is 2; expected a number at least 0, at most 1",
        ),
        ("source.most=0", "--set source.most=0: source (lines): most is 0; expected a whole number at least 1"),
        (
            "source.kind=line",
            "--set source.kind=line: source: there is no kind 'line'; did you mean 'lines'? Known: lines",
        ),
        (
            "strip.blnks=x",
            ("--set strip.blnks=x: strip (put first by the source) (strip): unknown setting 'blnks'; "
            "did you mean 'blanks'? Known: kind, name, save, needs, annotate, blanks"),
        ),
        ("columns=[txt]", "--set columns=[txt]: columns: nothing writes 'txt'; did you mean 'text'? There are id, body, text, length"),
        ("seed=[", "--set seed=[:1: not YAML: expected the node content, but found '<stream end>'"),
        ("seed={a: 1, a: 2}", "--set seed={a: 1, a: 2}: 'a' stands here a second time, after line 1; which one is meant?"),
        ("seed=\udcff", "--set 'seed=\\udcff': not UTF-8"),
        ("longer.name=a b", "--set longer.name=a b: steps.2 (longer): name is 'a b': a name is letters, digits, '-', '_' and '.', 64 at most, and begins with a letter or digit"),
    ],
)  # fmt: skip
def test_a_mistake_on_the_command_line_is_told_by_its_words(override, said):
    assert said_of(override) == [said]


def test_mistakes_on_the_command_line_are_all_told_of():
    assert [line.partition(":")[0] for line in said_of("a.b=1", "c", "seed=x")] == [
        "--set a.b=1",
        "--set c",
        "--set seed=x",
    ]


def test_what_was_loaded_is_not_changed_by_what_is_set():
    load("longer.words=[a]")

    assert setting(load(), "longer", "words") == ()


RULES = """\
name: small
source: warc
steps:
  - extract
  - kind: line_filter
    rules: [{rule: uppercase, most: 0.5}, {rule: phrases, phrases: [a]}]
  - {kind: url_filter, by: host, terms: [a]}
"""


def rules_of(*overrides: str) -> list[dict[str, object]]:
    step = next(s for s in load_recipe(RULES, overrides=overrides).steps if s.kind == "line_filter")
    return [
        {name: rule[name] for name in rule if name in ("rule", "most", "phrases")}
        for rule in step.model_dump()["rules"]
    ]


UPPER, PHRASES = {"rule": "uppercase", "most": 0.5}, {"rule": "phrases", "phrases": ("a",)}


@pytest.mark.parametrize(
    ("overrides", "rules"),
    [
        (["rules.0.most=0.4"], [UPPER | {"most": 0.4}, PHRASES]),
        (["rules.1.phrases.0=b"], [UPPER, PHRASES | {"phrases": ("b",)}]),
        (["rules.1.phrases+=b"], [UPPER, PHRASES | {"phrases": ("a", "b")}]),
        (["rules.1.phrases+=[b, c]"], [UPPER, PHRASES | {"phrases": ("a", "b", "c")}]),
        (["rules.0={rule: trim}"], [{"rule": "trim"}, PHRASES]),
        (["rules+={rule: trim}", "rules+=[{rule: digits, most: 1}]"], [UPPER, PHRASES, {"rule": "trim"}, {"rule": "digits", "most": 1.0}]),
    ],
)  # fmt: skip
def test_what_stands_in_a_list_is_addressed_by_its_place(overrides, rules):
    assert rules_of(*(f"line_filter.{override}" for override in overrides)) == rules
    assert rules_of() == [UPPER, PHRASES]


def test_lists_of_the_recipe_itself_can_be_added_to():
    recipe = load_recipe(RULES.replace("steps:", "columns: [url]\nsteps:"), overrides=["columns+=text"])

    assert recipe.columns == ("url", "text")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (
            "line_filter.rules.2.most=1",
            "line_filter.rules is a list of 2, of which one is named by its place, 0 to 1, not '2'; line_filter.rules+=… adds one",
        ),
        ("line_filter.rules.-1.most=1", "0 to 1, not '-1'; line_filter.rules+=… adds one"),
        ("line_filter.rules.most=1", "0 to 1, not 'most'; line_filter.rules+=… adds one"),
        ("line_filter.rules.0.rule.x=1", "line_filter.rules.0.rule is 'uppercase', which has no 'x' in it"),
        ("line_filter.rules.0.mots=1", "steps.1 (line_filter): unknown setting 'rules.0.mots'; did you mean 'most'?"),
        ("line_filter.rules+={rule: trm}", "steps.1 (line_filter): rules.2: there is no rule 'trm'; did you mean 'trim'?"),
        ("url_filter.lists+=x", "url_filter.lists is not written in the recipe, and += adds to a list; write the whole list: url_filter.lists=[…]"),
        ("url_filter.by+=x", "url_filter.by is 'host', and += adds to a list; write the whole list: url_filter.by=[…]"),
        ("columns+=x", "columns is not written in the recipe, and += adds to a list; write the whole list: columns=[…]"),
    ],
)  # fmt: skip
def test_a_place_that_is_not_there_is_told_with_those_that_are(override, said):
    with pytest.raises(RecipeError) as caught:
        load_recipe(RULES, overrides=[override])

    assert str(caught.value).startswith(f"--set {override}: ")
    assert said in str(caught.value)
