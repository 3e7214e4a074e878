"""What recipes can name."""

from typing import Literal

import pytest

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe import builtin_kinds, register, source_kinds, step_kinds
from dclm_pipeline.recipe.kinds import kind_of
from dclm_pipeline.step import VERBS, Filter, Step
from tests.recipe import steps


def test_every_built_in_kind_is_a_step_or_a_source_of_that_kind():
    assert {kind: kind_of(step) for kind, step in builtin_kinds().items()} == {kind: kind for kind in builtin_kinds()}
    assert all(issubclass(step, VERBS) for step in builtin_kinds().values())
    assert {kind: kind_of(source) for kind, source in source_kinds().items()} == {kind: kind for kind in source_kinds()}
    assert "warc" in source_kinds()


def test_what_is_registered_is_known_beside_what_is_built_in():
    register(steps.Longer)

    assert step_kinds() == builtin_kinds() | {"longer": steps.Longer}


def test_a_kind_is_known_without_a_default_too():
    class Bare(steps.Longer):
        kind: Literal["bare"]

    register(Bare)

    assert step_kinds()["bare"] is Bare


def test_a_later_one_of_the_same_name_takes_its_place():
    made: list[type[Step]] = []
    for _ in range(2):

        class Mine(steps.Longer):
            kind: Literal["mine"] = "mine"

        register(Mine)
        made.append(Mine)

    assert step_kinds()["mine"] is made[1]


def test_a_taken_word_is_refused_with_who_has_it():
    class Between(Filter):
        kind: Literal["between"] = "between"

    with pytest.raises(RecipeError) as caught:
        register(Between)
    assert "there is a step of kind 'between' already, dclm_pipeline.stages.between.Between; use another word" in str(
        caught.value
    )


def test_a_step_without_a_kind_is_refused():
    with pytest.raises(RecipeError, match=r'Filter: a step needs a kind: write `kind: Literal\["filter"\] = …`'):
        register(Filter)
