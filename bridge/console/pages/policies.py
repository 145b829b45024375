"""Settings, Policies: what the firm has decided, each with its consequence, and who changed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.consent.coming_back.answer import set_rules
from bridge.consent.policy import POLICIES
from bridge.consent.policy import changed as rules_changed
from bridge.consent.standing import rules_of
from bridge.console.access.roles import Right
from bridge.console.faults import Refused
from bridge.console.page import Page
from bridge.console.pages.connection import SECTIONS, chosen_connection
from bridge.errors import ConfigurationError
from bridge.policies.effects import tonight
from bridge.policies.policy import MEANINGS, NUMBERS, meaning_of
from bridge.policies.policy import changed as policies_changed
from bridge.policies.store import policies_of, read_changes, set_policies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg
    from starlette.responses import Response

    from bridge.connections.model import Connection
    from bridge.consent.policy import Rules
    from bridge.console.page import Visit

COMING_BACK: Mapping[str, str] = {
    "practifi": "who opted out themselves is mailed again as soon as Do Not Email is unticked",
    "confirm": "who opted out themselves is asked once by Constant Contact: mailed if they agree",
    "evidence": "who opted out themselves is mailed again once it is on record who asked and how",
}
"""Policy of coming back -> what it means, the loosest first."""

_RULES = ("policy", "mass_limit", "mass_minutes")


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One policy that a person wants to change.

    Attributes:
        meaning: What holds from then on.
        tonight: What the next night does because of it.
    """

    name: str
    old: str
    new: str
    meaning: str
    tonight: str = ""


def show(visit: Visit) -> Response:
    """Show the policies."""
    return _page(visit, [])


def ask_save(visit: Visit) -> Response:
    """Say what a change means, and ask for the word; a fault leads back to its field."""
    try:
        with visit.console.database.transaction() as tx:
            connection, _ = chosen_connection(tx, visit)
            changes = wanted(tx, connection, visit)
    except ConfigurationError as error:
        return _page(visit, [str(error)])
    if not changes:
        return visit.go(f"/settings/policies?connection={connection.name}&did=nothing")
    return visit.page("policies_ask.html", connection=connection, changes=changes)


def save(visit: Visit) -> Response:
    """Change the policies."""
    with visit.console.database.transaction() as tx:
        connection, _ = chosen_connection(tx, visit)
        changes = wanted(tx, connection, visit)
        refuse_loosening(visit, rules_of(tx, connection.id), changes)
        by = visit.who.signature
        rules = [f"{each.name}={each.new}" for each in changes if each.name in _RULES]
        policies = [f"{each.name}={each.new}" for each in changes if each.name not in _RULES]
        if rules:
            set_rules(tx, connection.id, rules, by=by)
        if policies:
            set_policies(tx, connection.id, policies, by=by)
    visit.note("policies_set", connection=connection.id, names=[each.name for each in changes])
    return visit.go(f"/settings/policies?connection={connection.name}&did=saved")


def wanted(tx: psycopg.Connection[Any], connection: Connection, visit: Visit) -> list[Change]:
    """Return what the form changes.

    Raises:
        ConfigurationError: If a value is none that there is.
    """
    stored = policies_of(tx, connection.id)
    rules = rules_of(tx, connection.id)
    before = stored.as_json() | {name: getattr(rules, name) for name in _RULES}
    changes = []
    for name, old in before.items():
        new = visit.form.one(name)
        if new in {"", str(old)}:
            continue
        if name in _RULES:
            rules_changed(rules, [f"{name}={new}"])
            meaning = rule_meaning(name, new)
        else:
            policies_changed(stored, [f"{name}={new}"])
            meaning = meaning_of(name, new)
        effect = tonight(tx, connection.id, name, new)
        changes.append(Change(name=name, old=str(old), new=new, meaning=meaning, tonight=effect))
    return changes


def refuse_loosening(visit: Visit, rules: Rules, changes: Sequence[Change]) -> None:
    """Let only an approver make it easier to mail somebody again who opted out.

    Raises:
        Refused: If somebody else would.
    """
    loosened = [each.name for each in changes if loosens(rules, each)]
    if loosened and not visit.may(Right.APPROVE):
        raise Refused(
            f"This loosens a consent policy ({', '.join(loosened)}): it needs an approver. "
            "Nothing was changed; ask one to save it."
        )


def loosens(rules: Rules, change: Change) -> bool:
    """Tell whether a change makes it easier to mail somebody again who opted out."""
    match change.name:
        case "policy":
            order = [str(policy) for policy in POLICIES]
            return order.index(change.new) < order.index(rules.policy)
        case "mass_limit":
            return int(change.new) > rules.mass_limit
        case "mass_minutes":
            return int(change.new) < rules.mass_minutes
        case _:
            return False


def rule_meaning(name: str, value: object) -> str:
    """Return what a rule of coming back means with this value."""
    match name:
        case "policy":
            return COMING_BACK[str(value)]
        case "mass_limit":
            return f"{value} people who had opted out themselves may be unticked at once unasked"
        case _:
            return f"of those, what is unticked within {value} minutes counts together"


def _page(visit: Visit, faults: Sequence[str]) -> Response:
    with visit.console.database.transaction() as tx:
        connection, others = chosen_connection(tx, visit)
        policies = policies_of(tx, connection.id).as_json()
        rules = rules_of(tx, connection.id)
        history = read_changes(tx, connection.id)
    return visit.page(
        "policies.html",
        status=422 if faults else 200,
        sections=SECTIONS,
        connection=connection,
        others=others,
        policies=policies,
        rules=rules,
        meanings=MEANINGS,
        numbers=NUMBERS,
        coming_back=COMING_BACK,
        rule_meaning=rule_meaning,
        history=history,
        faults=faults,
    )


PAGES = (
    Page(method="GET", path="/settings/policies", right=Right.LOOK, handler=show),
    Page(method="POST", path="/settings/policies/ask", right=Right.SET, handler=ask_save),
    Page(method="POST", path="/settings/policies", right=Right.SET, handler=save),
)
