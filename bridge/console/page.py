"""What a page is to the console: an address, the right that it asks for, and a thin handler."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from starlette.responses import HTMLResponse, RedirectResponse, Response

from bridge.bulk_create.report_choices import KnownReports
from bridge.connections.wire import is_loopback
from bridge.console.rendering import Form, render
from bridge.console.times import Times

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from bridge.connections.keyring import KeyRing
    from bridge.console.access.people import Person
    from bridge.console.access.roles import Right
    from bridge.db.database import Database
    from bridge.settings import Settings

Handler: TypeAlias = "Callable[[Visit], Response]"
Method: TypeAlias = Literal["GET", "POST"]

_SEE_OTHER = 303
_LONGEST_PLACE = 9  # digits: more than any list has, and less than the database can hold

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Console:
    """What handlers work with; made once a process, shared by its threads.

    Attributes:
        wake: Wakes the workers of some topics; called after the commit.
        known_reports: What was asked of Salesforce's reports before.
    """

    settings: Settings
    database: Database
    keyring: KeyRing
    wake: Callable[[frozenset[str]], None]
    known_reports: KnownReports = field(default_factory=KnownReports)


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One method of one address.

    Attributes:
        path: As Starlette writes it.
        right: What whoever calls it must be allowed to do.
        handler: Answers in a thread: it may wait for the database.
        is_sent_from_elsewhere: Pages of other sites send it, and what they send proves itself.
    """

    method: Method
    path: str
    right: Right
    handler: Handler
    is_sent_from_elsewhere: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One request by one person, as handlers see it.

    Attributes:
        person: Who is logged in; None on pages that ask nothing.
        token: Of the session.
        csrf: What changes by this session must bring along.
        form: What was sent with a change.
    """

    console: Console
    request: Request
    person: Person | None = None
    token: str = ""
    csrf: str = ""
    form: Form = field(default_factory=Form)

    @property
    def who(self) -> Person:
        """The person; pages whose right is more than `ENTER` always have one."""
        assert self.person is not None  # noqa: S101 -- the guard lets nobody else through
        return self.person

    @property
    def times(self) -> Times:
        """How times are written for whoever is here: in their zone, else in that of the nights."""
        zone = self.person.zone if self.person is not None else None
        return Times(zone or self.console.settings.zone)

    @property
    def framed_token(self) -> str:
        """The token that a page inside Salesforce brings along; empty where it is in no frame."""
        scheme, _, token = self.request.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else ""

    def may(self, right: str) -> bool:
        """Tell whether whoever is here has a right."""
        return self.person is not None and self.person.may(right)

    def query(self, name: str) -> str:
        """Return a value of the address; empty where it has none."""
        return self.request.query_params.get(name, "").strip()

    def place(self, name: str) -> int | None:
        """Return a place in a list that stands in the address; None where it has none."""
        text = self.query(name)
        return int(text) if text.isdecimal() and len(text) <= _LONGEST_PLACE else None

    def number(self, name: str) -> int:
        """Return a number that stands in the path."""
        return int(self.request.path_params[name])

    def own_address(self, path: str) -> str:
        """Return a whole address of ours, for another system to send people back to."""
        public_url = self.console.settings.public_url
        if public_url is not None and not is_loopback(self.request.url.hostname or ""):
            return f"{public_url.rstrip('/')}{path}"
        return f"{str(self.request.base_url).rstrip('/')}{path}"

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Return a page made of a template."""
        return HTMLResponse(render(self, template, values), status_code=status)

    def note(self, event: str, **about: object) -> None:
        """Log what somebody has changed: who and what, as ids."""
        who = self.who
        extra = {"person": who.id, "user": who.sf_user_id, **about}
        log.info("console_%s", event, extra=extra)

    def go(self, path: str) -> Response:
        """Return an answer that leads on, after a change as well."""
        return RedirectResponse(path, status_code=_SEE_OTHER)
