"""Save what was entered on a client's page, take a removal back, try what has failed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.console.access.roles import Right
from bridge.console.clients.draft import Fault, faults_of, read_draft
from bridge.console.clients.foresee import NOTHING, foresee
from bridge.console.clients.read import open_client, read_household
from bridge.console.clients.save import rows_of, save
from bridge.console.clients.saves import Asked, is_begun
from bridge.console.faults import NotThere, Refused
from bridge.console.page import Page
from bridge.console.pages.memberships import PATH, page, saved_by
from bridge.delivery.work import INTERACTIVE, mark
from bridge.wakeups.topics import DELIVER

if TYPE_CHECKING:
    from starlette.responses import Response

    from bridge.console.clients.model import Client, Household
    from bridge.console.page import Visit
    from bridge.mapping.model import Mapping
    from bridge.mirror.advance import Subject

NOT_ALLOWED = "You can read this client but not change it (Salesforce permission)."
_LONGEST_KEY = 100


def press_save(visit: Visit) -> Response:
    """Save; without scripts, and where somebody leaves their last list, ask first."""
    client, mapping, household = open_to_change(visit)
    token, key = _tokens(visit)
    back = f"{client.path}?page={token}"
    with visit.console.database.transaction() as tx:
        if is_begun(tx, client, key):
            return visit.go(back)
    draft = read_draft(visit.form)
    faults = [Fault("add", NOTHING)] if draft.is_empty else faults_of(household, draft)
    if faults:
        return page(visit, household, draft, faults=faults)
    foresight = foresee(household, draft)
    is_sure = visit.form.one("sure") == "yes"
    if not is_sure and (visit.form.one("scripted") != "1" or foresight.leaves):
        return visit.page(
            "memberships_ask.html",
            client=client,
            draft=draft,
            foresight=foresight,
            names={wish: _names(household, wish) for wish in draft.wishes},
            flagged=[one for sf_id in draft.flagged if (one := household.membership(sf_id))],
            contacts=household.contacts,
            page=token,
            key=key,
        )
    save(visit, household, mapping, rows_of(household, draft), key=key, page=token)
    return visit.go(back)


def undo(visit: Visit) -> Response:
    """Put back what was removed since the page was opened; what is being entered stays."""
    client, mapping, household = open_to_change(visit)
    token, key = _tokens(visit)
    sf_id = visit.form.one("undo")
    removed = [
        one
        for one in saved_by(visit, client, token)
        if one.sf_id == sf_id and one.act == "remove" and one.outcome == "saved"
    ]
    if not removed:
        raise NotThere
    one = removed[-1]
    contact = household.contacts.get(one.contact_id)
    if contact is None or not household.may_change(contact):
        raise Refused(NOT_ALLOWED)
    row = Asked(act="add", contact_id=one.contact_id, list_id=one.list_id)
    save(visit, household, mapping, [row], key=f"{key}-{sf_id}", page=token)
    return page(visit, read_household(visit, client, mapping), read_draft(visit.form))


def try_again(visit: Visit) -> Response:
    """Have an address looked at again that was given up."""
    client, mapping, household = open_to_change(visit)
    contact = household.contacts.get(visit.form.one("again"))
    if contact is None or contact.sf_id not in household.members:
        raise NotThere
    if not household.may_change(contact):
        raise Refused(NOT_ALLOWED)
    subject: Subject = ("address", contact.key or contact.sf_id)
    with visit.console.database.transaction() as tx:
        mark(tx, client.connection.id, {subject: False}, lane=INTERACTIVE, origin="console")
    visit.console.wake(frozenset({DELIVER}))
    visit.note("memberships_tried_again", connection=client.connection.id, contact=contact.sf_id)
    return page(visit, read_household(visit, client, mapping), read_draft(visit.form))


def open_to_change(visit: Visit) -> tuple[Client, Mapping, Household]:
    """Return a client that whoever is here may change.

    Raises:
        NotThere: If they may not even read it.
        Refused: If they may only read it.
    """
    client, mapping = open_client(visit)
    if not client.access.can_edit:
        raise Refused(NOT_ALLOWED)
    return client, mapping, read_household(visit, client, mapping)


def _tokens(visit: Visit) -> tuple[str, str]:
    """Return the token of the opened page and the key of the save, as the form has them."""
    token, key = visit.form.one("page"), visit.form.one("key")
    if not token or not key or max(len(token), len(key)) > _LONGEST_KEY:
        raise Refused("This form is not whole: open the page again and repeat.")
    return token, key


def _names(household: Household, wish: tuple[str, str, str]) -> tuple[str, str]:
    return household.contacts[wish[0]].name, household.lists[wish[1]]


PAGES = (
    Page(method="POST", path=PATH, right=Right.MEET, handler=press_save),
    Page(method="POST", path=f"{PATH}/undo", right=Right.MEET, handler=undo),
    Page(method="POST", path=f"{PATH}/again", right=Right.MEET, handler=try_again),
)
