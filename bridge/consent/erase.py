"""Erase a person: personal data goes, the chain and a suppression by keyed hash stay.

What is under hold is not erased. The records in Practifi and in Constant Contact are the firm's to
delete; where they still are, the next read of them would bring them back, so that is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bridge.clock import now
from bridge.consent.audit import UnknownSubject
from bridge.consent.ledger import Entry, Subjects, append
from bridge.consent.record import stand
from bridge.db.queries import load_queries
from bridge.errors import BridgeError
from bridge.identity import email_key, is_salesforce_id, salesforce_id

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    import psycopg

SQL = load_queries("bridge.consent", "erase.sql")

_ID_LENGTH = 15
_ERASURES = (
    SQL["erase_statuses"],
    SQL["erase_records"],
    SQL["erase_agreements"],
    SQL["erase_links"],
    SQL["erase_lists_there"],
    SQL["erase_there"],
    SQL["erase_interactions"],
    SQL["erase_planned"],
    SQL["erase_campaign_members"],
    SQL["erase_engagement"],
    SQL["erase_unresolved"],
    SQL["erase_box_changes"],
    SQL["erase_evidence"],
    SQL["erase_put_backs"],
    SQL["erase_saves"],
    SQL["erase_chosen"],
    SQL["erase_subjects"],
    SQL["erase_steps"],
    SQL["erase_work"],
    SQL["erase_flapping"],
    SQL["erase_candidates"],
    SQL["erase_waiting"],
    SQL["erase_notifications"],
)
"""In the order of all locks: records, then subjects. The ledger's head comes before all of them."""


