"""Settings changed by words of a command: `NAME.FIELD=VALUE`, where NAME is that of a step.

Knows the values of a recipe as they were written, not what they mean: whether a setting exists and fits is found out
when the changed values are checked, like everything else in the recipe.
"""

from collections.abc import Iterator, Sequence

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe.loading import Path, Plain, load_scalar
from dclm_pipeline.recipe.model import SLUG, names_of
from dclm_pipeline.recipe.problems import Problems, nearest, shown

PLAIN = ("seed", "columns", "name", "annotate")
GROUPS = ("source", "limits")


def overridden(
    values: dict[str, Plain], prelude: dict[str, Plain], overrides: Sequence[str], problems: Problems
) -> tuple[dict[str, Plain], dict[str, Plain]]:
    """Return the values, and those of steps that the source puts first, with what the overrides say."""
    values = {key: _copied(value) for key, value in values.items()}
    prelude = {kind: _copied(value) for kind, value in prelude.items()}
    for override in overrides:
        try:
            _override(values, prelude, override, problems)
        except RecipeError as error:
            problems.say(str(error))
    return values, prelude


def group(value: Plain) -> dict[str, Plain]:
    """Return settings that may be written as a kind alone."""
    if isinstance(value, str):
        return {"kind": value}
    return dict(value) if isinstance(value, dict) else {}


def _override(values: dict[str, Plain], prelude: dict[str, Plain], override: str, problems: Problems) -> None:
    said = f"--set {override if override.isprintable() else shown(override)}"
    target, equals, text = override.partition("=")
    if not equals or not target:
        raise RecipeError(f"{said}: expected NAME.FIELD=VALUE, such as enough_words.low=50")
    value = load_scalar(text, said)
    if target in PLAIN:
        values[target] = value
        problems.set_by((target,), said)
        return
    steps = dict(_steps(values.get("steps"))) | {kind: ((kind,), step) for kind, step in prelude.items()}
    # Names may have dots in them: the longest that fits is meant.
    name = max((name for name in (*steps, *GROUPS) if target.startswith(f"{name}.")), key=len, default="")
    fields = target[len(name) + 1 :].split(".")
    if not name or not all(fields):
        known = [*filter(SLUG.match, steps), *GROUPS, *PLAIN]
        wrong = target.partition(".")[0]
        if wrong in known:
            raise RecipeError(f"{said}: a setting of {wrong!r} must be named, such as {wrong}.FIELD=…")
        raise RecipeError(f"{said}: no step is named {shown(wrong)}{nearest(wrong, known)} Known: {', '.join(known)}")
    if name in steps:
        path, settings = steps[name]
    else:
        path, settings = (name,), group(values.get(name))
        values[name] = settings
    if isinstance(settings, dict):
        _put(settings, fields, value)
        problems.set_by((*path, *fields), said)


def _put(settings: dict[str, Plain], fields: Sequence[str], value: Plain) -> None:
    for field in fields[:-1]:
        inner = settings.get(field)
        inner = inner if isinstance(inner, dict) else {}
        settings[field] = inner
        settings = inner
    settings[fields[-1]] = value


def _steps(steps: Plain) -> Iterator[tuple[str, tuple[Path, Plain]]]:
    """Yield the steps that can be addressed: name, then path and settings."""
    listed = steps if isinstance(steps, list) else []
    for place, step in enumerate(listed):
        if isinstance(step, str):
            listed[place] = {"kind": step}
    places = [place for place, step in enumerate(listed) if isinstance(step, dict)]
    given = [_words(listed[place]) for place in places]
    for place, name in zip(places, names_of(given), strict=True):
        yield name, (("steps", place), listed[place])


def _words(step: Plain) -> tuple[str, str]:
    kind, name = (step.get("kind"), step.get("name")) if isinstance(step, dict) else (None, None)
    return str(kind), name if isinstance(name, str) else ""


def _copied(value: Plain) -> Plain:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value
