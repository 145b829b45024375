"""A client whose people got mailings, as the bridge's rows tell it, written without a run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from tests.fix_bridge import MAPPINGS

if TYPE_CHECKING:
    from tests.fix_console import Desk

CLIENT = "001000000000001AAA"
ANN, BOB = "003000000000001AAA", "003000000000002AAA"
NOBODY = "003000000000009AAA"
FIRST_USER = "005000000000000AAA"
LINK = "https://www.example.com/rates"


def there(number: int) -> UUID:
    """Return the id there of a contact."""
    return UUID(int=number)


def mailing_id(number: int) -> UUID:
    return UUID(int=1000 + number)


@dataclass
class Firm:
    """The rows of a firm whose pages are opened."""

    desk: Desk

    def setup(self) -> None:
        """Have a mapping in force, and a client with two people."""
        with self.desk.database.transaction() as tx:
            tx.execute("UPDATE connection SET profile = 'practifi'")
            activate(tx, self.desk.firm, read_files(MAPPINGS), by="test")
        self.record("account", CLIENT, name="The Moran Household")
        self.person(ANN, "Ann", "Moran")
        self.person(BOB, "Bob", "Moran")

    def record(self, kind: str, sf_id: str, **values: Any) -> None:
        row = {
            "name": None,
            "account_id": None,
            "do_not_email": None,
            "fields": {},
            **values,
        }
        row["fields"] = json.dumps(row["fields"])
        self.desk.rows(
            """
            INSERT INTO practifi_record (connection_id, kind, sf_id, name, account_id, do_not_email,
              fields, source, seen_at)
            VALUES (%(firm)s, %(kind)s, %(sf_id)s, %(name)s, %(account_id)s, %(do_not_email)s,
              %(fields)s, 'read', app_now())
            """,
            kind=kind,
            sf_id=sf_id,
            **row,
        )

    def person(self, sf_id: str, first: str, last: str, *, ticked: bool = False) -> None:
        """Know a contact of the client."""
        fields = {"FirstName": first, "LastName": last}
        self.record("contact", sf_id, account_id=CLIENT, do_not_email=ticked, fields=fields)

    def shares(self, number: int, sf_id: str) -> None:
        """Let a contact use the address of a contact there."""
        self.desk.rows(
            "INSERT INTO link VALUES (%(firm)s, 'contact', %(sf_id)s, %(cc_id)s, false, app_now())",
            sf_id=sf_id,
            cc_id=there(number),
        )

    def mailing(self, number: int, name: str, **detail: object) -> UUID:
        """Know a mailing."""
        told = {
            "subject": "What markets did",
            "from_name": "The firm",
            "from_email": "letters@example.com",
            "permalink": "https://mail.example.com/1",
        } | detail
        self.desk.rows(
            """
            INSERT INTO campaign_activity (connection_id, campaign_activity_id, campaign_id, role,
              campaign_name, status, detail, first_sent_at, counts_at, next_look_at)
            VALUES (%(firm)s, %(id)s, %(id)s, 'primary_email', %(name)s, 'Done', %(detail)s,
              app_now() - make_interval(days => %(number)s), '2026-11-28 02:31Z',
              '2026-12-05 02:30Z')
            """,
            id=mailing_id(number),
            name=name,
            number=number,
            detail=json.dumps(told),
        )
        return mailing_id(number)

    def engaged(
        self,
        mailing: UUID,
        number: int,
        *kinds: str,
        sf_id: str = ANN,
        days_ago: float = 0,
        write_error: str | None = None,
        **detail: str,
    ) -> None:
        """Let a contact there do something with a mailing, which is an Interaction of a person.

        Each thing happens an hour after the one before.
        """
        self.desk.rows(
            """
            INSERT INTO interaction (connection_id, external_id, campaign_activity_id, contact_id,
              practifi_contact, practifi_account, sf_id, write_error)
            VALUES (%(firm)s, %(key)s, %(mailing)s, %(there)s, %(sf_id)s, %(client)s, %(record)s,
              %(error)s)
            """,
            key=f"{there(number)}:{mailing}:{sf_id}",
            mailing=mailing,
            there=there(number),
            sf_id=sf_id,
            client=CLIENT,
            record=None if write_error else "a03000000000001AAA",
            error=write_error,
        )
        for place, kind in enumerate(kinds):
            self.desk.rows(
                """
                INSERT INTO engagement_event
                VALUES (%(firm)s, %(mailing)s, %(kind)s, %(there)s,
                  app_now() - make_interval(hours => %(hours)s), '', %(detail)s)
                """,
                mailing=mailing,
                kind=kind,
                there=there(number),
                hours=int(days_ago * 24) + len(kinds) - place,
                detail=json.dumps(detail),
            )

    def may_read(self, *sf_ids: str, can_read: bool = True) -> None:
        """Let whoever logs in first be known to read records, or not to."""
        for sf_id in sf_ids:
            self.desk.rows(
                """
                INSERT INTO console_record_access
                VALUES (%(firm)s, %(user)s, %(sf_id)s, %(can_read)s, false, app_now())
                """,
                user=FIRST_USER,
                sf_id=sf_id,
                can_read=can_read,
            )
