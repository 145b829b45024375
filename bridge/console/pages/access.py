"""Settings, Access: who has logged in, and which roles they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.console.access.people import list_people, role_changes, set_roles
from bridge.console.access.roles import MEANINGS, Right, Role
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.console.pages.connection import SECTIONS
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from bridge.console.access.people import Person
    from bridge.console.page import Visit


def show(visit: Visit) -> Response:
    """Show the people."""
    return _page(visit, [])


def save(visit: Visit) -> Response:
    """Give somebody other roles."""
    person_id = visit.number("person_id")
    roles = [role for role in Role if role in visit.form.get("role", ())]
    try:
        with visit.console.database.transaction() as tx:
            if person_id not in {one.id for one in list_people(tx) if _is_seen(visit, one)}:
                raise NotThere
            set_roles(tx, person_id, roles, by=visit.who.signature)
    except ConfigurationError as error:
        return _page(visit, [str(error)])
    visit.note("roles_set", whose=person_id, roles=[str(role) for role in roles])
    return visit.go("/settings/access?did=saved")


def _is_seen(visit: Visit, person: Person) -> bool:
    return visit.who.connection_id in {None, person.connection_id}


def _page(visit: Visit, faults: Sequence[str]) -> Response:
    with visit.console.database.transaction() as tx:
        people = [one for one in list_people(tx) if _is_seen(visit, one)]
        history = role_changes(tx, visit.who.connection_id)
    return visit.page(
        "access.html",
        status=422 if faults else 200,
        sections=SECTIONS,
        people=people,
        history=history,
        meanings=MEANINGS,
        faults=faults,
    )


PAGES = (
    Page(method="GET", path="/settings/access", right=Right.ADMINISTER, handler=show),
    Page(
        method="POST",
        path="/settings/access/{person_id:int}",
        right=Right.ADMINISTER,
        handler=save,
    ),
)
