"""What editors are told about recipes."""

from pathlib import Path

import pytest

from dclm_pipeline.recipe import json_schema, load_recipe, step_kinds
from dclm_pipeline.recipe.effective import dump_recipe
from dclm_pipeline.recipe.json_schema import schema_text
from dclm_pipeline.recipe.loading import load_yaml

jsonschema = pytest.importorskip("jsonschema")

HOUSE = Path(__file__).parents[2]
HEAD = "name: a\nsource: warc\n"


def accepts(text: str) -> bool:
    """Tell whether an editor would find nothing wrong."""
    return bool(jsonschema.Draft202012Validator(json_schema()).is_valid(load_yaml(text.encode(), "x").values))


def test_the_schema_in_the_repository_is_fresh():
    assert (HOUSE / "schemas" / "recipe.json").read_text() == schema_text(json_schema()), "run `make docs`"


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(json_schema())


def test_every_kind_and_setting_is_described():
    definitions = json_schema()["$defs"]
    silent = [
        f"{name}.{setting}"
        for name, definition in definitions.items()
        for setting, schema in definition.get("properties", {}).items()
        if name != "step-of-uses" and setting != "kind" and "description" not in schema and "$ref" not in schema
    ]

    assert {f"step-{kind}" for kind in step_kinds()} <= set(definitions)
    assert silent == []


@pytest.mark.parametrize("path", sorted((HOUSE / "pipelines").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_recipes_are_accepted_as_they_are_and_written_out(path):
    assert accepts(path.read_text())
    assert accepts(dump_recipe(load_recipe(path)))


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("steps: [extract]", True),
        ("steps: [{kind: extract}]\nlimits: {memory: 8MiB, shard_bytes: 5}", True),
        ("steps: [{kind: between, column: a, low: 1.5}]", True),
        ("steps: [extract]\nuses: []", True),
        ("steps: [extract, mine, {kind: mine, x: 1}]\nuses: [my_stages]", True),
        ("steps: [mine]", False),
        ("steps: [{kind: extrct}]", False),
        ("steps: [{kind: extrct, x: 1}]", False),
        ("steps: [{kind: between, column: a, lo: 1}]\nuses: [my_stages]", False),
        ("steps: []", False),
        ("steps: [extract]\nlimits: {memory: [8]}", False),
        ("steps: [extract]\nseed: x", False),
        ("steps: [extract]\nsteeps: 1", False),
        ("steps: [{name: a}]", False),
    ],
)
def test_what_the_loader_takes_and_refuses_is_taken_and_refused(text, accepted):
    assert accepts(HEAD + text) is accepted
