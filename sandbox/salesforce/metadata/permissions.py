"""Permission sets: from their files to the records that queries show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce.metadata.xml import Problem, children, flag, line, line_of, needed, text
from sandbox.salesforce.values import initial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml import etree

    from sandbox.salesforce.org import Transaction
    from sandbox.salesforce.values import Row

_OF_OBJECTS = {
    "allowCreate": "PermissionsCreate",
    "allowRead": "PermissionsRead",
    "allowEdit": "PermissionsEdit",
    "allowDelete": "PermissionsDelete",
    "viewAllRecords": "PermissionsViewAllRecords",
    "modifyAllRecords": "PermissionsModifyAllRecords",
}
_VERBS = {
    "PermissionsCreate": "Create",
    "PermissionsRead": "Read",
    "PermissionsEdit": "Edit",
    "PermissionsDelete": "Delete",
    "PermissionsViewAllRecords": "View All",
    "PermissionsModifyAllRecords": "Modify All",
}
_BELOW: dict[str, tuple[str, ...]] = {
    "Create": ("Read",),
    "Read": (),
    "Edit": ("Read",),
    "Delete": ("Read", "Edit"),
    "View All": ("Read",),
    "Modify All": ("Read", "Edit", "Delete", "View All"),
}
_OF_FIELDS = {"readable": "PermissionsRead", "editable": "PermissionsEdit"}
_OF_USERS = {
    "ApiEnabled": "PermissionsApiEnabled",
    "EnableNotifications": "PermissionsEnableNotifications",
    "RunReports": "PermissionsRunReports",
}


def put_permission_set(tx: Transaction, name: str, element: etree._Element) -> None:
    """Save a permission set; what it gave before and does not name any more is gone.

    Raises:
        Problem: If it names an object or a field that is not there.
    """
    label = needed(element, "label")
    enabled = {
        needed(each, "name")
        for each in children(element, "userPermissions")
        if flag(each, "enabled")
    }
    objects = [_object_row(tx, each) for each in children(element, "objectPermissions")]
    _refuse_missing(tx, objects)
    fields = [_field_row(tx, each) for each in children(element, "fieldPermissions")]
    row: Row = {"Name": name, "Label": label} | {
        column: permission in enabled for permission, column in _OF_USERS.items()
    }
    set_id = _find(tx, name)
    set_id = _put(tx, "PermissionSet", row, record_id=set_id)
    _forget(tx, set_id)
    for each in objects:
        _put(tx, "ObjectPermissions", {"ParentId": set_id, **each})
    for each in fields:
        _put(tx, "FieldPermissions", {"ParentId": set_id, **each})


def remove_permission_set(tx: Transaction, name: str) -> bool:
    """Remove a permission set with all that it gave; tell whether it was there."""
    set_id = _find(tx, name)
    if set_id is None:
        return False
    _forget(tx, set_id)
    for row in list(tx.org.tables["PermissionSetAssignment"]):
        if row["PermissionSetId"] == set_id:
            tx.org.tables["PermissionSetAssignment"].put(str(row["Id"]), None)
    tx.org.tables["PermissionSet"].put(set_id, None)
    return True


def _object_row(tx: Transaction, element: etree._Element) -> Row:
    name = needed(element, "object")
    sobject = tx.org.schema.find(name)
    if sobject is None:
        message = f"In field: object - no CustomObject named {name} found"
        raise Problem(message, line=line_of(element, "object"))
    given = {column: flag(element, tag) for tag, column in _OF_OBJECTS.items()}
    return {"SobjectType": sobject.name, **given}


def _refuse_missing(tx: Transaction, objects: Sequence[Row]) -> None:
    """Refuse rights that others are needed for: of an object itself, and of what it is below.

    Raises:
        Problem: As Salesforce names them: `Permission Read A depends on permission(s): Read B`.
    """
    given = {
        (verb, str(row["SobjectType"]))
        for row in objects
        for column, verb in _VERBS.items()
        if row[column]
    }
    for verb, name in sorted(given):
        needed_first = [(other, name) for other in _BELOW[verb]]
        if verb in {"Read", "View All"}:
            needed_first += [(verb, above) for above in _above(tx, name)]
        missing = [one for one in needed_first if one not in given]
        if missing:
            says = "; ".join(f"{other} {of}" for other, of in missing)
            raise Problem(f"Permission {verb} {name} depends on permission(s): {says}")


def _above(tx: Transaction, name: str) -> list[str]:
    """Return the masters of an object; a contact stands below its account likewise."""
    if name == "Contact":
        return ["Account"]
    fields = tx.org.schema.get(name).fields
    masters = (one for one in fields if one.custom and one.cascades and not one.nillable)
    return [target for one in masters for target in one.refers_to]


def _field_row(tx: Transaction, element: etree._Element) -> Row:
    named = needed(element, "field")
    object_name, _, name = named.partition(".")
    sobject = tx.org.schema.find(object_name)
    field = sobject.field(name) if sobject else None
    if sobject is None or field is None:
        message = f"In field: field - no CustomField named {named} found"
        raise Problem(message, line=line_of(element, "field"))
    if not field.nillable and field.type != "boolean":
        message = f"You cannot deploy to a required field: {named}"
        raise Problem(message, line=line_of(element, "field"))
    given = {column: flag(element, tag) for tag, column in _OF_FIELDS.items()}
    if given["PermissionsEdit"] and not given["PermissionsRead"]:
        message = f"Field {text(element, 'field')} must be readable to be editable"
        raise Problem(message, line=line(element))
    return {
        "SobjectType": sobject.name,
        "Field": f"{sobject.name}.{field.name}",
        **given,
    }


def _find(tx: Transaction, name: str) -> str | None:
    return next(
        (str(row["Id"]) for row in tx.org.tables["PermissionSet"] if row["Name"] == name), None
    )


def _forget(tx: Transaction, set_id: str) -> None:
    for name in ("ObjectPermissions", "FieldPermissions"):
        table = tx.org.tables[name]
        for row in list(table):
            if row["ParentId"] == set_id:
                table.put(str(row["Id"]), None)


def _put(tx: Transaction, name: str, values: Row, *, record_id: str | None = None) -> str:
    sobject, table = tx.org.schema.get(name), tx.org.tables[name]
    before = table.get(record_id) if record_id else None
    record_id = record_id or tx.org.serials.new(sobject.prefix)
    made: Row = {
        "Id": record_id,
        "IsDeleted": False,
        "CreatedDate": tx.at,
        "CreatedById": tx.user_id,
    }
    row: Row = (
        before
        or {
            field.name: initial(field, user_id=tx.user_id, record_id=record_id)
            for field in sobject.fields
        }
        | made
    )
    stamps: Row = {
        "LastModifiedDate": tx.at,
        "LastModifiedById": tx.user_id,
        "SystemModstamp": tx.at,
    }
    table.put(record_id, row | values | stamps)
    return record_id
