"""What recipes mean."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe import Limits, Recipe, load_recipe, named, step_kinds
from dclm_pipeline.sources.jsonl import Jsonl
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


def test_a_recipe_in_python_is_checked_like_one_in_a_file():
    kinds = step_kinds()
    with pytest.raises(RecipeError) as chain:
        Recipe(name="a", source=Warc(), steps=[kinds["signals"](name="x"), kinds["signals"](name="x")], columns=["zz"])
    with pytest.raises(RecipeError) as settings:
        Recipe.model_validate(
            {"name": "a b", "source": Warc(), "steps": [kinds["extract"](), 3], "seed": "x", "sed": 1}
        )

    assert [line.partition(";")[0] for line in str(chain.value).splitlines()] == [
        "steps.1 (signals) reads 'text', which no earlier step writes",
        "steps.2 (signals): is named 'x' like steps.1 (signals)",
        "steps.2 (signals) reads 'text', which no earlier step writes",
        str(chain.value).splitlines()[3],
    ]
    assert str(chain.value).splitlines()[3].startswith("columns: nothing writes 'zz'. There are id, ")
    assert [line.partition(";")[0] for line in str(settings.value).splitlines()] == [
        "recipe: name is 'a b': a name is letters, digits, '-', '_' and '.', 64 at most, and begins with a letter or digit",
        "recipe: seed is 'x'",
        "recipe: steps.1 is 3",
        "recipe: unknown setting 'sed'",
    ]


@pytest.mark.parametrize("name", ["a b", "", "-a", "a" * 65, "a/b", "é", "source", "limits"])
def test_a_step_is_not_called_what_cannot_be_a_name(name):
    with pytest.raises(RecipeError, match=r"name is .*: a name is letters|which --set takes"):
        Recipe(name="a", source=Warc(), steps=[step_kinds()["extract"](name=name or "\n")])


def test_given_names_are_not_given_a_second_time():
    between = step_kinds()["between"]
    names = ["", "between-2", "", "between", ""]
    steps = [between(column="x", low=1, name=name) for name in names]

    assert [step.name for step in named(steps)] == ["between-3", "between-2", "between-4", "between", "between-5"]


@pytest.mark.parametrize(
    ("written", "size"),
    [
        (5, 5),
        ("5", 5),
        ("1.5KB", 1500),
        ("8MiB", 8 * 2**20),
        ("256 MB ", 256_000_000),
        ("1gib", 2**30),
        ("9007199254740993", 9007199254740993),
    ],
)
def test_sizes_have_units(written, size):
    assert Limits.model_validate({"memory": written}).memory == size


@pytest.mark.parametrize("written", ["MB", "-1MB", "1 PB", "1e9", "9" * 400 + "MB", "0", "", "١MB", 1.5, None, [1]])
def test_what_is_no_size_is_refused(written):
    with pytest.raises(ValidationError):
        Limits.model_validate({"memory": written})


def test_a_text_of_lines_is_a_recipe_itself():
    assert load_recipe(TEXT) == load_recipe(TEXT.lstrip("\n").replace("- extract", "- {kind: extract}"))


def test_a_step_that_the_source_asks_for_is_left_where_the_recipe_has_it():
    text = TEXT.replace("  - extract\n", "  - {kind: decode, name: bytes}\n  - extract\n")

    assert [step.name for step in load_recipe(text).steps[:2]] == ["bytes", "extract"]


PROGRAM = """
import sys
import dclm_pipeline.recipe as recipe
recipe.load_recipe(sys.argv[1])
recipe.json_schema()
print([name for name in ("numba", "ray", "pyarrow.dataset", "resiliparse") if name in sys.modules])
"""


def test_reading_a_recipe_loads_nothing_that_is_slow_to_load(tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(write(tmp_path, TEXT))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "[]"


def test_a_bare_name_is_a_recipe_that_comes_with_the_package(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_recipe("quickstart") == load_recipe(Path(__file__).parents[2] / "pipelines" / "quickstart.yaml")

    with pytest.raises(RecipeError, match=r"no such file.* Recipes that come with the package: .*quickstart"):
        load_recipe("quickstrat")
    Path("quickstart").write_text("name: mine\nsource: warc\nsteps: [extract]\n")
    assert load_recipe("quickstart").name == "mine"


def test_a_recipe_without_a_step_is_refused():
    with pytest.raises(RecipeError, match="expected a list of at least one"):
        Recipe(name="x", source=Jsonl(), steps=[])
