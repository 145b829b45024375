"""Record what a delivery did: mirror, links, agreements, statuses, ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.consent.record import record_left_list
from bridge.delivery.left_behind import record_left_behind, unlink_left_behind
from bridge.delivery.outcome_consent import record_opt_out, record_requests, record_resubscribed
from bridge.delivery.work import SQL, mark
from bridge.mirror.remember import remember_cc_contact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import psycopg

    from bridge.delivery.model import AddressState, Decision, Status, Step
    from bridge.delivery.work import Lease


def record_sent(
    tx: psycopg.Connection,
    lease: Lease,
    state: AddressState,
    step: Step,
    answer: dict[str, Any],
    *,
    wanted: Sequence[tuple[str, str, str, bool]],
) -> None:
    """Keep what a confirmed step left there: the contact, who it is, its lists and its consent.

    A person who has gone to another address since is linked to no contact of this one; the lists
    that were sent for them stay on record, so that the address is taken off them at its next turn.

    Args:
        tx: The caller's transaction.
        lease: The address.
        state: What was decided on.
        step: What was sent.
        answer: The contact as it is there now.
        wanted: The memberships of Practifi that were decided on, as `Decision.agreed` has them.
    """
    remember_cc_contact(
        tx,
        lease.connection_id,
        answer,
        is_own_write=True,
        sent_fingerprint=step.fingerprint,
    )
    people = [person.contact_id for person in state.people]
    rows = tx.execute(SQL["still_at"], lease.row() | {"contact_ids": people})
    link_people(tx, lease, [contact_id for (contact_id,) in rows], answer["contact_id"])
    lists = set(answer.get("list_memberships") or ())
    sent = [(who, which, there, True) for who, which, there, _ in wanted if there in lists]
    _agree_on(tx, lease.connection_id, answer, sent)


def record_look(tx: psycopg.Connection, connection_id: int, state: AddressState) -> None:
    """Keep a contact that was read, and an opt-out that nobody had told of.

    An opt-out that is about to move with its contact stays on record for the former address too.
    """
    if state.there is not None:
        remember_cc_contact(tx, connection_id, state.there)
        stands = {out.acted_by for out in state.opt_outs if out.kind == "address"}
        record_opt_out(tx, connection_id, state, state.there, stands)
    if state.moving_from is not None:
        remember_cc_contact(tx, connection_id, state.moving_from)
        stands = {out.acted_by for out in state.opt_outs if out.kind == "person"}
        record_opt_out(tx, connection_id, state, state.moving_from, stands)
    record_left_behind(tx, connection_id, state)


def record_lost(tx: psycopg.Connection, lease: Lease, lost: Sequence[tuple[str, str]]) -> None:
    """Keep, before anything is written there, which lists people left by their own act."""
    rows = tx.execute(
        SQL["lose_bases"],
        {
            "connection_id": lease.connection_id,
            "contact_ids": [contact_id for contact_id, _ in lost],
            "list_ids": [list_id for _, list_id in lost],
        },
    ).fetchall()
    for contact_id, cc_contact_id, cc_list_id in rows:
        record_left_list(
            tx,
            lease.connection_id,
            lease.key,
            contact_id,
            list_id=cc_list_id,
            cause_id=str(cc_contact_id),
        )


def record_end(
    tx: psycopg.Connection, lease: Lease, state: AddressState, decision: Decision
) -> None:
    """Keep what both sides agree on once nothing is left to do."""
    connection_id = lease.connection_id
    contact = state.there
    if contact is not None and state.people:
        contact_id = str(contact["contact_id"])
        link_people(tx, lease, [person.contact_id for person in state.people], contact_id)
        if decision.owner_id is not None:
            owner = {
                "connection_id": connection_id,
                "kind": "contact",
                "cc_id": contact_id,
                "sf_id": decision.owner_id,
            }
            tx.execute(SQL["disown"], owner)
            tx.execute(SQL["own"], owner)
    elif contact is None:
        unlink_left_behind(tx, connection_id, state)
    _agree(tx, connection_id, contact, decision)
    set_statuses(tx, connection_id, decision.statuses)
    record_requests(tx, lease, state, decision)
    if decision.lifted:
        record_resubscribed(tx, lease, state, policy=decision.lifts_by)
    mark(
        tx,
        connection_id,
        {("list", list_id): False for list_id in decision.waits_for_lists},
        lane=max(lease.lane, 1),
        origin=lease.origin,
    )


def link_people(
    tx: psycopg.Connection, lease: Lease, contact_ids: Sequence[str], cc_id: str
) -> None:
    """Say which contact there some people are."""
    tx.execute(
        SQL["link_people"],
        {
            "connection_id": lease.connection_id,
            "kind": "contact",
            "cc_id": cc_id,
            "sf_ids": list(contact_ids),
        },
    )


def set_statuses(tx: psycopg.Connection, connection_id: int, statuses: Iterable[Status]) -> None:
    """Say how records stand; what differs goes back to Practifi."""
    rows = list({(status.kind, status.sf_id): status for status in statuses}.values())
    if rows:
        tx.execute(
            SQL["set_statuses"],
            {
                "connection_id": connection_id,
                "kinds": [row.kind for row in rows],
                "ids": [row.sf_id for row in rows],
                "statuses": [row.status for row in rows],
                "reasons": [row.reason for row in rows],
                "confirmed": [row.is_confirmed for row in rows],
            },
        )


def _agree_on(
    tx: psycopg.Connection,
    connection_id: int,
    contact: Mapping[str, Any],
    agreed: Sequence[tuple[str, str, str, bool]],
) -> None:
    """Keep that Practifi wants these memberships, and which of them the contact there has.

    A person may be on one list by several records, so a pair may come several times.
    """
    agreed = list({row[:2]: row for row in agreed}.values())
    if agreed:
        tx.execute(
            SQL["agree"],
            {
                "connection_id": connection_id,
                "cc_contact_id": contact["contact_id"],
                "contact_ids": [contact_id for contact_id, *_ in agreed],
                "list_ids": [list_id for _, list_id, *_ in agreed],
                "cc_list_ids": [there for *_, there, _ in agreed],
                "agreed": [is_on_it for *_, is_on_it in agreed],
            },
        )


def _agree(
    tx: psycopg.Connection,
    connection_id: int,
    contact: Mapping[str, Any] | None,
    decision: Decision,
) -> None:
    if contact is not None:
        _agree_on(tx, connection_id, contact, decision.agreed)
    if decision.forgotten:
        tx.execute(
            SQL["forget_bases"],
            {
                "connection_id": connection_id,
                "cc_contact_id": None if contact is None else contact["contact_id"],
                "contact_ids": [contact_id for contact_id, _ in decision.forgotten],
                "list_ids": [list_id for _, list_id in decision.forgotten],
            },
        )
    list_ids = {list_id for _, list_id, *_ in decision.agreed}
    list_ids |= {list_id for _, list_id in (*decision.forgotten, *decision.lost)}
    if list_ids:
        tx.execute(
            SQL["recount_lists"], {"connection_id": connection_id, "list_ids": sorted(list_ids)}
        )
