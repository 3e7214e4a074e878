"""The places that settings name: found by the mark on their annotation, also within lists, names and settings.

Knows marks and values, not what lies at a place.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from dclm_pipeline.step import PlaceMark


def names_place(annotation: Any) -> bool:
    """Tell whether an annotation says, of a value or of a part of it, that it names a place."""
    marks = getattr(annotation, "__metadata__", ())
    return any(isinstance(mark, PlaceMark) for mark in marks) or any(map(names_place, get_args(annotation)))


def places_of(model: BaseModel) -> Iterator[tuple[str, str]]:
    """Yield the places that settings name, each with the setting that names it; empty texts name none."""
    found: list[tuple[str, str]] = []

    def take_note(setting: str, place: str) -> str:
        found.append((setting, place))
        return place

    with_places(model, model.model_dump(mode="json"), take_note)
    yield from found


def with_places(model: BaseModel, values: Mapping[str, Any], change: Callable[[str, str], Any]) -> dict[str, Any]:
    """Return the plain values of settings, `change(setting, place)` for every place that they name."""
    return _of_settings(model, values, "", change)


def _of_settings(
    model: BaseModel, values: Mapping[str, Any], before: str, change: Callable[[str, str], Any]
) -> dict[str, Any]:
    changed = dict(values)
    for name, field in type(model).model_fields.items():
        if name in values:
            marked = any(isinstance(mark, PlaceMark) for mark in field.metadata) or names_place(field.annotation)
            changed[name] = _changed(getattr(model, name), values[name], f"{before}{name}", marked, change)
    return changed


def _changed(value: object, plain: Any, setting: str, marked: bool, change: Callable[[str, str], Any]) -> Any:
    """Return a value's plain form with its places changed; where a list is marked, every text in it is a place."""
    if isinstance(value, BaseModel):
        return _of_settings(value, plain, f"{setting}.", change)
    if isinstance(plain, str):
        return change(setting, plain) if marked and plain else plain
    if isinstance(value, list | tuple):
        pairs = enumerate(zip(value, plain, strict=True))
        return [_changed(one, form, f"{setting}.{place}", marked, change) for place, (one, form) in pairs]
    if isinstance(value, Mapping):
        return {
            name: _changed(one, plain[name], f"{setting}.{name}", marked, change)
            for name, one in value.items()
            if name in plain
        }
    return plain
