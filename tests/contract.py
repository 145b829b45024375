"""The vendor's published contract of Constant Contact V3, where a copy of it lies beside us.

The document is the vendor's and no part of this project. `BRIDGE_OPENAPI` names its place.
"""

from __future__ import annotations

import os
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml
from openapi_schema_validator import OAS30Validator, oas30_format_checker

_BESIDE = (
    Path(__file__).resolve().parents[2] / "shared" / "facts" / "constant-contact-v3.openapi.yaml"
)
_METHODS = frozenset({"get", "put", "post", "patch", "delete"})
_CHECKED_FORMATS = ("uuid", "date-time", "date")


def contract_file() -> Path:
    """Return where the document is, or would be."""
    return Path(os.environ.get("BRIDGE_OPENAPI") or _BESIDE)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One path and method of the contract.

    Attributes:
        answers: Status to the JSON Schema of the body, None for an answer without one.
    """

    name: str
    method: str
    path: str
    answers: dict[int, dict[str, Any] | None]


class Contract:
    """Its operations, and what it says about an answer: closed, so that a wrong name is noticed."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._components = _closed(document["components"])
        self.operations = {
            operation.name: operation
            for path, item in document["paths"].items()
            for method, each in item.items()
            if method in _METHODS
            for operation in [self._operation(path, method, each)]
        }

    @classmethod
    def read(cls) -> Self:
        """Read the document."""
        return cls(yaml.safe_load(contract_file().read_text(encoding="utf-8")))

    def faults(self, name: str, status: int, body: object) -> list[str]:
        """Return what the contract has against an answer; nothing where it fits."""
        answers = self.operations[name].answers
        if status not in answers:
            return [f"{status} is not among {sorted(answers)}"]
        schema = answers[status]
        if schema is None:
            return [] if body is None else [f"{status} has a body"]
        validator = OAS30Validator(
            {**schema, "components": self._components}, format_checker=oas30_format_checker
        )
        return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]

    def _operation(self, path: str, method: str, each: dict[str, Any]) -> Operation:
        return Operation(
            name=each["operationId"],
            method=method.upper(),
            path=path,
            answers={int(status): self._schema(one) for status, one in each["responses"].items()},
        )

    def _schema(self, answer: dict[str, Any]) -> dict[str, Any] | None:
        if "$ref" in answer:
            answer = self._components["responses"][answer["$ref"].rpartition("/")[2]]
        kinds = answer.get("content", {})
        if "text/csv" in kinds:
            return {"type": "string"}
        content = kinds.get("application/json")
        return None if content is None else _closed(content["schema"])


def _closed(node: Any) -> Any:
    """Return a copy in which an object has no properties but those that are named."""
    if isinstance(node, list):
        return [_closed(each) for each in node]
    if not isinstance(node, dict):
        return deepcopy(node)
    closed = {name: _closed(each) for name, each in node.items()}
    is_object = isinstance(closed.get("properties"), dict) and closed.get("type") in {
        None,
        "object",
    }
    if is_object and not isinstance(closed.get("additionalProperties"), dict):
        closed["additionalProperties"] = False
    return closed


def checks_formats() -> bool:
    """Tell whether the formats that identify and date things are really checked."""
    return all(not oas30_format_checker.conforms("neither", one) for one in _CHECKED_FORMATS)
