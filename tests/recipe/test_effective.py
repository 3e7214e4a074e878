"""Recipes written down again."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from dclm_pipeline.recipe import Recipe, dump_recipe, effective, load_recipe
from dclm_pipeline.recipe.model import Limits
from tests.recipe.steps import KINDS, SOURCES, Edges, Length, Lines, Longer, Strip

STEPS = (Strip(), Length(), Longer(least=3, model="s3://here", edges=Edges(low=1, list="there")))


def test_the_effective_recipe_has_everything_but_places():
    recipe = Recipe(name="a", source=Lines(path="crawl/"), steps=STEPS, limits=Limits(memory=2**20))
    common = {"save": False, "needs": {"cpu": 1.0, "memory": 0, "gpu": 0.0}, "annotate": False}

    assert effective(recipe) == {
        "name": "a",
        "source": {"kind": "lines", "most": 10},
        "steps": [
            {"kind": "strip", "name": "strip", **common, "blanks": " "},
            {"kind": "length", "name": "length", **common},
            {"kind": "longer", "name": "longer", **common, "least": 3, "share": 0.5, "words": [], "edges": {"low": 1}},
        ],
        "columns": None,
        "uses": [],
        "seed": 0,
        "annotate": False,
        "limits": {
            "failed_share": 0.1,
            "dropped_sample": 0.01,
            "cpu_seconds": 10.0,
            "wall_seconds": 60.0,
            "memory": 1048576,
            "shard_bytes": 256000000,
        },
    }


def test_where_a_recipe_lies_changes_nothing_and_what_it_says_does():
    here, there = (
        Recipe(name="a", source=Lines(path=place), steps=(*STEPS[:2], Longer(model=place))) for place in ("x", "y")
    )

    assert json.dumps(effective(here)) == json.dumps(effective(there))
    assert json.dumps(effective(here)) != json.dumps(effective(here.model_copy(update={"seed": 1})))


WORDS = st.text(max_size=6) | st.sampled_from(
    ["no", "1e5", "~", "010", "0x1f", ".nan", ".inf", "=", "a: b", "- a", "1" * 40]
)


@settings(max_examples=30)
@given(st.lists(WORDS, max_size=3), st.none() | WORDS, st.integers(), st.none() | st.integers(), st.floats(0, 1))
def test_what_is_dumped_loads_as_the_same_recipe(words, model, seed, least, share):
    longer = Longer(words=tuple(words), model=model, least=least and least % 10**20, share=share)
    recipe = Recipe(
        name="a", source=Lines(path="|x\n\ty"), steps=(*STEPS[:2], longer), columns=("text",), seed=seed % 10**29
    )
    text = dump_recipe(recipe)

    assert load_recipe(text, kinds=KINDS, sources=SOURCES) == recipe
