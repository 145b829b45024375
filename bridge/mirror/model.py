"""What the mirror keeps of a Salesforce record, as values; no reading or writing here."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridge.identity import email_key, is_salesforce_id, salesforce_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.mapping.compiled import Mapping
    from bridge.mapping.names import Names
    from bridge.salesforce.values import Record

Kind: TypeAlias = Literal["account", "contact", "list", "membership"]
Source: TypeAlias = Literal["message", "read", "snapshot", "own_write"]

_SYSTEM = ("Id", "SystemModstamp", "LastModifiedById", "CreatedDate")


@dataclass(frozen=True, kw_only=True, slots=True)
class PractifiRow:
    """The last known state of one Salesforce record.

    Attributes:
        modstamp: SystemModstamp; a row only ever moves forward in it. None: not known.
        do_not_email: None is *not known* and blocks sending.
        resubscribe_at: When somebody last unticked the box, as the org stamped it.
        fields: Mapped and searched fields, by path.
        unknown_fields: Needed paths whose value nobody has told; read back before deciding.
    """

    connection_id: int
    kind: Kind
    sf_id: str
    source: Source
    modstamp: datetime | None = None
    modified_by: str | None = None
    created_at: datetime | None = None
    deleted_at: datetime | None = None
    account_id: str | None = None
    contact_id: str | None = None
    list_id: str | None = None
    name: str | None = None
    email_key: str | None = None
    do_not_email: bool | None = None
    resubscribe_at: datetime | None = None
    fields: Record
    unknown_fields: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the row for `jsonb_to_recordset`: times in ISO form."""
        row: dict[str, Any] = {name: getattr(self, name) for name in _COLUMNS}
        for name in _MOMENTS:
            if row[name] is not None:
                row[name] = row[name].isoformat()
        return row


_COLUMNS = tuple(column.name for column in fields(PractifiRow))
_MOMENTS = ("modstamp", "created_at", "deleted_at", "resubscribe_at")


def needed_paths(kind: Kind, mapping: Mapping) -> tuple[str, ...]:
    """Return the field paths that deciding about a record of this kind needs, without repeats."""
    names = mapping.names
    own: Iterable[str | None]
    if kind == "contact":
        contact = names.contact
        own = (
            contact.account,
            contact.email,
            contact.do_not_email,
            contact.cc_id,
            contact.primary_member,
            contact.resubscribe_at,
            contact.resubscribe_by,
            *mapping.contact.paths,
            *(one.path for one in mapping.contact.filters),
            *_read_beside(mapping),
        )
    elif kind == "list":
        own = (names.list.name, names.list.cc_id, *mapping.list.paths)
    elif kind == "membership":
        own = (names.membership.contact, names.membership.list, *mapping.membership.paths)
    else:
        own = (names.client.name,)
    return tuple(dict.fromkeys(path for path in (*_SYSTEM, *own) if path))


def _read_beside(mapping: Mapping) -> tuple[str, ...]:
    """Return paths that are read with a contact, but are no reason to read it.

    They matter only where a box was unticked, and then the record is read in any case.
    """
    contact = mapping.names.contact
    beside = (
        contact.country,
        contact.resubscribe_via,
        contact.resubscribe_on,
        contact.resubscribe_note,
    )
    return tuple(path for path in beside if path and path not in mapping.contact.paths)


def client_paths(mapping: Mapping) -> tuple[str, ...]:
    """Return the needed paths of a contact that lead through its client, such as `Account.Name`."""
    relation = _relation_to_client(mapping.names)
    return tuple(
        path for path in needed_paths("contact", mapping) if path.startswith(f"{relation}.")
    )


def household_path(names: Names) -> str | None:
    """Return where a contact's record shows the name of its household, such as `Account.Name`.

    It is read only where the mapping gives it to a part.
    """
    return f"{_relation_to_client(names)}.{names.client.name}" if names.contact.account else None


def _relation_to_client(names: Names) -> str:
    lookup = names.contact.account or ""
    return lookup[:-1] + "r" if lookup.endswith("__c") else lookup.removesuffix("Id")


