"""What each contact did in a mailing, for whom that may be written, and what was written before.

Read as a stream: a mailing may have gone to more people than fit into memory.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries
from bridge.mapping.interaction import EVENT_KINDS
from reconciler.activities.model import Person, Subject, Tally, Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import psycopg

    from bridge.mapping.interaction import InteractionMapping
    from reconciler.activities.model import Mailing

SQL = load_queries("reconciler.activities", "planning.sql")

_ROWS_AT_ONCE = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """A contact there and what it did in one mailing.

    Attributes:
        subjects: What Interactions may be about: the contact, or each of its events.
        people: Everybody in Practifi who uses its address now.
        written: What was written of it before, by external id.
    """

    subjects: Sequence[Subject]
    people: Sequence[Person]
    written: Mapping[str, Written]


def read_contacts(
    tx: psycopg.Connection, connection_id: int, mailing: Mailing, rules: InteractionMapping
) -> Iterator[Contact]:
    """Yield the contacts of a mailing, those of one client one after another.

    Args:
        tx: A transaction that stays open meanwhile.
        connection_id: Whose mailing it is.
        mailing: The mailing.
        rules: The grain, and the kinds that count.
    """
    is_each_event = rules.grain == "event"
    mailing_id = str(mailing.campaign_activity_id)
    values = {
        "connection_id": connection_id,
        "campaign_activity_id": mailing.campaign_activity_id,
        "list_ids": list(mailing.list_ids),
        "each_event": is_each_event,
        "kinds": list(rules.kinds if is_each_event else EVENT_KINDS),
    }
    tx.execute(SQL["want_all_rows"])
    with tx.cursor(name="contacts_of_mailing") as cursor:
        cursor.itersize = _ROWS_AT_ONCE
        cursor.execute(SQL["subjects"], values)
        for _, group in groupby(cursor, key=itemgetter(0)):
            rows = list(group)
            *_, persons, records = rows[0]
            yield Contact(
                subjects=list(subjects_of(mailing_id, rows, rules)),
                people=[_person(row) for row in _parsed(persons)],
                written={row[0]: _written(row) for row in _parsed(records)},
            )


def subjects_of(
    mailing_id: str, rows: Sequence[Sequence[Any]], rules: InteractionMapping
) -> Iterator[Subject]:
    """Yield what Interactions are about: a contact, or single events of it.

    Args:
        mailing_id: The mailing.
        rows: The tallies of one contact, as the statement `subjects` gives them.
        rules: The grain, and the kinds that count.
    """
    contact_id = rows[0][0]
    key = f"{contact_id}:{mailing_id}"
    if rules.grain == "event":
        for row in rows:
            tally = _tally(row)
            yield Subject(
                contact_id=contact_id,
                key=f"{key}:{tally.kind}:{tally.first_at:%Y%m%dT%H%M%S.%f}:{row[8] or ''}",
                tallies=(tally,),
            )
        return
    counted = {*rules.kinds, "send"}  # the time of sending belongs to whatever is told
    tallies = tuple(_tally(row) for row in rows if row[1] in counted)
    yield Subject(contact_id=contact_id, key=key, tallies=tallies)


def _parsed(text: str | None) -> list[Any]:
    rows: list[Any] = json.loads(text) if text else []
    return rows


def _person(row: Sequence[Any]) -> Person:
    sf_id, account_id, name, is_owner, is_meant, linked_at = row
    return Person(
        contact_id=sf_id,
        account_id=account_id,
        name=name or sf_id,
        is_owner=is_owner,
        is_meant=is_meant,
        linked_at=datetime.fromisoformat(linked_at),
    )


def _written(row: Sequence[Any]) -> Written:
    external_id, practifi_contact, practifi_account, is_gone, fingerprint = row
    return Written(
        external_id=external_id,
        practifi_contact=practifi_contact,
        practifi_account=practifi_account,
        is_gone=is_gone,
        fingerprint=None if fingerprint is None else bytes.fromhex(fingerprint),
    )


def _tally(row: Sequence[Any]) -> Tally:
    _, kind, count, first_at, last_at, link_url, bounce_code, reason, *_ = row
    return Tally(
        kind=kind,
        count=count,
        first_at=first_at,
        last_at=last_at,
        link_url=link_url,
        bounce_code=bounce_code,
        reason=reason,
    )
