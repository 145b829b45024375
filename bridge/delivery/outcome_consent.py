"""Record what a delivery did about consent: ledger, standing opt-outs, requests to come back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from bridge.clock import now
from bridge.consent.record import lift_confirmed, record_seen_there, record_step
from bridge.consent.requests import end_requests, record_statement, refuse_requests
from bridge.consent.standing import tells_of_opt_out
from bridge.delivery.decide_consent import is_unsubscribed
from bridge.delivery.work import SQL, mark
from bridge.identity import email_key
from bridge.mirror.model import parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    import psycopg

    from bridge.consent.policy import Policy
    from bridge.consent.record import Stage
    from bridge.delivery.leases import Lease
    from bridge.delivery.model import AddressState, Decision, Step

CLOCKS_DIFFER = timedelta(seconds=5)
"""The ledger goes by the database's clock, an unsubscription there by the vendor's."""


def record_consent_sent(
    tx: psycopg.Connection, lease: Lease, state: AddressState, step: Step, decision: Decision
) -> None:
    """A change of permission was answered as done; what it changes stands until it is confirmed."""
    if step.kind == "unsubscribe":
        _record_opted_out(tx, lease, state, "sent")
    elif step.kind == "resubscribe":
        _record_opted_in(tx, lease, state, "sent")
        end_requests(
            tx,
            lease.connection_id,
            [request.id for request in state.asked],
            state="sent",
            policy=decision.lifts_by,
            reason=None,
            opted_out_at=_opted_out_at(state) if decision.lifts_by != "firm" else None,
        )


def record_consent_confirmed(
    tx: psycopg.Connection, lease: Lease, state: AddressState, step: Step, decision: Decision
) -> None:
    """A change of permission was read back as it was sent."""
    if step.kind == "unsubscribe":
        record_unsubscribed(tx, lease, state)
    elif step.kind == "resubscribe":
        record_resubscribed(tx, lease, state, policy=decision.lifts_by)


def record_unsubscribed(
    tx: psycopg.Connection, lease: Lease, state: AddressState, *, was_sent: bool = True
) -> None:
    """An unsubscription was seen to have taken effect: say so in the ledger, and what it answers.

    `was_sent` says that the ledger has it as sent.
    """
    if not was_sent:
        _record_opted_out(tx, lease, state, "sent")
    _record_opted_out(tx, lease, state, "confirmed")


def record_resubscribed(
    tx: psycopg.Connection,
    lease: Lease,
    state: AddressState,
    *,
    policy: Literal["firm", Policy],
    was_sent: bool = True,
) -> None:
    """A resubscription took effect: lift what stood, end the requests, say what evidence is due."""
    if not was_sent:
        _record_opted_in(tx, lease, state, "sent")
    _record_opted_in(tx, lease, state, "confirmed")
    lists = len((state.there or {}).get("list_memberships") or ())
    end_requests(
        tx,
        lease.connection_id,
        [request.id for request in state.asked],
        state="confirmed",
        policy=policy,
        reason=f"reactivated {now(tx):%Y-%m-%d %H:%M} UTC, on {lists} "
        f"list{'' if lists == 1 else 's'}",
        evidence_outstanding=policy != "firm",
    )
    people = [person.contact_id for person in state.people]
    lift_confirmed(tx, lease.connection_id, state.key, people)


def record_person_asked(tx: psycopg.Connection, lease: Lease, state: AddressState) -> None:
    """Constant Contact has mailed its one confirmation to the contact there."""
    for request in state.asked:
        _record_step(tx, lease, state, "opted_in", "sent", request.asked_seq, "confirmation mailed")
    contact_id = None if state.there is None else state.there["contact_id"]
    tx.execute(
        SQL["note_person_asked"],
        {
            "connection_id": lease.connection_id,
            "contact_id": contact_id,
            "ids": [request.id for request in state.asked],
        },
    )


def record_confirmation_used(tx: psycopg.Connection, lease: Lease, contact_id: str) -> None:
    """Constant Contact says that it has mailed its one confirmation before."""
    about = {"connection_id": lease.connection_id, "contact_id": contact_id}
    tx.execute(SQL["note_confirmation_used"], about)


def record_requests(
    tx: psycopg.Connection, lease: Lease, state: AddressState, decision: Decision
) -> None:
    """Keep what becomes of requests to come back, and evidence for them.

    Before anything is written that rests on it.
    """
    connection_id = lease.connection_id
    for given in decision.given:
        record_statement(tx, connection_id, given.request_id, given.statement, side="practifi")
    for end in decision.ends:
        if end.state == "confirmed":
            for request in state.asked:
                _record_step(tx, lease, state, "opted_in", "confirmed", request.asked_seq)
            people = [person.contact_id for person in state.people]
            lift_confirmed(tx, connection_id, state.key, people)
        elif end.state in {"refused", "not_confirmed"}:
            refuse_requests(tx, connection_id, end.ids, side="constant_contact", answer=end.reason)
        end_requests(
            tx,
            connection_id,
            end.ids,
            state=end.state,
            policy=end.policy,
            reason=end.reason,
            opted_out_at=end.opted_out_at,
        )


def record_opt_out(
    tx: psycopg.Connection,
    connection_id: int,
    state: AddressState,
    contact: Mapping[str, Any],
    stands: set[str],
) -> bool:
    """Record that a contact there is unsubscribed, unless that is known; return whether it is new.

    Where an opt-out stands already, of a tick perhaps, somebody of the firm may have unsubscribed
    the contact all the same, for whoever was at the address before: that is theirs as well.

    Args:
        tx: The caller's transaction.
        connection_id: Whose it is.
        state: Who is at the address.
        contact: The contact as it was read.
        stands: By whom opt-outs stand on record already.
    """
    address = contact.get("email_address") or {}
    key = email_key(address.get("address"))
    by_person = address.get("opt_out_source") == "Contact"
    if key is None or not is_unsubscribed(contact):
        return False
    if by_person:
        is_known = bool(stands & {"person", "complaint"})
    else:
        is_known = bool(state.asked) or (
            bool(stands) and not _is_by_others(tx, connection_id, state, contact)
        )
    if is_known:
        return False
    contact_id, since = str(contact["contact_id"]), parse_moment(address.get("opt_out_date"))
    values = {"connection_id": connection_id, "cc_id": contact_id, "since": since or now(tx)}
    heirs: dict[str, str | None] = dict(tx.execute(SQL["heirs_of"], values).fetchall())
    record_seen_there(
        tx,
        connection_id,
        key,
        [*(person.contact_id for person in state.people), *heirs],
        by_person=by_person,
        since=since or now(tx),
        cause_id=contact_id,
    )
    mark(tx, connection_id, {("address", key or heir): True for heir, key in heirs.items()})
    return True


def _is_by_others(
    tx: psycopg.Connection, connection_id: int, state: AddressState, contact: Mapping[str, Any]
) -> bool:
    """Tell whether neither the bridge nor anybody whom the ledger knows unsubscribed a contact."""
    since = parse_moment((contact.get("email_address") or {}).get("opt_out_date"))
    if contact is not state.there or since is None:
        return False
    if tells_of_opt_out(tx, connection_id, state.key, since - CLOCKS_DIFFER):
        return False
    values = {"connection_id": connection_id, "key": state.key}
    row = tx.execute(SQL["is_unsubscribing"], values).fetchone()
    return row is not None and not row[0]


def _opted_out_at(state: AddressState) -> datetime | None:
    address = (state.there or {}).get("email_address") or {}
    return parse_moment(address.get("opt_out_date"))


def _record_opted_out(
    tx: psycopg.Connection, lease: Lease, state: AddressState, stage: Stage
) -> None:
    about = min((out.seq for out in state.opt_outs if out.seq), default=None)
    if about is not None or stage == "confirmed":
        _record_step(tx, lease, state, "opted_out", stage, about)


def _record_opted_in(
    tx: psycopg.Connection, lease: Lease, state: AddressState, stage: Stage
) -> None:
    for request in state.asked:
        _record_step(tx, lease, state, "opted_in", stage, request.asked_seq)


def _record_step(  # noqa: PLR0917 -- the words of one entry
    tx: psycopg.Connection,
    lease: Lease,
    state: AddressState,
    change: Literal["opted_out", "opted_in"],
    stage: Stage,
    about_seq: int | None,
    answer: str | None = None,
) -> None:
    record_step(
        tx,
        lease.connection_id,
        state.key,
        change=change,
        stage=stage,
        about_seq=about_seq,
        cause_id=f"{lease.kind} generation {lease.generation}",
        answer=answer,
    )
