"""What is told of steps and sources: all of their settings, those within settings too."""

import re

import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from dclm_pipeline.cli.catalogue import catalogue, stages
from dclm_pipeline.mistakes import models_in
from dclm_pipeline.recipe import builtin_kinds, source_kinds
from dclm_pipeline.stages.line_rules import Counters, Phrases, Uppercase
from dclm_pipeline.step import Step


def inner_models(model: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> set[type[BaseModel]]:
    fields = [name for name in model.model_fields if name not in Step.model_fields]
    found = {each for name in fields for each in models_in(model, name).values()} - seen
    return found.union(*(inner_models(each, seen | found) for each in found))


def test_the_models_within_settings_are_found():
    assert {Uppercase, Counters, Phrases} <= inner_models(builtin_kinds()["line_filter"])


def test_the_page_tells_of_every_setting_within_settings():
    page = catalogue()
    kinds = [*source_kinds().values(), *builtin_kinds().values()]
    models = set().union(*map(inner_models, kinds))
    tables = [
        frozenset(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE))
        for part in re.split("Settings of `|^#", page, flags=re.MULTILINE)
    ]

    assert [
        model.__name__ for model in models if not any(table >= set(model.model_fields) - {"kind"} for table in tables)
    ] == []


def test_what_is_told_elsewhere_is_referred_to():
    page = catalogue()

    assert page.count("Settings of `rules`, `rule: uppercase`: Drops lines with too many capital letters.") == 1
    assert "Settings of `rules`: as those of `rules` of [line_filter](#line_filter)." in page


@pytest.mark.parametrize("kind", ["line_filter", "line_matches"])
def test_a_terminal_is_told_of_the_settings_of_each_rule(kind):
    said = CliRunner().invoke(stages, [kind]).output

    assert "\n  rules, rule: uppercase: Drops lines with too many capital letters.\n" in said
    assert '\n    wildcard (a text; default "")\n' in said
