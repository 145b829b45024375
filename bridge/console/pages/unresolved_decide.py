"""A person's word on what is unresolved: a page that says what will follow, and the deed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bridge.console.access.records import UNSEEN, access_to
from bridge.console.access.roles import Right
from bridge.console.faults import NotThere, Refused
from bridge.console.page import Page
from bridge.console.pages.connection import chosen_connection
from bridge.console.pages.steps import changes_of
from bridge.console.pages.unresolved import find
from bridge.console.pages.unresolved_view import KINDS, called
from bridge.errors import ConfigurationError
from bridge.identity import is_salesforce_id, salesforce_id
from bridge.mapping.versions import active
from bridge.plans.steps import list_names
from bridge.policies.policy import MEANINGS
from bridge.unresolved.choose import choose, undo
from bridge.unresolved.effect import effect_of_choice, effects_of_rule
from bridge.unresolved.rule import rules_of, settle_by, settled_by
from bridge.wakeups.topics import DELIVER, DELIVER_CONSENT

if TYPE_CHECKING:
    import psycopg
    from starlette.responses import Response

    from bridge.connections.model import Connection
    from bridge.console.page import Visit
    from bridge.console.pages.unresolved_view import Candidate, Matter
    from bridge.mapping.names import Names
    from bridge.unresolved.rule import Rule

_LOOKED_AT = 100
"""Addresses of which a page tells what a rule changes; the others are only counted."""

_SHOWN = 20

_WOKEN = frozenset({DELIVER, DELIVER_CONSENT})


def ask_choose(visit: Visit) -> Response:
    """Say what follows where a contact is chosen, and ask for the word."""
    connection, matter = find(visit)
    person = _meant(matter, visit.query("contact"))
    with visit.console.database.transaction() as tx:
        effect = effect_of_choice(
            tx,
            connection.id,
            matter.about,
            person.sf_id,
            installation_owner=visit.console.settings.owner,
        )
        names = list_names(tx, connection.id)
    before = next((one for one in matter.candidates if one.sf_id == effect.before), None)
    return visit.page(
        "unresolved_choose.html",
        connection=connection,
        matter=matter,
        person=person,
        kinds=KINDS,
        before=matter.called(effect.before),
        is_same=effect.before == person.sf_id,
        steps=[(step, list(changes_of(step.change, names))) for step in effect.steps],
        shows_old=effect.before is None or (before is not None and before.can_read),
        hidden=UNSEEN,
    )


def save_choice(visit: Visit) -> Response:
    """Choose the contact."""
    connection, matter = find(visit)
    person = _meant(matter, visit.form.one("contact"))
    with visit.console.database.transaction() as tx:
        choose(
            tx,
            matter.id,
            person.sf_id,
            by=visit.who.signature,
            connection=connection.name,
            origin="console",
        )
    visit.console.wake(_WOKEN)
    visit.note("unresolved_chosen", connection=connection.id, matter=matter.id)
    return visit.go(f"/unresolved?connection={quote(connection.name)}&did=chosen")


def take_back(visit: Visit) -> Response:
    """Take a choice back: the matter waits again."""
    connection, matter = find(visit)
    chosen = next((one for one in matter.candidates if one.sf_id == matter.choice), None)
    if chosen is None or not chosen.can_edit:
        raise Refused("You can read this contact but not change it (Salesforce permission).")
    with visit.console.database.transaction() as tx:
        undo(tx, matter.id, by=visit.who.signature, connection=connection.name, origin="console")
    visit.console.wake(_WOKEN)
    visit.note("unresolved_undone", connection=connection.id, matter=matter.id)
    return visit.go(f"/unresolved/{matter.id}?did=undone")


def ask_rule(visit: Visit) -> Response:
    """Say what a rule settles and changes, and ask for the word."""
    with visit.console.database.transaction() as tx:
        connection, _ = chosen_connection(tx, visit)
        names = _names(tx, connection)
        rule = _rule(visit.query("owner"), names)
        keys = settled_by(tx, connection.id, rule, names)
        effects = effects_of_rule(
            tx,
            connection.id,
            keys[:_LOOKED_AT],
            rule,
            installation_owner=visit.console.settings.owner,
        )
        changing = [one for one in effects if one.before != one.after]
        ids = {one for effect in changing for one in (effect.before, effect.after) if one}
        known = called(tx, connection.id, ids)
    access = access_to(visit, connection, ids)
    called_here = {
        one: known.get(one, one) if access[one].can_read else UNSEEN for one in sorted(ids)
    }
    return visit.page(
        "unresolved_rule.html",
        connection=connection,
        rule=rule,
        meaning=MEANINGS["owner"][rule],
        settles=len(keys),
        looked_at=len(effects),
        changing=len(changing),
        shown=[one for one in changing if one.after and access[one.after].can_read][:_SHOWN],
        called=called_here,
    )


def save_rule(visit: Visit) -> Response:
    """Make the rule the policy."""
    with visit.console.database.transaction() as tx:
        connection, _ = chosen_connection(tx, visit)
        names = _names(tx, connection)
        rule = _rule(visit.form.one("owner"), names)
        keys = settle_by(tx, connection.id, rule, names, by=visit.who.signature, origin="console")
    visit.console.wake(_WOKEN)
    visit.note("unresolved_ruled", connection=connection.id, rule=rule, count=len(keys))
    return visit.go(f"/unresolved?connection={quote(connection.name)}&did=saved")


def _meant(matter: Matter, contact: str) -> Candidate:
    """Return the candidate that an address or a form names.

    Raises:
        NotThere: If it is none of them, or not this person's to see.
        ConfigurationError: If there is nothing to choose any more.
        Refused: If they may not change the contact.
    """
    if not matter.can_be_chosen:
        raise ConfigurationError(
            "Nothing is left to choose here: somebody, or a run, has settled it."
        )
    sf_id = salesforce_id(contact) if is_salesforce_id(contact) else contact
    person = next((one for one in matter.candidates if one.sf_id == sf_id), None)
    if person is None or not person.can_read:
        raise NotThere
    if not person.can_edit:
        raise Refused("You can read this contact but not change it (Salesforce permission).")
    return person


def _names(tx: psycopg.Connection[Any], connection: Connection) -> Names:
    current = active(tx, connection.id)
    if current is None:
        raise ConfigurationError("no mapping is in force: nobody can tell what would follow")
    return current.mapping.names


def _rule(text: str, names: Names) -> Rule:
    found = next((rule for rule in rules_of(names) if rule == text), None)
    if found is None:
        raise NotThere
    return found


PAGES = (
    Page(
        method="GET",
        path="/unresolved/{matter_id:int}/choose",
        right=Right.OPERATE,
        handler=ask_choose,
    ),
    Page(
        method="POST",
        path="/unresolved/{matter_id:int}/choose",
        right=Right.OPERATE,
        handler=save_choice,
    ),
    Page(
        method="POST",
        path="/unresolved/{matter_id:int}/undo",
        right=Right.OPERATE,
        handler=take_back,
    ),
    Page(method="GET", path="/unresolved/rule", right=Right.SET, handler=ask_rule),
    Page(method="POST", path="/unresolved/rule", right=Right.SET, handler=save_rule),
)
