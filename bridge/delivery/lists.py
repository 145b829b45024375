"""Settle one leased list: make it there, link it, rename it. Lists are never deleted from here.

A list that Practifi deletes stays there until a person approves: its removal takes people off it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.delivery.leases import finish, renew
from bridge.delivery.links import link, own
from bridge.delivery.model import Status, Step
from bridge.delivery.outcome import set_statuses
from bridge.delivery.steps import Opening, close_in_flight, end_step, open_plans
from bridge.delivery.work import RECONCILE, SQL, mark
from bridge.errors import Conflict, NotFoundRemotely, NotSettled, RecordRefused
from bridge.identity import uuid_or_none
from bridge.mirror.remember import forget_cc_list, remember_cc_list

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.delivery.leases import Lease
    from bridge.delivery.read_back import Reader
    from bridge.mapping.versions import ActiveMapping
    from bridge.mirror.advance import Subject

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ListState:
    """One list on both sides.

    Attributes:
        is_known: The mirror has the record, with nothing unknown.
        linked_to: The list there, or None.
        name_there: Its name as last seen.
        names_sent: Names that it may have there, because no answer told whether they took effect.
    """

    is_known: bool
    is_deleted: bool
    fields: dict[str, str | None]
    linked_to: str | None
    name_there: str | None
    names_sent: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ListCourier:
    """Settles lists of one connection, for one thread.

    Attributes:
        approve: Asked before a step is sent; raises where it was not agreed to.
    """

    database: Database
    there: ConstantContact
    reader: Reader
    current: ActiveMapping
    approve: Callable[[Step], None] | None = None

    def settle(self, lease: Lease) -> str:
        """Bring one list to where Practifi has it, and say in words what was done.

        Raises:
            NotSettled: If the record is in doubt although it was read.
            RecordRefused: If the name is taken by another list there, or is refused.
            RemoteError: If a remote side does not do its part.
        """
        state = self._state(lease)
        if not state.is_known:
            self.reader.read("list", [lease.key], lane=max(lease.lane, 1))
            state = self._state(lease)
            if state.fields and not (state.is_known or state.is_deleted):
                message = "the list was saved again while it was read"
                raise NotSettled(message)
        if state.is_deleted or not state.fields:
            with self.database.transaction() as tx:
                finish(tx, lease, reason="deleted in Practifi: removing it there needs an approval")
            return "deleted"
        left_out = self.current.mapping.list.leaves_out(state.fields)
        if left_out is not None:
            self._end(
                lease,
                None,
                Status(kind="list", sf_id=lease.key, status="Not sent", reason=left_out),
            )
            return left_out
        wanted = dict(self.current.mapping.list.project(state.fields))
        if state.linked_to is None:
            there, words = self._make(lease, state, wanted)
        else:
            there, words = self._rename(lease, state, wanted)
        status = Status(kind="list", sf_id=lease.key, status="Confirmed", is_confirmed=True)
        self._end(lease, there, status, is_new=state.linked_to is None, words=words)
        return words

    def _make(
        self, lease: Lease, state: ListState, wanted: dict[str, Any]
    ) -> tuple[dict[str, Any], str]:
        """Take the list whose id the record holds, make one, or take the one of the same name.

        One that was sent before, under whatever name the record had then, is looked up first.
        """
        held = uuid_or_none(state.fields.get(self.current.mapping.names.list.cc_id or ""))
        if held is not None:
            try:
                there = self.there.get_list(held)
            except NotFoundRemotely:
                pass
            else:
                self._refuse_if_taken(lease, there)
                return self._renamed(lease, there, wanted), "linked by the id on the record"
        for name in state.names_sent:
            made = self._find(name)
            if made is not None and self._owner(lease, made) is None:
                return self._renamed(lease, made, wanted), "create_list"
        known = self._known(lease, str(wanted["name"]))
        if known is not None:
            return self._renamed(lease, known, wanted), "linked to the list of the same name"
        try:
            there = self._sent(lease, "create_list", wanted, None)
        except Conflict:
            there = self._by_name(str(wanted["name"]))
            self._refuse_if_taken(lease, there)
            return self._renamed(lease, there, wanted), "linked to the list of the same name"
        return there, "create_list"

    def _rename(
        self, lease: Lease, state: ListState, wanted: dict[str, Any]
    ) -> tuple[dict[str, Any], str]:
        if state.name_there == wanted["name"] and not state.names_sent:
            return {"list_id": state.linked_to, "name": state.name_there}, "nothing to do"
        try:
            there = self.there.get_list(state.linked_to or "")
            renamed = self._renamed(lease, there, wanted)
        except NotFoundRemotely:
            with self.database.transaction() as tx:
                forget_cc_list(tx, lease.connection_id, state.linked_to or "")
            message = "the list was deleted in Constant Contact: link the record to another one"
            raise RecordRefused(message) from None
        return renamed, "nothing to do" if renamed is there else "rename_list"

    def _renamed(
        self, lease: Lease, there: dict[str, Any], wanted: dict[str, Any]
    ) -> dict[str, Any]:
        if there.get("deleted_at"):
            raise NotFoundRemotely("the list is deleted there", system="constant_contact")
        differing = {key: value for key, value in wanted.items() if there.get(key) != value}
        if not differing:
            return there
        kept = {key: there[key] for key in ("name", "description", "favorite") if key in there}
        return there | self._sent(lease, "rename_list", kept | wanted, str(there["list_id"]))

    def _sent(
        self, lease: Lease, kind: Any, body: dict[str, Any], list_id: str | None
    ) -> dict[str, Any]:
        step = Step(kind=kind, body=body, reason="the record was saved", contact_id=list_id)
        if self.approve is not None:
            self.approve(step)
        with self.database.transaction() as tx:
            renew(tx, lease)
            tx.execute(SQL["close_steps_in_flight"], lease.row())
            [plan_id] = open_plans(tx, [Opening(lease, [step], b"", self.current.version_id)])
        try:
            answer = (
                self.there.create_list(body)
                if list_id is None
                else self.there.put_list(list_id, body)
            )
        except (Conflict, RecordRefused) as error:
            with self.database.transaction() as tx:
                end_step(tx, lease, plan_id, 0, "refused", outcome=str(error))
            raise
        there = body | answer
        with self.database.transaction() as tx:
            renew(tx, lease)
            end_step(tx, lease, plan_id, 0, "confirmed", answer=there)
            remember_cc_list(tx, lease.connection_id, there)
        log.info(
            "step_confirmed",
            extra={"connection": lease.connection_id, "kind": kind, "list": there["list_id"]},
        )
        return there

    def _known(self, lease: Lease, name: str) -> dict[str, Any] | None:
        """Return the list of this name that a run has seen there and that is nobody's, if any."""
        with self.database.transaction() as tx:
            values = {"connection_id": lease.connection_id, "name": name}
            row = tx.execute(SQL["free_list_named"], values).fetchone()
        if row is None:
            return None
        try:
            there = self.there.get_list(str(row[0]))
        except NotFoundRemotely:
            return None
        return None if there.get("deleted_at") else there

    def _by_name(self, name: str) -> dict[str, Any]:
        there = self._find(name)
        if there is None:
            message = "Constant Contact says that the name is used and shows no list of that name"
            raise RecordRefused(message, field="name")
        return there

    def _find(self, name: str) -> dict[str, Any] | None:
        for there in self.there.lists():
            if str(there.get("name", "")).strip().lower() == name.strip().lower():
                return there
        return None

    def _refuse_if_taken(self, lease: Lease, there: dict[str, Any]) -> None:
        owner = self._owner(lease, there)
        if owner is not None:
            message = f"another list in Practifi ({owner}) is this list there: rename one of them"
            raise RecordRefused(message, field="name")

    def _owner(self, lease: Lease, there: dict[str, Any]) -> str | None:
        """Return which other list in Practifi a list there belongs to, if any."""
        with self.database.transaction() as tx:
            row = tx.execute(
                SQL["list_owner"],
                {"connection_id": lease.connection_id, "cc_id": there["list_id"]},
            ).fetchone()
        return None if row is None or row[0] == lease.key else str(row[0])

    def _state(self, lease: Lease) -> ListState:
        with self.database.transaction() as tx:
            renew(tx, lease)
            row = tx.execute(
                SQL["list_state"], {"connection_id": lease.connection_id, "key": lease.key}
            ).fetchone()
            names_sent = tx.execute(SQL["list_names_sent"], lease.row()).fetchall()
        assert row is not None  # noqa: S101 -- the statement joins to a row of its own
        sf_id, _, fields, unknown, deleted_at, cc_id, name_there, _ = row
        return ListState(
            is_known=sf_id is not None and not unknown,
            is_deleted=deleted_at is not None,
            fields=fields or {},
            linked_to=str(cc_id) if cc_id else None,
            name_there=name_there,
            names_sent=tuple(sorted(name for (name,) in names_sent)),
        )

    def _end(
        self,
        lease: Lease,
        there: dict[str, Any] | None,
        status: Status,
        *,
        is_new: bool = False,
        words: str | None = None,
    ) -> None:
        with self.database.transaction() as tx:
            if there is not None and is_new:
                _link(tx, lease, there)
                members = tx.execute(
                    SQL["members_of_list"],
                    {"connection_id": lease.connection_id, "list_id": lease.key},
                )
                dirty: dict[Subject, bool] = {("address", key): False for (key,) in members}
                lane = min(lease.lane, RECONCILE) or 1
                mark(tx, lease.connection_id, dirty, lane=lane, origin=lease.origin)
            close_in_flight(tx, lease)
            set_statuses(tx, lease.connection_id, [status])
            finish(tx, lease, reason=words or status.reason)


def _link(tx: psycopg.Connection, lease: Lease, there: dict[str, Any]) -> None:
    remember_cc_list(tx, lease.connection_id, there)
    link(tx, lease.connection_id, "list", {lease.key: there["list_id"]})
    own(tx, lease.connection_id, "list", {lease.key: there["list_id"]})
