"""Constant Contact Memberships of one client: the page, and what it shows before it is saved."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.console.access.roles import Right
from bridge.console.access.tokens import new_token
from bridge.console.clients.draft import Draft, read_draft
from bridge.console.clients.foresee import foresee
from bridge.console.clients.read import open_client, read_household
from bridge.console.clients.rows import entries_of, next_wish, rows_of
from bridge.console.clients.saves import gone_meanwhile, saved_on_page
from bridge.console.clients.since import draft_of, is_at_it, notices_of
from bridge.console.page import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from bridge.console.clients.draft import Fault
    from bridge.console.clients.model import Client, Household
    from bridge.console.clients.saves import Saved
    from bridge.console.page import Visit

PATH = "/clients/{account_id}/memberships"


def show(visit: Visit) -> Response:
    """Show the memberships of a client, with what was saved since the page was opened."""
    client, mapping = open_client(visit)
    household = read_household(visit, client, mapping)
    saved = saved_by(visit, client, visit.query("page"))
    return page(visit, household, draft_of(saved), saved=saved)


def show_draft(visit: Visit) -> Response:
    """Show the page with what was entered so far, one row more or one less."""
    client, mapping = open_client(visit)
    household = read_household(visit, client, mapping)
    draft = read_draft(visit.form)
    act, _, place = visit.form.one("do").partition(":")
    is_new = act == "add"
    if is_new:
        draft = replace(draft, wishes=(*draft.wishes, next_wish(household, draft)))
    elif act == "drop":
        kept = (wish for at, wish in enumerate(draft.wishes) if str(at) != place)
        draft = replace(draft, wishes=tuple(kept))
    return page(visit, household, draft, is_new=is_new)


def show_plan(visit: Visit) -> Response:
    """Show what Save will do: the part of the page that follows each tick."""
    client, mapping = open_client(visit)
    household = read_household(visit, client, mapping)
    draft = read_draft(visit.form)
    rows = [row for row in rows_of(household, draft) if row.may_stay]
    foresight = foresee(household, draft)
    return visit.page("memberships_plan.html", foresight=foresight, rows=rows, is_alone=True)


def show_states(visit: Visit) -> Response:
    """Show how what is on its way stands by now: the part of the page that looks again."""
    client, mapping = open_client(visit)
    household = read_household(visit, client, mapping)
    saved = saved_by(visit, client, visit.query("page"))
    rows = rows_of(household, Draft(), saved)
    return visit.page(
        "memberships_states.html",
        client=client,
        household=household,
        rows=rows,
        page=visit.query("page"),
        moves=any(row.state.moves for row in rows),
        is_alone=True,
    )


def saved_by(visit: Visit, client: Client, page: str) -> list[Saved]:
    """Return what whoever is here has saved since they opened the page."""
    if not page:
        return []
    with visit.console.database.transaction() as tx:
        return saved_on_page(tx, client, page, visit.who.id)


def page(
    visit: Visit,
    household: Household,
    draft: Draft,
    *,
    saved: Sequence[Saved] | None = None,
    faults: Sequence[Fault] = (),
    is_new: bool = False,
) -> Response:
    """Return the page.

    Args:
        visit: Who looks at it.
        household: The client.
        draft: What they have entered.
        saved: What they have saved since they opened it; None: it is looked up.
        faults: What is wrong with the draft.
        is_new: Whether the last row has just been added: the keyboard goes there.
    """
    token = visit.form.one("page") or visit.query("page") or new_token()
    if saved is None:
        saved = saved_by(visit, household.client, token)
    rows = rows_of(household, draft, saved)
    lost = [sf_id for sf_id in draft.flagged if household.membership(sf_id) is None]
    with visit.console.database.transaction() as tx:
        gone = gone_meanwhile(tx, household.client, lost, visit.times)
    return visit.page(
        "memberships.html",
        client=household.client,
        household=household,
        draft=draft,
        rows=rows,
        entries=entries_of(household, draft),
        foresight=foresee(household, draft),
        notices=[*notices_of(saved), *gone],
        faults=faults,
        is_new=is_new,
        is_at_it=is_at_it(saved),
        moves=any(row.state.moves for row in rows),
        has_address=any(contact.key for contact in household.people),
        page=token,
        key=new_token(),
        is_alone=False,
    )


PAGES = (
    Page(method="GET", path=PATH, right=Right.MEET, handler=show),
    Page(method="POST", path=f"{PATH}/draft", right=Right.MEET, handler=show_draft),
    Page(method="POST", path=f"{PATH}/plan", right=Right.MEET, handler=show_plan),
    Page(method="GET", path=f"{PATH}/states", right=Right.MEET, handler=show_states),
)
