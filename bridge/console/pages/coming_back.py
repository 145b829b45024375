"""Reactivate and Put back: ask with the consequence of the policy, and have it done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from bridge.clock import now
from bridge.consent.coming_back.reactivate import reactivate
from bridge.consent.statement import Statement
from bridge.console.access.roles import Right
from bridge.console.clients.standing import left_words, why_not
from bridge.console.faults import NotThere, Refused
from bridge.console.page import Page
from bridge.console.pages.memberships import PATH
from bridge.console.pages.memberships_save import NOT_ALLOWED, open_to_change
from bridge.delivery.put_back import put_back
from bridge.identity import is_salesforce_id, salesforce_id
from bridge.wakeups.topics import DELIVER_CONSENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from bridge.consent.policy import Policy
    from bridge.console.clients.model import Client, Contact, Household
    from bridge.console.page import Visit

_LONGEST = 255


@dataclass(frozen=True, kw_only=True, slots=True)
class Return:
    """Somebody's coming back, to all mail or to one list.

    Attributes:
        reason: What stands against it so far, in the words of the page.
        policy: By which it goes; `firm`: the firm had taken them off itself.
        list_name: The list; empty where it is about all mail.
    """

    client: Client
    contact: Contact
    reason: str
    policy: Policy | Literal["firm"]
    list_id: str = ""
    list_name: str = ""

    @property
    def needs_statement(self) -> bool:
        """Tell whether nothing is done before it is said who asked, when and how."""
        return self.policy == "evidence" or (self.policy == "confirm" and bool(self.list_id))

    @property
    def verb(self) -> str:
        """What the button says."""
        return "Put back" if self.list_id else "Reactivate"

    @property
    def path(self) -> str:
        """Where the button leads."""
        return f"{self.client.path}/{'put-back' if self.list_id else 'reactivate'}"

    @property
    def consequence(self) -> str:
        """What follows, in a sentence."""
        who, what = self.contact.name, f"on {self.list_name}" if self.list_id else "mailed"
        if self.needs_statement:
            return f"{who} is {what} again once it is on record who asked, when and how."
        if self.policy == "firm":
            return f"{who} is {what} again at once: the firm had unsubscribed them itself."
        if self.policy == "confirm":
            return (
                f"Constant Contact mails {who} one confirmation, the only one ever: they are "
                "mailed again once they confirm it. Say who asked, when and how, and it is at once."
            )
        lists = "" if self.list_id else ", on the lists that Practifi has them on"
        return (
            f"{who} is {what} again at once{lists}. Who asked, when and how has to be on record "
            "within 7 days; say it here if you know it."
        )


def ask_reactivate(visit: Visit) -> Response:
    """Say what Reactivate means, and ask for the word."""
    return _ask(visit, _reactivation(visit, visit.query("contact")))


def press_reactivate(visit: Visit) -> Response:
    """Ask that somebody be mailed again."""
    found = _reactivation(visit, visit.form.one("contact"))
    statement, faults = _statement(visit, found)
    if faults:
        return _ask(visit, found, faults)
    contact, client = found.contact, found.client
    with visit.console.database.transaction() as tx:
        reactivate(
            tx,
            client.connection.id,
            contact.sf_id,
            contact.key or "",
            by=_by(visit),
            statement=statement,
        )
    return _done(visit, found, "reactivated")


def ask_put_back(visit: Visit) -> Response:
    """Say what Put back means, and ask for the word."""
    return _ask(visit, _list_return(visit, visit.query("contact"), visit.query("list")))


def press_put_back(visit: Visit) -> Response:
    """Let somebody's membership of a list that they had left count again."""
    found = _list_return(visit, visit.form.one("contact"), visit.form.one("list"))
    statement, faults = _statement(visit, found)
    if faults:
        return _ask(visit, found, faults)
    assert found.policy != "firm"  # noqa: S101 -- only a person leaves a list by their own act
    with visit.console.database.transaction() as tx:
        put_back(
            tx,
            found.client.connection.id,
            found.contact.sf_id,
            found.list_id,
            found.contact.key or "",
            by=_by(visit),
            policy=found.policy,
            statement=statement,
        )
    return _done(visit, found, "put-back")


