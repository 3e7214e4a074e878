"""A recipe as a value: a source and a chain of steps, checked as a whole before anything runs."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    SerializeAsAny,
    ValidationError,
    model_validator,
)

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.mistakes import problems_of
from dclm_pipeline.recipe.bundles import CodeBundle
from dclm_pipeline.recipe.chain import chain_problems
from dclm_pipeline.recipe.kinds import step_kinds
from dclm_pipeline.sizes import Size
from dclm_pipeline.sources import Source
from dclm_pipeline.step import Step, verdict_of

SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
NAMES = "letters, digits, '-', '_' and '.', 64 at most, and begins with a letter or digit"


def _slug(name: str) -> str:
    if not SLUG.match(name):
        raise ValueError(f"a name is {NAMES}")
    return name


Name: TypeAlias = Annotated[str, AfterValidator(_slug)]

# With these `--set` addresses the settings of what is no step.
RESERVED = frozenset({"source", "limits"})


class Limits(BaseModel):
    """How much may go wrong, and how much a page may cost."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

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


class Heading(BaseModel):
    """What a recipe says beside its source, steps and limits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name = Field(description="What the pool is called, letters, digits and '-'.")
    columns: tuple[str, ...] | None = Field(
        default=None, description="What the pool keeps beside `id`; by default every column but the working ones."
    )
    uses: tuple[str, ...] = Field(default=(), description="Modules of your own whose steps the recipe names.")
    seed: int = Field(default=0, description="What the samples in rejects/ are drawn by.")
    annotate: bool = Field(
        default=False, description="Drop nothing: every step says in a column `passes.<name>` what it would have kept."
    )


class Recipe(Heading):
    """What becomes of a source: steps, in their order."""

    source: SerializeAsAny[Source]
    steps: tuple[SerializeAsAny[Step], ...] = Field(min_length=1)
    limits: Limits = Limits()
    bundles: tuple[CodeBundle, ...] = Field(default=(), repr=False, exclude=True)

    @model_validator(mode="wrap")
    @classmethod
    def _whole(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Complete what is given, and say what is wrong with it as for a recipe in a file."""
        try:
            recipe = handler(_completed(values))
        except ValidationError as error:
            found = problems_of(error, cls, (), "recipe")
            raise RecipeError("\n".join(message for _, message in found)) from None
        problems = [
            f"steps.{place} ({recipe.steps[place].kind}): {message}" for place, message in name_problems(recipe.steps)
        ]
        problems += [
            message for _, message in chain_problems(recipe.source.document_schema(), recipe.steps, recipe.columns)
        ]
        if problems:
            raise RecipeError("\n".join(problems))
        return recipe


def _completed(values: Any) -> Any:
    """Put the source's prelude first, and give every step a name."""
    if not isinstance(values, dict) or not isinstance(values.get("source"), Source):
        return values
    steps = values.get("steps")
    if not isinstance(steps, Sequence) or not all(isinstance(step, Step) for step in steps):
        return values
    missing = prelude_of(values["source"], {step.kind for step in steps})
    kinds = step_kinds()
    prelude = [kinds[kind].model_validate({"kind": kind}) for kind in missing]
    chain = named([*prelude, *steps])
    return values | {"steps": annotating(chain) if values.get("annotate") else chain}


def prelude_of(source: Source | type[Source], given: set[str]) -> tuple[str, ...]:
    """Return the kinds that a source asks for in front of a chain which does not have them."""
    return tuple(kind for kind in source.prelude if kind not in given)


def names_of(steps: Sequence[tuple[str, str]]) -> list[str]:
    """Return what steps, given as (kind, name), are called: by their kind without a name, numbered from the second."""
    taken = {name for _, name in steps if name}
    names = []
    for kind, given in steps:
        name, count = given or kind, 1
        while not given and name in taken:
            count += 1
            name = f"{kind}-{count}"
        taken.add(name)
        names.append(name)
    return names


def named(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Give steps without a name their kind as one, numbered from the second on."""
    for step in steps:
        if not isinstance(step, Step):
            call = f"; call it: {step.__name__}()" if isinstance(step, type) else ""
            raise RecipeError(f"{step!r} is no step{call}")
    names = names_of([(step.kind, step.name) for step in steps])
    return tuple(
        step if step.name else step.model_copy(update={"name": name}) for step, name in zip(steps, names, strict=True)
    )


def annotating(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Have every step say in a column what it would have dropped, and drop nothing."""
    telling = [step.model_copy(update={"annotate": True}) for step in steps]
    return tuple(new if verdict_of(new) else step for new, step in zip(telling, steps, strict=True))


def name_problems(steps: Sequence[Step]) -> list[tuple[int, str]]:
    """Say which steps, by their place, have names that cannot be used."""
    problems = []
    for place, step in enumerate(steps):
        if not SLUG.match(step.name):
            problems.append((place, f"name is {step.name!r}: a name is {NAMES}"))
        elif step.name in RESERVED:
            problems.append((place, f"name is {step.name!r}, which --set takes for something else; use another word"))
    return problems
