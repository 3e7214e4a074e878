"""Mistakes in settings, said so that a person can act on them: what was seen, what was expected, what is nearest.

Knows settings and types as pydantic has them; not what any of them means, nor where they were written.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

Path: TypeAlias = tuple[str | int, ...]

MOST_SHOWN = 60
_NUMBERS = (int, float)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` for a word that is like a known one, else a full stop."""
    # Comparing costs the square of the length, and a word may be as long as a file.
    close = difflib.get_close_matches(word[:MOST_SHOWN], list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else "."


def shown(value: object) -> str:
    """Show a value that somebody wrote, cut where it is long."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"


def problems_of(error: ValidationError, model: type[BaseModel], path: Path, label: str) -> list[tuple[Path, str]]:
    """Return where each problem stands, and a message; `label` is what the model is called in messages."""
    found: dict[Path, str] = {}
    for problem in error.errors():
        place, holder = _place(problem, model)
        # A wrong tag is told of where it stands.
        tag = (problem["ctx"]["discriminator"].strip("'"),) if problem["type"] == "union_tag_invalid" else ()
        found.setdefault(path + place + tag, f"{label}: {_message(problem, holder, place)}")
    return list(found.items())


def false_numbers(model: type[BaseModel], values: Mapping[str, Any], path: Path, label: str) -> list[tuple[Path, str]]:
    """Say where `true` or `false` stands for a number: pydantic would take them for 1 and 0."""
    found = []
    for name, field in model.model_fields.items():
        value = values.get(name)
        kinds = _plain_kinds(field.annotation)
        if isinstance(value, bool) and bool not in kinds and any(kind in kinds for kind in _NUMBERS):
            message = f"{label}: {name} is {str(value).lower()}; expected {expected_of(model, name)}"
            found.append(((*path, name), message))
    return found


def expected_of(model: type[BaseModel], name: str) -> str:
    """Say in words what a setting may be."""
    field = model.model_fields.get(name)
    if field is None:
        return "something else"
    return _bounded(_words(_annotation(model, name)), field.metadata)


def _place(problem: Mapping[str, Any], model: type[BaseModel]) -> tuple[Path, type[BaseModel]]:
    """Return the path of a problem, less pydantic's names for the parts of a union, and the model that holds it."""
    path: list[str | int] = []
    holder = model
    inner: type[BaseModel] | None = model
    named = 0  # so many of the next parts are names that the user chose
    tagged: Mapping[str, type[BaseModel]] = {}  # the next part is a tag, which says the model
    for part in problem["loc"]:
        if isinstance(part, int):
            path.append(part)
        elif named:
            path.append(part)
            named -= 1
        elif tagged:
            inner, tagged = tagged.get(part, inner), {}
        elif inner is not None and (part in inner.model_fields or problem["type"] == "extra_forbidden"):
            path.append(part)
            holder = inner
            kind = _annotation(inner, part)
            inner, (_, tagged) = model_in(kind), tagged_in(kind)
            named = _names_in(kind)
    return tuple(path), holder


def _names_in(kind: Any) -> int:
    """Return how many names lead into a setting: one for a mapping, two for a mapping of mappings."""
    mapped = [get_args(each)[1] for each in _plain_kinds(kind) if get_origin(each) in (dict, Mapping)]
    return 1 + _names_in(mapped[0]) if mapped else 0


def _annotation(model: type[BaseModel], name: str) -> Any:
    """Return what a setting may be, with the marks that pydantic takes off it."""
    field = model.model_fields.get(name)
    if field is None:
        return None
    return Annotated[field.annotation, field] if field.discriminator else field.annotation


def tagged_in(kind: Any) -> tuple[str, Mapping[str, type[BaseModel]]]:
    """Return the setting that tells the models of a setting apart, and the models by its values; nothing for others."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        for mark in parts[1:]:
            name = mark.discriminator if isinstance(mark, FieldInfo) else None
            if isinstance(name, str):
                models = _plain_kinds(parts[0])
                return name, {tag: each for each in models for tag in get_args(each.model_fields[name].annotation)}
        return tagged_in(parts[0])
    if origin in (Union, UnionType):
        return next((found for found in map(tagged_in, parts) if found[1]), ("", {}))
    held = {tuple: 0, list: 0, dict: 1, Mapping: 1}.get(origin)
    return ("", {}) if held is None else tagged_in(parts[held])


def model_in(kind: Any) -> type[BaseModel] | None:
    """Return the model of which a setting is one, or has some by their place or name."""
    for part in _plain_kinds(kind):
        held = {tuple: 0, list: 0, dict: 1, Mapping: 1}.get(get_origin(part))
        inner = part if held is None else model_in(get_args(part)[held])
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return inner
    return None


def models_in(model: type[BaseModel], name: str) -> dict[str, type[BaseModel]]:
    """Return the models of which a setting is one or holds some, by what tells them apart: `rule: trim`, or nothing."""
    kind = _annotation(model, name)
    tag, tagged = tagged_in(kind)
    if tagged:
        return {f"{tag}: {value}": each for value, each in tagged.items()}
    inner = model_in(kind)
    return {} if inner is None else {"": inner}


def _message(problem: Mapping[str, Any], holder: type[BaseModel], place: Path) -> str:
    kind, seen = problem["type"], problem.get("input")
    name = ".".join(map(str, place))
    last = str(place[-1]) if place else ""
    settings = [field for field in holder.model_fields if not holder.model_fields[field].exclude]
    if kind == "extra_forbidden":
        return f"unknown setting {shown(name)}{nearest(last, settings)} Known: {', '.join(settings)}"
    if kind == "missing":
        about = holder.model_fields[last].description if last in holder.model_fields else None
        return f"needs {name!r}" + (f": {about}" if about else "")
    if kind in ("union_tag_invalid", "union_tag_not_found", "model_attributes_type"):
        tag, models = tagged_in(_annotation(holder, next(part for part in place if isinstance(part, str))))
        if kind == "union_tag_invalid":
            given = problem["ctx"]["tag"]
            return f"{name}: there is no {tag} {shown(given)}{nearest(given, models)} Known: {', '.join(models)}"
        if kind == "union_tag_not_found":
            return f"{name} needs {tag!r}, one of {', '.join(models)}"
        return f"{name} is {shown(seen)}; expected a mapping such as {{{tag}: {next(iter(models))}}}"
    if kind in ("value_error", "assertion_error"):
        said = str(problem.get("ctx", {}).get("error", problem["msg"]))
        return f"{name} is {shown(seen)}: {said}" if name else said
    expected = _expected(holder, place)
    setting = next((holder.model_fields[part] for part in place if part in holder.model_fields), None)
    if kind == "string_pattern_mismatch" and setting is not None:
        expected = f"{expected}: {setting.description}"
    return f"{name or 'this'} is {shown(seen)}; expected {expected}"


def _expected(holder: type[BaseModel], place: Path) -> str:
    name = next((part for part in reversed(place) if isinstance(part, str)), "")
    field = holder.model_fields.get(name)
    if field is None or isinstance(place[-1], str):
        return expected_of(holder, name)
    items = [get_args(kind)[0] for kind in _plain_kinds(field.annotation) if get_origin(kind) in (tuple, list)]
    return _words(items[0]) if items else expected_of(holder, name)


def _plain_kinds(kind: Any) -> tuple[Any, ...]:
    """Return the types that an annotation allows, taken out of unions and marks."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return tuple(inner for part in parts for inner in _plain_kinds(part))
    if hasattr(kind, "__metadata__"):
        return _plain_kinds(parts[0])
    return (kind,)


def _bounded(words: str, marks: Sequence[Any]) -> str:
    """Add to what a number is called what its marks say of its bounds, and to a list or text that it is not empty."""
    bounds = []
    for mark in marks:
        for attribute, word in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
            if getattr(mark, attribute, None) is not None:
                bounds.append(f"{word} {getattr(mark, attribute)}")
        if getattr(mark, "min_length", None) == 1:
            words = words.replace("a list", "a list of at least one", 1) if words.startswith("a list") else words
    return " ".join([words, *([", ".join(bounds)] if bounds else [])])


def _words(kind: Any) -> str:
    origin, parts = get_origin(kind), get_args(kind)
    tag, models = tagged_in(kind) if origin is Annotated else ("", {})
    if models:
        return f"settings of a {tag}: {', '.join(models)}"
    if origin is Annotated:
        return _bounded(_words(parts[0]), [inner for mark in parts[1:] for inner in getattr(mark, "metadata", ())])
    if origin is Literal:
        return " or ".join(repr(part) for part in parts)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_words(part) for part in parts))
    if origin is tuple or origin is list:
        return f"a list, each {_words(parts[0])}" if parts else "a list"
    if origin in (dict, Mapping):
        return f"names, each with {_words(parts[1])}"
    if origin is not None and parts:
        return _words(parts[0])
    simple = {int: "a whole number", float: "a number", str: "a text", bool: "true or false", type(None): "null"}
    if kind in simple:
        return simple[kind]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"settings ({', '.join(kind.model_fields)})"
    return getattr(kind, "__name__", "something else")
