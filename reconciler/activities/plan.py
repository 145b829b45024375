"""Plan Interactions: compare what engagement comes to with what was written, mailing by mailing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.db.queries import load_queries
from reconciler.activities.fields import (
    change_of,
    fingerprint_of,
    key_field,
    record_fields,
    subject_characters,
)
from reconciler.activities.model import Mailing
from reconciler.activities.subjects import read_contacts
from reconciler.activities.whose import receivers
from reconciler.activities.wording import Wording
from reconciler.runs.model import PlannedStep

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg

    from bridge.mapping.interaction import InteractionMapping
    from bridge.mapping.names import InteractionNames
    from reconciler.activities.model import Receiver, Subject, Written
    from reconciler.activities.subjects import Contact
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import Counters

SQL = load_queries("reconciler.activities", "planning.sql")

UNKNOWN = "not in Practifi"
UNCOUNTED = "no event of a kind that counts"

_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """One Interaction as it shall be, and the digest of what stands there."""

    subject: Subject
    receiver: Receiver
    fields: dict[str, Any]
    fingerprint: bytes
    written: bytes | None

    @property
    def is_written(self) -> bool:
        """Tell whether Salesforce has it like this already."""
        return self.fingerprint == self.written


def plan_interactions(context: RunContext) -> Iterator[PlannedStep]:
    """Return a step for each Interaction that has to be created or updated, as they are asked for.

    All are counted when the last one is out. Steps come from transactions of their own, so that
    nothing but the mailings themselves is held in memory.

    Raises:
        ConfigurationError: If the organization's names have no field for the bridge's key.
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
    """
    key_field(context.current.mapping.names.interaction)
    return _planned(context)


def _planned(context: RunContext) -> Iterator[PlannedStep]:
    database, connection_id = context.installation.database, context.connection.id
    mapping = context.current.mapping
    names = mapping.names.interaction
    with database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
        cursor.execute(SQL["mailings_with_events"], {"connection_id": connection_id})
        mailings = [_mailing(row) for row in cursor]
    for number, mailing in enumerate(mailings):
        context.progress("mailings", number, len(mailings))
        planner = _Planner(mailing, names, mapping.interaction)
        with database.transaction() as tx:
            contacts = read_contacts(tx, connection_id, mailing, mapping.interaction)
            wanted = planner.wanted(contacts, context.counters)
            while part := list(islice(wanted, _AT_ONCE)):
                context.halt.check()
                yield from _steps(tx, connection_id, names, mailing, part)


class _Planner:
    """Decides on the Interactions of one mailing."""

    def __init__(
        self, mailing: Mailing, names: InteractionNames, rules: InteractionMapping
    ) -> None:
        self._names = names
        self._rules = rules
        self._wording = Wording(
            mailing,
            zone=rules.zone,
            details_max=rules.details_max,
            subject_max=subject_characters(names),
        )

    def wanted(self, contacts: Iterator[Contact], counters: Counters) -> Iterator[Wanted]:
        """Yield the Interactions that are not written as they should be, and count all."""
        for contact in contacts:
            for subject in contact.subjects:
                counters.read += 1
                if not any(tally.kind in self._rules.kinds for tally in subject.tallies):
                    counters.skip(UNCOUNTED)
                    continue
                wanted = self._of(subject, contact)
                if not wanted:
                    counters.skip(UNKNOWN)
                    continue
                left = [one for one in wanted if not one.is_written]
                if left:
                    counters.planned += 1
                else:
                    counters.unchanged += 1
                yield from left

    def _of(self, subject: Subject, contact: Contact) -> list[Wanted]:
        there = {
            key: each
            for key, each in contact.written.items()
            if key == subject.key or key.startswith(f"{subject.key}:")
        }
        found = receivers(subject.key, contact.people, there, shared=self._rules.shared)
        return [self._one(subject, receiver, there) for receiver in found]

    def _one(self, subject: Subject, receiver: Receiver, there: Mapping[str, Written]) -> Wanted:
        composed = self._wording.of(subject.tallies, receiver.others)
        fields = record_fields(composed, receiver, self._names, self._rules.zone)
        known = there.get(receiver.external_id)
        return Wanted(
            subject=subject,
            receiver=receiver,
            fields=fields,
            fingerprint=fingerprint_of(self._names, fields),
            written=known.fingerprint if known else None,
        )


def facts_of(fingerprint: bytes | None) -> bytes:
    """Return the digest of what a step rests on: what stood in Salesforce when it was planned."""
    return hashlib.sha256(fingerprint or b"").digest()


def _steps(
    tx: psycopg.Connection,
    connection_id: int,
    names: InteractionNames,
    mailing: Mailing,
    wanted: Sequence[Wanted],
) -> Iterator[PlannedStep]:
    before: dict[str, dict[str, Any]] = {}
    mailing_id = str(mailing.campaign_activity_id)
    reason = f"mailing {mailing.campaign_name}"[:200]
    if keys := [each.receiver.external_id for each in wanted if each.written is not None]:
        rows = tx.execute(SQL["last_fields"], {"connection_id": connection_id, "keys": keys})
        before = dict(rows.fetchall())
    for each in wanted:
        key, fingerprint = each.receiver.external_id, each.fingerprint.hex()
        is_new = each.written is None
        yield PlannedStep(
            key=f"interaction {key} {fingerprint[:16]}",
            kind="create_interaction" if is_new else "update_interaction",
            subject_kind="interaction",
            subject_key=key,
            reason=reason,
            facts=facts_of(each.written),
            body={
                "name": each.fields.get(names.subject or ""),
                "campaign_activity_id": mailing_id,
                "practifi_contact": each.receiver.contact_id,
                "practifi_account": each.receiver.account_id,
                "fields": each.fields,
                "fingerprint": fingerprint,
            },
            cc_id=each.subject.contact_id,
            change=change_of(names, before.get(key), each.fields),
            calls=0,
        )


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
        is_resend=row["is_resend"],
        original_sent_at=row["original_sent_at"],
        is_subject_test=detail.get("is_subject_test", False),
    )