def row_of(
    connection_id: int,
    kind: Kind,
    record: Record,
    mapping: Mapping,
    *,
    source: Source,
    needed: tuple[str, ...] | None = None,
) -> PractifiRow:
    """Return the mirror row of a record whose `Id` is known; what it lacks is not known.

    Whoever makes many gives `needed`, what `needed_paths` returns for all of them.
    """
    names = mapping.names
    needed = needed_paths(kind, mapping) if needed is None else needed
    values: Record = {path: record[path] or None for path in needed if path in record}
    values.update(_below_null_parents(needed, record))
    told = {*values, *_SYSTEM[1:], *(_read_beside(mapping) if kind == "contact" else ())}
    row = PractifiRow(
        connection_id=connection_id,
        kind=kind,
        sf_id=salesforce_id(record["Id"] or ""),
        source=source,
        modstamp=parse_moment(record.get("SystemModstamp") or record.get("LastModifiedDate")),
        modified_by=record.get("LastModifiedById"),
        created_at=parse_moment(record.get("CreatedDate")),
        deleted_at=(
            parse_moment(record.get("SystemModstamp"))
            if record.get("IsDeleted") == "true"
            else None
        ),
        name=record.get(_name_path(kind, names) or ""),
        fields=values,
        unknown_fields=tuple(path for path in needed if path not in told),
    )
    if kind == "contact":
        return replace(
            row,
            account_id=_id(record, names.contact.account),
            email_key=email_key(record.get(names.contact.email)),
            do_not_email=parse_flag(record.get(names.contact.do_not_email or "")),
            resubscribe_at=parse_moment(record.get(names.contact.resubscribe_at or "")),
        )
    if kind == "membership":
        return replace(
            row,
            contact_id=_id(record, names.membership.contact),
            list_id=_id(record, names.membership.list),
        )
    return row


def carry_over(row: PractifiRow, older: PractifiRow | None) -> PractifiRow:
    """Return the row with what it does not know taken from the older state, still marked unknown.

    So the record stays findable under its address and its parents until it is read back. What
    would relax consent is never carried over: an unknown box stays unknown.
    """
    if older is None:
        return row
    carried = {path: older.fields[path] for path in row.unknown_fields if path in older.fields}
    return replace(
        row,
        fields={**carried, **row.fields},
        account_id=row.account_id or older.account_id,
        contact_id=row.contact_id or older.contact_id,
        list_id=row.list_id or older.list_id,
        name=row.name or older.name,
        created_at=row.created_at or older.created_at,
        email_key=row.email_key or (older.email_key if row.unknown_fields else None),
        resubscribe_at=row.resubscribe_at or older.resubscribe_at,
    )


def without_knowledge(row: PractifiRow) -> PractifiRow:
    """Return the row with every value in doubt: it has to be read back before anything is decided.

    It stays findable under what it is believed to hold; the box is not believed.
    """
    doubtful = (*row.unknown_fields, *(path for path in row.fields if path not in _SYSTEM))
    return replace(row, unknown_fields=tuple(dict.fromkeys(doubtful)), do_not_email=None)


def without_box(row: PractifiRow, path: str | None) -> PractifiRow:
    """Return the row with its box in doubt: it has to be read back before anything is decided."""
    doubtful = (*row.unknown_fields, *filter(None, (path,)))
    return replace(row, unknown_fields=tuple(dict.fromkeys(doubtful)), do_not_email=None)


def says_otherwise(known: Record, told: Record, names: Names) -> bool:
    """Tell whether a known state has another value than was told, but for what the bridge wrote."""
    own = {*_SYSTEM, names.contact.cc_id, names.list.cc_id}
    return any(known.get(path, text) != text for path, text in told.items() if path not in own)


def without_untick(row: PractifiRow, path: str | None) -> PractifiRow:
    """Return a replayed state without what would count as an untick: only Salesforce can say it.

    A box that it shows ticked stays: an opt-out is never too much.
    """
    if row.kind != "contact" or row.do_not_email is True:
        return row
    return replace(without_box(row, path), resubscribe_at=None)


def parse_moment(text: str | None) -> datetime | None:
    """Return a Salesforce dateTime as an aware UTC datetime; None for null or what is no time.

    >>> parse_moment("2026-11-02T09:15:00.000Z").isoformat()
    '2026-11-02T09:15:00+00:00'
    """
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_flag(text: str | None) -> bool | None:
    """Return a Salesforce boolean; None where it is absent or no boolean.

    >>> parse_flag("true"), parse_flag(" False "), parse_flag(None)
    (True, False, None)
    """
    return {"true": True, "1": True, "false": False, "0": False}.get((text or "").strip().lower())


def _id(record: Record, path: str | None) -> str | None:
    text = record.get(path or "")
    return salesforce_id(text) if text and is_salesforce_id(text) else None


def _name_path(kind: Kind, names: Names) -> str | None:
    return {"list": names.list.name, "account": names.client.name}.get(kind)


def _below_null_parents(needed: tuple[str, ...], record: Record) -> Record:
    """A parent that is null makes every path below it null."""
    return {
        path: None
        for path in needed
        if "." in path and path not in record and _parent_is_null(path, record)
    }


def _parent_is_null(path: str, record: Record) -> bool:
    parts = path.split(".")
    return any(
        ".".join(parts[:depth]) in record and record[".".join(parts[:depth])] is None
        for depth in range(1, len(parts))
    )
