"""Move the mirror forward by records that were told or read, and say what that makes dirty.

Both roads by which Salesforce speaks, messages and read-backs, come through here; so a box that was
ticked, or an address that changed, has the same consequences on either.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from bridge.clock import now
from bridge.consent.record import record_box_changes
from bridge.mirror.belief import (
    as_plausible,
    believe,
    box_before,
    by_record,
    is_older,
    join,
    newest_of,
    tick_between,
)
from bridge.mirror.boxes import Boxes, late_ticks
from bridge.mirror.remember import SQL, contact_keys, lock_rows, remember_rows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    import psycopg

    from bridge.consent.box import RecordedBox
    from bridge.mapping.names import ContactNames
    from bridge.mirror.model import PractifiRow

Subject: TypeAlias = tuple[Literal["address", "list"], str]
"""What one write replaces: an e-mail key, or a list's Salesforce id.

A contact whose address nobody has told, and a membership whose contact nobody has told, stand under
their own id until they are read.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What became of one told or read state.

    Attributes:
        subjects: What the record touches now and touched before.
        is_consent: Whether the box changed: its subjects go first.
        is_superseded: The mirror knew a newer state; nothing was changed.
        address_changed: A contact's address is another one than before.
        is_in_doubt: More became known while it was read: it has to be read again.
    """

    row: PractifiRow
    subjects: frozenset[Subject]
    is_consent: bool = False
    is_superseded: bool = False
    address_changed: bool = False
    is_in_doubt: bool = False


def advance(
    tx: psycopg.Connection,
    rows: Sequence[PractifiRow],
    *,
    client_paths: Sequence[str],
    names: ContactNames,
    own_user_id: str | None,
    cause_kind: str,
    causes: Sequence[str],
    read_at: datetime | None = None,
    by_merge: Collection[str] = (),
) -> list[Moved]:
    """Store states of records of one connection and return what each did, in the given order.

    Of several states of one record the newest counts; the others are superseded.

    Args:
        tx: The caller's transaction: the mirror, the ledger and the marks are one.
        rows: States of records, in the order in which they came.
        client_paths: Needed paths of a contact that lead through its client.
        names: Where a contact holds its box, and who unticked it.
        own_user_id: The bridge's own Salesforce user, whose changes are nobody's act.
        cause_kind: What told, for the ledger: `notification` or `read`.
        causes: Which one told each row.
        read_at: When a read-back began: what was told since may be newer, whatever its stamp.
        by_merge: Contacts into which others were merged since: their cleared box is no untick.
    """
    if not rows:
        return []
    seen_at = now(tx)
    rows = [as_plausible(row, seen_at) for row in rows]
    connection_id = rows[0].connection_id
    known = lock_rows(tx, connection_id, ((row.kind, row.sf_id) for row in rows))
    newest = newest_of(rows)
    told = by_record(rows)
    overtaken = _told_since(tx, connection_id, newest, read_at)
    merged: dict[tuple[str, str], PractifiRow] = {}
    boxes = Boxes(names, seen_at, {id(row): cause for row, cause in zip(rows, causes, strict=True)})
    late = late_ticks(tx, connection_id, told, known)
    for key, newest_row in newest.items():
        older, recorded = known.get(key, (None, None))
        if older is not None and key in late:
            boxes.note_late(late[key], older)
            merged[key] = older
        if older is None or not is_older(newest_row, older):
            row, whole = join(newest_row, older, told[key], is_overtaken=key in overtaken)
            merged[key] = whole
            if row.kind == "contact":
                is_in_doubt = row.do_not_email is None
                between = tick_between(newest_row, older, told[key], is_in_doubt=is_in_doubt)
                before = boxes.note_between(between, box_before(older, recorded, names), whole)
                believed, merged[key] = believe(row, whole, older, before, names)
                boxes.note(believed, whole, before, newest_row, is_doubted=believed is not row)
    remember_rows(tx, list(merged.values()))
    if boxes.changes:
        record_box_changes(
            tx,
            connection_id,
            boxes.changes,
            own_user_id=own_user_id,
            cause_kind=cause_kind,
            by_merge={*by_merge, *(sf_id for _, sf_id in late)},
        )
    subjects = _subjects(tx, connection_id, merged, known, client_paths)
    moved = []
    for row in rows:
        key = (row.kind, row.sf_id)
        older = known.get(key, (None, None))[0]
        if key not in merged or (newest[key] is not row and is_older(row, newest[key])):
            moved.append(Moved(row=row, subjects=frozenset(), is_superseded=True))
            continue
        moved.append(
            Moved(
                row=merged[key],
                subjects=subjects[key],
                is_consent=row.sf_id in boxes.changed,
                address_changed=older is not None and older.email_key != merged[key].email_key,
                is_in_doubt=key in overtaken and bool(merged[key].unknown_fields),
            )
        )
    return moved


def _told_since(
    tx: psycopg.Connection,
    connection_id: int,
    keys: Iterable[tuple[str, str]],
    read_at: datetime | None,
) -> frozenset[tuple[str, str]]:
    """Return the records that messages told of after a read-back of them began."""
    if read_at is None:
        return frozenset()
    wanted = sorted(keys)
    rows = tx.execute(
        SQL["told_since"],
        {
            "connection_id": connection_id,
            "kinds": [kind for kind, _ in wanted],
            "ids": [sf_id for _, sf_id in wanted],
            "read_at": read_at,
        },
    )
    return frozenset((kind, sf_id) for kind, sf_id in rows)


def _subjects(
    tx: psycopg.Connection,
    connection_id: int,
    merged: dict[tuple[str, str], PractifiRow],
    known: dict[tuple[str, str], tuple[PractifiRow, RecordedBox | None]],
    client_paths: Sequence[str],
) -> dict[tuple[str, str], frozenset[Subject]]:
    contact_ids = {
        state.contact_id
        for key, row in merged.items()
        for state in (row, known.get(key, (None, None))[0])
        if state is not None and state.kind == "membership" and state.contact_id
    }
    keys = contact_keys(tx, connection_id, contact_ids)
    clients = _people_of_changed_clients(tx, connection_id, merged, known, client_paths)
    found: dict[tuple[str, str], frozenset[Subject]] = {}
    for key, row in merged.items():
        older = known.get(key, (None, None))[0]
        subjects: set[Subject] = set()
        if row.kind == "account":
            subjects |= clients.get(row.sf_id, set())
        elif row.kind == "list":
            subjects.add(("list", row.sf_id))
        else:
            for state in (row, older):
                if state is None:
                    continue
                contact_id = state.sf_id if row.kind == "contact" else state.contact_id
                address = state.email_key if row.kind == "contact" else keys.get(contact_id or "")
                if address:
                    subjects.add(("address", address))
                elif contact_id and (row.kind == "membership" or state is row):
                    subjects.add(("address", contact_id))
            if row.kind == "membership" and not row.contact_id:
                subjects.add(("address", row.sf_id))
        found[key] = frozenset(subjects)
    return found


def _people_of_changed_clients(
    tx: psycopg.Connection,
    connection_id: int,
    merged: dict[tuple[str, str], PractifiRow],
    known: dict[tuple[str, str], tuple[PractifiRow, RecordedBox | None]],
    client_paths: Sequence[str],
) -> dict[str, set[Subject]]:
    changed = [
        row.sf_id
        for key, row in merged.items()
        if row.kind == "account" and row is not known.get(key, (None, None))[0]
    ]
    people: dict[str, set[Subject]] = {}
    if changed and client_paths:
        rows = tx.execute(
            SQL["people_of_accounts"],
            {
                "connection_id": connection_id,
                "account_ids": changed,
                "paths": list(client_paths),
            },
        )
        for account_id, sf_id, address in rows:
            people.setdefault(account_id, set()).add(("address", address or sf_id))
    return people
