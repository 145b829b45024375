"""Go through the checks in their order: the first that fails is the cause. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.explain import beginning, consent, delivery, jobs, lists, mailing, people
from bridge.explain.causes import ALL_WELL, advice
from bridge.explain.model import Check, Explanation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.explain.model import About, Look, Snapshot

Table = tuple[tuple[str, "Look"], ...]

BEGINNING: Table = (
    ("connection", beginning.connection),
    ("known", beginning.known),
    ("deleted", beginning.deleted),
    ("mapping", beginning.mapping),
    ("message", beginning.message),
)
PERSON: Table = (
    *BEGINNING,
    ("address", people.address),
    ("takes part", people.takes_part),
    ("values", people.values),
    ("sharers", people.sharers),
    ("box known", consent.box_known),
    ("opt-out carried out", consent.carried_out),
    ("box", consent.box),
    ("coming back", consent.coming_back),
    ("opt-out", consent.opted_out),
    ("memberships", lists.on_a_list),
    ("lists", lists.lists_there),
    ("room", lists.room),
    ("left", lists.left),
    ("delivery", delivery.waits),
    ("answer", delivery.answered),
    ("contact there", people.there),
    ("permission there", people.permission),
    ("lists there", lists.on_lists_there),
    ("last list", lists.last_list),
    ("status in Practifi", delivery.written_back),
    ("fields kept there", people.kept_there),
    ("fields there", people.fields_there),
)
LIST: Table = (
    *BEGINNING,
    ("takes part", people.takes_part),
    ("values", people.values),
    ("list there", lists.counterpart),
    ("delivery", delivery.waits),
    ("answer", delivery.answered),
    ("made there", lists.made_there),
    ("status in Practifi", delivery.written_back),
)
MAILING: Table = (
    *BEGINNING,
    ("address", people.address),
    ("campaign", mailing.campaign),
    ("contact there", mailing.contact_there),
    ("sent", mailing.sent),
    ("sent to the person", mailing.sent_to),
    ("arrived", mailing.arrived),
    ("opened", mailing.opened),
    ("opted out by it", mailing.opted_out),
    ("interaction", mailing.interaction),
)
JOB: Table = (
    ("connection", beginning.connection),
    ("known", beginning.known),
    ("end", jobs.ended),
    ("records", jobs.rejected),
    ("steps", jobs.steps),
)
TABLES: Mapping[About, Table] = {
    "person": PERSON,
    "list": LIST,
    "mailing": MAILING,
    "run": JOB,
    "plan": JOB,
    "bulk_activity": JOB,
    "unknown": BEGINNING,
}


def explain(snapshot: Snapshot) -> Explanation:
    """Return why the subject of a snapshot is as it is."""
    return examine(snapshot, TABLES[snapshot.about])


def examine(snapshot: Snapshot, table: Sequence[tuple[str, Look]]) -> Explanation:
    """Return what the checks of a table find; none is asked behind the first that fails."""
    checks: list[Check] = []
    cause: str | None = None
    what_to_do = ALL_WELL
    for name, look in table:
        if cause is not None:
            checks.append(Check(name=name, state="not_reached"))
            continue
        found = look(snapshot)
        if found is None:
            continue
        cause = found.cause
        if cause is not None:
            what_to_do = advice(cause, _names(snapshot) | dict(found.facts))
        checks.append(
            Check(
                name=name,
                state="ok" if cause is None else "failing",
                facts=found.facts,
                at=found.at,
            )
        )
    return Explanation(
        subject=_subject(snapshot), checks=tuple(checks), cause=cause, what_to_do=what_to_do
    )


def _names(snapshot: Snapshot) -> dict[str, object]:
    connection = snapshot.connection
    return {
        "asked": snapshot.asked,
        "connection": connection.name if connection else "NAME",
        "campaign": snapshot.campaign,
    }


def _subject(snapshot: Snapshot) -> dict[str, object]:
    record, there = snapshot.record, snapshot.state.there if snapshot.state else None
    values = {
        "asked": snapshot.asked,
        "kind": snapshot.asked_kind,
        "campaign": snapshot.campaign,
        "connection": snapshot.connection.name if snapshot.connection else None,
        "record": record.sf_id if record else None,
        "contact": snapshot.person.contact_id if snapshot.person else None,
        "address": snapshot.key,
        "contact_there": str(there["contact_id"]) if there else None,
    }
    return {name: value for name, value in values.items() if value is not None}
