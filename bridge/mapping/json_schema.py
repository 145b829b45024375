"""The JSON Schema of the mapping files, for editors: `mappings/schema.json`.

One file for all six: `source` (in names.yaml `profiles`) tells which shape a file has to have, so
that an editor offers the keys of that file alone, and names the place of a fault in it.
"""

from __future__ import annotations

import json
from typing import Any, get_args

from pydantic.json_schema import models_json_schema

from bridge.mapping.compiled import FILES
from bridge.mapping.key_texts import DESCRIPTIONS, EXAMPLES, STEP_ARGUMENTS
from bridge.mapping.steps import plain_names

SCHEMA_FILE = "schema.json"


def json_schema() -> str:
    """Return the schema as the text of a file."""
    models = list(FILES.values())
    refs, schema = models_json_schema([(model, "validation") for model in models])
    sources = {
        get_args(model.model_fields["source"].annotation)[0]: refs[(model, "validation")]
        for model in models
        if "source" in model.model_fields
    }
    (names,) = (refs[model, "validation"] for model in models if "source" not in model.model_fields)
    definitions = _as_written(schema["$defs"])
    _describe(definitions)
    _describe_steps(definitions)
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Mapping files of the bridge between Practifi and Constant Contact",
        "type": "object",
        "properties": {
            "source": {"enum": list(sources), "description": "which of the files this is"}
        },
        "if": {"required": ["profiles"]},
        "then": names,
        "else": {
            "required": ["source"],
            "allOf": [_where(source, shape) for source, shape in sources.items()],
        },
        "$defs": definitions,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _where(source: str, shape: Any) -> dict[str, Any]:
    """Return what a file with this `source` has to be."""
    is_it = {"required": ["source"], "properties": {"source": {"const": source}}}
    return {"if": is_it, "then": shape}


def _describe(definitions: dict[str, Any]) -> None:
    """Fill in what the models do not say of their keys, and examples."""
    for name, definition in definitions.items():
        # A custom field is a rule besides, and its keys mean the same.
        models = [name, "Rule"] if name == "CustomRule" else [name]
        for key, told in definition.get("properties", {}).items():
            for model in models:
                if text := DESCRIPTIONS.get(model, {}).get(key):
                    told.setdefault("description", text)
                if examples := EXAMPLES.get(model, {}).get(key):
                    told.setdefault("examples", examples)


def _describe_steps(definitions: dict[str, Any]) -> None:
    """Say beside each transform what it does, and have editors write out those with an argument."""
    told = definitions["StepBody"]["properties"]
    for name, argument in STEP_ARGUMENTS.items():
        if name in told:
            told[name].setdefault("examples", [argument])
    plain = plain_names()
    snippets = [
        {"label": f"{name}: …", "description": step["description"], "body": {name: argument}}
        for name, step in told.items()
        if (argument := step.get("examples", [None])[0]) is not None
    ]
    for rule in ("Rule", "CustomRule"):
        steps = definitions[rule]["properties"]["transform"]["items"]
        names, body = steps["anyOf"]
        names["enumDescriptions"] = [told[name]["description"] for name in plain]
        steps["anyOf"] = [names, body | {"defaultSnippets": snippets}]


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
