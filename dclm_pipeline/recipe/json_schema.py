"""The recipe as a JSON Schema, so that editors complete and check recipes while they are written."""

import json
from typing import Any

from pydantic import BaseModel

from dclm_pipeline.recipe.kinds import builtin_kinds, source_kinds
from dclm_pipeline.recipe.model import Limits


def json_schema() -> dict[str, Any]:
    """Return the schema of recipe files: every built-in kind with its settings."""
    definitions: dict[str, Any] = {}
    steps = [_defined(step, f"step-{kind}", definitions) for kind, step in sorted(builtin_kinds().items())]
    sources = [_defined(source, f"source-{kind}", definitions) for kind, source in sorted(source_kinds().items())]
    limits = _defined(Limits, "limits", definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A dclm_pipeline recipe",
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "source", "steps"],
        "properties": {
            "name": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"},
            "source": {"oneOf": sources},
            "steps": {"type": "array", "minItems": 1, "items": {"oneOf": steps}},
            "columns": {"type": "array", "items": {"type": "string"}},
            "uses": {"type": "array", "items": {"type": "string"}},
            "seed": {"type": "integer", "default": 0},
            "limits": limits,
        },
        "$defs": dict(sorted(definitions.items())),
    }


def _defined(model: type[BaseModel], name: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """Put a model's schema among the definitions, sizes as text allowed too, and return a reference to it."""
    schema = model.model_json_schema(ref_template="#/$defs/{model}")
    definitions.update(schema.pop("$defs", {}))
    if "kind" in schema.get("properties", {}):
        schema["required"] = sorted({*schema.get("required", []), "kind"})
    definitions[name] = schema
    return {"$ref": f"#/$defs/{name}"}


def schema_text(schema: dict[str, Any]) -> str:
    """Return a schema as it lies in the repository."""
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
