"""The ledger of consent: append-only, one hash chain a connection, personal data kept apart."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    import psycopg

SQL = load_queries("bridge.consent")


Change: TypeAlias = Literal[
    "ticked",
    "unticked",
    "opted_out",
    "opted_in",
    "left_list",
    "put_back",
    "evidence",
    "approved",
    "held",
    "released",
    "erased",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What one entry says; who it is about is named by subject, never by address."""

    side: Literal["practifi", "constant_contact", "console"]
    change: Change
    acted_by: Literal["person", "firm", "unknown"]
    cause_kind: str
    cause_id: str
    stage: Literal["seen", "sent", "confirmed", "refused"] = "seen"
    about_seq: int | None = None
    address_id: UUID | None = None
    person_id: UUID | None = None
    list_id: UUID | None = None
    user_id: str | None = None
    answer: str | None = None
    evidence_digest: bytes | None = None


def lock_chain(tx: psycopg.Connection, connection_id: int) -> None:
    """Lock the end of a chain, for whoever locks before appending what others lock after it."""
    tx.execute(SQL["lock_head"], {"connection_id": connection_id})


def append(tx: psycopg.Connection, connection_id: int, entry: Entry) -> int:
    """Append an entry and return its number in the connection's chain.

    The head's row is locked until the transaction ends: entries of a connection form one chain.
    """
    head = tx.execute(SQL["lock_head"], {"connection_id": connection_id}).fetchone()
    assert head is not None  # noqa: S101 -- the statement returns its row
    last, previous, at = head
    seq = last + 1
    values: dict[str, Any] = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    digest = entry_digest(previous, connection_id, seq, at, values)
    values |= {
        "connection_id": connection_id,
        "seq": seq,
        "at": at,
        "previous": previous,
        "digest": digest,
    }
    tx.execute(SQL["append_entry"], values)
    tx.execute(SQL["move_head"], {"connection_id": connection_id, "seq": seq, "digest": digest})
    return int(seq)


def entry_digest(
    previous: bytes, connection_id: int, seq: int, at: datetime, values: dict[str, Any]
) -> bytes:
    """Return the SHA-256 of an entry and of the digest before it.

    Only an entry of evidence has a digest of that to seal.
    """
    content = {name: None if value is None else str(value) for name, value in values.items()}
    evidence = values.get("evidence_digest")
    if evidence is None:
        content.pop("evidence_digest", None)
    else:
        content["evidence_digest"] = bytes(evidence).hex()
    text = json.dumps([connection_id, seq, at.astimezone(UTC).isoformat(), content], sort_keys=True)
    return hashlib.sha256(bytes(previous) + text.encode()).digest()


class Subjects:
    """The subjects of one connection: who an entry is about, findable by keyed hash alone."""

    def __init__(self, tx: psycopg.Connection, connection_id: int) -> None:
        self._tx = tx
        self._connection_id = connection_id
        row = tx.execute(SQL["hash_key"], {"connection_id": connection_id}).fetchone()
        if row is None:
            made = {"connection_id": connection_id, "fresh": secrets.token_hex(32)}
            row = tx.execute(SQL["make_hash_key"], made).fetchone()
        assert row is not None  # noqa: S101 -- the statement returns its row
        self._key = bytes.fromhex(row[0])

    def hash_of(self, kind: Literal["address", "person"], key: str) -> bytes:
        """Return the keyed hash that stays when the key itself is erased."""
        return hmac.digest(self._key, f"{kind}:{key}".encode(), "sha256")

    def seal(self, text: str) -> bytes:
        """Return the keyed digest of a text: it proves the text, and tells nobody what it was."""
        return hmac.digest(self._key, f"evidence:{text}".encode(), "sha256")

    def subject(self, kind: Literal["address", "person"], key: str) -> UUID:
        """Return the id of an address or a person; it is made when first spoken of."""
        row = self._tx.execute(
            SQL["subject_of"],
            {
                "connection_id": self._connection_id,
                "kind": kind,
                "key": key,
                "key_hash": self.hash_of(kind, key),
            },
        ).fetchone()
        assert row is not None  # noqa: S101 -- the statement returns its row
        subject_id: UUID = row[0]
        return subject_id
