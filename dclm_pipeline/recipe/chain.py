"""Whether the steps of a chain fit together: what each reads must come from the source or from a step before it.

Knows reads and writes alone; no values, no files.
"""

from collections.abc import Mapping, Sequence

import pyarrow as pa
from pydantic import ValidationError

from dclm_pipeline.mistakes import Path, nearest
from dclm_pipeline.recipe.kinds import step_kinds
from dclm_pipeline.schema import with_columns
from dclm_pipeline.step import Step, Unfold, written_by

# What documents have wherever they are.
ALWAYS = frozenset({"id"})


def schemas_after(schema: pa.Schema, steps: Sequence[Step]) -> tuple[pa.Schema, ...]:
    """Return the columns that documents have after each step."""
    schemas = []
    for step in steps:
        written = written_by(step)
        schema = written if isinstance(step, Unfold) else with_columns(schema, written)
        schemas.append(schema)
    return tuple(schemas)


def needed_before(steps: Sequence[Step], wanted: frozenset[str]) -> list[frozenset[str]]:
    """Return the columns that each step, those after it or the pool look at; last, what is `wanted` of the pool."""
    needed = [wanted]
    for step in reversed(steps):
        passed = frozenset() if isinstance(step, Unfold) else needed[-1] - frozenset(written_by(step).names)
        needed.append(passed | step.reads() | step.may_read())
    return needed[::-1]


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
            later = [other for other in range(number + 1, len(steps)) if column in written_by(steps[other]).names]
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
