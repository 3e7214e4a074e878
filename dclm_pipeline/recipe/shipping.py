"""Sending steps to another process: built-in ones by name and settings, users' with the code that they are made of.

What comes out of `pack` is for our own workers alone: unpacking runs code. Known gap: a step of a module that no recipe
`uses` is sent by value with what its functions refer to in that module's package; what other packages give it must be
installed where it arrives.
"""

import importlib
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
    if _found(made.__module__, made.__qualname__) is made and (
        code is not None or made.__module__.partition(".")[0] == _PACKAGE
    ):
        return _Packed(made.__module__, made.__qualname__, code, b"", settings)
    with _by_value(made.__module__.partition(".")[0]):
        try:
            value = cloudpickle.dumps(made)
        except (pickle.PicklingError, TypeError) as error:
            raise RecipeError(
                f"{step.name or step.kind}: its code cannot be sent to workers: {error}; name its module in a "
                "recipe's `uses`, or let `open` make what cannot be sent"
            ) from error
    return _Packed(made.__module__, made.__qualname__, None, value, settings)


def _class_of(packed: _Packed) -> type[Step]:
    if packed.value:
        found: object = pickle.loads(packed.value)
    else:
        if packed.code is not None:
            import_bundle(packed.code)
        importlib.import_module(packed.module)
        found = _found(packed.module, packed.name)
    if not isinstance(found, type) or not issubclass(found, Step):
        raise RecipeError(f"{packed.module}.{packed.name} is no step; define steps at the top of their module")
    return found


def _found(module: str, name: str) -> object:
    """Return what a name leads to in an imported module, if anything."""
    found: object = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


@contextmanager
def _by_value(package: str) -> Iterator[None]:
    """Let what a package defines be pickled as code: by name, only a machine that has the package could read it."""
    module = sys.modules.get(package)
    if module is None or package == "__main__" or package in cloudpickle.list_registry_pickle_by_value():
        yield
        return
    cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        cloudpickle.unregister_pickle_by_value(module)
