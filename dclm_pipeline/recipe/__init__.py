"""The recipe: what a user writes, checked as a whole before anything runs. Knows every kind by name, and runs none."""

from dclm_pipeline.recipe.bundles import CodeBundle
from dclm_pipeline.recipe.chain import chain_problems, needed_before, schemas_after
from dclm_pipeline.recipe.effective import dump_recipe, effective
from dclm_pipeline.recipe.json_schema import json_schema
from dclm_pipeline.recipe.kinds import builtin_kinds, register, source_kinds, step_kinds
from dclm_pipeline.recipe.load import load_recipe
from dclm_pipeline.recipe.model import Limits, Recipe, named
from dclm_pipeline.recipe.shipped import folder_of

__all__ = [
    "CodeBundle",
    "Limits",
    "Recipe",
    "builtin_kinds",
    "chain_problems",
    "dump_recipe",
    "effective",
    "folder_of",
    "json_schema",
    "load_recipe",
    "named",
    "needed_before",
    "register",
    "schemas_after",
    "source_kinds",
    "step_kinds",
]
