"""From a file to a recipe: every problem of the file is found at once, and each is one line that says what to do.

Known gap: while a step is wrong, what later steps read is not checked, as the wrong one might have written it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.mistakes import Path, false_numbers, nearest, problems_of, shown
from dclm_pipeline.recipe.bundles import CodeBundle, bundle, register_steps
from dclm_pipeline.recipe.chain import chain_problems
from dclm_pipeline.recipe.kinds import source_kinds, step_kinds
from dclm_pipeline.recipe.loading import Loaded, Plain, load_yaml
from dclm_pipeline.recipe.model import Heading, Limits, Recipe, annotating, name_problems, named, prelude_of
from dclm_pipeline.recipe.overrides import group, overridden
from dclm_pipeline.recipe.problems import Problems
from dclm_pipeline.recipe.shipped import located, shipped_recipes
from dclm_pipeline.sources import Source
from dclm_pipeline.step import Step

KEYS = ("name", "source", "steps", "columns", "uses", "seed", "annotate", "limits")
Kind = TypeVar("Kind", Step, Source)
Model = TypeVar("Model", bound=BaseModel)


def load_recipe(
    path_or_text: str | FilePath,
    *,
    source: str | None = None,
    overrides: Sequence[str] = (),
    allow_custom_code: bool = False,
    kinds: Mapping[str, type[Step]] | None = None,
    sources: Mapping[str, type[Source]] | None = None,
) -> Recipe:
    """Read a recipe, change what `overrides` (`NAME.FIELD=VALUE`) say, and check all of it.

    A text of several lines is a recipe itself. `source` stands in for the source's path. `kinds` and `sources` stand
    in for what is known; steps of `uses` are known beside them.
    """
    loaded, folder = _loaded(path_or_text)
    values = loaded.values
    if not isinstance(values, dict):
        raise RecipeError(f"{loaded.name}: a recipe is a mapping with {', '.join(KEYS[:3])}; this is {shown(values)}")
    problems = Problems(loaded)
    for key in values:
        if key not in KEYS:
            problems.add((key,), f"unknown setting {shown(key)}{nearest(key, KEYS)} Known: {', '.join(KEYS)}")
    before = step_kinds()
    bundles = _bundles(values.get("uses"), folder, problems, allow_custom_code)
    brought = {kind: step for kind, step in step_kinds().items() if before.get(kind) is not step}
    known_sources = source_kinds() if sources is None else sources
    reader = Reader((before if kinds is None else dict(kinds)) | brought, known_sources, problems, bundles is None)
    prelude = reader.prelude(values)
    changed, prelude = overridden(values, prelude, overrides, problems)
    read = reader.source(changed.get("source"), source)
    first = [reader.step(settings, (kind,), f"{kind} (put first by the source)") for kind, settings in prelude.items()]
    steps = reader.steps(changed.get("steps"))
    limits = settings_of(Limits, changed.get("limits") or {}, ("limits",), "limits", problems)
    rest = {key: changed[key] for key in Heading.model_fields if changed.get(key) is not None}
    heading = settings_of(Heading, rest, (), "recipe", problems)
    given = {("steps", place): step for place, step in enumerate(steps) if step is not None}
    chain = named([*(step for step in first if step is not None), *given.values()])
    if heading is not None and heading.annotate:
        chain = annotating(chain)
    places: list[Path] = [*[()] * (len(chain) - len(given)), *given]
    for place, message in name_problems(chain):
        path = (*places[place], "name") if places[place] else (chain[place].kind, "name")
        problems.add(path, f"{'.'.join(map(str, path[:-1]))} ({chain[place].kind}): {message}")
    if read is not None and chain and None not in (*first, *steps):
        columns = heading.columns if heading is not None else None
        for where, message in chain_problems(read.document_schema(), chain, columns, places, reader.kinds):
            problems.add(where, message)
    problems.raise_if_any()
    # What is None has been told of.
    assert read is not None
    assert limits is not None
    assert heading is not None
    return Recipe(source=read, steps=chain, limits=limits, bundles=bundles or (), **heading.model_dump())


class Reader:
    """Makes sources and steps of what was written, and takes note of what is wrong."""

    def __init__(
        self,
        kinds: Mapping[str, type[Step]],
        sources: Mapping[str, type[Source]],
        problems: Problems,
        lacks_kinds: bool,
    ) -> None:
        """Know these kinds; `lacks_kinds` where there would be more, had the user's modules been read."""
        self.kinds = kinds
        self._sources = sources
        self._problems = problems
        self._lacks_kinds = lacks_kinds

    def prelude(self, values: Mapping[str, Plain]) -> dict[str, Plain]:
        """Return the settings of the steps, by kind, that the source asks for and the recipe does not have."""
        kind = group(values.get("source")).get("kind")
        steps = values.get("steps")
        if not isinstance(kind, str) or kind not in self._sources or not isinstance(steps, list):
            return {}
        given = {str(group(step).get("kind")) for step in steps}
        return {kind: {"kind": kind} for kind in prelude_of(self._sources[kind], given)}

    def source(self, value: Plain, place: str | None, path: Path = ("source",)) -> Source | None:
        """Make the source, of what lies at `place` where one is given."""
        if not isinstance(value, str | dict) or not value:
            known = ", ".join(sorted(self._sources))
            label = ".".join(map(str, path))
            seen = f"needs {label!r}" if value is None else f"{label} is {shown(value)}; expected"
            self._problems.add(path, f"{seen}: a mapping with a kind ({known}), such as {{kind: warc}}")
            return None
        settings = group(value) | ({"path": place} if place else {})
        return self._of_kind(settings, self._sources, path, ".".join(map(str, path)))

    def steps(self, value: Plain) -> list[Step | None]:
        """Make the steps, None for one that is wrong."""
        if not isinstance(value, list) or not value:
            seen = "needs 'steps'" if value is None or value == [] else f"steps is {shown(value)}; expected"
            self._problems.add(("steps",), f"{seen}: a list of at least one {{kind: …}}")
            return []
        return [self.step(item, ("steps", place), f"steps.{place}") for place, item in enumerate(value)]

    def step(self, value: Plain, path: Path, label: str) -> Step | None:
        """Make a step of its settings, or of its kind alone."""
        if not isinstance(value, str | dict):
            self._problems.add(path, f"{label}: is {shown(value)}; expected a mapping such as {{kind: extract}}")
            return None
        return self._of_kind(group(value), self.kinds, path, label)

    def _of_kind(
        self, settings: dict[str, Plain], kinds: Mapping[str, type[Kind]], path: Path, label: str
    ) -> Kind | None:
        kind = settings.get("kind")
        known = ", ".join(sorted(kinds))
        if kind is None:
            self._problems.add(path, f"{label}: needs 'kind', one of {known}")
        elif not isinstance(kind, str):
            self._problems.add((*path, "kind"), f"{label}: kind is {shown(kind)}; expected one of {known}")
        elif kind in kinds:
            return settings_of(kinds[kind], settings, path, f"{label} ({kind})", self._problems)
        elif path[-1] == "source" or not self._lacks_kinds:
            said = f"{label}: there is no kind {shown(kind)}{nearest(kind, kinds)} Known: {known}"
            self._problems.add((*path, "kind"), said)
        return None


