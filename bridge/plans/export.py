"""A plan as programs read it: one JSON document, by the schema `plan.schema.json`.

The document has a version of its own, which rises where a reader would have to change. It is
written page by page, so a plan of a million steps needs no more memory than one of a thousand.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from bridge.plans.text import subject_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from bridge.plans.model import PlanRecord, StoredStep

FORMAT = "practifi-constant-contact-bridge/plan"
VERSION = 1


def schema_text() -> str:
    """Return the JSON Schema of the document."""
    return files("bridge.plans").joinpath("plan.schema.json").read_text(encoding="utf-8")


def document(
    plan: PlanRecord,
    pages: Iterable[Sequence[StoredStep]],
    *,
    names: Mapping[str, str],
    results: Mapping[str, int],
) -> Iterator[str]:
    """Yield the text of a plan's document, part by part.

    Args:
        plan: The plan.
        pages: Its steps in order, or those that somebody asked for.
        names: Names of lists by id.
        results: State of a step -> how many of the plan are in it.
    """
    head = {"format": FORMAT, "version": VERSION, "plan": plan_as_json(plan, results)}
    yield f"{_text(head)[:-2]},\n"
    yield '  "steps": ['
    comma = ""
    for page in pages:
        for step in page:
            text = json.dumps(step_as_json(step, names), ensure_ascii=False)
            yield f"{comma}\n    {text}"
            comma = ","
    yield "\n  ]\n}\n" if comma else "]\n}\n"


def plan_as_json(plan: PlanRecord, results: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Return a plan without its steps."""
    totals = dict(plan.totals)
    held = totals.pop("held", [])
    found = {
        "id": plan.id,
        "connection": plan.connection,
        "job": plan.job,
        "run": plan.run_id,
        "applied_by_run": plan.applied_by,
        "undoes": plan.undoes,
        "restores": plan.restores,
        "asked_by": plan.asked_by,
        "made_at": _moment(plan.made_at),
        "state": plan.state,
        "held": held,
        "wait_reason": plan.wait_reason,
        "approved_by": plan.approved_by,
        "approved_at": _moment(plan.approved_at),
        "finished_at": _moment(plan.finished_at),
        "totals": totals,
    }
    return found if results is None else found | {"results": dict(results)}


def step_as_json(step: StoredStep, names: Mapping[str, str]) -> dict[str, Any]:
    """Return a step, with ids and the name that people know its subject by."""
    return {
        "number": step.ordinal + 1,
        "sign": step.sign,
        "kind": step.kind,
        "subject_kind": step.subject_kind,
        "subject_key": step.subject_key,
        "name": subject_of(step, names),
        "constant_contact_id": step.cc_id,
        "change": {name: {"old": old, "new": new} for name, (old, new) in step.change.items()},
        "reason": step.reason,
        "calls": step.calls,
        "facts": step.facts.hex(),
        "state": step.state,
        "outcome": step.outcome,
        "now": None if step.now is None else [_now(one) for one in step.now],
    }


def _now(one: Mapping[str, Any]) -> dict[str, Any]:
    change = {name: {"old": old, "new": new} for name, (old, new) in one["change"].items()}
    return {"kind": one["kind"], "reason": one["reason"], "change": change}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
