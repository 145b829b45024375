"""Evidence outstanding: who came back without it, who waits for it, and what is held."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from bridge.clock import now
from bridge.consent.coming_back.answer import approve, give_evidence, refuse
from bridge.consent.coming_back.listing import list_requests
from bridge.consent.statement import Statement
from bridge.console.access.roles import Right
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.console.pages.audit import TABS
from bridge.console.pages.connection import chosen_connection
from bridge.errors import ConfigurationError
from bridge.wakeups.topics import DELIVER_CONSENT

if TYPE_CHECKING:
    import psycopg
    from starlette.responses import Response

    from bridge.console.page import Visit

_ANSWERS = {"approve": approve, "refuse": refuse}
_LONGEST = 500  # characters of what somebody types


def show(visit: Visit) -> Response:
    """Show the requests that wait for somebody."""
    return _page(visit)


def give(visit: Visit) -> Response:
    """Put on record who asked, when and how; a fault leads back to its field."""
    request_id = visit.number("request_id")
    try:
        with visit.console.database.transaction() as tx:
            connection, _ = chosen_connection(tx, visit)
            statement = _statement(tx, visit)
            give_evidence(tx, request_id, statement, connection_id=connection.id)
    except ConfigurationError as error:
        return _page(visit, fault=str(error), request_id=request_id)
    visit.console.wake(frozenset({DELIVER_CONSENT}))
    visit.note("evidence_given", connection=connection.id, request=request_id)
    return visit.go(f"/audit/evidence?connection={connection.name}&did=evidence")


def answer(visit: Visit) -> Response:
    """Let a held request go on, or refuse it for good."""
    request_id = visit.number("request_id")
    said = visit.form.one("answer")
    if said not in _ANSWERS:
        raise NotThere
    with visit.console.database.transaction() as tx:
        connection, _ = chosen_connection(tx, visit)
        by = visit.who.signature
        _ANSWERS[said](tx, [request_id], by=by, connection_id=connection.id)
    visit.console.wake(frozenset({DELIVER_CONSENT}))
    visit.note("request_answered", connection=connection.id, request=request_id, answer=said)
    return visit.go(f"/audit/evidence?connection={connection.name}&did=answered")


def _statement(tx: psycopg.Connection[Any], visit: Visit) -> Statement:
    """Return what the form says.

    Raises:
        ConfigurationError: If it does not say how, or no day that has come.
    """
    via, note = visit.form.one("via")[:_LONGEST], visit.form.one("note")[:_LONGEST]
    if not via:
        raise ConfigurationError("Say how they asked: by telephone, in a meeting, by letter.")
    try:
        on = date.fromisoformat(visit.form.one("on"))
    except ValueError:
        raise ConfigurationError("Say on which day they asked, as in 2026-11-02.") from None
    if on > now(tx).date():
        raise ConfigurationError("Nobody has asked on a day to come.")
    return Statement(via=via, on=on, note=note or None, by=visit.who.signature)


def _page(visit: Visit, *, fault: str = "", request_id: int | None = None) -> Response:
    with visit.console.database.transaction() as tx:
        connection, others = chosen_connection(tx, visit)
        waiting = list_requests(tx, "waiting", connection_id=connection.id)
        held = list_requests(tx, "held", connection_id=connection.id)
        at = now(tx)
    return visit.page(
        "evidence.html",
        status=422 if fault else 200,
        tabs=TABS,
        connection=connection,
        others=others,
        waiting=waiting,
        held=held,
        at=at,
        fault=fault,
        faulty=request_id,
    )


PAGES = (
    Page(method="GET", path="/audit/evidence", right=Right.READ_PEOPLE, handler=show),
    Page(
        method="POST",
        path="/audit/evidence/{request_id:int}",
        right=Right.VOUCH,
        handler=give,
    ),
    Page(
        method="POST",
        path="/audit/held/{request_id:int}",
        right=Right.APPROVE,
        handler=answer,
    ),
)
