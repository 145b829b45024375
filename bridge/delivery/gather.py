"""Read everything that deciding about one address needs, in one transaction; nothing is changed."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.consent.standing import (
    asked_back,
    outstanding_evidence,
    rules_of,
    standing_opt_outs,
    turned_down,
)
from bridge.consent.statement import read_statement
from bridge.delivery.cause import cause_of
from bridge.delivery.model import AddressState, Base, Membership, Person
from bridge.delivery.work import SQL
from bridge.errors import RecordError
from bridge.mirror.model import says_otherwise
from bridge.mirror.remember import custom_field_ids

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf
    from collections.abc import Sequence
    from typing import Literal, LiteralString

    import psycopg

    from bridge.delivery.model import Resource
    from bridge.mapping.compiled import Mapping
    from bridge.salesforce.values import Record

Row = dict[str, Any]
_NOTHING_TOLD: MappingOf[str, Record] = MappingProxyType({})


def gather(
    tx: psycopg.Connection,
    connection_id: int,
    key: str,
    mapping: Mapping,
    *,
    owner_policy: Literal["linked_first", "oldest"],
    told: MappingOf[str, Record] = _NOTHING_TOLD,
) -> AddressState:
    """Return the state of one address as both mirrors and the record of consent know it.

    Args:
        tx: A transaction.
        connection_id: Whose address it is.
        key: The address.
        mapping: What makes a contact there of each record.
        owner_policy: Whose fields are sent where several people have the address.
        told: Record id -> values that go before those of the mirror.
    """
    rows = _rows(tx, SQL["people_at"], connection_id, key=key)
    here = [row for row in rows if row["email_key"] == key]
    here_ids = [row["sf_id"] for row in here]
    linked_ids = [str(row["cc_id"]) for row in rows if row["cc_id"] is not None]
    contacts = _rows(tx, SQL["contacts_there"], connection_id, key=key, cc_contact_ids=linked_ids)
    mirrored = _contact_at(key, contacts)
    moving = None if mirrored is not None else _moving_from(tx, connection_id, key, here, contacts)
    known = mirrored or moving
    there_ids = [str(known["contact_id"])] if known is not None else []
    known_memberships = _rows(tx, SQL["memberships_of"], connection_id, contact_ids=here_ids)
    memberships = [_as_told(row, told, mapping) for row in known_memberships]
    bases = _rows(
        tx, SQL["bases_at"], connection_id, contact_ids=here_ids, cc_contact_ids=there_ids
    )
    resource = mirrored["resource"] if mirrored is not None else None
    rules = rules_of(tx, connection_id)
    return AddressState(
        key=key,
        people=tuple(_person(_as_told(row, told, mapping), memberships, mapping) for row in here),
        there=resource,
        is_there_known=False,
        moving_from=moving["resource"] if moving is not None else None,
        left_behind=_left_behind(key, here, contacts, moving),
        bases=tuple(_base(row, memberships, there_ids) for row in bases),
        opt_outs=standing_opt_outs(tx, connection_id, key, here_ids),
        asked=asked_back(tx, connection_id, key, rules),
        evidence=outstanding_evidence(tx, connection_id, key),
        custom_field_ids=custom_field_ids(tx, connection_id, mapping.contact.custom_fields),
        sent_fingerprint=mirrored["sent_fingerprint"] if mirrored is not None else None,
        answered=mirrored["answered"] if mirrored is not None else None,
        last_write_at=mirrored["sent_at"] if mirrored is not None else None,
        was_mailed_at=mirrored["confirmation_sent_at"] if mirrored is not None else None,
        turned_down=turned_down(tx, connection_id, key),
        rules=rules,
        owner_policy=owner_policy,
    )


def with_there(state: AddressState, there: Resource | None) -> AddressState:
    """Return the state with the contact there as it was just read; None: nobody has the address."""
    return replace(
        state,
        there=there,
        is_there_known=True,
        moving_from=state.moving_from if there is None else None,
    )


def unread_records(
    tx: psycopg.Connection, connection_id: int, keys: Sequence[str]
) -> dict[str, list[str]]:
    """Return kind -> ids of the records behind some subjects that must be read back first."""
    found: dict[str, list[str]] = {}
    for row in _rows(tx, SQL["unread"], connection_id, keys=list(keys)):
        found.setdefault(row["kind"], []).append(row["sf_id"])
    return found


def gone_to(tx: psycopg.Connection, connection_id: int, key: str) -> list[str]:
    """Return the addresses whose work will take this address's contact along.

    Its only person has another address now, and nobody there is known to have that one: the contact
    there is changed rather than emptied, so this address waits for the other.
    """
    rows = _rows(tx, SQL["people_at"], connection_id, key=key)
    if any(row["email_key"] == key for row in rows):
        return []
    targets = sorted({row["email_key"] for row in rows if row["is_owner"] and row["email_key"]})
    return [
        target
        for target in targets
        if _contact_at(
            target, _rows(tx, SQL["contacts_there"], connection_id, key=target, cc_contact_ids=[])
        )
        is None
    ]


def came_from(tx: psycopg.Connection, connection_id: int, key: str) -> list[str]:
    """Return the addresses under which people of this address still stand there."""
    rows = _rows(tx, SQL["people_at"], connection_id, key=key)
    linked = [str(row["cc_id"]) for row in rows if row["email_key"] == key and row["cc_id"]]
    contacts = _rows(tx, SQL["contacts_there"], connection_id, key=key, cc_contact_ids=linked)
    return sorted({row["email_key"] for row in contacts if row["email_key"] not in {key, None}})


def _rows(
    tx: psycopg.Connection, query: LiteralString, connection_id: int, **values: object
) -> list[Row]:
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, {"connection_id": connection_id, **values}).fetchall()


def _contact_at(key: str, contacts: Sequence[Row]) -> Row | None:
    at_address = [row for row in contacts if row["email_key"] == key]
    alive = [row for row in at_address if row["deleted_at"] is None]
    return next(iter(alive or at_address), None)


def _moving_from(
    tx: psycopg.Connection,
    connection_id: int,
    key: str,
    here: Sequence[Row],
    contacts: Sequence[Row],
) -> Row | None:
    """Return the contact there of somebody who has come to this address, if it is theirs alone."""
    owned = {str(row["cc_id"]) for row in here if row["cc_id"] is not None and row["is_owner"]}
    for row in contacts:
        former = row["email_key"]
        if str(row["contact_id"]) in owned and former != key and not row["deleted_at"]:
            others = _rows(tx, SQL["people_at"], connection_id, key=former)
            if not any(other["email_key"] == former for other in others):
                return row
    return None


def _as_told(row: Row, told: MappingOf[str, Record], mapping: Mapping) -> Row:
    """Return a record with the values that are told of it, unless a later save is known."""
    fields, values = row["fields"], told.get(row["sf_id"], {})
    if says_otherwise(fields, values, mapping.names):
        return row
    return {**row, "fields": {**values, **fields}}


def _left_behind(
    key: str, here: Sequence[Row], contacts: Sequence[Row], moving: Row | None
) -> tuple[Resource, ...]:
    theirs = {str(row["cc_id"]) for row in here if row["cc_id"] is not None}
    return tuple(
        row["resource"]
        for row in contacts
        if row is not moving and row["email_key"] != key and str(row["contact_id"]) in theirs
    )


def _person(row: Row, memberships: Sequence[Row], mapping: Mapping) -> Person:
    wanted, left_out, cause = _wanted(row, mapping)
    names, fields = mapping.names.contact, row["fields"]
    return Person(
        contact_id=row["sf_id"],
        do_not_email=row["do_not_email"],
        wanted=wanted,
        left_out=left_out,
        is_faulty=cause is not None,
        cause=cause,
        memberships=tuple(
            Membership(
                sf_id=membership["sf_id"],
                list_id=membership["list_id"],
                cc_list_id=str(membership["cc_id"]) if membership["cc_id"] else None,
                left_out=_membership_left_out(membership["fields"], mapping),
            )
            for membership in memberships
            if membership["contact_id"] == row["sf_id"] and membership["list_id"]
        ),
        linked_to=str(row["cc_id"]) if row["cc_id"] else None,
        linked_at=row["made_at"],
        is_owner=bool(row["is_owner"]),
        created_at=row["created_at"],
        country=fields.get(names.country or ""),
        statement=read_statement(
            fields.get(names.resubscribe_via or ""),
            fields.get(names.resubscribe_on or ""),
            fields.get(names.resubscribe_note or ""),
            fields.get("LastModifiedById"),
        ),
    )


def _wanted(row: Row, mapping: Mapping) -> tuple[dict[str, Any] | None, str | None, str | None]:
    """Return (what the mapping makes of the record, why nothing, the cause of a fault in it)."""
    try:
        left_out = mapping.contact.leaves_out(row["fields"])
        if left_out is not None:
            return None, left_out, None
        return mapping.contact.project(row["fields"]), None, None
    except RecordError as error:
        return None, str(error), cause_of(error)


def _membership_left_out(fields: Record, mapping: Mapping) -> str | None:
    try:
        return mapping.membership.leaves_out(fields)
    except RecordError as error:
        return str(error)


def _base(row: Row, memberships: Sequence[Row], there_ids: Sequence[str]) -> Base:
    is_wanted = any(
        membership["contact_id"] == row["contact_id"] and membership["list_id"] == row["list_id"]
        for membership in memberships
    )
    is_lost = row["lost_by"] == "person"
    elsewhere = row["cc_contact_id"] is not None and str(row["cc_contact_id"]) not in there_ids
    return Base(
        contact_id=row["contact_id"],
        list_id=row["list_id"],
        cc_list_id=(
            str(row["cc_list_id"])
            if row["cc_list_id"] and (not elsewhere or (is_wanted and is_lost))
            else None
        ),
        is_wanted=is_wanted,
        is_agreed=row["agreed_at"] is not None and not elsewhere,
        lost_by_person=is_lost,
    )
