"""A small made-up crawl, recipes over it, and pools held against each other."""

import hashlib
from pathlib import Path

from dclm_pipeline.api import run
from dclm_pipeline.engine.run import Ran
from dclm_pipeline.recipe import Recipe, load_recipe

# Every verb that a pool of documents can go through, and both sorts of exchange.
EVERYTHING = """
name: everything
source: {kind: warc}
steps:
  - kind: extract
  - kind: signals
  - {kind: between, name: words, column: word_count, low: 20}
  - {kind: sample, share: 0.9}
  - kind: exact_dedup
  - {kind: shuffle, seed: 3}
limits: {shard_bytes: 200000, dropped_sample: 0.5}
"""

EXTRACT = """
name: extract-only
source: {kind: warc}
steps:
  - kind: extract
"""


def recipe(text: str, folder: Path, *overrides: str) -> Recipe:
    """Load a recipe from its text."""
    path = folder / "recipe.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return load_recipe(path, overrides=overrides)


def run_inline(text: str, source: Path | str, out: Path, *overrides: str, out_url: str = "", **settings: object) -> Ran:
    """Run a recipe in this process, its shelf beside the pool, which is at `out` or `out_url`."""
    read = recipe(text, out.parent / "recipes", *overrides)
    return run(read, source, out_url or out, **({"executor": "inline"} | settings))


def bytes_of(pool: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a pool but the stories of its runs and its workplace."""
    return {
        str(path.relative_to(pool)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(pool.rglob("*"))
        if path.is_file() and path.relative_to(pool).parts[0] not in ("runs", "work")
    }
