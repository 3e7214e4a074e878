"""What recipes mean."""

from pathlib import Path

import pytest

from dclm_pipeline.recipe import Recipe, json_schema, load_recipe, step_kinds
from dclm_pipeline.recipe.json_schema import schema_text
from dclm_pipeline.recipe.loading import load_scalar
from dclm_pipeline.recipe.shipping import pack, unpack
from dclm_pipeline.rowwise import filter as row_filter
from dclm_pipeline.sources.warc import Warc

TEXT = """
name: small
source: warc
steps:
  - extract
  - signals
  - {kind: between, column: word_count, low: 5}
  - {kind: between, column: word_count, high: 500}
limits: {shard_bytes: 2MB}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text)
    return path


def test_steps_are_named_by_kind_and_number_and_begin_with_what_the_source_asks_for(tmp_path):
    recipe = load_recipe(write(tmp_path, TEXT))

    assert [step.name for step in recipe.steps] == ["decode", "extract", "signals", "between", "between-2"]
    assert recipe.limits.shard_bytes == 2_000_000


def test_the_same_recipe_can_be_said_in_python(tmp_path):
    kinds = step_kinds()
    loaded = load_recipe(write(tmp_path, TEXT))
    made = Recipe(
        name="small",
        source=Warc(),
        steps=(
            kinds["extract"](),
            kinds["signals"](),
            kinds["between"](column="word_count", low=5),
            kinds["between"](column="word_count", high=500),
        ),
        limits=loaded.limits,
    )

    assert made == loaded


def test_settings_can_be_changed_by_the_names_of_steps(tmp_path):
    overrides = ["between-2.high=9", "source.path=here", "limits.memory=1MiB", "seed=4"]
    recipe = load_recipe(write(tmp_path, TEXT), overrides=overrides)

    assert recipe.steps[4].model_dump()["high"] == 9
    assert (recipe.source.path, recipe.limits.memory, recipe.seed) == ("here", 2**20, 4)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("010", 10),
        ("1e5", 1e5),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("0x1f", "0x1f"),
        ("true", True),
        ("~", None),
        ("'1'", "1"),
        ("[a, 1]", ["a", 1]),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text, value):
    assert load_scalar(text, "test") == value


def test_steps_survive_the_way_to_a_worker():
    @row_filter
    def calm(text: str, *, most: int = 3) -> bool:
        return text.count("!") <= most

    kinds = step_kinds()
    steps = (kinds["between"](name="b", column="x", low=1), calm(name="c", most=1))
    there = unpack(pack(steps))

    assert [step.model_dump() for step in there] == [step.model_dump() for step in steps]
    assert type(there[1]).code == calm.code


def test_a_users_module_is_bundled_and_its_digest_is_known(tmp_path):
    module = "my_stages_for_tests"
    (tmp_path / f"{module}.py").write_text(
        "import dclm_pipeline as dp\n\n\n@dp.filter\ndef shorter(text: str, *, most: int = 9) -> bool:\n"
        "    return len(text) <= most\n"
    )
    text = TEXT.replace("  - signals\n", "  - signals\n  - {kind: shorter, most: 4}\n") + f"uses: [{module}]\n"
    recipe = load_recipe(write(tmp_path, text), allow_custom_code=True)

    assert [code.module for code in recipe.bundles] == [module]
    assert unpack(pack(recipe.steps))[3].model_dump()["most"] == 4


def test_the_schema_for_editors_is_fresh():
    path = Path(__file__).parents[2] / "schemas" / "recipe.json"

    assert path.read_text() == schema_text(json_schema()), "run `make docs`"
