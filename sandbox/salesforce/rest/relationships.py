"""Records by their way to others: `/sobjects/Account/001…/Contacts`, or by an external id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce import ids, saving
from sandbox.salesforce.errors import not_found
from sandbox.salesforce.queries import PAGE_COUNT
from sandbox.salesforce.rendering import whole_record
from sandbox.salesforce.rest import records
from sandbox.salesforce.rest.calls import answer, not_allowed

if TYPE_CHECKING:
    from starlette.responses import Response

    from sandbox.salesforce.rest.calls import Call
    from sandbox.salesforce.schema import Field, SObject
    from sandbox.salesforce.values import Row


def read(call: Call) -> Response:
    """Return a record's parent, its children, or the record that has an external id."""
    if not _begins_with_id(call):
        return records.read_by_key(call)
    sobject, row, name = _way(call)
    reference = sobject.relationship(name)
    if reference is not None:
        parent, found = _parent(call, reference, row)
        fields = records.asked_fields(call, parent)
        return answer(200, whole_record(parent, found, version=call.version, fields=fields))
    child, back = _children(call, sobject, name)
    wanted = records.asked_fields(call, child) or child.fields
    names = dict.fromkeys(["Id", *(field.name for field in wanted)])
    text = f"SELECT {', '.join(names)} FROM {child.name} WHERE {back.name} = '{row['Id']}'"  # noqa: S608 - names of the schema
    page = call.api.queries.run(
        text,
        user_id=call.user_id,
        version=call.version,
        deleted_too=False,
        page_count=PAGE_COUNT,
    )
    return answer(200, page)


def change(call: Call) -> Response:
    """Update a record's parent, or upsert the record that has an external id."""
    if not _begins_with_id(call):
        return records.upsert(call)
    parent, found = _only_parent(call)
    with call.transaction() as tx:
        saving.update(tx, parent, str(found["Id"]), call.json())
    return answer(204)


def remove(call: Call) -> Response:
    """Delete a record's parent, or the record that has an external id."""
    if not _begins_with_id(call):
        return records.remove_by_key(call)
    parent, found = _only_parent(call)
    with call.transaction() as tx:
        saving.delete(tx, parent, str(found["Id"]))
    return answer(204)


def _begins_with_id(call: Call) -> bool:
    """Tell whether the part after the object is an id, not a field."""
    sobject, text = call.org.schema.get(call.path["object"]), call.path["field"]
    is_id = text.startswith(sobject.prefix) and ids.canonical(text) is not None
    return is_id and sobject.field(text) is None


def _way(call: Call) -> tuple[SObject, Row, str]:
    """Go from the record through its parents to the one that the last name is asked of."""
    sobject = call.org.schema.get(call.path["object"])
    *through, name = call.path["value"].split("/")
    with call.transaction() as tx:
        row = saving.existing(tx, sobject, call.path["field"])
    for each in through:
        reference = sobject.relationship(each)
        if reference is None:
            raise not_found()
        sobject, row = _parent(call, reference, row)
    return sobject, row, name


def _parent(call: Call, reference: Field, row: Row) -> tuple[SObject, Row]:
    parent_id = str(row[reference.name] or "")
    sobject = call.org.schema.of_id(parent_id)
    found = call.org.tables[sobject.name].live(parent_id) if sobject else None
    if sobject is None or found is None:
        raise not_found()
    return sobject, found


def _only_parent(call: Call) -> tuple[SObject, Row]:
    sobject, row, name = _way(call)
    reference = sobject.relationship(name)
    if reference is None:
        _children(call, sobject, name)
        method = "PATCH" if call.body else "DELETE"
        raise not_allowed(method, {"GET": read})
    return _parent(call, reference, row)


def _children(call: Call, sobject: SObject, name: str) -> tuple[SObject, Field]:
    for child, reference in call.org.schema.referring_to(sobject):
        if reference.children is not None and reference.children.lower() == name.lower():
            return child, reference
    raise not_found()