def _loaded(path_or_text: str | FilePath) -> tuple[Loaded, str]:
    """Return what a file or a text says, and the folder beside which the user's modules lie."""
    if isinstance(path_or_text, str) and "\n" in path_or_text:
        return load_yaml(path_or_text.encode("utf-8", "surrogateescape"), "recipe"), "."
    file = located(FilePath(path_or_text))
    return load_yaml(bytes_of(file), str(path_or_text)), str(file.parent)


def bytes_of(file: FilePath) -> bytes:
    """Return what a file holds that the user named; whatever hinders that is said with a way out."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        near = nearest(file.name, [other.name for other in file.parent.glob("*.yaml")]) if file.parent.is_dir() else ""
        ours = f" Recipes that come with the package: {', '.join(shipped_recipes())}."
        raise RecipeError(f"{file}: there is no such file{near}{ours if not file.suffix else ''}") from None
    except IsADirectoryError:
        raise RecipeError(f"{file}: is a folder; name one of the recipes in it") from None
    except (OSError, ValueError) as error:
        raise RecipeError(f"{file}: cannot be read: {error}") from error


def _bundles(uses: Plain, folder: str, problems: Problems, allowed: bool) -> tuple[CodeBundle, ...] | None:
    """Bring in the user's modules; None where they could not be, so that their kinds are not known."""
    if uses is None or uses == []:
        return ()
    if not isinstance(uses, list) or not all(isinstance(module, str) for module in uses):
        problems.add(("uses",), f"uses is {shown(uses)}; expected a list of names of Python modules")
        return None
    if not allowed:
        listed = ", ".join(str(module) for module in uses)
        problems.add(("uses",), f"uses names Python code ({listed}); read it, then say --allow-custom-code to run it")
        return None
    bundles = []
    for place, module in enumerate(uses):
        try:
            code = bundle(str(module), folder)
            register_steps(code)
        except RecipeError as error:
            problems.add(("uses", place), str(error))
        else:
            bundles.append(code)
    return tuple(bundles) if len(bundles) == len(uses) else None


def settings_of(model: type[Model], value: object, path: Path, label: str, problems: Problems) -> Model | None:
    """Make settings of what was written; None where something is wrong, of which note is taken."""
    if not isinstance(value, dict):
        problems.add(path, f"{label}: is {shown(value)}; expected a mapping of settings")
        return None
    found = false_numbers(model, value, path, label)
    try:
        made = model.model_validate(value)
    except ValidationError as error:
        found += problems_of(error, model, path, label)
    for where, message in found:
        problems.add(where, message)
    return None if found else made