def _reactivation(visit: Visit, contact_id: str) -> Return:
    client, household, contact = _opened(visit, contact_id)
    reason = why_not(household, contact)
    if reason is None or reason.act != "reactivate":
        raise NotThere
    is_own = reason.words.startswith("Unsubscribed by the person")
    policy = _policy(household, contact) if is_own else "firm"
    return Return(client=client, contact=contact, reason=reason.words, policy=policy)


def _list_return(visit: Visit, contact_id: str, list_id: str) -> Return:
    client, household, contact = _opened(visit, contact_id)
    list_id = salesforce_id(list_id) if is_salesforce_id(list_id) else ""
    left_at = household.left.get((contact.sf_id, list_id))
    if left_at is None or list_id not in household.lists or contact.key is None:
        raise NotThere
    return Return(
        client=client,
        contact=contact,
        reason=left_words(household, left_at),
        policy=_policy(household, contact),
        list_id=list_id,
        list_name=household.lists[list_id],
    )


def _opened(visit: Visit, contact_id: str) -> tuple[Client, Household, Contact]:
    client, _, household = open_to_change(visit)
    contact = household.contacts.get(contact_id)
    if contact is None or contact.sf_id not in household.members:
        raise NotThere
    if not household.may_change(contact):
        raise Refused(NOT_ALLOWED)
    return client, household, contact


def _policy(household: Household, contact: Contact) -> Policy:
    state = household.states[contact.key or ""]
    countries = [one.country for one in state.people if one.contact_id == contact.sf_id]
    return state.rules.policy_for(countries)


def _statement(visit: Visit, found: Return) -> tuple[Statement | None, list[tuple[str, str]]]:
    """Return who asked, when and how, as the form says it, and what is wrong with that."""
    via, on, note = (visit.form.one(name)[:_LONGEST] for name in ("via", "on", "note"))
    faults: list[tuple[str, str]] = []
    if not any((via, on, note)) and not found.needs_statement:
        return None, faults
    if not via:
        faults.append(("via", "Say how the person asked: by telephone, in a meeting, by letter."))
    day = None
    try:
        day = date.fromisoformat(on)
    except ValueError:
        faults.append(("on", "Say on which day they asked, as 2026-11-02."))
    with visit.console.database.transaction() as tx:
        today = now(tx).date()
    if day is not None and day > today:
        faults.append(("on", "Nobody has asked on a day to come."))
    if faults or day is None:
        return None, faults
    return Statement(via=via, on=day, note=note or None, by=_by(visit)), faults


def _ask(visit: Visit, found: Return, faults: Sequence[tuple[str, str]] = ()) -> Response:
    typed = {name: visit.form.one(name) for name in ("via", "on", "note")}
    return visit.page(
        "coming_back.html",
        found=found,
        faults=faults,
        typed=typed,
    )


def _done(visit: Visit, found: Return, event: str) -> Response:
    visit.console.wake(frozenset({DELIVER_CONSENT}))
    about = {"connection": found.client.connection.id, "contact": found.contact.sf_id}
    visit.note(event.replace("-", "_"), **about, list=found.list_id or None)
    return visit.go(f"{found.client.path}?did={event}")


def _by(visit: Visit) -> str:
    """Return how the ledger names whoever is here."""
    return visit.who.sf_user_id or visit.who.signature


PAGES = (
    Page(method="GET", path=f"{PATH}/reactivate", right=Right.MEET, handler=ask_reactivate),
    Page(method="POST", path=f"{PATH}/reactivate", right=Right.MEET, handler=press_reactivate),
    Page(method="GET", path=f"{PATH}/put-back", right=Right.MEET, handler=ask_put_back),
    Page(method="POST", path=f"{PATH}/put-back", right=Right.MEET, handler=press_put_back),
)
