"""Checks of the Constant Contact side: the account, its scopes and calls, ids of old. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.constant_contact.authorize import SCOPES
from bridge.doctor.facts import Account
from bridge.doctor.findings import fault
from bridge.doctor.judge_salesforce import LEAST_LEFT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.doctor.facts import Facts, OldIds
    from bridge.doctor.findings import Outcome

PRIVILEGES = (
    "contacts:read",
    "contacts:write",
    "contacts:lists:read",
    "contacts:lists:write",
    "ui:campaign:metrics",
)
"""What the user who allowed the application has to be allowed (developer guide, "Endpoint
Requirements" of each page)."""


def account(facts: Facts) -> Iterator[Outcome]:
    """Whether the account can be used, and is the right one."""
    found, connection = facts.account, facts.connection
    if found is None:
        return
    if not isinstance(found, Account):
        yield found
    elif connection.cc_account_id not in {None, found.account_id}:
        yield fault(
            "account_other",
            f"the tokens open the account {found.name} ({found.account_id}), the connection "
            f"serves {connection.cc_account_name or connection.cc_account_id}",
        )
    else:
        yield f"account {found.name}"


def scopes(facts: Facts) -> Iterator[Outcome]:
    """Whether the token and the user behind it may do what the bridge does."""
    if facts.there is None:
        return
    allowed, privileges = facts.there.scopes, facts.there.privileges
    lacking = [] if allowed is None else [name for name in SCOPES if name not in allowed]
    missing = [] if privileges is None else [one for one in PRIVILEGES if one not in privileges]
    for name in lacking:
        yield fault("scope_missing", f"the token lacks the scope {name}", name, scope=name)
    for name in missing:
        says = f"the user who allowed the application lacks the privilege {name}"
        yield fault("privilege_missing", says, name, privilege=name)
    if not lacking and not missing:
        yield "all that is needed" if allowed is not None else "the token does not tell its scopes"


def calls(facts: Facts) -> Iterator[Outcome]:
    """Whether the day of the API application has calls left."""
    budget = facts.stored.budget
    if budget is None:
        return
    says = f"{budget.left:,} of {budget.day_limit:,} are left of the day"
    if budget.spent_until is not None:
        says = f"none is left until {budget.spent_until:%Y-%m-%d %H:%M} UTC"
    is_low = budget.spent_until is not None or budget.left < budget.day_limit * LEAST_LEFT
    yield fault("account_calls", says) if is_low else says


def old_ids(facts: Facts) -> Iterator[Outcome]:
    """Whether records hold ids of the product that was there before, and what these are now."""
    for old in facts.stored.old_ids:
        yield fault("old_ids", _told(old), old.kind, how=_how(old))


def _told(old: OldIds) -> str:
    who = f"1 {old.kind} holds" if old.count == 1 else f"{old.count:,} {old.kind}s hold"
    says = f"{who} a number as the id"
    if old.known is None:
        return f"{says}, as the product before wrote it"
    return f"{says}; of {len(old.numbers):,} looked up the account still has {len(old.known):,}"


def _how(old: OldIds) -> str:
    if old.kind == "contact":
        return (
            "nothing: contacts are found by their address, and the id is replaced when they are "
            "delivered"
        )
    if not old.known:
        return "nothing: these lists are found by their names"
    return (
        "`bridge doctor --link-lists` links them to the lists that these numbers stand for; "
        "otherwise they are found by their names"
    )
