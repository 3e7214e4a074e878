"""The kinds that recipes can name: built-in steps and sources, and steps that users bring."""

from typing import Literal, get_args, get_origin

from dclm_pipeline import barriers, stages
from dclm_pipeline.errors import RecipeError
from dclm_pipeline.sources import Source
from dclm_pipeline.sources.common_crawl import CommonCrawl, CommonCrawlWet
from dclm_pipeline.sources.common_crawl_index import CommonCrawlIndex
from dclm_pipeline.sources.jsonl import Jsonl
from dclm_pipeline.sources.mixture import Mixture
from dclm_pipeline.sources.tables import Parquet, Pool
from dclm_pipeline.sources.warc import Warc
from dclm_pipeline.sources.wet import Wet
from dclm_pipeline.step import Step

SOURCES: tuple[type[Source], ...] = (
    Warc,
    Wet,
    Jsonl,
    Parquet,
    Pool,
    Mixture,
    CommonCrawl,
    CommonCrawlWet,
    CommonCrawlIndex,
)

_BROUGHT: dict[str, type[Step]] = {}


def kind_of(model: type[Step] | type[Source]) -> str:
    """Return the word that stands for a class in recipes; empty for a class that has none."""
    field = model.model_fields["kind"]
    if isinstance(field.default, str):
        return field.default
    words = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    return words[0] if len(words) == 1 and isinstance(words[0], str) else ""


def builtin_kinds() -> dict[str, type[Step]]:
    """Return the steps of this package, by kind."""
    builtin: tuple[type[Step], ...] = (*stages.BUILTIN, *barriers.BUILTIN)
    return {kind_of(step): step for step in builtin}


def step_kinds() -> dict[str, type[Step]]:
    """Return all steps that recipes can name, by kind: ours, and those that users brought."""
    return builtin_kinds() | _BROUGHT


def source_kinds() -> dict[str, type[Source]]:
    """Return all sources that recipes can name, by kind."""
    return {kind_of(source): source for source in SOURCES}


def register(step: type[Step]) -> None:
    """Let recipes name a user's step; another one of the same module and name takes its place."""
    kind = kind_of(step)
    if not kind:
        raise RecipeError(f'{step.__name__}: a step needs a kind: write `kind: Literal["{step.__name__.lower()}"] = …`')
    known = step_kinds().get(kind)
    if known is not None and (known.__module__, known.__qualname__) != (step.__module__, step.__qualname__):
        raise RecipeError(
            f"{step.__module__}.{step.__name__}: there is a step of kind {kind!r} already, {known.__module__}."
            f"{known.__name__}; use another word"
        )
    _BROUGHT[kind] = step
