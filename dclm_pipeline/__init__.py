"""Turn Common Crawl into training data, and keep the receipts.

    import dclm_pipeline as dp

    dp.run("pipelines/quickstart.yaml", source="crawl/", out="pool/")     a recipe, to a pool on disk
    dp.apply([dp.steps.signals(), ...], ["some text", "another"])         steps, in memory
    dp.open("pool/").to_table(columns=["url", "text"])                    a pool, as an Arrow dataset
    dp.read_tokens("trainset/", rows=8, seed=0)                           rows of tokens for a model, as NumPy arrays
    @dp.filter
    def short(text: str, *, least: int = 5) -> bool: ...                  a step of your own

Names are loaded when they are first used: importing this package is cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dclm_pipeline.api import apply, open, run, steps
    from dclm_pipeline.errors import (
        IncompleteError,
        IntegrityError,
        PipelineError,
        RecipeError,
        ShardError,
        TransientError,
    )
    from dclm_pipeline.recipe import Recipe, load_recipe
    from dclm_pipeline.rowwise import annotate, filter, rewrite
    from dclm_pipeline.trainset.reading import read_tokens

__version__ = "0.1.0"

__all__ = [
    "IncompleteError",
    "IntegrityError",
    "PipelineError",
    "Recipe",
    "RecipeError",
    "ShardError",
    "TransientError",
    "annotate",
    "apply",
    "filter",
    "load_recipe",
    "open",
    "read_tokens",
    "rewrite",
    "run",
    "steps",
]

_HOMES = {
    "annotate": "rowwise",
    "filter": "rowwise",
    "rewrite": "rowwise",
    "apply": "api",
    "open": "api",
    "run": "api",
    "steps": "api",
    "Recipe": "recipe",
    "load_recipe": "recipe",
    "read_tokens": "trainset.reading",
}


def __getattr__(name: str) -> object:
    """Load a public name from where it lives."""
    if name not in __all__:
        raise AttributeError(f"module 'dclm_pipeline' has no attribute {name!r}; it has {', '.join(__all__)}")
    home = import_module(f"dclm_pipeline.{_HOMES.get(name, 'errors')}")
    value = getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]
