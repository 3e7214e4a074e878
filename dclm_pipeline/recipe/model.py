"""A recipe as a value: a source and a chain of steps, checked as a whole before anything runs."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

import pyarrow as pa
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SerializeAsAny, field_validator, model_validator

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe.bundles import CodeBundle
from dclm_pipeline.recipe.kinds import kind_of, nearest, step_kinds
from dclm_pipeline.schema import with_columns
from dclm_pipeline.sources import Source
from dclm_pipeline.step import Step, Unfold

SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def read_size(value: object) -> object:
    """Turn sizes such as `256MB` or `8MiB` into bytes; leave everything else to pydantic."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)", value.strip())
    if match is None or match[2].upper() not in _UNITS:
        raise ValueError("a size is a number of bytes, or one with a unit such as 256MB or 8MiB")
    return int(float(match[1]) * _UNITS[match[2].upper()])


Size = Annotated[int, BeforeValidator(read_size)]


class Limits(BaseModel):
    """How much may go wrong, and how much a page may cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    failed_share: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Share of a shard's documents that may fail; its first 100 failures never count.",
    )
    dropped_sample: float = Field(
        default=0.01, ge=0, le=1, description="Share of what each step drops that is kept in rejects/."
    )
    cpu_seconds: float = Field(default=10.0, gt=0, description="CPU time that a page may cost.")
    wall_seconds: float = Field(default=60.0, gt=0, description="Time on the clock that a page may cost.")
    memory: Size = Field(default=512 * 2**20, gt=0, description="Bytes that a page may cost beyond the opened steps.")
    shard_bytes: Size = Field(default=256 * 10**6, gt=0, description="Text that a shard of a pool aims at.")


class Recipe(BaseModel):
    """What becomes of a source: steps, in their order."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: str
    source: SerializeAsAny[Source]
    steps: tuple[SerializeAsAny[Step], ...]
    columns: tuple[str, ...] | None = None
    uses: tuple[str, ...] = ()
    seed: int = 0
    limits: Limits = Limits()
    bundles: tuple[CodeBundle, ...] = Field(default=(), repr=False, exclude=True)

    @field_validator("name")
    @classmethod
    def _slug(cls, name: str) -> str:
        if not SLUG.match(name):
            raise ValueError(
                "a name is letters, digits, '-', '_' and '.', 64 at most, and begins with a letter or digit"
            )
        return name

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, values: Any) -> Any:
        """Put the source's prelude first, and give every step a name."""
        if not isinstance(values, dict) or not isinstance(values.get("source"), Source):
            return values
        steps = values.get("steps")
        if not isinstance(steps, Sequence) or not all(isinstance(step, Step) for step in steps):
            return values
        given = {step.kind for step in steps}
        kinds = step_kinds()
        prelude = [kinds[kind].model_validate({"kind": kind}) for kind in values["source"].prelude if kind not in given]
        return values | {"steps": named([*prelude, *steps])}

    @model_validator(mode="after")
    def _chained(self) -> "Recipe":
        problems = chain_problems(self.source.document_schema(), self.steps, self.columns)
        if problems:
            raise RecipeError("\n".join(message for _, message in problems))
        return self


def named(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Give steps without a name their kind as one, numbered from the second on."""
    taken = {step.name for step in steps if step.name}
    result: list[Step] = []
    for step in steps:
        name, count = step.name or step.kind, 1
        while not step.name and name in taken:
            count += 1
            name = f"{step.kind}-{count}"
        taken.add(name)
        result.append(step if step.name else step.model_copy(update={"name": name}))
    return tuple(result)


def chain_problems(
    schema: pa.Schema, steps: Sequence[Step], columns: Sequence[str] | None
) -> list[tuple[tuple[str | int, ...], str]]:
    """Say what does not fit in a chain over documents with these columns: where it stands, and what is wrong."""
    problems: list[tuple[tuple[str | int, ...], str]] = []
    names: dict[str, int] = {}
    for place, step in enumerate(steps):
        label = f"steps.{place} ({step.kind})"
        if not SLUG.match(step.name):
            problems.append(
                (("steps", place, "name"), f"{label}: {step.name!r} is no name: letters, digits, '-', '_', '.'")
            )
        if step.name in names:
            problems.append(
                (("steps", place), f"{label}: is named {step.name!r} like steps.{names[step.name]}; name one otherwise")
            )
        names.setdefault(step.name, place)
        unread = sorted(step.reads() - frozenset(schema.names) - {"id"})
        problems += [(("steps", place), f"{label} reads {column!r}, {_remedy(column, schema)}") for column in unread]
        made = step.writes()
        schema = made if isinstance(step, Unfold) else with_columns(schema, made)
    for column in columns or ():
        if column not in schema.names:
            hint = nearest(column, schema.names)
            problems.append(
                (("columns",), f"columns: nothing writes {column!r}{hint} There are {', '.join(schema.names)}")
            )
    return problems


def _remedy(column: str, schema: pa.Schema) -> str:
    writers = sorted(kind for kind, step in step_kinds().items() if column in _writes(step))
    if writers:
        return f"which no earlier step writes; add `{writers[0]}` before it"
    hint = nearest(column, schema.names)
    return f"which no earlier step writes{hint} There are {', '.join(schema.names)}"


def _writes(step: type[Step]) -> list[str]:
    """Return what a kind writes with its default settings; nothing where it has settings that must be given."""
    if any(field.is_required() for field in step.model_fields.values()):
        return []
    return list(step.model_validate({"kind": kind_of(step)}).writes().names)
