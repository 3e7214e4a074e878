"""Sending steps to another process: built-in ones by name and settings, users' with the code that they are made of.

What comes out of `pack` is for our own workers alone: unpacking runs code.
"""

import importlib
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cloudpickle

from dclm_pipeline.errors import RecipeError
from dclm_pipeline.recipe.bundles import CodeBundle, import_bundle, imported_bundle
from dclm_pipeline.step import Step

_PACKAGE = __name__.partition(".")[0]


@dataclass(frozen=True)
class _Packed:
    """One step: its class by name in a module (a bundle's or our own), or by value; and its settings."""

    module: str
    name: str
    code: CodeBundle | None
    value: bytes
    settings: Mapping[str, Any]


def pack(steps: Sequence[Step]) -> bytes:
    """Return steps as bytes."""
    return pickle.dumps([_packed(step) for step in steps])


def unpack(data: bytes) -> tuple[Step, ...]:
    """Make the steps again that `pack` was given."""
    return tuple(_class_of(packed).model_validate(packed.settings) for packed in pickle.loads(data))


def _packed(step: Step) -> _Packed:
    made = type(step)
    settings = step.model_dump()
    code = imported_bundle(made.__module__)
    if code is not None or made.__module__.partition(".")[0] == _PACKAGE:
        return _Packed(made.__module__, made.__qualname__, code, b"", settings)
    return _Packed(made.__module__, made.__qualname__, None, cloudpickle.dumps(made), settings)


def _class_of(packed: _Packed) -> type[Step]:
    if packed.value:
        found = pickle.loads(packed.value)
    else:
        module = importlib.import_module(packed.module) if packed.code is None else import_bundle(packed.code)
        found = getattr(module, packed.name, None)
    if not isinstance(found, type) or not issubclass(found, Step):
        raise RecipeError(f"{packed.module}.{packed.name} is no step; define steps at the top of their module")
    return found
