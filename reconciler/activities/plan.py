"""Plan Interactions: compare what engagement comes to with what was written, mailing by mailing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.db.queries import load_queries
from bridge.mapping.interaction import EVENT_KINDS
from reconciler.activities.compose import compose
from reconciler.activities.fields import (
    change_of,
    fingerprint_of,
    key_field,
    record_fields,
    subject_characters,
)
from reconciler.activities.model import Mailing, Person, Subject, Tally, Written
from reconciler.activities.whose import receivers
from reconciler.runs.model import PlannedStep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import LiteralString
    from uuid import UUID

    import psycopg

    from bridge.mapping.interaction import InteractionMapping
    from bridge.mapping.names import InteractionNames
    from reconciler.activities.model import Receiver
    from reconciler.runs.context import RunContext

SQL = load_queries("reconciler.activities", "planning.sql")

UNKNOWN = "not in Practifi"
UNCOUNTED = "no event of a kind that counts"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """One Interaction as it shall be, and the digest of what stands there."""

    subject: Subject
    receiver: Receiver
    fields: dict[str, Any]
    fingerprint: bytes
    written: bytes | None
    at: Mailing

    @property
    def is_written(self) -> bool:
        """Tell whether Salesforce has it like this already."""
        return self.fingerprint == self.written


def facts_of(fingerprint: bytes | None) -> bytes:
    """Return the digest of what a step rests on: what stood in Salesforce when it was planned."""
    return hashlib.sha256(fingerprint or b"").digest()


def plan_interactions(context: RunContext) -> list[PlannedStep]:
    """Return a step for each Interaction that has to be created or updated, and count them all.

    Raises:
        ConfigurationError: If the organization's names have no field for the bridge's key.
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
    """
    names = context.current.mapping.names.interaction
    key_field(names)
    with context.installation.database.transaction() as tx:
        mailings = [
            _mailing(row) for row in _rows(tx, SQL["mailings_with_events"], context.connection.id)
        ]
    steps: list[PlannedStep] = []
    for number, mailing in enumerate(mailings):
        context.progress("mailings", number, len(mailings))
        with context.installation.database.transaction() as tx:
            wanted = _wanted(tx, context, mailing)
            steps += _steps(tx, context.connection.id, names, wanted)
    return steps


def _wanted(tx: psycopg.Connection, context: RunContext, mailing: Mailing) -> list[Wanted]:
    """Return the Interactions of a mailing that are not written as they should be."""
    rules, names = context.current.mapping.interaction, context.current.mapping.names.interaction
    at = {"campaign_activity_id": mailing.campaign_activity_id}
    connection_id = context.connection.id
    people: dict[UUID, list[Person]] = {}
    for row in _rows(
        tx, SQL["people_of_mailing"], connection_id, list_ids=list(mailing.list_ids), **at
    ):
        people.setdefault(row["cc_id"], []).append(_person(row))
    written: dict[UUID, dict[str, Written]] = {}
    for row in _rows(tx, SQL["written_of_mailing"], connection_id, **at):
        known = _written(row)
        written.setdefault(row["contact_id"], {})[known.external_id] = known
    is_each_event = rules.grain == "event"
    rows = _rows(
        tx,
        SQL["tallies"],
        connection_id,
        each_event=is_each_event,
        kinds=list(rules.kinds if is_each_event else EVENT_KINDS),
        **at,
    )
    different: list[Wanted] = []
    counters = context.counters
    for subject in subjects_of(mailing, rows, rules):
        counters.read += 1
        if not any(tally.kind in rules.kinds for tally in subject.tallies):
            counters.skip(UNCOUNTED)
            continue
        there = {
            key: each
            for key, each in written.get(subject.contact_id, {}).items()
            if key == subject.key or key.startswith(f"{subject.key}:")
        }
        found = receivers(
            subject.key, people.get(subject.contact_id, ()), there, shared=rules.shared
        )
        if not found:
            counters.skip(UNKNOWN)
            continue
        all_wanted = [_one(mailing, subject, each, there, names, rules) for each in found]
        left = [wanted for wanted in all_wanted if not wanted.is_written]
        if left:
            counters.planned += 1
        else:
            counters.unchanged += 1
        different += left
    # Records of one client are written together: Salesforce locks it for each of them.
    return sorted(different, key=_by_client)


def subjects_of(
    mailing: Mailing, rows: Iterable[Mapping[str, Any]], rules: InteractionMapping
) -> Iterator[Subject]:
    """Yield what Interactions are about: contacts, or single events of contacts.

    Args:
        mailing: The mailing.
        rows: Its tallies by contact, as the statement `tallies` gives them.
        rules: The grain, and the kinds that count.
    """
    for contact_id, group in groupby(rows, key=lambda row: row["contact_id"]):
        key = f"{contact_id}:{mailing.campaign_activity_id}"
        if rules.grain == "event":
            for row in group:
                tally = _tally(row)
                yield Subject(
                    contact_id=contact_id,
                    key=f"{key}:{tally.kind}:{_moment(row)}:{row['url_id'] or ''}",
                    tallies=(tally,),
                )
            continue
        counted = {*rules.kinds, "send"}  # the time of sending belongs to whatever is told
        tallies = tuple(tally for tally in map(_tally, group) if tally.kind in counted)
        yield Subject(contact_id=contact_id, key=key, tallies=tallies)


def _one(  # noqa: PLR0917 -- all that a record is made of
    mailing: Mailing,
    subject: Subject,
    receiver: Receiver,
    there: Mapping[str, Written],
    names: InteractionNames,
    rules: InteractionMapping,
) -> Wanted:
    composed = compose(
        mailing,
        subject.tallies,
        zone=rules.zone,
        details_max=rules.details_max,
        subject_max=subject_characters(names),
        others=receiver.others,
    )
    fields = record_fields(composed, receiver, names, rules.zone)
    known = there.get(receiver.external_id)
    return Wanted(
        subject=subject,
        receiver=receiver,
        fields=fields,
        fingerprint=fingerprint_of(names, fields),
        written=known.fingerprint if known else None,
        at=mailing,
    )


def _steps(
    tx: psycopg.Connection,
    connection_id: int,
    names: InteractionNames,
    wanted: Sequence[Wanted],
) -> Iterator[PlannedStep]:
    keys = [each.receiver.external_id for each in wanted if each.written is not None]
    rows = tx.execute(SQL["last_fields"], {"connection_id": connection_id, "keys": keys})
    before: dict[str, dict[str, Any]] = dict(rows.fetchall())
    for each in wanted:
        key = each.receiver.external_id
        is_new = each.written is None
        yield PlannedStep(
            key=f"interaction {key} {each.fingerprint.hex()[:16]}",
            kind="create_interaction" if is_new else "update_interaction",
            subject_kind="interaction",
            subject_key=key,
            reason=f"mailing {each.at.campaign_name}"[:200],
            facts=facts_of(each.written),
            body={
                "name": each.fields.get(names.subject or ""),
                "campaign_activity_id": str(each.at.campaign_activity_id),
                "practifi_contact": each.receiver.contact_id,
                "practifi_account": each.receiver.account_id,
                "fields": each.fields,
            },
            cc_id=str(each.subject.contact_id),
            change=change_of(names, before.get(key), each.fields),
            calls=0,
        )


def _by_client(wanted: Wanted) -> tuple[str, str]:
    return wanted.receiver.account_id or "", wanted.receiver.external_id


def _rows(
    tx: psycopg.Connection, query: LiteralString, connection_id: int, **values: object
) -> list[dict[str, Any]]:
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, {"connection_id": connection_id, **values}).fetchall()


def _mailing(row: Mapping[str, Any]) -> Mailing:
    detail = row["detail"]
    return Mailing(
        campaign_activity_id=row["campaign_activity_id"],
        campaign_name=row["campaign_name"],
        subject=detail.get("subject") or "",
        from_name=detail.get("from_name") or "",
        from_email=detail.get("from_email") or "",
        permalink=detail.get("permalink"),
        list_ids=tuple(row["list_ids"]),
        first_sent_at=row["first_sent_at"],
    )


def _person(row: Mapping[str, Any]) -> Person:
    name = " ".join(part for part in (row["first_name"], row["last_name"]) if part)
    return Person(
        contact_id=row["sf_id"],
        account_id=row["account_id"],
        name=name or row["sf_id"],
        is_owner=row["is_owner"],
        is_meant=row["is_meant"],
        linked_at=row["made_at"],
    )


def _written(row: Mapping[str, Any]) -> Written:
    return Written(
        external_id=row["external_id"],
        practifi_contact=row["practifi_contact"],
        practifi_account=row["practifi_account"],
        is_gone=row["is_gone"],
        fingerprint=row["written_fingerprint"],
    )


def _tally(row: Mapping[str, Any]) -> Tally:
    return Tally(
        kind=row["kind"],
        count=row["count"],
        first_at=row["first_at"],
        last_at=row["last_at"],
        link_url=row["link_url"],
        bounce_code=row["bounce_code"],
        reason=row["reason"],
    )


def _moment(row: Mapping[str, Any]) -> str:
    """Return the time of an event as part of a key."""
    return f"{row['first_at']:%Y%m%dT%H%M%S.%f}"
