"""Save: write memberships to Practifi, and let the normal road carry them to Constant Contact.

A save may be repeated: a membership is looked for before it is made, and one that is gone was
removed, by a save of ours that has not ended or by somebody else. So a press of Save whose process
died is taken over by the next one. Rows that Salesforce refuses end with its words; nothing of them
reaches the mirror, and so Constant Contact.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bridge.clock import now
from bridge.console.clients.saves import (
    FIRST,
    Asked,
    Said,
    begin_save,
    end_save,
    removals_begun,
    who_removed,
)
from bridge.delivery.read_back import Reader, made_dirty
from bridge.delivery.work import INTERACTIVE, mark
from bridge.errors import RecordRefused, RemoteError
from bridge.identity import salesforce_id
from bridge.mirror.model import parse_moment, row_of
from bridge.mirror.remember import mark_deleted
from bridge.salesforce.client import open_salesforce
from bridge.salesforce.memberships import memberships_of, quoted
from bridge.salesforce.model import SaveResult
from bridge.salesforce.names import checked_name
from bridge.salesforce.values import to_text
from bridge.wakeups.topics import DELIVER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    import psycopg

    from bridge.console.clients.draft import Draft
    from bridge.console.clients.model import Household
    from bridge.console.page import Visit
    from bridge.mapping.model import Mapping
    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.values import Record

_CLOCKS_APART = timedelta(minutes=2)


def rows_of(household: Household, draft: Draft) -> list[Asked]:
    """Return the rows that a draft asks for; of those that are flagged, what may be removed."""
    found = [
        Asked(act="add", contact_id=wish.contact_id, list_id=wish.list_id)
        for wish in draft.wishes
        if wish.is_whole
    ]
    for sf_id in sorted(draft.flagged):
        one = household.membership(sf_id)
        if one is None:
            found.append(Asked(act="remove", contact_id="", list_id="", sf_id=sf_id))
        elif household.may_change(household.contacts[one.contact_id]):
            found.append(
                Asked(act="remove", contact_id=one.contact_id, list_id=one.list_id, sf_id=sf_id)
            )
    return found


def save(
    visit: Visit,
    household: Household,
    mapping: Mapping,
    rows: Sequence[Asked],
    *,
    key: str,
    page: str,
) -> None:
    """Write rows to Practifi, once for each key; what became of each is kept with the save.

    No transaction may be open. The caller has looked whether whoever is here may do this.
    """
    client, console = household.client, visit.console
    with console.database.transaction() as tx:
        todo = begin_save(tx, client, rows, key=key, page=page, person_id=visit.who.id)
    if not todo:
        return
    connection = client.connection
    salesforce = open_salesforce(connection, console.database, console.keyring, console.settings)
    try:
        writing = _Writing(visit, household, mapping, salesforce)
        said = writing.add([row for row in todo if row.act == "add"])
        said += writing.remove([row for row in todo if row.act == "remove"])
    finally:
        salesforce.close()
    with console.database.transaction() as tx:
        writing.remember(tx)
        end_save(tx, client, key, said)
    console.wake(frozenset({DELIVER}))
    visit.note(
        "memberships_saved",
        connection=connection.id,
        client=client.account_id,
        save=key,
        added=[row.sf_id for row in said if row.sf_id in writing.made],
        removed=writing.removed,
        refused=sum(row.outcome == "refused" for row in said),
    )


class _Writing:
    """Writes one save, and remembers what the mirror has to know of it."""

    def __init__(
        self, visit: Visit, household: Household, mapping: Mapping, salesforce: Salesforce
    ) -> None:
        self._visit = visit
        self._household = household
        self._mapping = mapping
        self._salesforce = salesforce
        self.made: dict[str, Asked] = {}
        self.removed: list[str] = []

    def add(self, rows: Sequence[Asked]) -> list[Said]:
        """Make the memberships that are not there yet."""
        results = _by_practifi(lambda: self._make(rows), len(rows)) if rows else []
        said = []
        for row, result in zip(rows, results, strict=True):
            if result.ok and result.record_id is not None:
                self.made[result.record_id] = row
            said.append(self._said(row, result, sf_id=result.record_id))
        return said

    def remove(self, rows: Sequence[Asked]) -> list[Said]:
        """Delete memberships; of one that is gone already it is said who was first."""
        ids = [row.sf_id or "" for row in rows]
        collections = self._salesforce.collections
        results = _by_practifi(lambda: collections.delete(ids), len(ids)) if ids else []
        gone = [sf_id for sf_id, result in zip(ids, results, strict=True) if result.is_gone]
        own = self._own(gone) if gone else set()
        first = self._who_was_first([sf_id for sf_id in gone if sf_id not in own])
        said = []
        for row, sf_id, result in zip(rows, ids, results, strict=True):
            if result.ok or result.is_gone:
                self.removed.append(sf_id)
            if result.is_gone and sf_id not in own:
                says = first.get(sf_id, "Removed by somebody else. Your other changes are kept.")
                said.append(Said(place=row.place, outcome="gone", says=says, sf_id=sf_id))
            else:
                told = SaveResult(ok=True) if sf_id in own else result
                said.append(self._said(row, told, sf_id=sf_id))
        return said

    def remember(self, tx: psycopg.Connection[Any]) -> None:
        """Move the mirror forward by what was written, and make the addresses dirty."""
        connection = self._household.client.connection
        reader = Reader(
            database=self._visit.console.database,
            salesforce=self._salesforce,
            connection=connection,
            mapping=self._mapping,
            origin="console",
        )
        at = self._answered_at(tx)
        names = self._mapping.names.membership
        known = {one.sf_id for one in self._household.memberships}
        rows = [
            row_of(
                connection.id,
                "membership",
                {
                    "Id": sf_id,
                    "CreatedDate": to_text(at.isoformat().replace("+00:00", "Z")),
                    names.contact: row.contact_id,
                    names.list: row.list_id,
                },
                self._mapping,
                source="own_write",
            )
            for sf_id, row in sorted(self.made.items())
            if sf_id not in known
        ]
        dirty = made_dirty(reader.remember(tx, rows, read_at=now(tx)))
        for sf_id in sorted(self.removed):
            mark_deleted(tx, connection.id, "membership", sf_id, at)
            one = self._household.membership(sf_id)
            if one is not None:
                dirty["address", self._key(one.contact_id)] = False
        mark(tx, connection.id, dirty, lane=INTERACTIVE, origin="console")

    def _make(self, rows: Sequence[Asked]) -> list[SaveResult]:
        """Return what became of each: found, or made; a call without an answer may have made it."""
        names = self._mapping.names.membership
        contact_ids = [row.contact_id for row in rows]
        known = {
            (one.contact_id, one.list_id): SaveResult(ok=True, record_id=one.sf_id)
            for one in memberships_of(self._salesforce, names, contact_ids)
        }
        fresh = [row for row in rows if (row.contact_id, row.list_id) not in known]
        made = self._salesforce.collections.create(
            names.object,
            [{names.contact: row.contact_id, names.list: row.list_id} for row in fresh],
        )
        results = known | {
            (row.contact_id, row.list_id): one for row, one in zip(fresh, made, strict=True)
        }
        return [results[row.contact_id, row.list_id] for row in rows]

    def _own(self, sf_ids: Sequence[str]) -> set[str]:
        """Return what the bridge's own user has removed for a save that has not ended."""
        client = self._household.client
        with self._visit.console.database.transaction() as tx:
            ended = who_removed(tx, client, sf_ids)
            asked = removals_begun(tx, client, [one for one in sf_ids if one not in ended])
        return {
            sf_id
            for sf_id, record in self._deleted(sorted(asked), "LastModifiedById").items()
            if salesforce_id(record.get("LastModifiedById") or "") == client.connection.sf_user_id
            and (at := parse_moment(record.get("LastModifiedDate"))) is not None
            and at >= asked[sf_id] - _CLOCKS_APART
        }

    def _who_was_first(self, sf_ids: Sequence[str]) -> dict[str, str]:
        """Return in a sentence who removed memberships before: here, or in Salesforce."""
        with self._visit.console.database.transaction() as tx:
            here = who_removed(tx, self._household.client, sf_ids)
        found = dict(here)
        elsewhere = [sf_id for sf_id in sf_ids if sf_id not in here]
        for sf_id, record in self._deleted(elsewhere, "LastModifiedBy.Name").items():
            at = parse_moment(record.get("LastModifiedDate"))
            who = record.get("LastModifiedBy.Name")
            if at is not None and who:
                found[sf_id] = (who, at)
        clock = self._visit.times.clock
        return {sf_id: FIRST.format(who=who, at=clock(at)) for sf_id, (who, at) in found.items()}

    def _deleted(self, sf_ids: Sequence[str], path: str) -> dict[str, Record]:
        """Return memberships that are gone: when that was, and one path; none where nobody says."""
        if not sf_ids:
            return {}
        soql = (
            f"SELECT Id, {path}, LastModifiedDate "  # noqa: S608 -- the name is checked, ids are ids
            f"FROM {checked_name(self._mapping.names.membership.object)} "
            f"WHERE Id IN ({quoted(sf_ids)})"
        )
        try:
            records = self._salesforce.query(soql, deleted=True)
            return {salesforce_id(record["Id"] or ""): record for record in records}
        except RemoteError:
            return {}  # they are gone all the same; only by whom is not known

    def _said(self, row: Asked, result: SaveResult, *, sf_id: str | None) -> Said:
        return Said(
            place=row.place,
            outcome="saved" if result.ok else "refused",
            says=None if result.ok else result.message or result.error_code,
            sf_id=sf_id,
            subject_key=self._key(row.contact_id),
        )

    def _key(self, contact_id: str) -> str:
        contact = self._household.contacts.get(contact_id)
        return (contact.key if contact else None) or contact_id

    def _answered_at(self, tx: psycopg.Connection[Any]) -> datetime:
        return self._salesforce.answered_at or now(tx)


def _by_practifi(write: Callable[[], list[SaveResult]], count: int) -> list[SaveResult]:
    """Return what became of each row; where the call as a whole failed, that is what is said."""
    try:
        return write()
    except (RemoteError, RecordRefused) as error:
        return [SaveResult(ok=False, message=f"{error}. Press Save again.")] * count
