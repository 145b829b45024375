"""Settle one leased list: make it there, link it, rename it, delete it where that was approved.

A list that Practifi deletes stays there until a person approves: its removal takes people off it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.delivery.delete_list import GONE, ListRemover, deletion_of, pass_on, settle_deleted
from bridge.delivery.leases import finish, renew
from bridge.delivery.links import link, own
from bridge.delivery.list_state import agree_on_names, read_list, takes_name
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
    from bridge.delivery.list_state import ListState
    from bridge.delivery.read_back import Reader
    from bridge.mapping.versions import ActiveMapping
    from bridge.mirror.advance import Subject

log = logging.getLogger(__name__)


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
        if not state.is_known or (state.is_deleted and self.approve is not None):
            # Whoever approved a deletion did so on what was known then: it may be back since.
            self.reader.read("list", [lease.key], lane=max(lease.lane, 1))
            state = self._state(lease)
            if state.fields and not (state.is_known or state.is_deleted):
                message = "the list was saved again while it was read"
                raise NotSettled(message)
        if state.is_deleted or not state.fields:
            return self._remove(lease, state)
        left_out = self.current.mapping.list.leaves_out(state.fields)
        if left_out is not None:
            self._end(
                lease,
                None,
                Status(kind="list", sf_id=lease.key, status="Not sent", reason=left_out),
            )
            return left_out
        wanted = dict(self.current.mapping.list.project(state.fields))
        if state.linked_to is None or (state.is_gone_there and state.may_be_made_again):
            there, words = self._make(lease, state, wanted)
        else:
            there, words = self._rename(lease, state, wanted)
        status = Status(kind="list", sf_id=lease.key, status="Confirmed", is_confirmed=True)
        is_new = there["list_id"] != state.linked_to
        name = str(wanted["name"])
        self._end(lease, there, status, is_new=is_new, name=name, words=words)
        return words

    def _remove(self, lease: Lease, state: ListState) -> str:
        """Delete the list there of a record that is deleted, where a person has approved that."""
        remover = ListRemover(
            database=self.database, there=self.there, mapping_version_id=self.current.version_id
        )
        list_id = state.linked_to
        if list_id is not None and remover.has_begun(lease):
            return remover.go_on(lease, list_id)
        if list_id is not None and self.approve is not None:
            there = remover.find(list_id)
            if there is not None:
                step = deletion_of(list_id, str(there["name"]))
                self.approve(step)
                remover.begin(lease, step)
            with self.database.transaction() as tx:
                settle_deleted(tx, lease.connection_id, lease.key, list_id)
        is_gone = list_id is None or self.approve is not None
        with self.database.transaction() as tx:
            words = GONE if is_gone else "deleted in Practifi: removing it there needs an approval"
            finish(tx, lease, reason=words)
        return words

    def _make(
        self, lease: Lease, state: ListState, wanted: dict[str, Any]
    ) -> tuple[dict[str, Any], str]:
        """Take the list whose id the record holds, make one, or take the one of the same name.

        One that was sent before, under whatever name the record had then, is looked up first.
        """
        held = uuid_or_none(state.fields.get(self.current.mapping.names.list.cc_id or ""))
        if held is not None:
            there = self._held(held)
            if there is not None:
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

    def _held(self, list_id: str) -> dict[str, Any] | None:
        try:
            there = self.there.get_list(list_id)
        except NotFoundRemotely:
            return None
        return None if there.get("deleted_at") else there

    def _rename(
        self, lease: Lease, state: ListState, wanted: dict[str, Any]
    ) -> tuple[dict[str, Any], str]:
        if state.name_there == wanted["name"] and not state.names_sent:
            return {"list_id": state.linked_to, "name": state.name_there}, "nothing to do"
        try:
            there = self.there.get_list(state.linked_to or "")
            if self._is_renamed_there(state, there, wanted):
                return there, "nothing to do"
            renamed = self._renamed(lease, there, wanted)
        except NotFoundRemotely:
            with self.database.transaction() as tx:
                forget_cc_list(tx, lease.connection_id, state.linked_to or "")
            if state.may_be_made_again:
                return self._make(lease, state, wanted)
            message = "the list was deleted in Constant Contact: link the record to another one"
            raise RecordRefused(message) from None
        return renamed, "nothing to do" if renamed is there else "rename_list"

    def _is_renamed_there(
        self, state: ListState, there: dict[str, Any], wanted: dict[str, Any]
    ) -> bool:
        """Whether the list was renamed there alone: the next run gives the record that name."""
        name = str(there.get("name"))
        return (
            wanted["name"] == state.agreed_name != name
            and not there.get("deleted_at")
            and not state.names_sent
            and takes_name(self.current.mapping, state.fields, name)
        )

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
            return read_list(tx, lease)

    def _end(
        self,
        lease: Lease,
        there: dict[str, Any] | None,
        status: Status,
        *,
        is_new: bool = False,
        name: str | None = None,
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
            if there is not None and name is not None and there["name"] == name:
                agree_on_names(tx, lease.connection_id, {lease.key: name})
            close_in_flight(tx, lease)
            set_statuses(tx, lease.connection_id, [status])
            finish(tx, lease, reason=words or status.reason)


def _link(tx: psycopg.Connection, lease: Lease, there: dict[str, Any]) -> None:
    remember_cc_list(tx, lease.connection_id, there)
    pass_on(tx, lease.connection_id, lease.key, str(there["list_id"]))
    link(tx, lease.connection_id, "list", {lease.key: there["list_id"]})
    own(tx, lease.connection_id, "list", {lease.key: there["list_id"]})
