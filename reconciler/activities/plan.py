"""Plan Interactions: compare what engagement comes to with what was written, mailing by mailing.

What has to be written goes straight into the table of planned Interactions, as it is decided: it
belongs to the run, and to its plan as soon as that is stored.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from itertools import chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.db.queries import load_queries
from bridge.plans.model import sign_of
from reconciler.activities.fields import (
    Fingerprints,
    json_text,
    key_field,
    subject_characters,
    when,
)
from reconciler.activities.model import Mailing, Receiver
from reconciler.activities.planned import Planned, keep
from reconciler.activities.subjects import contacts_of, people_of, read_acts, written_of
from reconciler.activities.whose import receivers
from reconciler.activities.wording import Wording
from reconciler.ahead import ahead
from reconciler.plans.effects import Effects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.mapping.interaction import InteractionMapping
    from bridge.mapping.names import InteractionNames
    from reconciler.activities.model import Subject, Written
    from reconciler.activities.subjects import Contact
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import Counters

SQL = load_queries("reconciler.activities", "planning.sql")

UNKNOWN = "not in Practifi"
UNCOUNTED = "no event of a kind that counts"

_BATCHES_AHEAD = 4


def plan_interactions(context: RunContext) -> Effects:
    """Plan each Interaction that has to be created or updated, and return what they come to.

    What a process that has gone had planned is forgotten: it is decided anew.

    Raises:
        ConfigurationError: If the organization's names have no field for the bridge's key.
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
    """
    database, connection_id = context.installation.database, context.connection.id
    mapping = context.current.mapping
    key_field(mapping.names.interaction)
    with database.transaction() as tx:
        tx.execute(SQL["forget_planned"], context.lease.row())
        with tx.cursor(row_factory=dict_row) as cursor:
            cursor.execute(SQL["mailings_with_events"], {"connection_id": connection_id})
            mailings = [_mailing(row) for row in cursor]
    kinds: Counter[str] = Counter()
    rules = mapping.interaction
    acts = ahead(read_acts(database, connection_id, mailings, rules), _BATCHES_AHEAD)
    with closing(acts):
        for place, group in groupby(acts, key=itemgetter(0)):
            context.progress("mailings", place, len(mailings))
            mailing = mailings[place]
            contacts = contacts_of(mailing, chain.from_iterable(map(itemgetter(1), group)), rules)
            planner = _Planner(mailing, mapping.names.interaction, rules)
            planned = planner.planned(contacts, context.counters)
            kinds += keep(context, mailing, planned, first=kinds.total())
    signs: Counter[str] = Counter()
    for kind, number in kinds.items():
        signs[sign_of(kind)] += number
    return Effects(steps=kinds.total(), kinds=kinds, signs=signs, are_kept_apart=True)


class _Planner:
    """Decides on the Interactions of one mailing."""

    def __init__(
        self, mailing: Mailing, names: InteractionNames, rules: InteractionMapping
    ) -> None:
        self._names = names
        self._rules = rules
        self._fingerprints = Fingerprints(names)
        self._wording = Wording(
            mailing,
            names,
            zone=rules.zone,
            details_max=rules.details_max,
            subject_max=subject_characters(names),
        )

    def planned(self, contacts: Iterator[Contact], counters: Counters) -> Iterator[Planned]:
        """Yield the Interactions that are not written as they should be, and count all."""
        for contact in contacts:
            for subject in contact.subjects:
                counters.read += 1
                if not subject.tallies:
                    counters.skip(UNCOUNTED)
                    continue
                wanted = self._of(subject, contact)
                if not wanted:
                    counters.skip(UNKNOWN)
                    continue
                left = [
                    one
                    for one in wanted
                    if one.written is None or one.written.fingerprint != one.fingerprint
                ]
                if left:
                    counters.planned += 1
                    yield from left
                else:
                    counters.unchanged += 1

    def _of(self, subject: Subject, contact: Contact) -> list[Planned]:
        if contact.people is None and contact.records is None:
            # Most are one person's, or nobody's, and new: there is nothing to choose.
            if contact.person is None:
                return []
            receiver = Receiver(subject.key, contact.person, contact.account)
            return [self._one(contact, subject, receiver, None)]
        there = {
            key: each
            for key, each in written_of(contact.records).items()
            if key == subject.key or key.startswith(f"{subject.key}:")
        }
        people = people_of(contact.people)
        found = receivers(subject.key, people, there, shared=self._rules.shared)
        return [self._one(contact, subject, each, there.get(each.external_id)) for each in found]

    def _one(
        self, contact: Contact, subject: Subject, receiver: Receiver, written: Written | None
    ) -> Planned:
        worded = self._wording.of(subject.tallies, receiver.others)
        at = when(subject.at, self._names, self._rules.zone)
        fingerprint = self._fingerprints.of(
            *worded.json,
            json_text(at),
            json_text(receiver.contact_id),
            json_text(receiver.account_id),
        )
        return Planned(contact.contact_id, receiver, worded, at, fingerprint, written)


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
