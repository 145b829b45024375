"""Store what the other sides answered: the only writers of the mirror's tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from bridge.consent.box import RecordedBox
from bridge.db.queries import load_queries
from bridge.identity import email_key
from bridge.mirror.model import PractifiRow, parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    import psycopg

    from bridge.mapping.compiled import CustomField

SQL = load_queries("bridge.mirror")


def lock_rows(
    tx: psycopg.Connection, connection_id: int, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[PractifiRow, RecordedBox | None]]:
    """Return known rows by (kind, id), locked until the transaction ends.

    The second value is the box of a contact as it was last recorded, which outlives a message that
    does not tell it.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    cursor = tx.cursor(row_factory=dict_row)
    cursor.execute(
        SQL["lock_practifi_rows"],
        {
            "connection_id": connection_id,
            "kinds": [kind for kind, _ in wanted],
            "ids": [sf_id for _, sf_id in wanted],
        },
    )
    found: dict[tuple[str, str], tuple[PractifiRow, RecordedBox | None]] = {}
    for values in cursor:
        ticked, changed_at = values.pop("box_ticked"), values.pop("box_changed_at")
        values["unknown_fields"] = tuple(values["unknown_fields"])
        row = PractifiRow(**values)
        recorded = None if ticked is None else RecordedBox(ticked, changed_at)
        found[row.kind, row.sf_id] = (row, recorded)
    return found


def remember_rows(tx: psycopg.Connection, rows: Sequence[PractifiRow]) -> None:
    """Move the mirror forward to these rows, at most one a record; older ones change nothing."""
    if rows:
        text = json.dumps([row.as_json() for row in rows])
        tx.execute(SQL["remember_practifi_rows"], {"rows": text})


def mark_deleted(
    tx: psycopg.Connection, connection_id: int, kind: str, sf_id: str, deleted_at: datetime | None
) -> None:
    """Note that Salesforce no longer has a record; None: it was found missing just now."""
    row = {"connection_id": connection_id, "kind": kind, "sf_id": sf_id}
    if deleted_at is None:
        tx.execute(SQL["mark_practifi_missing"], row)
    else:
        tx.execute(SQL["mark_practifi_deleted"], row | {"deleted_at": deleted_at})


def contact_keys(
    tx: psycopg.Connection, connection_id: int, ids: Iterable[str]
) -> dict[str, str | None]:
    """Return the address keys of contacts by id; a contact that nobody told of is missing."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    rows = tx.execute(SQL["contact_keys"], {"connection_id": connection_id, "ids": wanted})
    return dict(rows.fetchall())


class Answer(NamedTuple):
    """A whole contact resource, as the vendor answered it.

    Attributes:
        is_own_write: It answers our own write.
        sent_fingerprint: Of what that write sent of a record, where it sent one.
    """

    resource: Mapping[str, Any]
    is_own_write: bool = False
    sent_fingerprint: bytes | None = None


def remember_cc_contact(
    tx: psycopg.Connection, connection_id: int, resource: Mapping[str, Any]
) -> None:
    """Keep a contact that was read; see `remember_cc_contacts`."""
    remember_cc_contacts(tx, connection_id, [Answer(resource)])


def remember_cc_contacts(
    tx: psycopg.Connection, connection_id: int, answers: Iterable[Answer]
) -> None:
    """Keep contacts and the lists that they are on; of several answers of one the last."""
    rows = {answer.resource["contact_id"]: _answer_row(answer) for answer in answers}
    if rows:
        text = json.dumps(list(rows.values()))
        values = {"connection_id": connection_id, "rows": text}
        tx.execute(SQL["remember_cc_contacts"], values)


def contact_row(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a contact that was read, as JSON has them."""
    address = resource.get("email_address") or {}
    return {
        "contact_id": resource["contact_id"],
        "email_key": email_key(address.get("address")),
        "permission": address.get("permission_to_send"),
        "opt_out_source": address.get("opt_out_source"),
        "opt_out_at": _moment(address.get("opt_out_date")),
        "update_source": resource.get("update_source"),
        "updated_at": _moment(resource.get("updated_at")),
        "deleted_at": _moment(resource.get("deleted_at")),
        "resource": dict(resource),
    }


def _answer_row(answer: Answer) -> dict[str, Any]:
    sent = answer.sent_fingerprint
    return contact_row(answer.resource) | {
        "is_own_write": answer.is_own_write,
        "sent_fingerprint": None if sent is None else sent.hex(),
    }


def _moment(text: str | None) -> str | None:
    moment = parse_moment(text)
    return None if moment is None else moment.isoformat()


def forget_cc_contact(tx: psycopg.Connection, connection_id: int, contact_id: str) -> None:
    """Drop a contact that the vendor says it does not have."""
    tx.execute(SQL["forget_cc_contact"], {"connection_id": connection_id, "contact_id": contact_id})


def remember_cc_list(tx: psycopg.Connection, connection_id: int, there: Mapping[str, Any]) -> None:
    """Keep a list as the vendor answered it."""
    tx.execute(
        SQL["remember_cc_list"],
        {
            "connection_id": connection_id,
            "list_id": there["list_id"],
            "name": there["name"],
            "member_count": there.get("membership_count"),
            "updated_at": parse_moment(there.get("updated_at")),
            "deleted_at": parse_moment(there.get("deleted_at")),
        },
    )


def forget_cc_list(tx: psycopg.Connection, connection_id: int, list_id: str) -> None:
    """Drop a list that the vendor says it does not have."""
    tx.execute(SQL["forget_cc_list"], {"connection_id": connection_id, "list_id": list_id})


def remember_custom_fields(
    tx: psycopg.Connection,
    connection_id: int,
    fields: Sequence[Mapping[str, Any]],
    *,
    is_all: bool = False,
) -> None:
    """Keep the account's custom fields: contact calls name them by id.

    Args:
        tx: A connection in a transaction.
        connection_id: Whose account it is.
        fields: As the vendor's answers have them.
        is_all: The account has no others: those that were kept and are gone are forgotten.
    """
    values = {"connection_id": connection_id, "fields": Jsonb([dict(field) for field in fields])}
    tx.execute(SQL["remember_custom_fields"], values)
    if is_all:
        tx.execute(SQL["forget_custom_fields"], values)


def custom_field_ids(
    tx: psycopg.Connection, connection_id: int, wanted: Iterable[CustomField]
) -> dict[str, str]:
    """Return id by the mapping's name of each wanted custom field that the account has.

    The vendor makes the name from the label, and spells it in its own way: either may match.
    """
    rows = tx.execute(SQL["custom_field_ids"], {"connection_id": connection_id}).fetchall()
    ids = {label.lower(): str(field_id) for _, label, field_id in rows}
    ids |= {name.lower(): str(field_id) for name, _, field_id in rows}
    found = {
        field.name: ids.get(field.name.lower(), ids.get(field.label.lower())) for field in wanted
    }
    return {name: field_id for name, field_id in found.items() if field_id is not None}