class NotErasable(BridgeError):
    """The person's records may not be erased, or not just now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Erased:
    """What was erased, and what is left to others.

    Attributes:
        people: Salesforce ids.
        addresses: How many addresses were erased with them.
        kept_addresses: How many stay because somebody else has them.
        in_practifi: Contacts that Practifi still has, as far as is known.
        there: Contacts that Constant Contact still has.
    """

    people: tuple[str, ...]
    addresses: int
    kept_addresses: int
    in_practifi: tuple[str, ...]
    there: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Whom:
    people: tuple[str, ...]
    addresses: tuple[str, ...]
    shared: tuple[str, ...]
    subject_ids: tuple[UUID, ...]


def erase(tx: psycopg.Connection, connection_id: int, who: str, *, by: str) -> Erased:
    """Erase a person, or an address and whoever has it; nobody mails them from then on.

    Args:
        tx: The transaction.
        connection_id: Whose person it is.
        who: A contact's Salesforce id, or an e-mail address.
        by: Who asks for it.

    Raises:
        UnknownSubject: If it is neither, or several people have the address.
        NotErasable: If a record is under hold, or is being delivered just now.
    """
    whom = _whom(tx, connection_id, who)
    about = {"connection_id": connection_id, "subject_ids": list(whom.subject_ids)}
    held = tx.execute(SQL["on_hold"], about).fetchone()
    if held is not None:
        raise NotErasable(f"under hold: {held[0]}; `bridge audit release` ends that")
    people, addresses = list(whom.people), list(whom.addresses)
    at = about | {"people": people, "addresses": addresses}
    if tx.execute(SQL["in_hand"], at).fetchone() is not None:
        raise NotErasable("a change of this person is being delivered just now: try again")
    contacts = tx.execute(SQL["contacts_of"], at).fetchall()
    memberships = [sf_id for (sf_id,) in tx.execute(SQL["memberships_of_people"], at)]
    in_practifi = tuple(sf_id for (sf_id,) in tx.execute(SQL["still_in_practifi"], at))
    for subject_id in whom.subject_ids:
        seq = _record(tx, connection_id, subject_id, "erased", by=by)
        stand(tx, connection_id, subject_id, "person", now(tx), seq)
    values = at | {
        "contacts": [contact_id for contact_id, _ in contacts],
        "memberships": memberships,
        "records_15": [sf_id[:_ID_LENGTH] for sf_id in (*people, *memberships)],
    }
    for statement in _ERASURES:
        tx.execute(statement, values)
    return Erased(
        people=whom.people,
        addresses=len(addresses),
        kept_addresses=len(whom.shared),
        in_practifi=in_practifi,
        there=tuple(str(contact_id) for contact_id, is_there in contacts if is_there),
    )


def hold(tx: psycopg.Connection, connection_id: int, who: str, reason: str, *, by: str) -> int:
    """Put the records of a person under hold: nobody erases them; return how many there are.

    Raises:
        UnknownSubject: If it is neither a contact's id nor an address.
    """
    return _set_hold(tx, connection_id, who, "held", reason, by=by)


def release(tx: psycopg.Connection, connection_id: int, who: str, reason: str, *, by: str) -> int:
    """End a hold, and return how many records there are.

    Raises:
        UnknownSubject: If it is neither a contact's id nor an address.
    """
    return _set_hold(tx, connection_id, who, "released", reason, by=by)


def _set_hold(
    tx: psycopg.Connection,
    connection_id: int,
    who: str,
    change: Literal["held", "released"],
    reason: str,
    *,
    by: str,
) -> int:
    whom = _whom(tx, connection_id, who)
    for subject_id in whom.subject_ids:
        _record(tx, connection_id, subject_id, change, by=by, answer=reason)
    values = {
        "connection_id": connection_id,
        "subject_ids": list(whom.subject_ids),
        "reason": reason if change == "held" else None,
    }
    return tx.execute(SQL["set_hold"], values).rowcount


def _whom(tx: psycopg.Connection, connection_id: int, who: str) -> _Whom:
    """Return who is meant, with the addresses that are theirs alone."""
    subjects = Subjects(tx, connection_id)
    about = {"connection_id": connection_id}
    people, addresses = _named(tx, connection_id, who)
    tx.execute(SQL["lock_records"], about | {"people": people})
    hashes = [subjects.hash_of("person", sf_id) for sf_id in people]
    rows = tx.execute(SQL["addresses_spoken_of"], about | {"hashes": hashes}).fetchall()
    rows += tx.execute(SQL["addresses_of_people"], about | {"people": people}).fetchall()
    addresses |= {key for (key,) in rows}
    values = about | {"people": people, "addresses": sorted(addresses)}
    shared = {key for (key,) in tx.execute(SQL["shared"], values)}
    own = tuple(sorted(addresses - shared))
    return _Whom(
        people=tuple(people),
        addresses=own,
        shared=tuple(sorted(shared)),
        subject_ids=(
            *(subjects.subject("person", sf_id) for sf_id in people),
            *(subjects.subject("address", key) for key in own),
        ),
    )


def _named(tx: psycopg.Connection, connection_id: int, who: str) -> tuple[list[str], set[str]]:
    address = email_key(who)
    if address is None:
        if not is_salesforce_id(who):
            message = f"{who!r} is neither the Salesforce id of a contact nor an e-mail address"
            raise UnknownSubject(message)
        return [salesforce_id(who)], set()
    values = {"connection_id": connection_id, "key": address}
    people = [sf_id for (sf_id,) in tx.execute(SQL["people_of_address"], values)]
    if len(people) > 1:
        raise UnknownSubject(f"several contacts have this address: name one of {_words(people)}")
    return people, {address}


def _words(ids: Sequence[str]) -> str:
    return ", ".join(ids)


def _record(
    tx: psycopg.Connection,
    connection_id: int,
    subject_id: UUID,
    change: Literal["held", "released", "erased"],
    *,
    by: str,
    answer: str | None = None,
) -> int:
    row = tx.execute(
        SQL["kind_of"], {"connection_id": connection_id, "subject_id": subject_id}
    ).fetchone()
    is_person = row is not None and row[0] == "person"
    return append(
        tx,
        connection_id,
        Entry(
            side="console",
            change=change,
            acted_by="firm",
            cause_kind="command",
            cause_id=change,
            address_id=None if is_person else subject_id,
            person_id=subject_id if is_person else None,
            user_id=by,
            answer=answer,
        ),
    )
