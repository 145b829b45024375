"""How an explanation looks on its page: words for names, and links to what it names. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from markupsafe import Markup, escape

from bridge.console.paths import explain_path
from bridge.explain.text import shown
from bridge.identity import email_key, is_salesforce_id, uuid_or_none

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bridge.explain.model import Check, Explanation

_COMMAND = "bridge explain "
_PAGES: Mapping[str, tuple[str, str]] = {
    "evidence_missing": ("/audit/evidence", "Give the evidence"),
    "untick_held": ("/audit/evidence", "Look at what is held"),
    "plan_waits": ("/runs?state=waiting", "Decide on the plan"),
    "run_failed": ("/settings/resync", "Run it again"),
    "run_cancelled": ("/settings/resync", "Run it again"),
    "day_spent": ("/settings/allowance", "Look at the allowance"),
    "not_there": ("/settings/resync", "Run Constant Contact Contacts"),
    "not_on_list_there": ("/settings/resync", "Run Constant Contact Contacts"),
    "list_not_made": ("/settings/resync", "Run Constant Contact Lists"),
    "reports_not_read": ("/settings/resync", "Run Constant Contact Activities"),
    "interaction_waits": ("/settings/resync", "Run Constant Contact Activities"),
    "field_paused": ("/problems#flapping", "Look at what flaps"),
    "foreign_membership": ("/settings/policies", "Look at the policies"),
    "raw_message_gone": ("/settings/resync", "Run Constant Contact Contacts"),
}
"""Cause -> the page where it is mended, and what leads there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """A value of a check, or a part of it.

    Attributes:
        href: Where more is told of it; None: nowhere.
    """

    text: str
    href: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckView:
    """One check that was asked, as a row."""

    name: str
    is_cause: bool
    facts: Sequence[tuple[str, Sequence[Fact]]]
    at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainView:
    """An explanation as its page says it.

    Attributes:
        head: The cause in words; None where all is in order.
        cause: Its stable word.
        what_to_do: One line, with links where it names another explanation.
        pages: Where it is mended, and where it is shown: address and what leads there.
        behind: Names of the checks that were not asked, for an earlier one has failed.
    """

    subject: Sequence[tuple[str, Sequence[Fact]]]
    head: str | None
    cause: str | None
    what_to_do: Markup
    pages: Sequence[tuple[str, str]]
    checks: Sequence[CheckView]
    behind: Sequence[str]


def is_reached(check: Check) -> bool:
    """Tell whether a check was asked."""
    return check.state != "not_reached"


def view_of(explanation: Explanation) -> ExplainView:
    """Return an explanation as its page says it."""
    asked = str(explanation.subject["asked"])
    subject = {name: value for name, value in explanation.subject.items() if value != asked}
    connection = str(explanation.subject.get("connection") or "")
    links = _Links(connection=connection, here=explain_path(asked, connection))
    cause = explanation.cause
    return ExplainView(
        subject=tuple(links.facts(subject)),
        head=None if cause is None else _words(cause),
        cause=cause,
        what_to_do=with_links(explanation.what_to_do, connection),
        pages=tuple(_pages(explanation, asked)),
        checks=tuple(_check(one, links) for one in explanation.checks if is_reached(one)),
        behind=tuple(one.name for one in explanation.checks if not is_reached(one)),
    )


def _pages(explanation: Explanation, asked: str) -> Iterator[tuple[str, str]]:
    if explanation.cause is not None and explanation.cause in _PAGES:
        yield _PAGES[explanation.cause]
    if explanation.subject.get("kind") == "run" and explanation.cause != "unknown_id":
        number = asked.partition(":")[2]
        yield f"/runs/{number}", f"Run {number}"
    contact = explanation.subject.get("contact")
    if contact is not None:
        yield f"/contacts/{contact}/interactions", "Interactions"


def with_links(text: str, connection: str) -> Markup:
    """Return a line on what to do; a command that explains something else is a link to it.

    >>> with_links("`bridge explain run:7`: it <says> why", "")
    Markup('<a href="/explain?q=run%3A7">bridge explain run:7</a>: it &lt;says&gt; why')
    >>> with_links("start `bridge worker`", "")
    Markup('start <code>bridge worker</code>')
    """
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(
        _command(part, connection) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )


def _command(command: str, connection: str) -> Markup:
    if not command.startswith(_COMMAND):
        return Markup("<code>{}</code>").format(command)
    path = explain_path(command.removeprefix(_COMMAND), connection)
    return Markup('<a href="{}">{}</a>').format(path, command)


def _check(check: Check, links: _Links) -> CheckView:
    return CheckView(
        name=check.name,
        is_cause=check.state == "failing",
        facts=tuple(links.facts(check.facts)),
        at=check.at,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Links:
    """Finds the page of whatever a fact names.

    Attributes:
        here: The page itself: no link leads to it.
    """

    connection: str
    here: str

    def facts(self, facts: Mapping[str, object]) -> Iterator[tuple[str, Sequence[Fact]]]:
        """Yield each fact with its name in words."""
        for name, value in facts.items():
            parts = value if isinstance(value, list) else [value]
            yield name.replace("_", " "), tuple(self._fact(name, part) for part in parts)

    def _fact(self, name: str, value: object) -> Fact:
        href = self._href(name, value)
        return Fact(text=shown(value), href=None if href == self.here else href)

    def _href(self, name: str, value: object) -> str | None:
        if name in {"plan", "activity"}:
            return explain_path(f"{name}:{value}", self.connection)
        if not isinstance(value, str) or name in {"is", "kind", "written", "reason"}:
            return None
        if name == "notification" and self.connection:
            return f"/inbox/{quote(self.connection, safe='')}/{quote(value, safe='')}"
        if name == "interaction":
            return None  # a record of Salesforce that the bridge has written, and does not mirror
        known = is_salesforce_id(value) or email_key(value) or uuid_or_none(value)
        return explain_path(value, self.connection) if known else None


def _words(cause: str) -> str:
    text = cause.replace("_", " ")
    return text[:1].upper() + text[1:]
