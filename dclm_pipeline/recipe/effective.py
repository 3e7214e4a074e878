"""A recipe written down again: as plain values that mean the same wherever it lies, and as YAML that loads again."""

from typing import Any

import yaml
from pydantic import BaseModel

from dclm_pipeline.recipe.loading import Plain, read_word
from dclm_pipeline.recipe.model import Recipe
from dclm_pipeline.recipe.places import names_place
from dclm_pipeline.step import PlaceMark


def effective(recipe: Recipe) -> dict[str, Plain]:
    """Return all that a recipe says, what it leaves to defaults included, as plain values without places.

    The code of users' modules stands there by its digest.
    """
    codes = {code.module: code.code_digest() for code in recipe.bundles}
    values = _written(recipe) | {
        "source": _placeless(recipe.source),
        "steps": [_placeless(step) for step in recipe.steps],
    }
    return values | {"uses": [{"module": module, "sha256": codes.get(module)} for module in recipe.uses]}


def dump_recipe(recipe: Recipe) -> str:
    """Return a recipe as YAML, places included: what `load_recipe` reads as the same recipe."""
    return yaml.dump(_written(recipe), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _written(recipe: Recipe) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "source": recipe.source.model_dump(mode="json"),
        "steps": [step.model_dump(mode="json") for step in recipe.steps],
        "columns": None if recipe.columns is None else list(recipe.columns),
        "uses": list(recipe.uses),
        "seed": recipe.seed,
        "annotate": recipe.annotate,
        "limits": recipe.limits.model_dump(mode="json"),
    }


def _placeless(model: BaseModel) -> dict[str, Any]:
    """Return settings as plain values, without those that name a place, also within settings."""
    values = model.model_dump(mode="json")
    kept = {}
    for name, field in type(model).model_fields.items():
        inner = getattr(model, name)
        if any(isinstance(mark, PlaceMark) for mark in field.metadata) or names_place(field.annotation):
            continue
        kept[name] = _placeless(inner) if isinstance(inner, BaseModel) else values[name]
    return kept


class _Dumper(yaml.SafeDumper):
    """Writes values as `loading` reads them; without anchors, as those are refused."""

    def ignore_aliases(self, data: object) -> bool:
        """Write a value out each time."""
        del data
        return True

    def write_text(self, text: str) -> yaml.Node:
        """Write a text, in quotes where it would mean something else without."""
        try:
            plain = isinstance(read_word(text), str)
        except ValueError:
            plain = False
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _Dumper.write_text)
