"""What pydantic finds wrong, said so that a person can act on it."""

from collections.abc import Mapping
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from dclm_pipeline.recipe.kinds import nearest
from dclm_pipeline.recipe.loading import Path

MOST_SHOWN = 60


def problems_of(error: ValidationError, model: type[BaseModel], path: Path, label: str) -> list[tuple[Path, str]]:
    """Return where each problem stands, and a message; `label` is what the model is called in messages."""
    found: dict[Path, str] = {}
    for problem in error.errors():
        names = [
            name
            for name in problem["loc"]
            if isinstance(name, int) or name in model.model_fields or problem["type"] == "extra_forbidden"
        ]
        where = path + tuple(names[:1] if names and isinstance(names[0], str) else names)
        found.setdefault(where, f"{label}: {_message(problem, model)}")
    return list(found.items())


def _message(problem: Mapping[str, Any], model: type[BaseModel]) -> str:
    kind, place, seen = problem["type"], problem["loc"], problem.get("input")
    name = str(place[0]) if place else ""
    settings = [field for field in model.model_fields if field not in ("bundles",)]
    if kind == "extra_forbidden":
        return f"unknown setting {name!r}{nearest(name, settings)} Known: {', '.join(settings)}".replace("? ", "? ")
    if kind == "missing":
        about = model.model_fields[name].description if name in model.model_fields else None
        return f"needs {name!r}" + (f": {about}" if about else "")
    expected = expected_of(model, name)
    if kind in ("value_error", "assertion_error"):
        said = str(problem.get("ctx", {}).get("error", problem["msg"]))
        return f"{name} is {shown(seen)}: {said}" if name else said
    return f"{name} is {shown(seen)}; expected {expected}"


def expected_of(model: type[BaseModel], name: str) -> str:
    """Say in words what a setting may be."""
    field = model.model_fields.get(name)
    if field is None:
        return "something else"
    words = _words(field.annotation)
    bounds = []
    for mark in field.metadata:
        for attribute, word in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
            if getattr(mark, attribute, None) is not None:
                bounds.append(f"{word} {getattr(mark, attribute)}")
    return " ".join([words, *([", ".join(bounds)] if bounds else [])])


def _words(kind: Any) -> str:
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " or ".join(repr(part) for part in parts)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_words(part) for part in parts))
    if origin is tuple or origin is list:
        return f"a list of {_words(parts[0])}s" if parts else "a list"
    if origin is not None and parts:
        return _words(parts[0])
    simple = {int: "a whole number", float: "a number", str: "a text", bool: "true or false", type(None): "null"}
    if kind in simple:
        return simple[kind]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"settings ({', '.join(kind.model_fields)})"
    return getattr(kind, "__name__", "something else")


def shown(value: object) -> str:
    """Show a value that somebody wrote, cut where it is long."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
