"""Records with their children in one call, all or none: `/composite/tree/{object}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.salesforce import saving
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.rest.calls import answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.responses import Response

    from sandbox.salesforce.org import Transaction
    from sandbox.salesforce.rest.calls import Call
    from sandbox.salesforce.schema import Field, SObject

MOST_RECORDS = 200
MOST_LEVELS = 5
MOST_TYPES = 5


class _RefusedError(Exception):
    def __init__(self, reference_id: str, error: ApiError) -> None:
        super().__init__(reference_id)
        self.reference_id = reference_id
        self.error = error


def create(call: Call) -> Response:
    """Create records and, in them, their children; a failure takes all back."""
    sobject = call.org.schema.get(call.path["object"])
    trees = _nested(call.json())
    nodes = [node for each in trees for node in _nodes(each, level=1)]
    names = [_reference_id(node) for node in nodes]
    if not 1 <= len(nodes) <= MOST_RECORDS:
        raise ApiError("LIMIT_EXCEEDED", f"A tree request holds 1 to {MOST_RECORDS} records")
    if len({str(node["attributes"].get("type")) for node in nodes}) > MOST_TYPES:
        raise ApiError("LIMIT_EXCEEDED", f"A tree request holds at most {MOST_TYPES} types")
    if len(set(names)) < len(names):
        raise ApiError("INVALID_INPUT", "Each referenceId stands for one record")
    results: list[dict[str, object]] = []
    try:
        with call.transaction() as tx:
            for each in trees:
                _create(tx, sobject, each, {}, results)
    except _RefusedError as refused:
        errors = [refused.error.item()]
        shown = [{"referenceId": refused.reference_id, "errors": errors}]
        return answer(400, {"hasErrors": True, "results": shown})
    return answer(201, {"hasErrors": False, "results": results})


def _create(
    tx: Transaction,
    sobject: SObject,
    node: dict[str, Any],
    parent: dict[str, str],
    results: list[dict[str, object]],
) -> None:
    name = _reference_id(node)
    fields = {key: each for key, each in node.items() if not _holds_records(each)}
    try:
        _check_type(tx, sobject, node)
        record_id = saving.insert(tx, sobject, fields | parent)
        children = [
            (*_child(tx, sobject, key), _nested(each))
            for key, each in node.items()
            if _holds_records(each)
        ]
    except ApiError as error:
        raise _RefusedError(name, error) from None
    results.append({"referenceId": name, "id": record_id})
    for child, reference, nodes in children:
        for each in nodes:
            _create(tx, child, each, {reference.name: record_id}, results)


def _check_type(tx: Transaction, sobject: SObject, node: dict[str, Any]) -> None:
    if tx.org.schema.named(str(node["attributes"].get("type"))) is not sobject:
        raise ApiError("INVALID_TYPE", f"the record is not of type {sobject.name}")


def _child(tx: Transaction, sobject: SObject, name: str) -> tuple[SObject, Field]:
    for child, reference in tx.org.schema.referring_to(sobject):
        if reference.children is not None and reference.children.lower() == name.lower():
            return child, reference
    message = f"No such column '{name}' on sobject of type {sobject.name}"
    raise ApiError("INVALID_FIELD", message)


def _nodes(node: dict[str, Any], *, level: int) -> Iterator[dict[str, Any]]:
    if level > MOST_LEVELS:
        raise ApiError("LIMIT_EXCEEDED", f"A tree has at most {MOST_LEVELS} levels")
    yield node
    for each in node.values():
        if _holds_records(each):
            for child in _nested(each):
                yield from _nodes(child, level=level + 1)


def _holds_records(value: object) -> bool:
    return isinstance(value, dict) and "records" in value


def _nested(holder: dict[str, Any]) -> list[dict[str, Any]]:
    found = holder.get("records")
    if not isinstance(found, list) or not all(
        isinstance(each, dict) and isinstance(each.get("attributes"), dict) for each in found
    ):
        raise ApiError("JSON_PARSER_ERROR", "records must be a list of records with attributes")
    return found


def _reference_id(node: dict[str, Any]) -> str:
    name = node["attributes"].get("referenceId")
    if not isinstance(name, str) or not name:
        raise ApiError("INVALID_INPUT", "Each record needs attributes.referenceId")
    return name
