"""A new connection, for the account that answered in place of the one that was expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.clock import now
from bridge.connections.beside import NewAccount, start_beside
from bridge.connections.store import list_connections, load_connection
from bridge.console.access.attempts import ATTEMPT_S, keep_begun, kept_begun
from bridge.console.access.cookies import ACCOUNT, drop_cookie
from bridge.console.access.people import meet, set_roles
from bridge.console.access.roles import Right, Role
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import psycopg
    from starlette.responses import Response

    from bridge.connections.model import Connection
    from bridge.console.page import Visit

PATH = "/settings/connections/new"
_UNUSABLE = 422


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """The consent of another account, until somebody has decided; the browser keeps it, encrypted.

    Attributes:
        person_id: Whose consent it was: nobody else goes on with it.
        connection_id: The connection that was to be authorized.
        ends_at: Seconds since 1970.
    """

    person_id: int
    connection_id: int
    account_id: str
    account_name: str
    refresh_token: str
    scopes: Sequence[str] | None
    ends_at: float

    def __repr__(self) -> str:
        return f"Offer(account_id={self.account_id!r})"


def keep_offer(
    visit: Visit, response: Response, connection: Connection, account: NewAccount
) -> None:
    """Have the browser keep a consent with an answer, for ten minutes."""
    with visit.console.database.transaction() as tx:
        ends_at = now(tx).timestamp() + ATTEMPT_S
    offer = Offer(
        person_id=visit.who.id,
        connection_id=connection.id,
        account_id=account.account_id,
        account_name=account.account_name,
        refresh_token=account.refresh_token,
        scopes=account.scopes,
        ends_at=ends_at,
    )
    keep_begun(visit, response, ACCOUNT, offer)


def ask(visit: Visit) -> Response:
    """Ask for the name, and say what starting means."""
    with visit.console.database.transaction() as tx:
        offer, old = _offered(tx, visit)
        taken = {one.name for one in list_connections(tx)}
    return _page(visit, offer, old, suggested(offer.account_name, taken))


def start(visit: Visit) -> Response:
    """Start it: the one that is there stays as it is."""
    name = visit.form.one("name")
    by = visit.who.signature
    with visit.console.database.transaction() as tx:
        offer, old = _offered(tx, visit)
    account = NewAccount(
        account_id=offer.account_id,
        account_name=offer.account_name,
        refresh_token=offer.refresh_token,
        scopes=offer.scopes,
    )
    try:
        with visit.console.database.transaction() as tx:
            new = start_beside(tx, visit.console.keyring, old, name, account, by=by)
            _let_in(tx, visit, new)
    except ConfigurationError as error:
        return _page(visit, offer, old, name, fault=str(error))
    visit.note("connection_started", connection=new.id, beside=old.id)
    shown = new if visit.who.sees(new.id) else old
    response = visit.go(f"/settings/connections?connection={shown.name}&did=started-beside")
    drop_cookie(visit.request, response, ACCOUNT)
    return response


def suggested(account_name: str, taken: set[str]) -> str:
    """Return a name for a connection that can stand in an address and is free.

    >>> suggested("Harbour Lane Wealth, Inc.", {"harbour-lane-wealth-inc"})
    'harbour-lane-wealth-inc-2'
    """
    name = "-".join(re.findall(r"[a-z0-9]+", account_name.lower()))[:50] or "new"
    names = (name if number == 1 else f"{name}-{number}" for number in range(1, len(taken) + 2))
    return next(one for one in names if one not in taken)


def _let_in(tx: psycopg.Connection[Any], visit: Visit, new: Connection) -> None:
    """Make whoever starts a connection its administrator: nobody else could let anybody in."""
    who = visit.who
    if who.sf_user_id is not None:
        person = meet(tx, new.id, who.sf_user_id, who.name, zone=who.zone)
        set_roles(tx, person.id, [Role.ADMIN], by=who.signature)


def _offered(tx: psycopg.Connection[Any], visit: Visit) -> tuple[Offer, Connection]:
    offer = kept_begun(visit, ACCOUNT, Offer)
    if offer is None or offer.person_id != visit.who.id or now(tx).timestamp() > offer.ends_at:
        raise ConfigurationError(
            "Which account it is for is not known any more. Re-authorize a connection, log in to "
            "the other account there, and choose again."
        )
    old = load_connection(tx, offer.connection_id)
    if not visit.who.sees(old.id):
        raise NotThere
    return offer, old


def _page(visit: Visit, offer: Offer, old: Connection, name: str, *, fault: str = "") -> Response:
    return visit.page(
        "new_connection.html",
        status=_UNUSABLE if fault else 200,
        offer=offer,
        old=old,
        name=name,
        fault=fault,
    )


PAGES = (
    Page(method="GET", path=PATH, right=Right.ADMINISTER, handler=ask),
    Page(method="POST", path=PATH, right=Right.ADMINISTER, handler=start),
)
