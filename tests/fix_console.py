"""A console over a database of the test's own, and people who are logged in to it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet
from psycopg.rows import dict_row

from bridge.app import create_app
from bridge.connections.keyring import KeyRing
from bridge.connections.store import add_connection
from bridge.console.access.people import begin_session, make_link, meet
from tests.console.browsing import Browser
from tests.fix_bridge import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.db.database import Database
    from bridge.settings import Settings

ORGANIZATION = "00D5g00000ABcdEEAT"
OTHER_ORGANIZATION = "00D5g00000ZZzzZEAX"


@dataclass
class Desk:
    """A console with the connections `firm` and `other`, and nobody logged in.

    Attributes:
        woken: Topics that were woken, in order.
    """

    url: str
    database: Database
    firm: int
    other: int
    keyring: KeyRing
    woken: list[str] = field(default_factory=list)

    def rows(self, statement: str, **values: object) -> list[dict[str, Any]]:
        """Return the rows of one statement; none where it returns nothing."""
        with self.database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
            cursor.execute(statement, {"firm": self.firm, "other": self.other, **values})
            return cursor.fetchall() if cursor.description else []

    def visitor(self) -> Browser:
        """Return the browser of somebody who is not logged in."""
        return Browser(self.url)

    def log_in(self, *roles: str, name: str = "Ann Adviser", at: int | None = None) -> Browser:
        """Return the browser of a user of the firm who has these roles."""
        connection_id = self.firm if at is None else at
        people = self.rows("SELECT id FROM console_person")
        user_id = f"005{len(people):012d}AAA"
        with self.database.transaction() as tx:
            person = meet(tx, connection_id, user_id, name)
            tx.execute(
                "UPDATE console_person SET roles = %s WHERE id = %s", (list(roles), person.id)
            )
            token = begin_session(tx, person)
        browser = self.visitor()
        browser.session.cookies.set("bridge-session", token)
        return browser

    def link(self) -> str:
        """Return the path of a new log-in link."""
        with self.database.transaction() as tx:
            return f"/login/{make_link(tx, by='root')}"


@pytest.fixture
def desk(settings: Settings, database: Database) -> Iterator[Desk]:
    """A console in a database of its own."""
    with open_desk(settings, database) as made:
        yield made


@pytest.fixture
def desk_of_git(settings: Settings, database: Database) -> Iterator[Desk]:
    """A console where the mapping files are managed by git."""
    managed = settings.model_copy(update={"mappings_managed_by": "git"})
    with open_desk(managed, database) as made:
        yield made


@contextmanager
def open_desk(settings: Settings, database: Database) -> Iterator[Desk]:
    """Open a console in a database of its own."""
    keyring = KeyRing([Fernet.generate_key().decode()])
    with database.transaction() as tx:
        firm = add_connection(tx, keyring, "firm", ORGANIZATION).id
        other = add_connection(tx, keyring, "other", OTHER_ORGANIZATION).id
        url = "https://firm.my.salesforce.com"
        tx.execute("UPDATE connection SET sf_url = %s WHERE id = %s", (url, firm))
    made = Desk(url="", database=database, firm=firm, other=other, keyring=keyring)

    def wake(topics: frozenset[str]) -> None:
        made.woken.extend(sorted(topics))

    with serving(create_app(settings, database, keyring, wake)) as url:
        made.url = url
        yield made
