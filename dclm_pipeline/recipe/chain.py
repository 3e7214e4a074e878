"""Whether the steps of a chain fit together: what each reads must come from the source or from a step before it.

Knows reads and writes alone; no values, no files.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from pydantic import ValidationError

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe.kinds import step_kinds
from dclm_pipeline.recipe.loading import Path
from dclm_pipeline.recipe.problems import nearest
from dclm_pipeline.schema import WORKING, with_columns
from dclm_pipeline.step import Step, Unfold

if TYPE_CHECKING:
    from dclm_pipeline.recipe.model import Recipe

# What documents have wherever they are.
ALWAYS = frozenset({"id"})


@dataclass(frozen=True)
class ChainSchemas:
    """Which columns documents have on their way through a chain.

    `after` are the columns after each step. `needed` are those that later steps or the pool look at, after each step:
    whatever else a step leaves can be dropped behind it. `kept` are the columns of the pool.
    """

    enters: pa.Schema
    after: tuple[pa.Schema, ...]
    needed: tuple[frozenset[str], ...]
    kept: frozenset[str]


def check_chain(recipe: "Recipe") -> ChainSchemas:
    """Walk a recipe's chain; a `RecipeError` names every column that is read or kept and written by nothing."""
    enters = recipe.source.document_schema()
    problems = chain_problems(enters, recipe.steps, recipe.columns)
    if problems:
        raise RecipeError("\n".join(message for _, message in problems))
    after = schemas_after(enters, recipe.steps)
    last = frozenset((after[-1] if after else enters).names)
    kept = last - WORKING if recipe.columns is None else frozenset(recipe.columns) | (ALWAYS & last)
    needed = [kept]
    for step in reversed(recipe.steps[1:]):
        passed = frozenset() if isinstance(step, Unfold) else needed[-1] - frozenset(step.writes().names)
        needed.append(passed | step.reads())
    return ChainSchemas(enters, after, tuple(reversed(needed)) if recipe.steps else (), kept)


def schemas_after(schema: pa.Schema, steps: Sequence[Step]) -> tuple[pa.Schema, ...]:
    """Return the columns that documents have after each step."""
    schemas = []
    for step in steps:
        written = step.writes()
        schema = written if isinstance(step, Unfold) else with_columns(schema, written)
        schemas.append(schema)
    return tuple(schemas)


def chain_problems(
    enters: pa.Schema,
    steps: Sequence[Step],
    columns: Sequence[str] | None,
    places: Sequence[Path] | None = None,
    kinds: Mapping[str, type[Step]] | None = None,
) -> list[tuple[Path, str]]:
    """Say what does not fit in a chain over documents with these columns: where it stands, and what is wrong.

    `places` is where each step stands in the recipe; steps that a source brought stand in none and have an empty one.
    """
    if places is None:
        places = [("steps", number) for number in range(len(steps))]
    known = step_kinds() if kinds is None else kinds
    labels = [_label(place, step) for place, step in zip(places, steps, strict=True)]
    problems: list[tuple[Path, str]] = []
    schemas = (enters, *schemas_after(enters, steps))
    names: dict[str, str] = {}
    for number, step in enumerate(steps):
        if step.name in names:
            said = f"{labels[number]}: is named {step.name!r} like {names[step.name]}; give one another name"
            problems.append((places[number], said))
        names.setdefault(step.name, labels[number])
        there = schemas[number]
        for column in sorted(step.reads() - frozenset(there.names) - ALWAYS):
            later = [other for other in range(number + 1, len(steps)) if column in steps[other].writes().names]
            remedy = (
                f"; {labels[later[0]]} writes it, and must stand before"
                if later
                else _remedy(column, there, known, step.kind)
            )
            said = f"{labels[number]} reads {column!r}, which no earlier step writes{remedy}"
            problems.append((places[number], said))
        if step.reads() <= frozenset(there.names) and (misfit := step.misfit(there)):
            problems.append((places[number], f"{labels[number]} {misfit}"))
    last = schemas[-1].names
    for column in columns or ():
        if column not in last:
            hint = nearest(column, last)
            problems.append((("columns",), f"columns: nothing writes {column!r}{hint} There are {', '.join(last)}"))
    return problems


def _label(place: Path, step: Step) -> str:
    return f"{'.'.join(map(str, place))} ({step.kind})" if place else f"{step.kind}, which the source puts first,"


def _remedy(column: str, schema: pa.Schema, kinds: Mapping[str, type[Step]], reader: str) -> str:
    writers = sorted(kind for kind, step in kinds.items() if kind != reader and column in _writes(kind, step))
    if writers:
        return f"; add `{writers[0]}` before it"
    return f"{nearest(column, schema.names)} There are {', '.join(schema.names)}"


def _writes(kind: str, step: type[Step]) -> list[str]:
    """Return what a kind writes with its default settings; nothing where it has settings that must be given."""
    try:
        return list(step.model_validate({"kind": kind}).writes().names)
    except ValidationError:
        return []
