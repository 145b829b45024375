"""People of the console in the database: who they are, which roles they have, their sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from bridge.console.access.roles import Right, Role, rights_of
from bridge.console.access.tokens import digest_of, new_token
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    import psycopg

SQL = load_queries("bridge.console.access")

IDLE_S = 60 * 60.0
"""Seconds after which a session that nobody uses ends."""

SESSION_S = 12 * 60 * 60.0
"""Seconds after which a session ends in any case."""

LINK_S = 15 * 60.0
"""Seconds for which a log-in link may be used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who is logged in, or has been.

    Attributes:
        connection_id: Whose organization knows them; None: they came by a link and see everything.
        sf_user_id: Their user there.
        roles: As an administrator has given them.
        sf_url: Of that organization: its pages may show ours in a frame.
        zone: IANA name of the zone that their user has in Salesforce; None: not known.
    """

    id: int
    name: str
    connection_id: int | None = None
    sf_user_id: str | None = None
    roles: Sequence[str] = ()
    sf_url: str | None = None
    seen_at: datetime | None = None
    connection: str | None = None
    zone: str | None = None

    @property
    def rights(self) -> frozenset[Right]:
        """What they may do."""
        return rights_of(Role(role) for role in self.roles)

    @property
    def signature(self) -> str:
        """How they sign what they change."""
        return f"{self.name} ({self.sf_user_id or 'log-in link'})"

    def may(self, right: str) -> bool:
        """Tell whether they have a right."""
        return right in self.rights

    def sees(self, connection_id: int) -> bool:
        """Tell whether a connection is theirs to see."""
        return self.connection_id in {None, connection_id}


@dataclass(frozen=True, kw_only=True, slots=True)
class RoleChange:
    """Roles that somebody has changed."""

    person: str
    old: Sequence[str]
    new: Sequence[str]
    changed_by: str
    changed_at: datetime


def make_link(tx: psycopg.Connection[Any], *, by: str) -> str:
    """Return the token of a new log-in link for an administrator."""
    token = new_token()
    tx.execute(SQL["add_link"], {"hash": digest_of(token), "by": by, "lives_s": LINK_S})
    return token


def link_holds(tx: psycopg.Connection[Any], token: str) -> bool:
    """Tell whether a link can still be used; it stays as it is."""
    return tx.execute(SQL["find_link"], {"hash": digest_of(token)}).fetchone() is not None


def use_link(tx: psycopg.Connection[Any], token: str) -> Person | None:
    """Use a link up and return whom it logs in, or None where it was used or has ended."""
    row = tx.execute(SQL["use_link"], {"hash": digest_of(token)}).fetchone()
    if row is None:
        return None
    with tx.cursor(row_factory=class_row(Person)) as cursor:
        return cursor.execute(SQL["meet_by_link"], {"name": row[0]}).fetchone()


def meet(
    tx: psycopg.Connection[Any],
    connection_id: int,
    sf_user_id: str,
    name: str,
    *,
    zone: str | None = None,
) -> Person:
    """Return the person that a Salesforce user is; somebody new has no role yet."""
    values = {"connection_id": connection_id, "sf_user_id": sf_user_id, "name": name, "zone": zone}
    with tx.cursor(row_factory=class_row(Person)) as cursor:
        person = cursor.execute(SQL["meet"], values).fetchone()
    assert person is not None  # noqa: S101 -- the statement returns its row
    return person


def begin_session(
    tx: psycopg.Connection[Any], person: Person, *, lives_s: float = SESSION_S
) -> str:
    """Return the token of a new session, which ends after some seconds in any case."""
    token = new_token()
    values = {"hash": digest_of(token), "person_id": person.id, "lives_s": lives_s}
    tx.execute(SQL["begin_session"], values)
    return token


def find_person(
    tx: psycopg.Connection[Any], session_token: str, *, keeps_alive: bool = True
) -> Person | None:
    """Return whose session a token opens, or None where it has ended.

    Args:
        tx: A transaction.
        session_token: What the browser holds.
        keeps_alive: Whether a person has asked, and not a page that looks again by itself.
    """
    values = {"hash": digest_of(session_token), "idle_s": IDLE_S}
    with tx.cursor(row_factory=class_row(Person)) as cursor:
        person = cursor.execute(SQL["person_of_session"], values).fetchone()
    if person is not None and keeps_alive:
        tx.execute(SQL["touch_session"], values)
    return person


def end_session(tx: psycopg.Connection[Any], session_token: str) -> None:
    """End a session: its token opens nothing any more."""
    tx.execute(SQL["end_session"], {"hash": digest_of(session_token)})


def list_people(tx: psycopg.Connection[Any]) -> list[Person]:
    """Return everybody who has ever logged in, by name."""
    with tx.cursor(row_factory=class_row(Person)) as cursor:
        return cursor.execute(SQL["people"]).fetchall()


def set_roles(
    tx: psycopg.Connection[Any], person_id: int, roles: Iterable[Role], *, by: str
) -> None:
    """Give somebody these roles instead of those they have; their sessions go on with them.

    Raises:
        ConfigurationError: If nobody is known by the number, they came by a link, or nobody of
            their organization would be left who is an administrator.
    """
    tx.execute(SQL["lock_people"])
    people = {person.id: person for person in list_people(tx)}
    person = people.get(person_id)
    if person is None or person.connection_id is None:
        raise ConfigurationError("roles are given to people who log in with Salesforce")
    new = sorted(set(roles), key=list(Role).index)
    admins = {
        one.id
        for one in people.values()
        if one.connection_id == person.connection_id and Role.ADMIN in one.roles
    }
    if admins == {person_id} and Role.ADMIN not in new:
        raise ConfigurationError(
            f"{person.name} is the last admin and cannot be removed: make somebody else admin first"
        )
    values = {"person_id": person_id, "old": list(person.roles), "new": new, "by": by}
    if list(person.roles) != new:
        tx.execute(SQL["set_roles"], values)
        tx.execute(SQL["note_roles"], values)


def role_changes(tx: psycopg.Connection[Any], connection_id: int | None) -> list[RoleChange]:
    """Return the latest changes of roles, the newest first, of one connection or of all."""
    with tx.cursor(row_factory=class_row(RoleChange)) as cursor:
        return cursor.execute(SQL["role_changes"], {"connection_id": connection_id}).fetchall()
