"""What each contact did in a mailing, for whom that may be written, and what was written before.

Read as a stream: a mailing may have gone to more people than fit into memory.
"""

from __future__ import annotations

import json
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.db.queries import load_queries
from bridge.mapping.interaction import EVENT_KINDS
from reconciler.activities.model import Person, Subject, Tally, Written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TypeAlias

    from bridge.db.database import Database
    from bridge.mapping.interaction import InteractionMapping
    from reconciler.activities.model import Mailing

    Act: TypeAlias = tuple[Any, ...]

SQL = load_queries("reconciler.activities", "planning.sql")

_ROWS_AT_ONCE = 2000
_TALLY = slice(1, 8)
_KIND, _FIRST_AT, _URL_ID = 1, 8, 9


class Contact(NamedTuple):
    """A contact there and what it did in one mailing; a tuple, for there may be a million.

    Attributes:
        contact_id: As text.
        subjects: What Interactions may be about: the contact, or each of its events.
        person: Who uses its address in Practifi, where it is one person at most, and their client.
        people: All who do, as JSON, where that is to be looked into.
        records: What was written before, as JSON; None: nothing.
    """

    contact_id: str
    subjects: list[Subject]
    person: str | None
    account: str | None
    people: str | None
    records: str | None


def read_acts(
    database: Database, connection_id: int, mailings: Sequence[Mailing], rules: InteractionMapping
) -> Iterator[tuple[int, list[Act]]]:
    """Yield what contacts did in mailings, some rows of one mailing at a time, with its place.

    Args:
        database: Where that is known.
        connection_id: Whose mailings they are.
        mailings: The mailings.
        rules: The grain, and the kinds that count.
    """
    is_each_event = rules.grain == "event"
    for place, mailing in enumerate(mailings):
        values = {
            "connection_id": connection_id,
            "campaign_activity_id": mailing.campaign_activity_id,
            "list_ids": list(mailing.list_ids),
            "each_event": is_each_event,
            "kinds": list(rules.kinds if is_each_event else EVENT_KINDS),
        }
        with database.transaction() as tx:
            tx.execute(SQL["want_all_rows"])
            with tx.cursor(name="acts") as cursor:
                cursor.execute(SQL["acts"], values, binary=True)
                while rows := cursor.fetchmany(_ROWS_AT_ONCE):
                    yield place, rows


def contacts_of(
    mailing: Mailing, acts: Iterable[Act], rules: InteractionMapping
) -> Iterator[Contact]:
    """Yield the contacts of a mailing, those of one client one after another.

    Args:
        mailing: The mailing.
        acts: What they did, as `read_acts` gives it.
        rules: The grain, and the kinds that count.
    """
    mailing_id = str(mailing.campaign_activity_id)
    for contact_id, group in groupby(acts, key=itemgetter(0)):
        rows = list(group)
        subjects = subjects_of(f"{contact_id}:{mailing_id}", rows, rules)
        yield Contact(contact_id, subjects, *rows[0][10:])


def subjects_of(key: str, rows: Sequence[Act], rules: InteractionMapping) -> list[Subject]:
    """Return what Interactions are about: a contact, or single events of it.

    Args:
        key: Names the contact and the mailing.
        rows: The acts of the contact, as the statement `acts` gives them: the first one first.
        rules: The grain, and the kinds that count.
    """
    if rules.grain == "event":
        return [
            Subject(
                f"{key}:{row[_KIND]}:{row[_FIRST_AT]:%Y%m%dT%H%M%S.%f}:{row[_URL_ID] or ''}",
                (Tally(*row[_TALLY]),),
                row[_FIRST_AT],
            )
            for row in rows
        ]
    if len(rules.kinds) < len(EVENT_KINDS):
        # The time of sending belongs to whatever is told.
        told = [row for row in rows if row[_KIND] in rules.kinds or row[_KIND] == "send"]
        if not any(row[_KIND] in rules.kinds for row in told):
            return [Subject(key, (), rows[0][_FIRST_AT])]
        rows = told
    tallies = tuple([Tally(*row[_TALLY]) for row in rows])
    at = next((row[_FIRST_AT] for row in rows if row[_KIND] == "send"), rows[0][_FIRST_AT])
    return [Subject(key, tallies, at)]


def people_of(text: str | None) -> list[Person]:
    """Return who uses an address, of the JSON that the statement `acts` gives."""
    return [
        Person(
            contact_id=sf_id,
            account_id=account_id,
            name=name or sf_id,
            is_owner=is_owner,
            is_meant=is_meant,
            linked_at=datetime.fromisoformat(linked_at),
        )
        for sf_id, account_id, name, is_owner, is_meant, linked_at in json.loads(text or "[]")
    ]


def written_of(text: str | None) -> dict[str, Written]:
    """Return what was written, by external id, of the JSON that the statement `acts` gives."""
    return {
        external_id: Written(
            external_id=external_id,
            practifi_contact=practifi_contact,
            practifi_account=practifi_account,
            is_gone=is_gone,
            fingerprint=None if fingerprint is None else bytes.fromhex(fingerprint),
            planned=None if run_id is None else (run_id, ordinal),
        )
        for (
            external_id,
            practifi_contact,
            practifi_account,
            is_gone,
            fingerprint,
            run_id,
            ordinal,
        ) in json.loads(text or "[]")
    }
