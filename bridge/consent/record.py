"""Record what was seen and done about consent: ledger, standing opt-outs, requests to come back.

All in the caller's transaction, so that a decision and its record are one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bridge.consent.ledger import SQL, Entry, Subjects, append

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg

    from bridge.consent.box import BoxChange

Stage = Literal["seen", "sent", "confirmed", "refused"]


def record_box_changes(
    tx: psycopg.Connection,
    connection_id: int,
    changes: Iterable[tuple[BoxChange, str | None, str]],
    *,
    own_user_id: str | None,
    cause_kind: str,
    by_merge: Collection[str] = (),
) -> int:
    """Record changes of *Do Not Email*, each with the contact's e-mail key and its cause.

    Returns how many were new.

    A tick stands as the firm's opt-out for the person and the address. An untick by a person lifts
    the firm's own and asks that the person be mailed again; the bridge's own user asks nothing, nor
    does a merge that left the contacts in `by_merge`.
    """
    subjects = Subjects(tx, connection_id)
    recorded = 0
    for change, email, cause_id in changes:
        is_own = own_user_id is not None and change.user_id == own_user_id
        is_own = is_own or change.contact_id in by_merge
        row = {
            "connection_id": connection_id,
            "contact_id": change.contact_id,
            "changed_at": change.changed_at,
            "ticked": change.ticked,
            "user_id": change.user_id,
            "is_own_user": is_own,
            "seen_by": change.seen_by,
            "cause_id": cause_id,
        }
        if tx.execute(SQL["add_box_change"], row).fetchone() is None:
            continue
        recorded += 1
        person_id = subjects.subject("person", change.contact_id)
        address_id = subjects.subject("address", email) if email else None
        seq = append(
            tx,
            connection_id,
            Entry(
                side="console" if change.seen_by == "console" else "practifi",
                change="ticked" if change.ticked else "unticked",
                acted_by="firm",
                cause_kind=cause_kind,
                cause_id=cause_id,
                address_id=address_id,
                person_id=person_id,
                user_id=change.user_id,
            ),
        )
        about = {"connection_id": connection_id, "person_id": person_id}
        if change.ticked:
            tx.execute(SQL["withdraw"], about | {"reason": "Do Not Email was ticked again"})
            for subject_id in filter(None, (person_id, address_id)):
                stand(tx, connection_id, subject_id, "firm", change.changed_at, seq)
        elif not is_own:
            lift = {"address_id": address_id, "email_key": email, "contact_id": change.contact_id}
            tx.execute(SQL["lift_firm"], about | lift)
            if address_id is not None:
                asked = {"asked_seq": seq, "unticked_at": change.changed_at}
                tx.execute(SQL["ask_back"], about | {"address_id": address_id} | asked)
    return recorded


def record_seen_there(
    tx: psycopg.Connection,
    connection_id: int,
    address: str,
    contact_ids: Sequence[str],
    *,
    by_person: bool,
    since: datetime,
    cause_id: str,
) -> None:
    """Record an unsubscribe that was made in Constant Contact; it stands for address and people."""
    subjects = Subjects(tx, connection_id)
    address_id = subjects.subject("address", address)
    acted_by: Literal["person", "firm"] = "person" if by_person else "firm"
    seq = append(
        tx,
        connection_id,
        Entry(
            side="constant_contact",
            change="opted_out",
            acted_by=acted_by,
            cause_kind="contact",
            cause_id=cause_id,
            address_id=address_id,
        ),
    )
    stand(tx, connection_id, address_id, acted_by, since, seq)
    person_ids = [subjects.subject("person", contact_id) for contact_id in contact_ids]
    for person_id in person_ids:
        stand(tx, connection_id, person_id, acted_by, since, seq)
    if by_person:
        about = {"connection_id": connection_id, "address_id": address_id}
        tx.execute(SQL["own_after_all"], about | {"person_ids": person_ids})


def record_left_list(
    tx: psycopg.Connection,
    connection_id: int,
    address: str,
    contact_id: str,
    *,
    list_id: UUID,
    cause_id: str,
) -> None:
    """Record that a person left one list there by their own act: an opt-out from that list."""
    subjects = Subjects(tx, connection_id)
    append(
        tx,
        connection_id,
        Entry(
            side="constant_contact",
            change="left_list",
            acted_by="person",
            cause_kind="contact",
            cause_id=cause_id,
            address_id=subjects.subject("address", address),
            person_id=subjects.subject("person", contact_id),
            list_id=list_id,
        ),
    )


def inherit(tx: psycopg.Connection, connection_id: int, loser: str, winner: str) -> bool:
    """Let what stands for a contact stand for the one that it was merged into, too.

    Returns whether anything did.
    """
    subjects = Subjects(tx, connection_id)
    former = {"connection_id": connection_id, "subject_id": subjects.subject("person", loser)}
    rows = tx.execute(SQL["standing_of"], former).fetchall()
    for acted_by, since in rows:
        person_id = subjects.subject("person", winner)
        seq = append(
            tx,
            connection_id,
            Entry(
                side="practifi",
                change="opted_out",
                acted_by="firm" if acted_by == "firm" else "person",
                cause_kind="merge",
                cause_id=loser,
                person_id=person_id,
            ),
        )
        stand(tx, connection_id, person_id, acted_by, since, seq)
    return bool(rows)


def record_step(
    tx: psycopg.Connection,
    connection_id: int,
    address: str,
    *,
    change: Literal["opted_out", "opted_in"],
    stage: Stage,
    about_seq: int | None,
    cause_id: str,
    answer: str | None = None,
) -> int:
    """Record that a change of permission was sent, confirmed or refused."""
    subjects = Subjects(tx, connection_id)
    return append(
        tx,
        connection_id,
        Entry(
            side="constant_contact",
            change=change,
            acted_by="firm",
            stage=stage if about_seq is not None else "seen",
            about_seq=about_seq,
            cause_kind="step",
            cause_id=cause_id,
            address_id=subjects.subject("address", address),
            answer=answer,
        ),
    )


def lift_confirmed(
    tx: psycopg.Connection, connection_id: int, address: str, contact_ids: Sequence[str]
) -> None:
    """A resubscription is confirmed: nothing but a complaint stands for the address any more."""
    subjects = Subjects(tx, connection_id)
    subject_ids = [subjects.subject("address", address)]
    subject_ids += [subjects.subject("person", key) for key in contact_ids]
    tx.execute(SQL["lift_all"], {"connection_id": connection_id, "subject_ids": subject_ids})


def stand(  # noqa: PLR0917 -- the columns of one row
    tx: psycopg.Connection,
    connection_id: int,
    subject_id: object,
    acted_by: str,
    since: datetime,
    seq: int,
) -> None:
    """An opt-out stands for a subject from now on; a person's own is never replaced by a firm's.

    Args:
        tx: The caller's transaction.
        connection_id: Whose subject it is.
        subject_id: An address or a person.
        acted_by: `person`, `firm` or `complaint`.
        since: When they opted out.
        seq: The ledger's entry that it rests on.
    """
    tx.execute(
        SQL["stand"],
        {
            "connection_id": connection_id,
            "subject_id": subject_id,
            "list_id": None,
            "acted_by": acted_by,
            "since": since,
            "seq": seq,
        },
    )
