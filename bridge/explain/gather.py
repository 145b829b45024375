"""Read everything that explaining one subject looks at, in one transaction; nothing is changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg.rows import class_row, dict_row

from bridge.clock import now
from bridge.consent.ledger import Subjects
from bridge.delivery.decide_consent import decide_consent
from bridge.delivery.decide_lists import decide_lists
from bridge.delivery.gather import Gatherer, with_there
from bridge.delivery.owner import choose_owner
from bridge.errors import RecordError
from bridge.explain.gather_mailing import read_mailing
from bridge.explain.model import (
    JobRow,
    ListRow,
    Notification,
    Record,
    Request,
    Snapshot,
    StepRow,
    Work,
    Written,
)
from bridge.explain.target import SQL
from bridge.identity import salesforce_id
from bridge.mapping.versions import active
from bridge.pauses.store import read_pauses
from bridge.status.gather import read_budgets

if TYPE_CHECKING:
    from typing import Literal, LiteralString

    import psycopg

    from bridge.delivery.model import AddressState, Membership, Person
    from bridge.explain.target import Target
    from bridge.mapping.model import Mapping

    T = TypeVar("T")


def read_snapshot(
    tx: psycopg.Connection[Any],
    target: Target,
    *,
    owner_policy: Literal["linked_first", "oldest"],
    campaign: str | None = None,
) -> Snapshot:
    """Return how everything about a target stands.

    Args:
        tx: A transaction that sees one moment and is rolled back.
        target: What is asked about.
        owner_policy: Who of several sharers of an address is sent.
        campaign: Name or id of the campaign that is asked about, if any.
    """
    about = "mailing" if campaign is not None and target.about == "person" else target.about
    snapshot = Snapshot(
        asked=target.asked,
        asked_kind=target.kind,
        about=about,
        at=now(tx),
        connection=target.connection,
        campaign=campaign,
    )
    if target.connection is None:
        return snapshot
    current = active(tx, target.connection.id)
    budgets = [b for b in read_budgets(tx) if target.connection.name in b.connections]
    snapshot = replace(
        snapshot,
        mapping_version=current.version_id if current else None,
        pauses=tuple(p for p in read_pauses(tx) if p.connection_id == target.connection.id),
        budget=budgets[0] if budgets else None,
    )
    if target.number is not None:
        return replace(snapshot, job=_job(tx, target)) if about != "unknown" else snapshot
    reader = _Reader(tx, target, current.mapping if current else None, owner_policy)
    return reader.fill(snapshot)


class _Reader:
    """Reads the rows of one target."""

    def __init__(
        self,
        tx: psycopg.Connection[Any],
        target: Target,
        mapping: Mapping | None,
        owner_policy: Literal["linked_first", "oldest"],
    ) -> None:
        assert target.connection is not None  # noqa: S101 -- there is nothing to read without one
        self._tx = tx
        self._target = target
        self._connection_id = target.connection.id
        self._mapping = mapping
        self._owner_policy = owner_policy

    def fill(self, snapshot: Snapshot) -> Snapshot:
        """Return the snapshot with what is known of a person or a list."""
        target = self._target
        row = self._record_row(target.record_kind, target.sf_id)
        notification = self._notification()
        snapshot = replace(snapshot, record=self._record(row), notification=notification)
        if target.about == "list":
            return self._with_list(snapshot)
        if target.about != "person":
            return snapshot
        contact_id = target.sf_id
        if row is not None and row["kind"] == "membership":
            contact_id = row["contact_id"]
            row = self._record_row("contact", contact_id)
        key = target.key or (row["email_key"] if row is not None else None)
        snapshot = replace(snapshot, key=key)
        if key is not None and self._mapping is not None:
            snapshot = self._with_address(snapshot, key, contact_id)
        return self._with_progress(snapshot, "address", key or contact_id or target.sf_id)

    def _with_address(self, snapshot: Snapshot, key: str, contact_id: str | None) -> Snapshot:
        assert self._mapping is not None  # noqa: S101 -- the caller has looked
        gatherer = Gatherer(
            mapping=self._mapping, installation_owner=self._owner_policy, by_plan=True
        )
        seen = gatherer.one(self._tx, self._connection_id, key)
        state = with_there(seen, seen.there)
        consent = decide_consent(state)
        person = _person(state, contact_id)
        memberships = person.memberships if person is not None else ()
        if self._target.record_kind == "membership":
            memberships = tuple(m for m in memberships if m.sf_id == self._target.sf_id)
        snapshot = replace(
            snapshot,
            state=state,
            consent=consent,
            lists=decide_lists(state, consent),
            person=person,
            memberships=memberships,
            list_rows=self._lists([row.list_id for row in memberships]),
            request=self._request(key),
            written=self._written(person, memberships),
        )
        if snapshot.notification is None and person is not None:
            told = self._notification(person.contact_id)
            snapshot = replace(snapshot, notification=told)
        if snapshot.campaign is not None:
            snapshot = replace(
                snapshot,
                mailing=read_mailing(self._tx, self._connection_id, snapshot.campaign, state),
            )
        return snapshot

    def _with_list(self, snapshot: Snapshot) -> Snapshot:
        sf_id = self._target.sf_id or ""
        written = self._one(Written, SQL["written"], kind="list", sf_id=sf_id)
        snapshot = replace(snapshot, list_rows=self._lists([sf_id]), written=written)
        return self._with_progress(snapshot, "list", sf_id)

    def _with_progress(self, snapshot: Snapshot, kind: str, key: str | None) -> Snapshot:
        """Return the snapshot with what waits for the subject, and its last steps."""
        if key is None:
            return snapshot
        work = self._one(Work, SQL["work"], kind=kind, key=key)
        steps = self._all(StepRow, SQL["last_steps"], kind=kind, key=key)
        return replace(snapshot, work=work, steps=tuple(steps))

    def _record_row(self, kind: str | None, sf_id: str | None) -> dict[str, Any] | None:
        values = {"connection_id": self._connection_id, "kind": kind, "sf_id": sf_id}
        with self._tx.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(SQL["record"], values).fetchone()

    def _record(self, row: dict[str, Any] | None) -> Record | None:
        if row is None:
            return None
        left_out, fault = self._judged(row)
        names = self._mapping.names.contact if self._mapping else None
        return Record(
            kind=row["kind"],
            sf_id=row["sf_id"],
            source=row["source"],
            seen_at=row["seen_at"],
            deleted_at=row["deleted_at"],
            merged_into=row["merged_into"],
            email_key=row["email_key"],
            email_written=row["fields"].get(names.email) if names else None,
            unknown_fields=tuple(row["unknown_fields"]),
            left_out=left_out,
            marks=self._marks_on(row),
            fault=fault,
        )

    def _marks_on(self, row: dict[str, Any]) -> tuple[str, ...]:
        marks = self._mapping.contact.marks if self._mapping and row["kind"] == "contact" else ()
        return tuple(mark.path for mark in marks if mark.is_on(row["fields"]))

    def _judged(self, row: dict[str, Any]) -> tuple[str | None, str | None]:
        """Return why the mapping leaves a list out, and what is wrong with it."""
        if self._mapping is None or row["kind"] != "list" or row["unknown_fields"]:
            return None, None
        try:
            left_out = self._mapping.list.leaves_out(row["fields"])
            if left_out is None:
                self._mapping.list.project(row["fields"])
        except RecordError as error:
            return None, str(error)
        return left_out, None

    def _notification(self, record_id: str | None = None) -> Notification | None:
        asked_id = None if record_id else self._target.notification_id
        sf_id = record_id or self._target.sf_id
        if asked_id is None and sf_id is None:
            return None
        values = {
            "connection_id": self._connection_id,
            "notification_id": asked_id,
            "ids": [salesforce_id(sf_id), sf_id[:15]] if sf_id else [],
        }
        with self._tx.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(SQL["notification"], values).fetchone()
        return None if row is None else Notification(**row, is_asked=asked_id is not None)

    def _lists(self, ids: list[str]) -> tuple[ListRow, ...]:
        return tuple(self._all(ListRow, SQL["lists"], list_ids=ids))

    def _request(self, key: str) -> Request | None:
        key_hash = Subjects(self._tx, self._connection_id).hash_of("address", key)
        return self._one(Request, SQL["request"], key_hash=key_hash)

    def _written(
        self, person: Person | None, memberships: tuple[Membership, ...]
    ) -> Written | None:
        if self._target.record_kind == "membership" and memberships:
            return self._one(Written, SQL["written"], kind="membership", sf_id=memberships[0].sf_id)
        sf_id = person.contact_id if person is not None else None
        return self._one(Written, SQL["written"], kind="contact", sf_id=sf_id)

    def _one(self, row_type: type[T], query: LiteralString, **values: object) -> T | None:
        return next(iter(self._all(row_type, query, **values)), None)

    def _all(self, row_type: type[T], query: LiteralString, **values: object) -> list[T]:
        with self._tx.cursor(row_factory=class_row(row_type)) as cursor:
            return cursor.execute(
                query, {"connection_id": self._connection_id, **values}
            ).fetchall()


def _person(state: AddressState, contact_id: str | None) -> Person | None:
    """Return the person in question: the one asked for, else whose fields are sent."""
    by_id = {person.contact_id: person for person in state.people}
    if contact_id in by_id:
        return by_id[contact_id]
    return choose_owner(state) or next(iter(state.people), None)


def _job(tx: psycopg.Connection[Any], target: Target) -> JobRow | None:
    queries = {"run": SQL["run"], "plan": SQL["plan"], "bulk_activity": SQL["bulk_activity"]}
    assert target.connection is not None  # noqa: S101 -- a number was found in a connection
    values = {"connection_id": target.connection.id, "number": target.number}
    with tx.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(queries[target.about], values).fetchone()
        if row is None:
            return None
        plan = values | {"plan_id": row.pop("plan_id")}
        rows = cursor.execute(SQL["outcomes"], plan).fetchall()
    outcomes = tuple((each["state"], each["outcome"], each["count"]) for each in rows)
    return JobRow(**row, outcomes=outcomes)
