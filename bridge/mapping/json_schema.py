"""The JSON Schema of the mapping files, for editors: `mappings/schema.json`."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import models_json_schema

from bridge.mapping.compiled import FILES

SCHEMA_FILE = "schema.json"


def json_schema() -> str:
    """Return the schema as the text of a file; `source` (or `profiles`) tells the files apart."""
    models = list(FILES.values())
    refs, schema = models_json_schema([(model, "validation") for model in models])
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Mapping files of the bridge between Practifi and Constant Contact",
        "oneOf": [refs[(model, "validation")] for model in models],
        "$defs": _as_written(schema["$defs"]),
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _as_written(part: Any) -> Any:
    """Return a part of the schema as files are: a key is left out, never null; no titles."""
    if isinstance(part, list):
        return [_as_written(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {
        key: _as_written(value)
        for key, value in part.items()
        if not (key == "title" and isinstance(value, str))
    }
    if kept.get("default", 0) is None:
        del kept["default"]
        choices = [choice for choice in kept.pop("anyOf") if choice != {"type": "null"}]
        kept = (choices[0] if len(choices) == 1 else {"anyOf": choices}) | kept
    return kept
