"""From a file to a recipe: every problem of the file is found at once, and each is one line that says what to do."""

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe.bundles import CodeBundle, bundle, import_bundle
from dclm_pipeline.recipe.kinds import kind_of, nearest, register, source_kinds, step_kinds
from dclm_pipeline.recipe.loading import Loaded, Path, Plain, load_scalar, load_yaml
from dclm_pipeline.recipe.model import Limits, Recipe, chain_problems, named
from dclm_pipeline.recipe.problems import problems_of, shown
from dclm_pipeline.sources import Source
from dclm_pipeline.step import VERBS, Step

KEYS = ("name", "source", "steps", "columns", "uses", "seed", "limits")
Kind = TypeVar("Kind", Step, Source)


class _Problems:
    """The problems found so far, each with its place."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._found: list[tuple[int, str]] = []

    def add(self, path: Path, message: str) -> None:
        """Take note of a problem."""
        where = self._loaded.where(path)
        self._found.append((int(where.rpartition(":")[2]), f"{where}: {message}"))

    def raise_if_any(self) -> None:
        """Say all of them, in the order of their lines."""
        if self._found:
            raise RecipeError("\n".join(message for _, message in sorted(self._found, key=lambda found: found[0])))


def load_recipe(
    path: str | FilePath,
    *,
    source: str | None = None,
    overrides: Sequence[str] = (),
    allow_custom_code: bool = False,
) -> Recipe:
    """Read a recipe, change what `overrides` (`NAME.FIELD=VALUE`) say, and check all of it."""
    file = FilePath(path)
    loaded = load_yaml(_bytes_of(file), str(path))
    problems = _Problems(loaded)
    values = loaded.values
    if not isinstance(values, dict):
        raise RecipeError(f"{path}: a recipe is a mapping with {', '.join(KEYS[:3])}; this is {shown(values)}")
    for key in values:
        if key not in KEYS:
            problems.add((key,), f"unknown setting {key!r}{nearest(key, KEYS)} Known: {', '.join(KEYS)}")
    bundles = _bundles(values.get("uses"), file, problems, allow_custom_code)
    changed = _overridden(values, overrides)
    read = _source(changed.get("source"), source, problems)
    steps = _steps(changed.get("steps"), problems)
    limits = _settings(Limits, changed.get("limits") or {}, ("limits",), "limits", problems)
    rest = {key: changed[key] for key in ("name", "columns", "uses", "seed") if key in changed}
    if "name" not in rest:
        problems.add((), "needs 'name': what the pool is called, letters, digits and '-'")
    problems.raise_if_any()
    if read is None or limits is None:
        raise RecipeError(f"{path}: could not be read")  # not reached: what is missing has been told of above
    prelude = [
        step_kinds()[kind].model_validate({"kind": kind})
        for kind in read.prelude
        if kind not in {step.kind for step in steps}
    ]
    chain = named([*prelude, *steps])
    for where, message in chain_problems(read.document_schema(), chain, _columns(rest.get("columns"))):
        place = (where[0], int(where[1]) - len(prelude), *where[2:]) if where[0] == "steps" else where
        problems.add(
            place, message.replace(f"steps.{where[-1]} ", f"steps.{place[-1]} ") if where[0] == "steps" else message
        )
    problems.raise_if_any()
    try:
        return Recipe(source=read, steps=chain, limits=limits, bundles=bundles, **rest)
    except ValidationError as error:
        for where, message in problems_of(error, Recipe, (), "recipe"):
            problems.add(where, message)
        problems.raise_if_any()
        raise


def _bytes_of(file: FilePath) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        near = nearest(file.name, [other.name for other in file.parent.glob("*.yaml")]) if file.parent.is_dir() else ""
        raise RecipeError(f"{file}: there is no such file{near}") from None
    except IsADirectoryError:
        raise RecipeError(f"{file}: is a folder; name one of the recipes in it") from None
    except (OSError, ValueError) as error:
        raise RecipeError(f"{file}: cannot be read: {error}") from error


def _bundles(uses: Plain, file: FilePath, problems: _Problems, allowed: bool) -> tuple[CodeBundle, ...]:
    if uses is None:
        return ()
    if not isinstance(uses, list) or not all(isinstance(module, str) for module in uses):
        problems.add(("uses",), f"uses is {shown(uses)}; expected a list of names of Python modules")
        return ()
    if not allowed:
        listed = ", ".join(str(module) for module in uses)
        problems.add(("uses",), f"uses names Python code ({listed}); read it, then say --allow-custom-code to run it")
        problems.raise_if_any()
    bundles = tuple(bundle(str(module), str(file.parent)) for module in uses)
    for code in bundles:
        register_all(code)
    return bundles


def register_all(code: CodeBundle) -> None:
    """Let recipes name the steps of a bundle."""
    module = import_bundle(code)
    for value in vars(module).values():
        own = isinstance(value, type) and issubclass(value, Step) and value not in (Step, *VERBS)
        if own and value.__module__ == module.__name__ and kind_of(value):
            register(value)


def _overridden(values: Mapping[str, Plain], overrides: Sequence[str]) -> dict[str, Plain]:
    """Return the values with those settings replaced that the command line names."""
    changed = dict(values)
    steps = changed.get("steps")
    listed = [dict(step) if isinstance(step, dict) else step for step in steps] if isinstance(steps, list) else steps
    changed["steps"] = listed
    for override in overrides:
        target, equals, text = override.partition("=")
        if not equals:
            raise RecipeError(f"--set {override}: expected NAME.FIELD=VALUE, such as enough_words.low=50")
        value = load_scalar(text, f"--set {override}")
        name, dot, field = target.partition(".")
        if not dot and name in ("seed", "columns", "name"):
            changed[name] = value
        elif dot and name in ("source", "limits"):
            changed[name] = _group(changed.get(name)) | {field: value}
        else:
            _set_in_step(listed, name, field, value, override)
    return changed


def _group(value: Plain) -> dict[str, Plain]:
    """Return settings that may be written as a kind alone."""
    if isinstance(value, str):
        return {"kind": value}
    return dict(value) if isinstance(value, dict) else {}


def _set_in_step(steps: Plain, name: str, field: str, value: Plain, override: str) -> None:
    names: dict[str, dict[str, Plain]] = {}
    counts: dict[str, int] = {}
    for step in steps if isinstance(steps, list) else []:
        if isinstance(step, dict):
            kind = str(step.get("kind"))
            given = step.get("name")
            if isinstance(given, str):
                names[given] = step
                continue
            counts[kind] = counts.get(kind, 0) + 1
            names[kind if counts[kind] == 1 else f"{kind}-{counts[kind]}"] = step
    if name not in names or not field:
        known = [*names, "source", "limits", "seed", "columns", "name"]
        raise RecipeError(
            f"--set {override}: no step is named {name!r}{nearest(name, known)} Known: {', '.join(known)}"
        )
    names[name][field] = value


def _source(value: Plain, place: str | None, problems: _Problems) -> Source | None:
    settings = _group(value)
    if not settings:
        problems.add(
            ("source",), f"needs 'source': a mapping with a kind ({', '.join(source_kinds())}), such as {{kind: warc}}"
        )
        return None
    if place:
        settings = settings | {"path": place}
    return _of_kind(settings, source_kinds(), ("source",), "source", problems)


def _steps(value: Plain, problems: _Problems) -> list[Step]:
    if not isinstance(value, list) or not value:
        problems.add(("steps",), "needs 'steps': a list of at least one {kind: …}")
        return []
    made = []
    for place, item in enumerate(value):
        if isinstance(item, str):
            item = {"kind": item}
        if not isinstance(item, dict):
            problems.add(
                ("steps", place), f"steps.{place}: is {shown(item)}; expected a mapping such as {{kind: extract}}"
            )
            continue
        step = _of_kind(item, step_kinds(), ("steps", place), f"steps.{place}", problems)
        if step is not None:
            made.append(step)
    return made


def _of_kind(
    value: dict[str, Plain], kinds: Mapping[str, type[Kind]], path: Path, label: str, problems: _Problems
) -> Kind | None:
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        if kind is None:
            problems.add(path, f"{label}: needs 'kind', one of {', '.join(sorted(kinds))}")
        else:
            hint = nearest(str(kind), kinds)
            problems.add((*path, "kind"), f"{label}: there is no kind {kind!r}{hint} Known: {', '.join(sorted(kinds))}")
        return None
    return _settings(kinds[kind], value, path, f"{label} ({kind})", problems)


Model = TypeVar("Model", bound=BaseModel)


def _settings(model: type[Model], value: Plain, path: Path, label: str, problems: _Problems) -> Model | None:
    if not isinstance(value, dict):
        problems.add(path, f"{label}: is {shown(value)}; expected a mapping of settings")
        return None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for where, message in problems_of(error, model, path, label):
            problems.add(where, message)
        return None


def _columns(columns: Plain) -> list[str] | None:
    if not isinstance(columns, list | tuple):
        return None
    return [column for column in columns if isinstance(column, str)]
