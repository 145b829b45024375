"""Interactions of a client or a contact, and one of them in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bridge.console.access.roles import Right
from bridge.console.faults import NotThere
from bridge.console.interactions import arrange
from bridge.console.interactions.live import read_others
from bridge.console.interactions.model import LOOKS, entry_of, entry_of_other
from bridge.console.interactions.one import read_in_full
from bridge.console.interactions.read import MOST, read_engagement
from bridge.console.interactions.whose import open_whose
from bridge.console.page import Page
from bridge.constant_contact.results import NOT_TICKED
from bridge.errors import RemoteError
from bridge.identity import uuid_or_none

if TYPE_CHECKING:
    from starlette.responses import Response

    from bridge.console.interactions.model import Entry, Whose
    from bridge.console.page import Visit
    from bridge.mapping.model import Mapping


def show_of_client(visit: Visit) -> Response:
    """Show the Interactions of a client."""
    return _list(visit, "client")


def show_of_contact(visit: Visit) -> Response:
    """Show the Interactions of a contact."""
    return _list(visit, "contact")


def show_one(visit: Visit) -> Response:
    """Show what a contact did with one mailing."""
    mailing_id = uuid_or_none(str(visit.request.path_params["mailing"]))
    if mailing_id is None:
        raise NotThere
    whose, mapping = open_whose(visit, "contact")
    one = read_in_full(visit, whose, mapping, mailing_id)
    return visit.page("interaction.html", whose=whose, one=one, looks=LOOKS, not_ticked=NOT_TICKED)


def _list(visit: Visit, kind: Literal["client", "contact"]) -> Response:
    whose, mapping = open_whose(visit, kind)
    search = arrange.read_search(visit.request.query_params)
    found = read_engagement(visit, whose, mapping)
    entries = [entry_of(row) for row in found.rows]
    silence = ""
    if search.form == "all" and mapping is not None:
        try:
            entries += _others(visit, whose, mapping)
        except RemoteError as error:
            silence = str(error)
    return visit.page(
        "interactions.html",
        whose=whose,
        found=found,
        arranged=arrange.arrange(entries, search, at=found.at),
        columns=arrange.COLUMNS,
        forms=arrange.FORMS,
        periods=arrange.PERIODS,
        most=MOST,
        not_ticked=NOT_TICKED,
        silence=silence,
    )


def _others(visit: Visit, whose: Whose, mapping: Mapping) -> list[Entry]:
    sf_url = whose.connection.sf_url
    return [
        entry_of_other(one, sf_url) for one in read_others(visit, whose, mapping.names.interaction)
    ]


PAGES = (
    Page(
        method="GET",
        path="/clients/{sf_id}/interactions",
        right=Right.MEET,
        handler=show_of_client,
    ),
    Page(
        method="GET",
        path="/contacts/{sf_id}/interactions",
        right=Right.MEET,
        handler=show_of_contact,
    ),
    Page(
        method="GET",
        path="/contacts/{sf_id}/interactions/{mailing}",
        right=Right.MEET,
        handler=show_one,
    ),
)
