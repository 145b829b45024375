"""Store plans and their steps: what was decided and why, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from bridge.delivery.work import SQL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from bridge.delivery.leases import Lease
    from bridge.delivery.model import Step

_KEPT_OF_ANSWERS = ("contact_id", "list_id", "updated_at")


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
        {"connection_id": lease.connection_id, "origin": lease.origin, "asked_by": None},
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


def answer_step(
    tx: psycopg.Connection,
    lease: Lease,
    plan_id: int,
    ordinal: int,
    answer: Mapping[str, Any],
) -> None:
    """Note that the call of a step was answered; its effect is still to be read back."""
    tx.execute(SQL["answer_step"], _step(lease, plan_id, ordinal) | {"answer": _kept(answer)})


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
    kept = None if answer is None else _kept(answer)
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


def steps_in_flight(tx: psycopg.Connection, lease: Lease) -> dict[str, bool]:
    """Return kind -> whether it was answered, of the steps whose effect nobody has seen yet."""
    return dict(tx.execute(SQL["steps_in_flight"], lease.row()).fetchall())


def close_in_flight(tx: psycopg.Connection, lease: Lease) -> None:
    """Close the steps whose answer never came: their effect was looked up."""
    tx.execute(SQL["close_steps_in_flight"], lease.row())
    tx.execute(SQL["close_plans"], lease.row())


def _kept(answer: Mapping[str, Any]) -> Jsonb:
    return Jsonb({key: answer.get(key) for key in _KEPT_OF_ANSWERS})


def _step(lease: Lease, plan_id: int, ordinal: int) -> dict[str, object]:
    return {"connection_id": lease.connection_id, "plan_id": plan_id, "ordinal": ordinal}
