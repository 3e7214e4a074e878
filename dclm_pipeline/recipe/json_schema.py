"""The recipe as a JSON Schema, so that editors complete and check recipes while they are written.

Knows the built-in kinds; where a recipe `uses` modules, a step of any other kind may be theirs.
"""

import json
from typing import Any, get_args

from pydantic import BaseModel, BeforeValidator

from dclm_pipeline.recipe.kinds import builtin_kinds, source_kinds
from dclm_pipeline.recipe.model import SLUG, Heading, Limits


def json_schema() -> dict[str, Any]:
    """Return the schema of recipe files: every built-in kind with its settings."""
    definitions: dict[str, Any] = {}
    steps, sources = sorted(builtin_kinds().items()), sorted(source_kinds().items())
    heading = _written(Heading)
    heading.pop("$defs", None)
    properties = heading["properties"]
    properties["name"]["pattern"] = "^" + SLUG.pattern.replace(r"\Z", "$")
    properties |= {
        "source": {
            "description": "Where documents come from: a kind and its settings.",
            **_one_of({kind: _defined(source, f"source-{kind}", definitions) for kind, source in sources}),
        },
        "steps": {"description": "What happens to the documents, in order.", "type": "array", "minItems": 1},
        "limits": _defined(Limits, "limits", definitions),
    }
    definitions["step"] = _one_of({kind: _defined(step, f"step-{kind}", definitions) for kind, step in steps})
    other = {"not": {"enum": [kind for kind, _ in steps]}}
    definitions["step-of-uses"] = {
        "description": "A step of a module named under `uses`.",
        "anyOf": [
            {"type": "string", **other},
            {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string", **other}}},
        ],
    }
    known, any_step = {"$ref": "#/$defs/step"}, {"anyOf": [{"$ref": "#/$defs/step"}, {"$ref": "#/$defs/step-of-uses"}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A dclm_pipeline recipe",
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "source", "steps"],
        "properties": properties,
        "if": {"required": ["uses"]},
        "then": {"properties": {"steps": {"items": any_step}}},
        "else": {"properties": {"steps": {"items": known}}},
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text(schema: dict[str, Any]) -> str:
    """Return a schema as it lies in the repository."""
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _one_of(kinds: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a union told apart by `kind`; a kind alone stands for itself with its default settings."""
    mapping = {kind: reference["$ref"] for kind, reference in kinds.items()}
    return {
        "oneOf": [{"type": "string", "enum": list(kinds)}, *kinds.values()],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }


def _defined(model: type[BaseModel], name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """Put a model's schema among the definitions and return a reference to it."""
    schema = _written(model)
    definitions.update(schema.pop("$defs", {}))
    if "kind" in schema["properties"]:
        schema["required"] = sorted({*schema.get("required", []), "kind"})
    definitions[name] = schema
    return {"$ref": f"#/$defs/{name}"}


def _written(model: type[BaseModel]) -> dict[str, Any]:
    """Return the schema of settings as they may be written: sizes also as texts."""
    schema = model.model_json_schema(ref_template="#/$defs/{model}")
    for name, field in model.model_fields.items():
        setting = schema["properties"].get(name, {})
        if any(isinstance(mark, BeforeValidator) for mark in field.metadata) or _reads_text(field.annotation):
            words = {key: setting.pop(key) for key in ("default", "description", "title") if key in setting}
            branches = setting.pop("anyOf", None) or [dict(setting)]
            setting.clear()
            setting |= words | {"anyOf": [*branches, {"type": "string"}]}
    return schema


def _reads_text(annotation: Any) -> bool:
    marks = getattr(annotation, "__metadata__", ())
    return any(isinstance(mark, BeforeValidator) for mark in marks) or any(map(_reads_text, get_args(annotation)))
