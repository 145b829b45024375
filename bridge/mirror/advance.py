"""Move the mirror forward by records that were told or read, and say what that makes dirty.

Both roads by which Salesforce speaks, messages and read-backs, come through here; so a box that was
ticked, or an address that changed, has the same consequences on either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from bridge.clock import now
from bridge.consent.box import Box, BoxChange, box_changes
from bridge.consent.record import record_box_changes
from bridge.identity import is_salesforce_id, salesforce_id
from bridge.mirror.model import (
    PractifiRow,
    carry_over,
    parse_flag,
    without_box,
    without_knowledge,
)
from bridge.mirror.remember import SQL, contact_keys, lock_rows, remember_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    import psycopg

    from bridge.mapping.names import ContactNames

_APART = timedelta(hours=1)
"""How far Salesforce's clock may be from the installation's."""

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
    """

    row: PractifiRow
    subjects: frozenset[Subject]
    is_consent: bool = False
    is_superseded: bool = False
    address_changed: bool = False


def advance(
    tx: psycopg.Connection,
    rows: Sequence[PractifiRow],
    *,
    client_paths: Sequence[str],
    names: ContactNames,
    own_user_id: str | None,
    cause_kind: str,
    causes: Sequence[str],
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
    """
    if not rows:
        return []
    seen_at = now(tx)
    rows = [_plausible(row, seen_at) for row in rows]
    connection_id = rows[0].connection_id
    known = lock_rows(tx, connection_id, ((row.kind, row.sf_id) for row in rows))
    newest = _newest(rows)
    told = _by_record(rows)
    merged: dict[tuple[str, str], PractifiRow] = {}
    changes: list[tuple[BoxChange, str | None, str]] = []
    cause_of = {id(row): cause for row, cause in zip(rows, causes, strict=True)}
    boxes_changed: set[str] = set()
    for key, newest_row in newest.items():
        older, ticked = known.get(key, (None, None))
        if older is not None and _is_older(newest_row, older):
            continue
        row, whole = _joined(newest_row, older, told[key])
        merged[key] = whole
        if row.kind == "contact":
            before = _box(older, ticked, names)
            believed, merged[key] = _believed(row, whole, older, before, names)
            after = _box_now(believed, names)
            happened = box_changes(row.sf_id, before, after, seen_at=seen_at)
            cause = cause_of[id(newest_row)]
            changes += [(change, whole.email_key, cause) for change in happened]
            if happened or believed is not row:
                boxes_changed.add(row.sf_id)
    remember_rows(tx, list(merged.values()))
    if changes:
        record_box_changes(
            tx,
            connection_id,
            changes,
            own_user_id=own_user_id,
            cause_kind=cause_kind,
        )
    subjects = _subjects(tx, connection_id, merged, known, client_paths)
    moved = []
    for row in rows:
        key = (row.kind, row.sf_id)
        older = known.get(key, (None, None))[0]
        if key not in merged or (newest[key] is not row and _is_older(row, newest[key])):
            moved.append(Moved(row=row, subjects=frozenset(), is_superseded=True))
            continue
        moved.append(
            Moved(
                row=merged[key],
                subjects=subjects[key],
                is_consent=row.sf_id in boxes_changed,
                address_changed=older is not None and older.email_key != merged[key].email_key,
            )
        )
    return moved


def _joined(
    row: PractifiRow, older: PractifiRow | None, told: Sequence[PractifiRow]
) -> tuple[PractifiRow, PractifiRow]:
    """Return (what the state says of itself, the state with what was known before)."""
    is_repeat = older is not None and _says_nothing_new(row, older)
    whole = older if older is not None and is_repeat else carry_over(row, older)
    if any(_contradicts(row, other) for other in (older, *told) if other is not None):
        whole = without_knowledge(whole)
        return whole, whole
    return row, whole


def _newest(rows: Iterable[PractifiRow]) -> dict[tuple[str, str], PractifiRow]:
    newest: dict[tuple[str, str], PractifiRow] = {}
    for row in rows:
        key = (row.kind, row.sf_id)
        if key not in newest or not _is_older(row, newest[key]):
            newest[key] = row
    return newest


def _by_record(rows: Iterable[PractifiRow]) -> dict[tuple[str, str], list[PractifiRow]]:
    found: dict[tuple[str, str], list[PractifiRow]] = {}
    for row in rows:
        found.setdefault((row.kind, row.sf_id), []).append(row)
    return found


def _contradicts(row: PractifiRow, other: PractifiRow) -> bool:
    """Two states of one moment that differ: nobody can tell which came first.

    Stamps are whole seconds and messages come in any order, so only Salesforce knows the end.
    """
    return (
        row.source == "message"
        and row.modstamp is not None
        and row.modstamp == other.modstamp
        and any(other.fields.get(path, text) != text for path, text in row.fields.items())
    )


def _is_older(row: PractifiRow, other: PractifiRow) -> bool:
    return row.modstamp is not None and other.modstamp is not None and row.modstamp < other.modstamp


def _says_nothing_new(row: PractifiRow, older: PractifiRow) -> bool:
    """A message repeats part of the state that was read: reading it again would cost a call."""
    return (
        row.source == "message"
        and row.modstamp is not None
        and row.modstamp == older.modstamp
        and older.deleted_at == row.deleted_at
        and row.fields.items() <= older.fields.items()
    )


def _plausible(row: PractifiRow, seen_at: datetime) -> PractifiRow:
    """Return a state, without knowledge where it claims to be of a time that has not come.

    It would outdo whatever Salesforce says until then.
    """
    if row.source == "message" and row.modstamp is not None and row.modstamp > seen_at + _APART:
        return replace(without_knowledge(row), modstamp=None)
    return row


def _believed(
    row: PractifiRow,
    whole: PractifiRow,
    older: PractifiRow | None,
    before: Box | None,
    names: ContactNames,
) -> tuple[PractifiRow, PractifiRow]:
    """Return a contact's state and its whole without what a message cannot vouch for.

    A message is a hint that anybody may have sent: Salesforce itself has to say *unticked*. Where
    the box is in doubt, it and its stamp stay as last believed, so that no change is passed over.
    """
    is_known_ticked = before is not None and bool(before.ticked)
    if row.source == "message" and row.do_not_email is False and is_known_ticked:
        row = whole = without_box(whole, names.do_not_email)
    if row.do_not_email is None:
        path = names.do_not_email or ""
        kept = (
            {}
            if older is None
            else {key: older.fields[key] for key in {path} & older.fields.keys()}
        )
        fields = {key: text for key, text in whole.fields.items() if key != path}
        stamp = older.resubscribe_at if older is not None else None
        whole = replace(whole, resubscribe_at=stamp, fields=fields | kept)
    return row, whole


def _box(older: PractifiRow | None, ticked: bool | None, names: ContactNames) -> Box | None:  # noqa: FBT001 -- a value, no switch
    """Return the box as last known, whatever has come in doubt since; None: never known."""
    if older is None:
        return None
    if ticked is None:
        ticked = older.do_not_email
    if ticked is None:
        ticked = parse_flag(older.fields.get(names.do_not_email or ""))
    if ticked is None:
        return None
    return Box(ticked=ticked, stamp=older.resubscribe_at, modstamp=older.modstamp)


def _box_now(row: PractifiRow, names: ContactNames) -> Box:
    stamped_by = row.fields.get(names.resubscribe_by or "") or ""
    return Box(
        ticked=row.do_not_email,
        stamp=row.resubscribe_at,
        stamped_by=salesforce_id(stamped_by) if is_salesforce_id(stamped_by) else None,
        modstamp=row.modstamp,
        user_id=row.modified_by,
    )


def _subjects(
    tx: psycopg.Connection,
    connection_id: int,
    merged: dict[tuple[str, str], PractifiRow],
    known: dict[tuple[str, str], tuple[PractifiRow, bool | None]],
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
    known: dict[tuple[str, str], tuple[PractifiRow, bool | None]],
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
