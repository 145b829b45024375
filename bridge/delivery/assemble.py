"""Make the state of one address from the rows that tell of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from bridge.consent.statement import read_statement
from bridge.delivery.cause import cause_of
from bridge.delivery.greeting import greet_household, household_of
from bridge.delivery.model import AddressState, Base, Membership, Person
from bridge.errors import RecordError
from bridge.mirror.model import household_path, parse_flag, says_otherwise

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf
    from collections.abc import Sequence

    from bridge.consent.policy import Rules
    from bridge.consent.standing import Standing
    from bridge.delivery.foreign import Foreign
    from bridge.delivery.model import Resource
    from bridge.mapping.compiled import Mapping
    from bridge.policies.policy import LastListPolicy, NamePolicy, OwnerPolicy
    from bridge.salesforce.values import Record

Row: TypeAlias = dict[str, Any]
NOTHING_TOLD: MappingOf[str, Record] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """What the tables hold of one address.

    Attributes:
        here: The people whose record has the address.
        contacts: The contacts there at the address, and those that its people are linked to.
        moving: Of those, the one that comes to this address with its only person, or None.
        memberships: Of the people here.
        bases: What was agreed on for the people here, or for the contact there.
    """

    key: str
    here: Sequence[Row]
    contacts: Sequence[Row]
    moving: Row | None
    memberships: Sequence[Row]
    bases: Sequence[Row]


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What holds for every address of a connection, whichever is decided on.

    Attributes:
        mapping: What makes a contact there of each record.
        custom_field_ids: The mapping's name of a custom field -> its id there.
        rules: How requests to come back are treated.
        owner_policy: Whose fields are sent where several people have an address.
        told: Record id -> values that go before those of the mirror.
        shared_name: By which name an address is greeted that several people share.
        on_last_list_removed: What becomes of a contact there that Practifi has on no list any more.
        foreign: What is done about memberships that only Constant Contact has.
    """

    mapping: Mapping
    custom_field_ids: MappingOf[str, str]
    rules: Rules
    owner_policy: OwnerPolicy
    told: MappingOf[str, Record]
    shared_name: NamePolicy
    on_last_list_removed: LastListPolicy
    foreign: Foreign


def assemble(rows: Rows, standing: Standing, terms: Terms) -> AddressState:
    """Return the state of one address as both mirrors and the record of consent know it."""
    mapping, told = terms.mapping, terms.told
    mirrored = contact_at(rows.key, rows.contacts)
    known = mirrored or rows.moving or {}
    there_ids = [str(known["contact_id"])] if known else []
    memberships = [_as_told(row, told, mapping) for row in rows.memberships]
    there = mirrored or {}
    people = tuple(_person(_as_told(row, told, mapping), memberships, mapping) for row in rows.here)
    return AddressState(
        key=rows.key,
        people=greet_household(people) if terms.shared_name == "household" else people,
        there=there.get("resource"),
        is_there_known=False,
        moving_from=rows.moving["resource"] if rows.moving is not None else None,
        left_behind=_left_behind(rows),
        bases=tuple(_base(row, memberships, there_ids) for row in rows.bases),
        opt_outs=standing.opt_outs,
        asked=standing.asked,
        evidence=standing.evidence,
        custom_field_ids=terms.custom_field_ids,
        write_rules=mapping.contact.write_rules,
        sent_fingerprint=there.get("sent_fingerprint"),
        answered=there.get("answered"),
        last_write_at=there.get("sent_at"),
        address_since=there.get("address_since"),
        was_mailed_at=there.get("confirmation_sent_at"),
        turned_down=standing.turned_down,
        rules=terms.rules,
        owner_policy=terms.owner_policy,
        on_last_list_removed=terms.on_last_list_removed,
        foreign=terms.foreign,
    )


def contact_at(key: str, contacts: Sequence[Row]) -> Row | None:
    """Return the contact there at an address; a deleted one only where no other is."""
    at_address = [row for row in contacts if row["email_key"] == key]
    alive = [row for row in at_address if row["deleted_at"] is None]
    return next(iter(alive or at_address), None)


def _as_told(row: Row, told: MappingOf[str, Record], mapping: Mapping) -> Row:
    """Return a record with the values that are told of it, unless a later save is known."""
    fields, values = row["fields"], told.get(row["sf_id"], {})
    if says_otherwise(fields, values, mapping.names):
        return row
    return {**row, "fields": {**values, **fields}}


def _left_behind(rows: Rows) -> tuple[Resource, ...]:
    theirs = {str(row["cc_id"]) for row in rows.here if row["cc_id"] is not None}
    return tuple(
        row["resource"]
        for row in rows.contacts
        if row is not rows.moving
        and row["email_key"] != rows.key
        and str(row["contact_id"]) in theirs
    )


def _person(row: Row, memberships: Sequence[Row], mapping: Mapping) -> Person:
    wanted, left_out, cause = wanted_of(row["fields"], mapping)
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
                left_out=membership_left_out(membership["fields"], mapping),
            )
            for membership in memberships
            if membership["contact_id"] == row["sf_id"] and membership["list_id"]
        ),
        linked_to=str(row["cc_id"]) if row["cc_id"] else None,
        linked_at=row["made_at"],
        is_owner=bool(row["is_owner"]),
        is_chosen=bool(row["is_chosen"]),
        is_primary=parse_flag(fields.get(names.primary_member or "")) is True,
        created_at=row["created_at"],
        country=fields.get(names.country or ""),
        statement=read_statement(
            fields.get(names.resubscribe_via or ""),
            fields.get(names.resubscribe_on or ""),
            fields.get(names.resubscribe_note or ""),
            fields.get("LastModifiedById"),
        ),
        household=household_of(fields.get(household_path(mapping.names) or "")),
        mapping_version_id=mapping.version_of(fields) if mapping.version_of is not None else None,
    )


def wanted_of(
    fields: Record, mapping: Mapping
) -> tuple[dict[str, Any] | None, str | None, str | None]:
    """Return (what the mapping makes of the record, why nothing, the cause of a fault in it)."""
    try:
        left_out = mapping.contact.leaves_out(fields)
        if left_out is not None:
            return None, left_out, None
        return mapping.contact.project(fields), None, None
    except RecordError as error:
        return None, str(error), cause_of(error)


def membership_left_out(fields: Record, mapping: Mapping) -> str | None:
    """Return why a membership takes no part, or None where it does."""
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
        is_ended=bool(row["is_ended"]),
    )
