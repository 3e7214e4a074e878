"""Whatever is written in a recipe, or said on the command line, is a recipe or a `RecipeError`."""

import json

from hypothesis import given
from hypothesis import strategies as st

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe import dump_recipe, load_recipe
from tests.recipe.steps import KINDS, SOURCES, Edges, Longer

WORDS = st.sampled_from(
    ["kind", "name", "lines", "length", "longer", "strip", "cut", "text", "piece", "id", "a b", "8MiB", ""]
)
SCALARS = st.none() | st.booleans() | st.integers(-3, 10**25) | st.floats(allow_nan=False) | WORDS
VALUES = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(WORDS, SCALARS, max_size=2)
SETTINGS = st.sampled_from([*Longer.model_fields, *Edges.model_fields, "cpu", "most", "path", "memory", "cpu_seconds"])
STEPS = KINDS.keys() | {"x"}
STEP = st.sampled_from(sorted(STEPS)) | st.fixed_dictionaries(
    {"kind": st.sampled_from(sorted(STEPS))},
    optional={"name": VALUES, "least": VALUES, "edges": VALUES, "needs": VALUES},
)
RECIPE = st.fixed_dictionaries(
    {"name": st.just("a") | VALUES, "source": st.just("lines") | VALUES, "steps": st.lists(STEP, max_size=4) | VALUES},
    optional={
        "columns": VALUES,
        "seed": VALUES,
        "limits": st.dictionaries(SETTINGS, VALUES, max_size=2),
        "uses": VALUES,
    },
)
OVERRIDE = st.builds(
    "{}{}={}".format,
    st.sampled_from(["strip", "length", "longer", "source", "limits", "seed", "columns", "zz", ""]),
    st.lists(SETTINGS, max_size=2).map(lambda fields: "".join(f".{field}" for field in fields)),
    st.sampled_from(["", "1", "x", "[a]", "{a: 1}", "true", "[", "1e400", "'", "&a", "\n\t"]),
)  # fmt: skip


@given(RECIPE, st.lists(OVERRIDE, max_size=2))
def test_whatever_is_written_is_a_recipe_or_a_line_for_each_mistake(values, overrides):
    text = json.dumps(values, indent=1).replace("Infinity", ".inf")
    try:
        recipe = load_recipe(f"{text}\n", overrides=overrides, kinds=KINDS, sources=SOURCES)
    except RecipeError as error:
        lines = str(error).splitlines()
        assert all(line.startswith(("recipe:", "--set ")) for line in lines if line.strip())
    else:
        assert load_recipe(dump_recipe(recipe), kinds=KINDS, sources=SOURCES) == recipe


@given(st.sampled_from(["a", "text", "lines\nname: b", "x" * 300]), st.binary(max_size=40))
def test_files_of_any_bytes_are_refused_by_name(name, data):
    text = f"name: {name}\n".encode() + data
    try:
        load_recipe(text.decode("utf-8", "surrogateescape"), kinds=KINDS, sources=SOURCES)
    except RecipeError as error:
        said = str(error)
        assert said.startswith("recipe:")
