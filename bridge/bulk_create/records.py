"""Memberships as records in Practifi: looked for, made, read back, and removed, 200 at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from bridge.delivery.read_back import Reader
from bridge.errors import RecordRefused
from bridge.mirror.model import parse_moment
from bridge.salesforce.memberships import memberships_of
from bridge.salesforce.model import SaveResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.mapping.model import Mapping as FieldMapping
    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.memberships import There

_CLOCKS_DIFFER = timedelta(minutes=2)


class Wanted(NamedTuple):
    """A membership that shall be.

    Attributes:
        sent_at: When a call that made it may have been sent before (UTC).
    """

    contact_id: str
    list_id: str
    sent_at: datetime | None = None


class Made(NamedTuple):
    """What became of a membership.

    Attributes:
        is_ours: This save has made it; else it was there before.
        refusal: Salesforce's own words.
    """

    contact_id: str
    list_id: str
    membership_id: str | None = None
    is_ours: bool = False
    refusal: str | None = None
    may_succeed_later: bool = False


@dataclass(frozen=True, kw_only=True)
class Records:
    """The memberships of one connection; raises `RemoteError` where Salesforce does not answer."""

    database: Database
    salesforce: Salesforce
    connection: Connection
    mapping: FieldMapping

    def make(self, wanted: Sequence[Wanted]) -> list[Made]:
        """Make up to 200 memberships; those that are there already are found."""
        found = self.find(wanted)
        fresh = [one for one in wanted if one[:2] not in found]
        names = self.mapping.names.membership
        records = [{names.contact: one.contact_id, names.list: one.list_id} for one in fresh]
        made = [
            Made(
                one.contact_id,
                one.list_id,
                membership_id=result.record_id,
                is_ours=result.ok,
                refusal=None if result.ok else result.message or result.error_code,
                may_succeed_later=result.may_succeed_later,
            )
            for one, result in zip(fresh, self._create(records), strict=True)
        ]
        return [*found.values(), *made]

    def find(self, wanted: Sequence[Wanted]) -> dict[tuple[str, str], Made]:
        """Return those of some memberships that are there, by contact and list."""
        by_key = {one[:2]: one for one in wanted}
        names = self.mapping.names.membership
        contact_ids = [one.contact_id for one in wanted]
        found: dict[tuple[str, str], Made] = {}
        for there in memberships_of(self.salesforce, names, contact_ids):
            one = by_key.get((there.contact_id, there.list_id))
            if one is not None and not found.get(one[:2], Made("", "")).is_ours:
                found[one[:2]] = Made(
                    one.contact_id,
                    one.list_id,
                    membership_id=there.sf_id,
                    is_ours=self._is_ours(there, one.sent_at),
                )
        return found

    def read_back(self, membership_ids: Sequence[str], *, lane: int) -> None:
        """Bring the mirror up to date: the addresses of these memberships become dirty."""
        reader = Reader(
            database=self.database,
            salesforce=self.salesforce,
            connection=self.connection,
            mapping=self.mapping,
            origin="console",
        )
        if membership_ids:
            reader.read("membership", membership_ids, lane=lane)

    def remove(self, membership_ids: Sequence[str]) -> Mapping[str, str]:
        """Delete up to 200 memberships; return Salesforce's words on those that it keeps, by id."""
        results = self.salesforce.collections.delete(membership_ids)
        return {
            membership_id: result.message or result.error_code or "Salesforce keeps it"
            for membership_id, result in zip(membership_ids, results, strict=True)
            if not result.ok and not result.is_gone
        }

    def _is_ours(self, there: There, sent_at: datetime | None) -> bool:
        """Tell whether a record is of a call of ours whose answer was lost."""
        made_at = parse_moment(there.created_at)
        if sent_at is None or made_at is None:
            return False
        is_own = there.created_by == self.connection.sf_user_id
        return is_own and made_at > sent_at - _CLOCKS_DIFFER

    def _create(self, records: Sequence[dict[str, str]]) -> list[SaveResult]:
        """Create records; where the call as a whole is refused for one, the others go without."""
        try:
            return self.salesforce.collections.create(self.mapping.names.membership.object, records)
        except RecordRefused as refused:
            if len(records) == 1:
                return [SaveResult(ok=False, error_code=refused.key, message=str(refused))]
            half = len(records) // 2
            return self._create(records[:half]) + self._create(records[half:])
