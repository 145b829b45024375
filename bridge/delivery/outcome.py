"""Record what a delivery did: steps, mirror, links, agreements, statuses, ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from bridge.clock import now
from bridge.consent.record import end_requests, lift_confirmed, record_seen_there, record_step
from bridge.delivery.decide_consent import is_unsubscribed
from bridge.delivery.work import SQL, mark
from bridge.mirror.model import parse_moment
from bridge.mirror.remember import remember_cc_contact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import psycopg

    from bridge.delivery.model import AddressState, Decision, Status, Step
    from bridge.delivery.work import Lease


def open_plan(
    tx: psycopg.Connection,
    lease: Lease,
    steps: Sequence[Step],
    *,
    facts: bytes,
    mapping_version_id: int,
) -> int:
    """Store a plan with its steps, before any of them is sent, and return its id."""
    row = tx.execute(
        SQL["add_plan"],
        {"connection_id": lease.connection_id, "origin": "webhook", "asked_by": None},
    ).fetchone()
    assert row is not None  # noqa: S101 -- the statement returns its row
    plan_id = int(row[0])
    for ordinal, step in enumerate(steps):
        tx.execute(
            SQL["add_step"],
            {
                "connection_id": lease.connection_id,
                "plan_id": plan_id,
                "ordinal": ordinal,
                "key": f"{lease.kind}:{lease.key}:{step.kind}",
                "kind": step.kind,
                "subject_kind": lease.kind,
                "subject_key": lease.key,
                "lane": lease.lane,
                "generation": lease.generation,
                "detail": Jsonb({"body": dict(step.body), "contact_id": step.contact_id}),
                "before": Jsonb({name: old for name, (old, _) in step.change.items()}),
                "facts": facts,
                "mapping_version_id": mapping_version_id,
                "reason": step.reason,
            },
        )
    return plan_id


def send_step(tx: psycopg.Connection, lease: Lease, plan_id: int, ordinal: int) -> None:
    """Note that a step is on its way: from here on its effect may exist."""
    tx.execute(SQL["send_step"], _step(lease, plan_id, ordinal))


def end_step(
    tx: psycopg.Connection,
    lease: Lease,
    plan_id: int,
    ordinal: int,
    state: str,
    *,
    outcome: str | None = None,
    answer: Mapping[str, Any] | None = None,
) -> None:
    """Note what became of a step; one that did not end well ends the plan with it."""
    kept = None if answer is None else Jsonb({key: answer.get(key) for key in _KEPT_OF_ANSWERS})
    tx.execute(
        SQL["end_step"],
        _step(lease, plan_id, ordinal) | {"state": state, "outcome": outcome, "answer": kept},
    )
    if state != "confirmed":
        tx.execute(
            SQL["skip_rest"],
            _step(lease, plan_id, ordinal) | {"outcome": "decided again after the step before"},
        )
    tx.execute(SQL["close_plans"], lease.row())


def close_in_flight(tx: psycopg.Connection, lease: Lease) -> set[str]:
    """Close steps whose answer never came and return their kinds."""
    kinds = {row[0] for row in tx.execute(SQL["steps_in_flight"], lease.row())}
    if kinds:
        tx.execute(SQL["close_steps_in_flight"], lease.row())
        tx.execute(SQL["close_plans"], lease.row())
    return kinds


def record_sent(
    tx: psycopg.Connection, lease: Lease, state: AddressState, step: Step, answer: dict[str, Any]
) -> None:
    """Keep what a confirmed step left there: the contact, who it is, and its consent."""
    remember_cc_contact(tx, lease.connection_id, answer, sent_fingerprint=step.fingerprint)
    link_people(tx, lease, [person.contact_id for person in state.people], answer["contact_id"])
    if step.kind == "unsubscribe":
        about = min((out.seq for out in state.opt_outs if out.seq), default=None)
        _ledger(tx, lease, state, "opted_out", about)


def record_resubscribed(
    tx: psycopg.Connection, lease: Lease, state: AddressState, *, is_own: bool
) -> None:
    """A resubscription took effect: lift what stood, end the requests, say what evidence is due."""
    ids = [request.id for request in state.asked]
    for request in state.asked:
        _ledger(tx, lease, state, "opted_in", request.asked_seq)
    end_requests(
        tx,
        lease.connection_id,
        ids,
        state="confirmed",
        policy="practifi" if is_own else "firm",
        reason="evidence outstanding" if is_own else None,
        evidence_outstanding=is_own,
    )
    people = [person.contact_id for person in state.people]
    lift_confirmed(tx, lease.connection_id, state.key, people)


def record_look(tx: psycopg.Connection, lease: Lease, state: AddressState) -> None:
    """Keep a contact that was read, and an opt-out that nobody had told of."""
    if state.there is None:
        return
    remember_cc_contact(tx, lease.connection_id, state.there)
    if not is_unsubscribed(state.there) or any(out.kind == "address" for out in state.opt_outs):
        return
    address = state.there["email_address"]
    record_seen_there(
        tx,
        lease.connection_id,
        state.key,
        [person.contact_id for person in state.people],
        by_person=address.get("opt_out_source") == "Contact",
        since=parse_moment(address.get("opt_out_date")) or now(tx),
        cause_id=str(state.there["contact_id"]),
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
    _agree(tx, connection_id, contact, decision)
    set_statuses(tx, connection_id, decision.statuses)
    for end in decision.ends:
        end_requests(
            tx, connection_id, end.ids, state=end.state, policy="practifi", reason=end.reason
        )
    mark(
        tx,
        connection_id,
        {("list", list_id): False for list_id in decision.waits_for_lists},
        lane=max(lease.lane, 1),
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


_KEPT_OF_ANSWERS = ("contact_id", "list_id", "updated_at")


def _step(lease: Lease, plan_id: int, ordinal: int) -> dict[str, object]:
    return {"connection_id": lease.connection_id, "plan_id": plan_id, "ordinal": ordinal}


def _ledger(
    tx: psycopg.Connection, lease: Lease, state: AddressState, change: Any, about: int | None
) -> None:
    for stage in ("sent", "confirmed") if about is not None else ("seen",):
        record_step(
            tx,
            lease.connection_id,
            state.key,
            change=change,
            stage=stage,
            about_seq=about,
            cause_id=f"{lease.kind} generation {lease.generation}",
        )


def _agree(
    tx: psycopg.Connection,
    connection_id: int,
    contact: Mapping[str, Any] | None,
    decision: Decision,
) -> None:
    if decision.agreed and contact is not None:
        tx.execute(
            SQL["agree"],
            {
                "connection_id": connection_id,
                "cc_contact_id": contact["contact_id"],
                "contact_ids": [contact_id for contact_id, *_ in decision.agreed],
                "list_ids": [list_id for _, list_id, *_ in decision.agreed],
                "cc_list_ids": [there for *_, there, _ in decision.agreed],
                "agreed": [is_on_it for *_, is_on_it in decision.agreed],
            },
        )
    for query, pairs in (
        (SQL["forget_bases"], decision.forgotten),
        (SQL["lose_bases"], decision.lost),
    ):
        if pairs:
            tx.execute(
                query,
                {
                    "connection_id": connection_id,
                    "contact_ids": [contact_id for contact_id, _ in pairs],
                    "list_ids": [list_id for _, list_id in pairs],
                },
            )
