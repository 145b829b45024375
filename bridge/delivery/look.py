"""Look at the contact there before anything is decided on it, and keep what was seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.delivery.decide_consent import is_unsubscribed
from bridge.delivery.flows import ask
from bridge.delivery.gather import with_there
from bridge.delivery.leases import renew_all
from bridge.delivery.outcome import record_look, record_looks
from bridge.errors import NotFoundRemotely
from bridge.mirror.remember import forget_cc_contact

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.delivery.flows import Flow
    from bridge.delivery.gather import Gatherer
    from bridge.delivery.leases import Lease
    from bridge.delivery.model import AddressState


class _Looked(NamedTuple):
    lease: Lease
    before: AddressState
    after: AddressState


@dataclass(frozen=True, kw_only=True)
class Looker:
    """Reads contacts of one account, for one thread."""

    database: Database
    there: ConstantContact
    gatherer: Gatherer

    def look(self, lease: Lease, state: AddressState) -> Flow[AddressState]:
        """Read the contact there, by its id where it is known, else by its address."""
        there: dict[str, Any] | None = None
        if state.there is not None:
            there = self._known(lease, str(state.there["contact_id"]))
            if there is not None and not _has_address(there, state.key):
                with self.database.transaction() as tx:
                    record_look(tx, lease.connection_id, with_there(state, there))
                there = None
        if there is None:
            there = self.there.find_contact(_written(state))
        looked = with_there(state, there)
        if looked.moving_from is not None:
            fresh = self.there.get_contact(str(looked.moving_from["contact_id"]))
            looked = replace(looked, moving_from=fresh)
        left = tuple(self.there.get_contact(str(one["contact_id"])) for one in state.left_behind)
        looked = replace(looked, left_behind=left)
        return (yield from ask(self._keep, _Looked(lease, state, looked)))

    def _known(self, lease: Lease, contact_id: str) -> dict[str, Any] | None:
        try:
            return self.there.get_contact(contact_id)
        except NotFoundRemotely:
            with self.database.transaction() as tx:
                forget_cc_contact(tx, lease.connection_id, contact_id)
        return None

    def _keep(self, tx: psycopg.Connection, looked: Sequence[_Looked]) -> Sequence[AddressState]:
        """Keep what was read of some addresses, and return their states with it.

        A state is gathered again where what was read may have changed more of it than the contact.
        """
        connection_id = looked[0].lease.connection_id
        record_looks(tx, connection_id, [one.after for one in looked])
        renew_all(tx, [one.lease for one in looked])  # after the ledger, as triage does
        news = [one.lease.key for one in looked if _is_news(one.before, one.after)]
        refreshed = self.gatherer.all(tx, connection_id, news)
        return [
            replace(
                refreshed.get(lease.key, after),
                there=after.there,
                moving_from=after.moving_from,
                is_there_known=True,
            )
            for lease, _, after in looked
        ]


def _is_news(before: AddressState, after: AddressState) -> bool:
    """Tell whether what was read may have changed more of a state than the contact there."""
    known, there = before.there, after.there
    if before.moving_from is not None or before.left_behind:
        return True
    if known is None or there is None:
        return known is not there
    is_same = known["contact_id"] == there["contact_id"] and not there.get("deleted_at")
    return not is_same or is_unsubscribed(there)


def _has_address(there: dict[str, Any], key: str) -> bool:
    address = (there.get("email_address") or {}).get("address") or ""
    return str(address).strip().lower() == key


def _written(state: AddressState) -> str:
    """Return the address as somebody wrote it; the vendor compares without case."""
    for person in state.people:
        if person.wanted is not None and "email_address" in person.wanted:
            return str(person.wanted["email_address"]["address"])
    return state.key
