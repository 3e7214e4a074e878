"""Keys: digests that say what a piece of work is.

Two pieces with one key leave the same bytes. Settings that cannot change bytes, and places, are in no key; what lies
at a place a step names is there by its SHA-256, and so are the versions of the libraries whose output steps store.
"""

import hashlib
import inspect
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from dclm_pipeline.engine.segments import Segment
from dclm_pipeline.engine.tasks import GROUP_BYTES
from dclm_pipeline.engine.versions import libraries_of
from dclm_pipeline.recipe import Limits
from dclm_pipeline.recipe.places import with_places
from dclm_pipeline.remembering import Remembering, retained_by
from dclm_pipeline.schema import WORKING
from dclm_pipeline.sources import InputShard, Source
from dclm_pipeline.step import PlaceMark, Reorder, Step

# Raised when the engine or the writer would leave other bytes for the same task.
ENGINE_REVISION = 2
KEY_LENGTH = 32


def key_of(*parts: object) -> str:
    """Return a digest of plain JSON values."""
    text = json.dumps((ENGINE_REVISION, *parts), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


def describe(model: BaseModel, digest: Callable[[str], str]) -> dict[str, Any]:
    """Return settings as plain values, every place replaced by the digest of what lies there."""
    values = model.model_dump(mode="json", exclude={"save", "needs", "keep_evidence"})
    return with_places(model, values, lambda _, place: f"sha256:{digest(place)}")


def describe_step(step: Step, digest: Callable[[str], str], codes: Mapping[str, str]) -> dict[str, Any]:
    """Return all of a step that decides what it leaves; `codes` are the digests of users' modules.

    What it asks of the machine decides nothing, but for steps that say on what they compute.
    """
    values = describe(step, digest) | {"revision": step.revision}
    if computed_on := step.computed_on():
        values["computed_on"] = computed_on
    if isinstance(step, Remembering) and not step.against:
        values.pop("against")  # what is held against nothing is the work that it was before there was such a setting
    module = type(step).__module__
    code = next((code for name, code in codes.items() if module == name or module.startswith(f"{name}.")), "")
    code = code or getattr(type(step), "code", "") or _own_code(type(step))
    return values | {"code": code} if code else values


def _own_code(kind: type) -> str:
    """Return the digest of the module in which a user wrote a class of steps; nothing for our own."""
    if kind.__module__.partition(".")[0] == __name__.partition(".")[0]:
        return ""
    try:
        source = inspect.getsource(sys.modules[kind.__module__])
    except (OSError, TypeError, KeyError):
        source = ""  # typed in at a prompt: then its `revision` alone tells versions apart
    return hashlib.sha256(source.encode()).hexdigest()


def describe_source(source: Source) -> dict[str, Any]:
    """Return all of a source but where it lies."""
    values = source.model_dump(mode="json")
    for name, field in type(source).model_fields.items():
        if any(isinstance(mark, PlaceMark) for mark in field.metadata):
            values.pop(name)
    return values | {"revision": source.revision}


def without_selection(described: dict[str, Any], source: Source) -> dict[str, Any]:
    """Leave out what only says which shards there are: each task's own shard is in its key."""
    return {name: value for name, value in described.items() if name not in source.selecting}


def segment_key(
    segment: Segment, source: Source | None, limits: Limits, codes: Mapping[str, str], digest: Callable[[str], str]
) -> str:
    """Return the key of what a segment does, whatever it is done to."""
    layout = segment.layout
    # Working material of the source that nobody looks at changes nothing.
    looked_at = frozenset(layout.leaves).union(*(step.reads() for step in layout.all_steps))
    enters = [field for field in layout.enters if field.name not in WORKING or field.name in looked_at]
    steps = [describe_step(step, digest, codes) for step in layout.all_steps]
    ordering = describe_step(segment.ending, digest, codes) if isinstance(segment.ending, Reorder) else None
    return key_of(
        GROUP_BYTES,
        None if source is None else without_selection(describe_source(source), source),
        steps,
        ordering,
        [(field.name, str(field.type)) for field in enters],
        layout.leaves,
        [sorted(kept) for kept in layout.keeps],
        layout.dropped_sample,
        layout.seed,
        [limits.cpu_seconds, limits.wall_seconds, limits.memory],
        segment.number,
        libraries_of(source, layout.all_steps),
        *(["retained"] if retained_by(layout.after) is not None else ()),
    )


def shard_identity(shard: InputShard) -> list[object]:
    """Return what makes an input shard the same shard."""
    return [shard.name, shard.size, shard.edges, shard.start, shard.end, shard.begins]
