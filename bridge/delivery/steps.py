"""Store plans and their steps: what was decided and why, and what became of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.types.json import Jsonb

from bridge.delivery.work import SQL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from bridge.delivery.leases import Lease
    from bridge.delivery.model import Step

_KEPT_OF_ANSWERS = ("contact_id", "list_id", "updated_at", "activity_id")


class Opening(NamedTuple):
    """A plan that is about to be carried out.

    Attributes:
        steps: In order; the first is on its way once the plan is stored.
        facts: Digest of what was decided on.
    """

    lease: Lease
    steps: Sequence[Step]
    facts: bytes
    mapping_version_id: int


class Answered(NamedTuple):
    """A step whose call was answered.

    Attributes:
        is_confirmed: Its effect need not be read back.
    """

    lease: Lease
    plan_id: int
    ordinal: int
    answer: Mapping[str, Any]
    is_confirmed: bool


def open_plans(tx: psycopg.Connection, openings: Sequence[Opening]) -> list[int]:
    """Store plans with their steps before the first of each is sent, and return their ids."""
    lease = openings[0].lease
    rows = [
        _row(opening, place, ordinal, step)
        for place, opening in enumerate(openings)
        for ordinal, step in enumerate(opening.steps)
    ]
    origins = [opening.lease.origin for opening in openings]
    values = {"connection_id": lease.connection_id, "origins": origins, "steps": json.dumps(rows)}
    return [int(plan_id) for (plan_id,) in tx.execute(SQL["open_plans"], values)]


def _row(opening: Opening, place: int, ordinal: int, step: Step) -> dict[str, Any]:
    lease = opening.lease
    return {
        "place": place,
        "ordinal": ordinal,
        "key": f"{lease.kind}:{lease.key}:{step.kind}",
        "kind": step.kind,
        "subject_kind": lease.kind,
        "subject_key": lease.key,
        "lane": lease.lane,
        "generation": lease.generation,
        "detail": {"body": dict(step.body), "contact_id": step.contact_id},
        "before": {name: old for name, (old, _) in step.change.items()},
        "facts": opening.facts.hex(),
        "mapping_version_id": opening.mapping_version_id,
        "reason": step.reason,
    }


def send_step(tx: psycopg.Connection, lease: Lease, plan_id: int, ordinal: int) -> None:
    """Note that a step is on its way: from here on its effect may exist."""
    tx.execute(SQL["send_step"], _step(lease, plan_id, ordinal))


def answer_steps(tx: psycopg.Connection, answered: Sequence[Answered]) -> None:
    """Note that calls of steps were answered; what need not be read back is done with."""
    values = {
        "connection_id": answered[0].lease.connection_id,
        "plan_ids": [one.plan_id for one in answered],
        "ordinals": [one.ordinal for one in answered],
        "answers": [_kept(one.answer) for one in answered],
        "confirmed": [one.is_confirmed for one in answered],
    }
    tx.execute(SQL["answer_steps"], values)
    _close_plans(tx, [one.lease for one in answered])


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
    _close_plans(tx, [lease])


def steps_in_flight(
    tx: psycopg.Connection, connection_id: int, keys: Sequence[str]
) -> dict[str, dict[str, bool]]:
    """Return the steps of addresses whose effect nobody has seen yet.

    Returns:
        Address -> kind -> whether the call was answered.
    """
    found: dict[str, dict[str, bool]] = {key: {} for key in keys}
    values = {"connection_id": connection_id, "kind": "address", "keys": list(keys)}
    for key, kind, is_answered in tx.execute(SQL["steps_in_flight"], values):
        found[key][kind] = is_answered
    return found


def close_in_flight(tx: psycopg.Connection, lease: Lease) -> None:
    """Close the steps whose answer never came: their effect was looked up."""
    tx.execute(SQL["close_steps_in_flight"], lease.row())
    _close_plans(tx, [lease])


def _close_plans(tx: psycopg.Connection, leases: Sequence[Lease]) -> None:
    """End plans of subjects of one kind that have nothing open any more."""
    lease = leases[0]
    place = {"connection_id": lease.connection_id, "kind": lease.kind}
    tx.execute(SQL["close_plans"], place | {"keys": [one.key for one in leases]})


def _kept(answer: Mapping[str, Any]) -> Jsonb:
    return Jsonb({key: answer.get(key) for key in _KEPT_OF_ANSWERS})


def _step(lease: Lease, plan_id: int, ordinal: int) -> dict[str, object]:
    return {"connection_id": lease.connection_id, "plan_id": plan_id, "ordinal": ordinal}
