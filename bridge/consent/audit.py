"""Read the ledger for those who audit it: check the chain, export it, tell how long things took."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from bridge.clock import now
from bridge.consent.chain import Sealed, Verdict, check_chain
from bridge.consent.ledger import Entry, Subjects
from bridge.db.queries import load_queries
from bridge.errors import BridgeError
from bridge.identity import email_key, is_salesforce_id, salesforce_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import psycopg

SQL = load_queries("bridge.consent", "audit.sql")

Row = dict[str, Any]
_ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Lag:
    """How long one kind of change took from seen to confirmed, in seconds.

    Attributes:
        confirmed: How many were confirmed.
        sent_only: How many were sent and have not been confirmed.
        median_s: None where none was confirmed.
        late: How many were not confirmed within one business day.
    """

    change: str
    confirmed: int
    sent_only: int
    median_s: float | None
    worst_s: float | None
    late: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """Hours of which the ledger knows nothing, for the database was restored (UTC)."""

    taken_at: datetime
    restored_at: datetime

    def words(self) -> str:
        """Say that it is no fault of the chain."""
        begin, end = (f"{at:%Y-%m-%d %H:%M}" for at in (self.taken_at, self.restored_at))
        return f"nothing is entered from {begin} to {end} UTC: a backup was restored"


def gaps(tx: psycopg.Connection) -> list[Gap]:
    """Return what restores of the database have lost, the oldest first."""
    with tx.cursor(row_factory=class_row(Gap)) as cursor:
        return cursor.execute(SQL["gaps"]).fetchall()


def verify(
    tx: psycopg.Connection, connection_id: int, anchors: Mapping[int, bytes] | None = None
) -> Verdict:
    """Check the whole chain of a connection, against an export and against the last one's head.

    `anchors` are digests by number, out of an export that `read_anchors` has read.
    """
    known = dict(anchors or {})
    at = {"connection_id": connection_id}
    last_export = tx.execute(SQL["last_export"], at).fetchone()
    if last_export is not None:
        known.setdefault(int(last_export[0]), bytes(last_export[1]))
    # Read first: what is appended meanwhile is beyond the head, in a transaction that sees neither.
    with tx.cursor("sealed", row_factory=dict_row) as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(SQL["sealed_entries"], at)
        return check_chain(
            connection_id, map(_sealed, cursor), head=_head(tx, connection_id), anchors=known
        )


def export(tx: psycopg.Connection, connection_id: int, contact: str | None) -> Iterator[Row]:
    """Yield the entries about a contact (its Salesforce id, or an address), or all, oldest first.

    An export of all notes where the chain ended: `verify` compares with that from then on.

    Raises:
        UnknownSubject: If it is neither.
    """
    seqs = None if contact is None else entries_about(tx, connection_id, contact)
    if contact is None:
        seq, digest = _head(tx, connection_id)
        head = Jsonb({"seq": seq, "digest": digest.hex()})
        if seq:
            tx.execute(SQL["note_export"], {"connection_id": connection_id, "head": head})
    with tx.cursor("exported", row_factory=dict_row) as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(SQL["exported_entries"], {"connection_id": connection_id, "seqs": seqs})
        for row in cursor:
            list_id = row["list_id"] and str(row["list_id"])
            day = row["evidence_on"] and row["evidence_on"].isoformat()
            yield row | {"at": row["at"].isoformat(), "list_id": list_id, "evidence_on": day}


def read_anchors(path: Path) -> dict[int, bytes]:
    """Return the digests by number that an export holds, JSON or CSV.

    Raises:
        UnreadableExport: If the file is no export of a ledger.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = json.loads(text) if text.lstrip()[:1] == "[" else _read_csv(text)
        return {int(row["seq"]): bytes.fromhex(row["digest"]) for row in rows}
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise UnreadableExport(message) from None
    except (ValueError, KeyError, TypeError):
        message = f"{path}: no export of a ledger: `bridge audit export --all` writes one"
        raise UnreadableExport(message) from None


def count_entries(tx: psycopg.Connection, connection_id: int) -> int:
    """Return how many entries the ledger of a connection has."""
    return _head(tx, connection_id)[0]


def lags(tx: psycopg.Connection, connection_id: int, *, days: int) -> list[Lag]:
    """Return how long ticks and unticks of the last days took to be confirmed."""
    with tx.cursor(row_factory=dict_row) as cursor:
        at = now(tx)  # as a value: app_now() is asked anew for each row
        values = {"connection_id": connection_id, "since": at - timedelta(days=days), "now": at}
        cursor.execute(SQL["lags"], values)
        return [Lag(**row) for row in cursor]


def entries_about(tx: psycopg.Connection, connection_id: int, contact: str) -> list[int]:
    """Return the numbers of the entries about a contact (its Salesforce id, or an address).

    Raises:
        UnknownSubject: If it is neither.
    """
    subjects = Subjects(tx, connection_id)
    address, contact_id = email_key(contact), contact.strip()
    if address is None and not is_salesforce_id(contact_id):
        message = f"{contact!r} is neither the Salesforce id of a contact nor an e-mail address"
        raise UnknownSubject(message)
    values = {
        "connection_id": connection_id,
        "address_hash": None if address is None else subjects.hash_of("address", address),
        "person_hash": (
            subjects.hash_of("person", salesforce_id(contact_id)) if address is None else None
        ),
    }
    return [int(seq) for (seq,) in tx.execute(SQL["entries_about"], values)]


class UnknownSubject(BridgeError):
    """What was asked about is neither a contact's id nor an address."""


class UnreadableExport(BridgeError):
    """A file is no export of a ledger."""


def _read_csv(text: str) -> csv.DictReader[str]:
    rows = csv.DictReader(io.StringIO(text))
    if not {"seq", "digest"} <= set(rows.fieldnames or ()):
        raise KeyError("digest")
    return rows


def _head(tx: psycopg.Connection, connection_id: int) -> tuple[int, bytes]:
    row = tx.execute(SQL["head"], {"connection_id": connection_id}).fetchone()
    return (0, b"") if row is None else (int(row[0]), bytes(row[1]))


def _sealed(row: Row) -> Sealed:
    return Sealed(
        seq=row["seq"],
        at=row["at"],
        values={name: row[name] for name in Entry.__dataclass_fields__},
        previous=bytes(row["previous"]),
        digest=bytes(row["digest"]),
    )
