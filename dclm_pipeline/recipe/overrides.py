"""Settings changed by words of a command: `NAME.FIELD=VALUE`, where NAME is that of a step.

FIELD may go on into what the recipe has written: `line_filter.rules.0.most=0.4`. `+=` adds to a list that stands there.
Knows the values of a recipe as they were written, not what they mean: whether a setting exists and fits is found out
when the changed values are checked, like everything else in the recipe.
"""

from collections.abc import Iterator, Sequence

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.mistakes import Path, nearest, shown
from dclm_pipeline.recipe.loading import Plain, load_scalar
from dclm_pipeline.recipe.model import SLUG, names_of
from dclm_pipeline.recipe.problems import Problems

PLAIN = ("seed", "columns", "name", "annotate")
GROUPS = ("source", "limits")
_MOST_DIGITS = 9


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
    adding = target.endswith("+")
    target = target.removesuffix("+")
    if target in PLAIN:
        for path in put(values, [target], value, "", said, adding=adding):
            problems.set_by(path, said)
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
        for inner in put(settings, fields, value, f"{name}.", said, adding=adding):
            problems.set_by((*path, *inner), said)


def put(
    settings: dict[str, Plain], fields: Sequence[str], value: Plain, before: str, said: str, *, adding: bool
) -> list[Path]:
    """Put a value where fields lead, or add it to the list there; return the paths of what is new.

    `before` is what messages put before the fields, `said` the words that asked for it.
    """
    holder: Plain = settings
    keys: list[str | int] = []
    for place, field in enumerate(fields):
        where = before + ".".join(fields[:place])
        key = _key(holder, field, where, said)
        keys.append(key)
        if place == len(fields) - 1 and not adding:
            _replace(holder, key, value)
            return [tuple(keys)]
        inner = _at(holder, key)
        if inner is None and not adding:
            inner = {}
            _replace(holder, key, inner)
        holder = inner
    where = before + ".".join(fields)
    if not isinstance(holder, list):
        seen = "is not written in the recipe" if holder is None else f"is {shown(holder)}"
        raise RecipeError(f"{said}: {where} {seen}, and += adds to a list; write the whole list: {where}=[…]")
    first = len(holder)
    holder += value if isinstance(value, list) else [value]
    return [(*keys, number) for number in range(first, len(holder))]


def _key(holder: Plain, field: str, where: str, said: str) -> str | int:
    """Return what a field is called within what stands around it: of a list, a number."""
    if isinstance(holder, dict) or holder is None:
        return field
    if not isinstance(holder, list):
        raise RecipeError(f"{said}: {where} is {shown(holder)}, which has no {shown(field)} in it")
    if field.isdecimal() and field.isascii() and int(field[:_MOST_DIGITS]) < len(holder):
        return int(field)
    there = f"0 to {len(holder) - 1}" if holder else "and it has none"
    raise RecipeError(
        f"{said}: {where} is a list of {len(holder)}, of which one is named by its place, {there}, not {shown(field)}; "
        f"{where}+=… adds one"
    )


def _at(holder: Plain, key: str | int) -> Plain:
    if isinstance(holder, list) and isinstance(key, int):
        return holder[key]
    return holder.get(str(key)) if isinstance(holder, dict) else None


def _replace(holder: Plain, key: str | int, value: Plain) -> None:
    if isinstance(holder, list) and isinstance(key, int):
        holder[key] = value
    elif isinstance(holder, dict):
        holder[str(key)] = value


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
