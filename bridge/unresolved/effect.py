"""What a choice or a rule would bring about, before anybody has said it; nothing is changed.

The same `decide` is asked as afterwards, on the state as it would be then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bridge.delivery.decide import decide
from bridge.delivery.gather import Gatherer
from bridge.delivery.owner import choose_owner
from bridge.errors import ConfigurationError
from bridge.mapping.versions import active

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from bridge.delivery.model import AddressState, Step
    from bridge.policies.policy import OwnerPolicy


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What would become of one address.

    Attributes:
        before: Whose fields are sent now; None: nobody's.
        after: Whose would be.
        steps: What would be done in Constant Contact, as far as both sides are known.
    """

    key: str
    before: str | None
    after: str | None
    steps: tuple[Step, ...]


def effect_of_choice(
    tx: psycopg.Connection[Any],
    connection_id: int,
    key: str,
    contact: str,
    *,
    installation_owner: OwnerPolicy,
) -> Effect:
    """Return what follows where a person chooses a contact for an address.

    Raises:
        ConfigurationError: If no mapping is in force: nobody could tell.
        MappingError: If the one in force cannot be used.
    """
    state = _states(tx, connection_id, [key], installation_owner)[key]
    return _effect(state, if_chosen(state, contact))


def effects_of_rule(
    tx: psycopg.Connection[Any],
    connection_id: int,
    keys: Sequence[str],
    rule: OwnerPolicy,
    *,
    installation_owner: OwnerPolicy,
) -> list[Effect]:
    """Return what follows at each address where a firm goes by a rule from now on.

    Raises:
        ConfigurationError: If no mapping is in force: nobody could tell.
        MappingError: If the one in force cannot be used.
    """
    states = _states(tx, connection_id, keys, installation_owner)
    return [_effect(states[key], if_ruled(states[key], rule)) for key in keys]


def if_chosen(state: AddressState, contact: str) -> AddressState:
    """Return the state of an address as it is once somebody was chosen. Pure."""
    people = (replace(one, is_chosen=one.contact_id == contact) for one in state.people)
    return replace(state, people=tuple(people))


def if_ruled(state: AddressState, rule: OwnerPolicy) -> AddressState:
    """Return the state of an address as it is once a rule holds. Pure.

    Whoever owns it by nobody's choice owns it no more, as `set_policies` has it.
    """
    people = (replace(one, is_owner=one.is_owner and one.is_chosen) for one in state.people)
    return replace(state, people=tuple(people), owner_policy=rule)


def _states(
    tx: psycopg.Connection[Any],
    connection_id: int,
    keys: Sequence[str],
    installation_owner: OwnerPolicy,
) -> dict[str, AddressState]:
    current = active(tx, connection_id)
    if current is None:
        raise ConfigurationError("no mapping is in force: nobody can tell what would follow")
    gatherer = Gatherer(mapping=current.mapping, installation_owner=installation_owner)
    return gatherer.seen(tx, connection_id, keys)


def _effect(state: AddressState, then: AddressState) -> Effect:
    before, after = choose_owner(state), choose_owner(then)
    return Effect(
        key=state.key,
        before=before.contact_id if before else None,
        after=after.contact_id if after else None,
        steps=decide(then).steps,
    )
