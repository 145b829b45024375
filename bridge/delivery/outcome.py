"""Record what a delivery did: mirror, links, agreements, statuses, ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.consent.record import record_left_list
from bridge.delivery.flapping import set_backs_of
from bridge.delivery.left_behind import record_left_behind, unlink_left_behind
from bridge.delivery.links import disown, link, own
from bridge.delivery.outcome_consent import record_opt_out, record_requests, record_resubscribed
from bridge.delivery.set_backs import keep_paused, note_set_backs
from bridge.delivery.work import SQL, mark
from bridge.mirror.remember import Answer, remember_cc_contacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import psycopg

    from bridge.delivery.leases import Lease
    from bridge.delivery.model import AddressState, Decision, Status, Step
    from bridge.delivery.work import Origin
    from bridge.mirror.advance import Subject


class Sent(NamedTuple):
    """A step that was answered: what it rested on, and the contact as it is there now."""

    lease: Lease
    state: AddressState
    decision: Decision
    step: Step
    answer: Mapping[str, Any]


def record_sent(tx: psycopg.Connection, connection_id: int, sent: Sequence[Sent]) -> None:
    """Keep what answered steps left there: the contacts, who they are, and their lists.

    A person who has gone to another address since is linked to no contact of this one; the lists
    that were sent for them stay on record, so that the address is taken off them at its next turn.
    """
    answers = [Answer(one.answer, True, one.step.fingerprint) for one in sent]  # noqa: FBT003
    remember_cc_contacts(tx, connection_id, answers)
    set_back = [(one.lease.key, set_backs_of(one.state, one.decision, one.step)) for one in sent]
    note_set_backs(tx, connection_id, set_back)
    there = {
        person.contact_id: (one.lease.key, str(one.answer["contact_id"]))
        for one in sent
        for person in one.state.people
    }
    were = {"contact_ids": list(there), "keys": [key for key, _ in there.values()]}
    still = tx.execute(SQL["still_at"], were | {"connection_id": connection_id}).fetchall()
    link(tx, connection_id, "contact", {sf_id: there[sf_id][1] for (sf_id,) in still})
    agree_on(
        tx,
        connection_id,
        [
            (str(one.answer["contact_id"]), (who, which, list_there, True))
            for one in sent
            for who, which, list_there, _ in one.decision.agreed
            if list_there in (one.answer.get("list_memberships") or ())
        ],
    )


def record_look(tx: psycopg.Connection, connection_id: int, state: AddressState) -> None:
    """Keep what was read of one address; see `record_looks`."""
    record_looks(tx, connection_id, [state])


def record_looks(
    tx: psycopg.Connection, connection_id: int, states: Sequence[AddressState]
) -> None:
    """Keep contacts that were read, and opt-outs that nobody had told of."""
    read = [
        Answer(one)
        for state in states
        for one in (state.there, state.moving_from, *state.left_behind)
        if one is not None
    ]
    remember_cc_contacts(tx, connection_id, read)
    record_seen(tx, connection_id, states)


def record_seen(tx: psycopg.Connection, connection_id: int, states: Sequence[AddressState]) -> bool:
    """Record opt-outs that contacts show and that nobody had told of; return whether any was new.

    An opt-out that is about to move with its contact stays on record for the former address too.
    """
    is_news = False
    for state in states:
        if state.there is not None:
            stands = {out.acted_by for out in state.opt_outs if out.kind == "address"}
            is_news |= record_opt_out(tx, connection_id, state, state.there, stands)
        if state.moving_from is not None:
            stands = {out.acted_by for out in state.opt_outs if out.kind == "person"}
            is_news |= record_opt_out(tx, connection_id, state, state.moving_from, stands)
        is_news |= record_left_behind(tx, connection_id, state)
    return is_news


def record_lost(tx: psycopg.Connection, lease: Lease, lost: Sequence[tuple[str, str]]) -> None:
    """Keep, before anything is written there, which lists people left by their own act."""
    if not lost:
        return
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


class End(NamedTuple):
    """An address with nothing left to do: who ends it, on what, and what was decided."""

    lease: Lease
    state: AddressState
    decision: Decision


def record_ends(tx: psycopg.Connection, connection_id: int, ends: Sequence[End]) -> None:
    """Keep what both sides agree on of addresses with nothing left to do, each table once."""
    there: dict[str, str] = {}
    owners: dict[str, str] = {}
    for _, state, decision in ends:
        if state.there is not None and state.people:
            contact_id = str(state.there["contact_id"])
            there |= {person.contact_id: contact_id for person in state.people}
            if decision.owner_id is not None:
                owners[decision.owner_id] = contact_id
        elif state.there is None:
            unlink_left_behind(tx, connection_id, state)
    link(tx, connection_id, "contact", there)
    disown(tx, connection_id, owners)
    own(tx, connection_id, "contact", owners)
    _agree(tx, connection_id, ends)
    keep_paused(tx, connection_id, [(end.lease.key, end.state, end.decision) for end in ends])
    statuses = [status for end in ends for status in end.decision.statuses]
    set_statuses(tx, connection_id, statuses)
    for lease, state, decision in ends:
        record_requests(tx, lease, state, decision)
        if decision.lifted:
            record_resubscribed(tx, lease, state, policy=decision.lifts_by)
    missing: dict[tuple[int, Origin], dict[Subject, bool]] = {}
    for lease, _, decision in ends:
        for list_id in decision.waits_for_lists:
            missing.setdefault((max(lease.lane, 1), lease.origin), {})["list", list_id] = False
    for (lane, origin), lists in missing.items():
        mark(tx, connection_id, lists, lane=lane, origin=origin)


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


def agree_on(
    tx: psycopg.Connection,
    connection_id: int,
    agreed: Iterable[tuple[str, tuple[str, str, str, bool]]],
) -> None:
    """Keep that Practifi wants these memberships, and which of them the contact there has.

    A person may be on one list by several records, so a pair may come several times.

    Args:
        tx: The caller's transaction.
        connection_id: Whose they are.
        agreed: Contact there -> a membership, as `Decision.agreed` has it.
    """
    rows = list({pair[:2]: (there_id, *pair) for there_id, pair in agreed}.values())
    if rows:
        tx.execute(
            SQL["agree"],
            {
                "connection_id": connection_id,
                "cc_contact_ids": [there_id for there_id, *_ in rows],
                "contact_ids": [contact_id for _, contact_id, *_ in rows],
                "list_ids": [list_id for _, _, list_id, *_ in rows],
                "cc_list_ids": [cc_list_id for *_, cc_list_id, _ in rows],
                "agreed": [is_on_it for *_, is_on_it in rows],
            },
        )


def _agree(tx: psycopg.Connection, connection_id: int, ends: Sequence[End]) -> None:
    agree_on(
        tx,
        connection_id,
        [
            (str(state.there["contact_id"]), pair)
            for _, state, decision in ends
            if state.there is not None
            for pair in decision.agreed
        ],
    )
    list_ids: set[str] = set()
    for _, state, decision in ends:
        list_ids |= {list_id for _, list_id, *_ in decision.agreed}
        list_ids |= {list_id for _, list_id in (*decision.forgotten, *decision.lost)}
        if decision.forgotten:
            tx.execute(
                SQL["forget_bases"],
                {
                    "connection_id": connection_id,
                    "cc_contact_id": None if state.there is None else state.there["contact_id"],
                    "contacts_go": state.on_last_list_removed == "delete",
                    "contact_ids": [contact_id for contact_id, _ in decision.forgotten],
                    "list_ids": [list_id for _, list_id in decision.forgotten],
                },
            )
    if list_ids:
        tx.execute(
            SQL["recount_lists"], {"connection_id": connection_id, "list_ids": sorted(list_ids)}
        )
