"""Settle shared addresses by a rule: one word of a person for all that it decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridge.delivery.work import INTERACTIVE, mark
from bridge.errors import ConfigurationError
from bridge.policies.store import set_policies
from bridge.unresolved.keep import SQL

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from bridge.delivery.work import Origin
    from bridge.mapping.names import Names

Rule: TypeAlias = Literal["linked_first", "oldest", "primary_member"]


def rules_of(names: Names) -> tuple[Rule, ...]:
    """Return the rules that settle anything where records have these fields."""
    if names.contact.primary_member is None:
        return ("linked_first", "oldest")
    return ("linked_first", "oldest", "primary_member")


def settled_by(
    tx: psycopg.Connection[Any], connection_id: int, rule: Rule, names: Names
) -> Sequence[str]:
    """Return the open shared addresses that a rule decides, those open longest first.

    Raises:
        ConfigurationError: If no field of the records says what the rule asks.
    """
    if rule not in rules_of(names):
        raise ConfigurationError(
            f"{rule} settles nothing: names.yaml names no field `primary_member` of `contact`"
        )
    primary_member = names.contact.primary_member if rule == "primary_member" else None
    values = {"connection_id": connection_id, "primary_member": primary_member}
    return [key for (key,) in tx.execute(SQL["rule_settles"], values)]


def settle_by(
    tx: psycopg.Connection[Any],
    connection_id: int,
    rule: Rule,
    names: Names,
    *,
    by: str,
    origin: Origin,
) -> Sequence[str]:
    """Make a rule the policy, and return the addresses that it settles; they are looked at at once.

    Whom a person has chosen stays.

    Raises:
        ConfigurationError: If no field of the records says what the rule asks.
    """
    keys = settled_by(tx, connection_id, rule, names)
    set_policies(tx, connection_id, [f"owner={rule}"], by=by)
    tx.execute(SQL["settle_shared"], {"connection_id": connection_id, "keys": keys})
    mark(
        tx,
        connection_id,
        dict.fromkeys((("address", key) for key in keys), False),
        lane=INTERACTIVE,
        origin=origin,
    )
    return keys
