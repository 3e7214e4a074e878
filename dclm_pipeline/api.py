"""The package as Python sees it: run a recipe, apply steps in memory, open a pool."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.ids import ID, document_id
from dclm_pipeline.step import Step
from dclm_pipeline.tally import Tally

if TYPE_CHECKING:
    import pyarrow.dataset

    from dclm_pipeline.engine.events import Listener
    from dclm_pipeline.engine.run import Ran
    from dclm_pipeline.recipe import Recipe

APPLIED_ROWS = 256


@dataclass(frozen=True)
class Applied:
    """What `apply` gives: the documents that are left, those that are not and why, and every document's numbers."""

    docs: pa.Table
    rejects: pa.Table
    signals: pa.Table
    tally: Tally

    def __repr__(self) -> str:
        """Say how much there is: the tables print themselves."""
        return f"Applied({self.docs.num_rows} docs, {self.rejects.num_rows} rejects, {self.signals.num_rows} signals)"


def run(
    recipe: "Recipe | str | Path",
    source: str | Path = "",
    out: str | Path = "",
    *,
    overrides: Sequence[str] = (),
    allow_custom_code: bool = False,
    executor: str = "ray",
    workers: int = 0,
    address: str | None = None,
    saved: str | Path = "",
    guard: bool = True,
    batch_rows: int = 64,
    frozen: bool = False,
    scratch: str | None = None,
    most_requests: float | None = None,
    most_bytes: float | None = None,
    cache: str | None = None,
    catalogue: str | Path = "",
    listener: "Listener | None" = None,
) -> "Ran":
    """Run a recipe over a source into a pool; performs only what has no receipt yet."""
    from dclm_pipeline.engine.events import silent
    from dclm_pipeline.engine.run import Settings, job_of
    from dclm_pipeline.engine.run import run as run_job
    from dclm_pipeline.recipe import folder_of, load_recipe

    folder = "."
    if isinstance(recipe, str | Path):
        folder = folder_of(Path(recipe))
        recipe = load_recipe(recipe, overrides=overrides, allow_custom_code=allow_custom_code)
    elif overrides:
        raise RecipeError("overrides are for recipes in files; change a Recipe with its model_copy")
    settings = Settings(
        executor, workers, address, str(saved), guard, batch_rows, frozen, scratch, most_requests, most_bytes, cache
    )
    return run_job(
        job_of(recipe, str(source), str(out), settings, folder, str(catalogue)), settings, listener or silent
    )


def apply(
    chain: Sequence[Step], documents: "pa.Table | pa.RecordBatch | Iterable[str]", *, seed: int = 0, folder: str = "."
) -> Applied:
    """Take documents through steps, in memory, in this process: for notebooks and for trying things out.

    `documents` is a table, or texts; what has no `id` is given one by its place. Steps that must hear every shard
    (barriers, reorders, sweeps) take all documents for one shard.
    """
    from dclm_pipeline.engine.assets import assets_below
    from dclm_pipeline.engine.in_memory import apply_steps
    from dclm_pipeline.recipe import named

    table = _as_table(documents)
    docs, rejects, signals, tally = apply_steps(named(chain), table, seed, assets_below(folder), APPLIED_ROWS)
    return Applied(docs, rejects, signals, tally)


def open(pool: str | Path) -> "pyarrow.dataset.Dataset":
    """Open a whole pool as an Arrow dataset, its shards in their order; read it with `to_table` or `to_batches`."""
    from dclm_pipeline.engine.opening_pools import open_pool

    return open_pool(str(pool))


class Kinds:
    """The step classes by kind: `steps.between(column="word_count", low=50)`."""

    def __getattr__(self, kind: str) -> type[Step]:
        """Return the class of a kind."""
        from dclm_pipeline.recipe import step_kinds

        known = step_kinds()
        if kind not in known:
            raise AttributeError(f"there is no step of kind {kind!r}; there are {', '.join(sorted(known))}")
        return known[kind]

    def __dir__(self) -> list[str]:
        """List the kinds."""
        from dclm_pipeline.recipe import step_kinds

        return sorted(step_kinds())


steps = Kinds()


def _as_table(documents: "pa.Table | pa.RecordBatch | Iterable[str]") -> pa.Table:
    if isinstance(documents, pa.RecordBatch):
        table = pa.Table.from_batches([documents])
    elif isinstance(documents, pa.Table):
        table = documents
    elif isinstance(documents, str):
        raise RecipeError("apply takes a list of texts or a table, not one string; put it in a list")
    else:
        table = pa.table({"text": pa.array(list(documents), pa.large_string())})
    if "text" in table.schema.names and table.schema.field("text").type != pa.large_string():
        place = table.schema.get_field_index("text")
        table = table.set_column(place, "text", table["text"].cast(pa.large_string()))
    if "id" not in table.schema.names:
        made = [document_id("apply", str(row)) for row in range(table.num_rows)]
        table = table.add_column(0, pa.field("id", ID, nullable=False), pa.array(made, ID))
    return table


__all__ = ["Applied", "apply", "open", "run", "steps"]
