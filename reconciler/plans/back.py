"""Ways back: what decides in the place of `decide` where a plan puts something back. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from bridge.delivery.model import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import psycopg

    from bridge.delivery.model import AddressState


class Way(Protocol):
    """What puts one address back."""

    def decide(self, state: AddressState) -> Decision:
        """Return what is left to do at the address."""


class Ways(Protocol):
    """What puts addresses back, read for a few of them at a time."""

    @property
    def plan_id(self) -> int:
        """The plan that is taken back, or that restores: what goes in bulk is marked with it."""

    def of(self, tx: psycopg.Connection[Any], keys: Sequence[str]) -> Mapping[str, Way]:
        """Return address -> its way back; addresses without one are left out."""


def decider(ways: Mapping[str, Way]) -> Callable[[AddressState], Decision]:
    """Return what decides on addresses while they are put back; others are left as they are."""

    def decide_on(state: AddressState) -> Decision:
        way = ways.get(state.key)
        return Decision() if way is None else way.decide(state)

    return decide_on
