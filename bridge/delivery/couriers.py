"""The couriers of one connection: whoever holds a subject has it settled here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.delivery.address import AddressCourier
from bridge.delivery.decide import decide
from bridge.delivery.flows import settle_one
from bridge.delivery.gather import Gatherer
from bridge.delivery.lists import ListCourier
from bridge.delivery.look import Looker
from bridge.delivery.resolve import Resolver
from bridge.delivery.send import Sender
from bridge.identity import is_salesforce_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.bootstrap import Installation
    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.delivery.flows import Flow
    from bridge.delivery.leases import Lease
    from bridge.delivery.model import AddressState, Decision, Step
    from bridge.delivery.read_back import Reader
    from bridge.mapping.versions import ActiveMapping
    from bridge.salesforce.values import Record


@dataclass(frozen=True, kw_only=True)
class Couriers:
    """Settles subjects of every kind for one connection, in one thread."""

    database: Database
    addresses: AddressCourier
    lists: ListCourier
    resolver: Resolver

    def settle(self, lease: Lease) -> str:
        """Settle one subject by itself; see `flow`."""
        return settle_one(self.database, self.flow(lease))

    def flow(self, lease: Lease) -> Flow[str]:
        """Bring a leased subject to where the present state wants it; say in words what was done.

        Raises:
            BridgeError: As the couriers say; the error's class says what to do about it.
        """
        if lease.kind == "list":
            return self.lists.settle(lease)
        if is_salesforce_id(lease.key) and "@" not in lease.key:
            return self.resolver.settle(lease)
        return (yield from self.addresses.flow(lease))


def open_couriers(
    installation: Installation,
    current: ActiveMapping,
    *,
    there: ConstantContact,
    reader: Reader,
    approve: Callable[[Step], None] | None = None,
    told: Mapping[str, Record] | None = None,
    decide: Callable[[AddressState], Decision] = decide,
    by_plan: bool = False,
) -> Couriers:
    """Return the couriers of a connection.

    Args:
        installation: What they work with.
        current: The mapping in force.
        there: The account.
        reader: Reads back from the organization.
        approve: Asked before each step is sent; raises where nobody agreed to it.
        told: Record id -> values that go before those of the mirror, where a message is replayed.
        decide: What decides on addresses.
        by_plan: Whether a plan is carried out; see `read_terms`.
    """
    database = installation.database
    gatherer = Gatherer(
        mapping=current.mapping,
        installation_owner=installation.settings.owner,
        told=told or {},
        by_plan=by_plan,
    )
    return Couriers(
        database=database,
        addresses=AddressCourier(
            database=database,
            there=there,
            reader=reader,
            current=current,
            gatherer=gatherer,
            looker=Looker(database=database, there=there, gatherer=gatherer),
            sender=Sender(database=database, there=there, mapping_version_id=current.version_id),
            approve=approve,
            decide=decide,
        ),
        lists=ListCourier(
            database=database, there=there, reader=reader, current=current, approve=approve
        ),
        resolver=Resolver(database=database, reader=reader),
    )
