"""Create, update and delete: the rules that a record meets on its way into the org."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.salesforce import ids, record_flows
from sandbox.salesforce.before_save import before_save
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.member_statuses import FIRST, STATUS, status_of
from sandbox.salesforce.org import Change
from sandbox.salesforce.record_checks import check_reference, check_together, check_unique
from sandbox.salesforce.values import initial, stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.salesforce.org import Transaction
    from sandbox.salesforce.schema import Field, SObject
    from sandbox.salesforce.values import Row, Value

DELETED_WITH = "(deleted with)"
"""Beside the fields of a row in the recycle bin: the record whose deletion took it along."""


def insert(tx: Transaction, sobject: SObject, given: Mapping[str, Any]) -> str:
    """Create a record and return its id.

    Args:
        tx: The transaction that the record is part of.
        sobject: The object of the record.
        given: Field names in any case to JSON values.

    Raises:
        ApiError: If the record breaks a rule.
    """
    _writable(sobject, "createable")
    values = _read(tx, sobject, given, creating=True)
    sobject = tx.org.schema.whole(sobject)
    record_id = tx.org.serials.new(sobject.prefix)
    row: Row = {
        field.name: values[field.name]
        if field.name in values
        else initial(field, user_id=tx.user_id, record_id=record_id)
        for field in sobject.fields
    }
    row |= {
        "Id": record_id,
        "IsDeleted": False,
        "CreatedDate": tx.at,
        "CreatedById": tx.user_id,
    }
    for field in sobject.fields:
        if field.number_format is not None:
            row[field.name] = field.number_format.format(tx.org.next_number(sobject))
    _save(tx, sobject, record_id, None, row)
    if sobject.name == "Campaign":
        for status in FIRST:
            insert(tx, tx.org.schema.get(STATUS), {"CampaignId": record_id, **status})
    return record_id


def update(tx: Transaction, sobject: SObject, record_id: str, given: Mapping[str, Any]) -> None:
    """Change a record.

    Raises:
        ApiError: If there is no such record, or the change breaks a rule.
    """
    _writable(sobject, "updateable")
    before = existing(tx, sobject, record_id)
    values = _read(tx, sobject, given, creating=False)
    _save(tx, tx.org.schema.whole(sobject), record_id, before, before | values)


def delete(
    tx: Transaction, sobject: SObject, record_id: str, *, along_with: str | None = None
) -> None:
    """Move a record to the recycle bin, with those that go with it.

    Args:
        tx: The change.
        sobject: Its object.
        record_id: The record.
        along_with: The record that is being deleted, if this one only goes with it.

    Raises:
        ApiError: If there is no such record.
    """
    _writable(sobject, "deletable")
    row = existing(tx, sobject, record_id)
    if along_with is None:
        before_delete(tx, sobject, row)
    gone = {"IsDeleted": True, DELETED_WITH: along_with or row["Id"], **modified(tx)}
    tx.put(sobject, record_id, row | gone)
    for child, reference in tx.org.schema.referring_to(sobject):
        for other in tx.org.tables[child.name].referring(reference, record_id):
            other_id = str(other["Id"])
            if reference.cascades:
                delete(tx, child, other_id, along_with=along_with or str(row["Id"]))
            elif reference.updateable and reference.nillable:
                tx.put(child, other_id, other | {reference.name: None, **modified(tx)})


def before_delete(tx: Transaction, sobject: SObject, row: Row) -> None:
    """Let flows create what they keep of a record that is about to be deleted.

    Records that only go along with another one fire none, as in Salesforce.
    """
    change = Change(
        sobject=sobject, record_id=str(row["Id"]), before=row, after=row, user_id=tx.user_id
    )
    for name, fields in record_flows.before_delete(tx.org.flows.values(), change, tx.at):
        insert(tx, tx.org.schema.get(name), fields)


def existing(tx: Transaction, sobject: SObject, record_id: str) -> Row:
    """Return a record that is not deleted.

    Raises:
        ApiError: ENTITY_IS_DELETED, NOT_FOUND, or MALFORMED_ID for an id of another object.
    """
    found = ids.canonical(record_id)
    if found is None:
        raise ApiError("MALFORMED_ID", f"bad id {record_id}", status=400)
    row = tx.org.tables[sobject.name].get(found)
    if row is None:
        other = tx.org.schema.of_id(found)
        if other is not None and other is not sobject:
            message = f"{sobject.label} ID: id value of incorrect type: {record_id}"
            raise ApiError("MALFORMED_ID", message, fields=("Id",))
        raise ApiError("NOT_FOUND", "The requested resource does not exist", status=404)
    if row["IsDeleted"]:
        raise ApiError("ENTITY_IS_DELETED", "entity is deleted", status=404)
    return row


def find_by_key(tx: Transaction, sobject: SObject, field: Field, value: str) -> frozenset[str]:
    """Return the ids of the records whose external id has a value, given as text."""
    return tx.org.tables[sobject.name].with_key(field, stored(field, value))


def external_id(sobject: SObject, name: str) -> Field:
    """Return a field that an upsert may ask for.

    Raises:
        ApiError: 404, if it is not one.
    """
    field = sobject.field(name)
    by_key = field is not None and field.external_id and sobject.upserts_by_key
    if field is None or not (by_key or field.type == "id"):
        raise ApiError(
            "NOT_FOUND",
            f"Provided external ID field does not exist or is not accessible: {name}",
            status=404,
        )
    return field


def _writable(sobject: SObject, right: str) -> None:
    if not sobject.writable or not getattr(sobject, right):
        raise ApiError(
            "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
            f"entity type cannot be inserted or updated here: {sobject.label}",
        )


def _read(
    tx: Transaction, sobject: SObject, given: Mapping[str, Any], *, creating: bool
) -> dict[str, Value]:
    values: dict[str, Value] = {}
    locked: list[str] = []
    for name, each in given.items():
        if name == "attributes":
            continue
        field, value = sobject.field(name), each
        if field is None and isinstance(value, dict):
            field, value = _by_external_id(tx, sobject, name, value)
        if field is None:
            raise ApiError(
                "INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}"
            )
        if not (field.createable if creating else field.updateable):
            locked.append(field.name)
            continue
        values[field.name] = stored(field, value)
    if locked:
        raise ApiError(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(locked)}. Please check the security "
            "settings of this field and verify that it is read/write for your profile or "
            "permission set.",
            fields=tuple(locked),
        )
    return values


def _by_external_id(
    tx: Transaction, sobject: SObject, name: str, nested: dict[str, Any]
) -> tuple[Field | None, object]:
    """Resolve a parent that is named by its external id: `{"Owner__r": {"Key__c": "1"}}`."""
    reference = sobject.relationship(name)
    keys = {key: value for key, value in nested.items() if key != "attributes"}
    if reference is None or len(keys) != 1:
        return None, nested
    attributes = nested.get("attributes")
    kind = attributes.get("type") if isinstance(attributes, dict) else None
    target = kind if kind in reference.refers_to else reference.refers_to[0]
    (key, value), parent = keys.popitem(), tx.org.schema.get(target)
    field = external_id(parent, key)
    found = find_by_key(tx, parent, field, str(value)) if field.type != "id" else {str(value)}
    if len(found) != 1:
        raise ApiError(
            "INVALID_FIELD",
            f"Foreign key external ID: {value} not found for field {field.name} in entity "
            f"{parent.name}",
        )
    return reference, next(iter(found))


def modified(tx: Transaction) -> dict[str, Value]:
    """Return who saves and when, as a changed row holds it."""
    return {
        "LastModifiedDate": tx.at,
        "LastModifiedById": tx.user_id,
        "SystemModstamp": tx.at,
    }


def _save(tx: Transaction, sobject: SObject, record_id: str, before: Row | None, row: Row) -> None:
    row = before_save(sobject, before, row)
    change = Change(
        sobject=sobject, record_id=record_id, before=before, after=row, user_id=tx.user_id
    )
    row |= record_flows.before_save(tx.org.flows.values(), change, tx.at) | modified(tx)
    missing = [field.name for field in sobject.fields if _is_missing(field, row)]
    if missing:
        raise ApiError(
            "REQUIRED_FIELD_MISSING",
            f"Required fields are missing: [{', '.join(missing)}]",
            fields=tuple(missing),
        )
    for field in sobject.fields:
        if before is None or before[field.name] != row[field.name]:
            check_reference(tx, field, row[field.name])
            check_unique(tx, sobject, field, record_id, row[field.name])
    check_together(tx, sobject, record_id, row)
    if sobject.name == "CampaignMember":
        row |= status_of(tx, row)
    tx.org.saving_rules.check(
        Change(sobject=sobject, record_id=record_id, before=before, after=row, user_id=tx.user_id),
        tx.org.tables[sobject.name],
        allows_duplicates=tx.allows_duplicates,
    )
    tx.put(sobject, record_id, row)


def _is_missing(field: Field, row: Row) -> bool:
    return (field.createable or field.updateable) and not field.nillable and row[field.name] is None
