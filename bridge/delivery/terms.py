"""Read what holds for every address of a connection, however many are decided on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.consent.policy import rules_from
from bridge.delivery.assemble import NOTHING_TOLD, Terms
from bridge.delivery.foreign import Foreign
from bridge.delivery.work import SQL
from bridge.mirror.remember import custom_field_ids
from bridge.policies.policy import policies_from

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf

    import psycopg

    from bridge.mapping.compiled import Mapping
    from bridge.policies.policy import OwnerPolicy, Policies
    from bridge.salesforce.values import Record


def read_terms(
    tx: psycopg.Connection[Any],
    connection_id: int,
    mapping: Mapping,
    *,
    installation_owner: OwnerPolicy,
    told: MappingOf[str, Record] = NOTHING_TOLD,
    by_plan: bool = False,
) -> Terms:
    """Return the terms of a connection as they hold now.

    Args:
        tx: A transaction.
        connection_id: Whose they are.
        mapping: What makes a contact there of each record.
        installation_owner: Whose fields are sent where several people have an address and the firm
            has decided nothing.
        told: Record id -> values that go before those of the mirror.
        by_plan: Whether a run decides: only a plan deals with memberships that only Constant
            Contact has.
    """
    decided: dict[str, Any] = dict(
        tx.execute(SQL["decided"], {"connection_id": connection_id}).fetchall()
    )
    policies = policies_from(decided.get("policies"))
    return Terms(
        mapping=mapping,
        custom_field_ids=custom_field_ids(tx, connection_id, mapping.contact.custom_fields),
        rules=rules_from(decided.get("consent_rules")),
        owner_policy=installation_owner if policies.owner == "installation" else policies.owner,
        told=told,
        shared_name=policies.shared_name,
        on_last_list_removed=policies.on_last_list_removed,
        foreign=_foreign(tx, connection_id, policies) if by_plan else Foreign(),
    )


def _foreign(tx: psycopg.Connection[Any], connection_id: int, policies: Policies) -> Foreign:
    policy = policies.foreign_memberships
    if policy in {"ask", "keep"}:
        return Foreign(policy=policy)
    rows = tx.execute(SQL["list_records"], {"connection_id": connection_id})
    return Foreign(policy=policy, lists=dict(rows.fetchall()))
