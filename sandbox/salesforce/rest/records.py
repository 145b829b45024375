"""Records one by one: `/sobjects/…`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.salesforce import replication, saving
from sandbox.salesforce.describe import describe, describe_global, in_short
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.rendering import whole_record
from sandbox.salesforce.rest.calls import answer

if TYPE_CHECKING:
    from starlette.responses import Response

    from sandbox.salesforce.rest.calls import Call
    from sandbox.salesforce.schema import Field, SObject

_LIKE_A_FILE = re.compile(r"\.[A-Za-z]{2,4}$")


def list_objects(call: Call) -> Response:
    """Describe all objects in short."""
    return answer(200, describe_global(call.org.schema, version=call.version))


def show_object(call: Call) -> Response:
    """Describe one object in short."""
    sobject = call.org.schema.get(call.path["object"])
    return answer(
        200, {"objectDescribe": in_short(sobject, version=call.version), "recentItems": []}
    )


def describe_object(call: Call) -> Response:
    """Describe one object with its fields."""
    sobject = call.org.schema.get(call.path["object"])
    return answer(200, describe(call.org.schema, sobject, version=call.version))


def show_updated(call: Call) -> Response:
    """Return the ids of changed records in a span of time."""
    sobject = call.org.schema.get(call.path["object"])
    span = (call.query.get("start"), call.query.get("end"))
    found = replication.updated(call.org, sobject, *span, policy=call.api.policy())
    return answer(200, found)


def show_deleted(call: Call) -> Response:
    """Return the ids of deleted records in a span of time."""
    sobject = call.org.schema.get(call.path["object"])
    span = (call.query.get("start"), call.query.get("end"))
    found = replication.deleted(call.org, sobject, *span, policy=call.api.policy())
    return answer(200, found)


def create(call: Call) -> Response:
    """Create one record."""
    sobject = call.org.schema.get(call.path["object"])
    with call.transaction() as tx:
        record_id = saving.insert(tx, sobject, call.json())
    return answer(201, {"id": record_id, "success": True, "errors": []})


def read(call: Call) -> Response:
    """Return one record, with all fields or those in `?fields=`."""
    sobject = call.org.schema.get(call.path["object"])
    with call.transaction() as tx:
        row = saving.existing(tx, sobject, _known_id(sobject, call.path["id"]))
    fields = asked_fields(call, sobject)
    return answer(200, whole_record(sobject, row, version=call.version, fields=fields))


def change(call: Call) -> Response:
    """Update one record."""
    sobject = call.org.schema.get(call.path["object"])
    with call.transaction() as tx:
        record_id = _known_id(sobject, call.path["id"])
        row = saving.existing(tx, sobject, record_id)
        saving.update(tx, sobject, str(row["Id"]), call.json())
    return answer(204)


def remove(call: Call) -> Response:
    """Delete one record."""
    sobject = call.org.schema.get(call.path["object"])
    with call.transaction() as tx:
        row = saving.existing(tx, sobject, _known_id(sobject, call.path["id"]))
        saving.delete(tx, sobject, str(row["Id"]))
    return answer(204)


def read_by_key(call: Call) -> Response:
    """Return the record that has an external id."""
    sobject, matches = _matches(call)
    if len(matches) > 1:
        return _several(call, sobject, matches)
    row = call.org.tables[sobject.name].get(_only(matches))
    if row is None:
        raise ApiError("NOT_FOUND", "The requested resource does not exist", status=404)
    fields = asked_fields(call, sobject)
    return answer(200, whole_record(sobject, row, version=call.version, fields=fields))


def upsert(call: Call) -> Response:
    """Update the record that has an external id, or create it."""
    sobject, matches = _matches(call)
    field = saving.external_id(sobject, call.path["field"])
    given = call.json()
    if any(name.lower() == field.name.lower() for name in given):
        raise ApiError(
            "INVALID_FIELD",
            f"The {field.name} field should not be specified in the sobject data.",
        )
    if len(matches) > 1:
        return _several(call, sobject, matches)
    with call.transaction() as tx:
        created = not matches
        if matches:
            record_id = _only(matches)
            saving.update(tx, sobject, record_id, given)
        elif call.flag("updateOnly") or field.type == "id":
            raise ApiError("NOT_FOUND", "The requested resource does not exist", status=404)
        else:
            record_id = saving.insert(tx, sobject, given | {field.name: call.path["value"]})
    return answer(
        201 if created else 200,
        {"id": record_id, "success": True, "errors": [], "created": created},
    )


def remove_by_key(call: Call) -> Response:
    """Delete the record that has an external id."""
    sobject, matches = _matches(call)
    if len(matches) > 1:
        return _several(call, sobject, matches)
    with call.transaction() as tx:
        if not matches:
            raise ApiError("NOT_FOUND", "The requested resource does not exist", status=404)
        saving.delete(tx, sobject, _only(matches))
    return answer(204)


def _matches(call: Call) -> tuple[SObject, frozenset[str]]:
    sobject = call.org.schema.get(call.path["object"])
    field = saving.external_id(sobject, call.path["field"])
    if call.api.policy().keys_like_files_404 and _LIKE_A_FILE.search(call.path["value"]):
        raise ApiError("NOT_FOUND", "The requested resource does not exist", status=404)
    with call.transaction() as tx:
        if field.type == "id":
            return sobject, frozenset({str(saving.existing(tx, sobject, call.path["value"])["Id"])})
        return sobject, saving.find_by_key(tx, sobject, field, call.path["value"])


def _several(call: Call, sobject: SObject, matches: frozenset[str]) -> Response:
    base = f"/services/data/v{call.version}/sobjects/{sobject.name}"
    return answer(300, [f"{base}/{record_id}" for record_id in sorted(matches)])


def _only(matches: frozenset[str]) -> str:
    return next(iter(matches), "")


def _known_id(sobject: SObject, text: str) -> str:
    """Return a path's id; what does not look like one of the object is taken for a field's name."""
    if not text.startswith(sobject.prefix):
        raise ApiError(
            "NOT_FOUND",
            f"Provided external ID field does not exist or is not accessible: {text}",
            status=404,
        )
    return text


def asked_fields(call: Call, sobject: SObject) -> tuple[Field, ...] | None:
    """Return the fields of `?fields=`, or None where all are wanted.

    Raises:
        ApiError: INVALID_FIELD, for a name that is not there.
    """
    if "fields" not in call.query:
        return None
    found = []
    for name in call.query["fields"].split(","):
        field = sobject.field(name.strip())
        if field is None:
            raise ApiError(
                "INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}"
            )
        found.append(field)
    return tuple(found)
