"""Delete a list there: asked for, worked off there, and confirmed by a read.

Only what a person has approved comes here. The list's members stay contacts; whoever is killed on
the way leaves a step behind by which the next one knows what was begun.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.constant_contact.activities import delete_list, get_activity
from bridge.db.queries import load_queries
from bridge.delivery.leases import finish, renew
from bridge.delivery.model import Step
from bridge.delivery.steps import Answered, Opening, answer_steps, end_step, open_plans
from bridge.errors import NotConfirmed, NotFoundRemotely, StillAtWork

if TYPE_CHECKING:
    import psycopg

    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.delivery.leases import Lease

log = logging.getLogger(__name__)

SQL = load_queries("bridge.delivery", "lists.sql")

DELETED = "delete_list"
GONE = "it is gone there"

_LOOK_AGAIN_S = 1.0


def deletion_of(list_id: str, name: str) -> Step:
    """Return the step that deletes a list there.

    Args:
        list_id: The list there.
        name: Its name there: who approved the deletion has read it.
    """
    return Step(
        kind="delete_list",
        body={},
        reason="deleted in Practifi",
        contact_id=list_id,
        change={"name": (name, None)},
    )


@dataclass(frozen=True, kw_only=True)
class ListRemover:
    """Deletes lists of one account, for one thread."""

    database: Database
    there: ConstantContact
    mapping_version_id: int

    def has_begun(self, lease: Lease) -> bool:
        """Whether a deletion of this list is on its way."""
        with self.database.transaction() as tx:
            return _under_way(tx, lease) is not None

    def find(self, list_id: str) -> dict[str, Any] | None:
        """Return a list as it is there, or None where it is gone."""
        try:
            there = self.there.get_list(list_id)
        except NotFoundRemotely:
            return None
        return None if there.get("deleted_at") else there

    def begin(self, lease: Lease, step: Step) -> None:
        """Ask for the deletion, and note by which activity it is done.

        Raises:
            StillAtWork: Where that went well: the list is there until the activity has ended.
        """
        with self.database.transaction() as tx:
            renew(tx, lease)
            [plan_id] = open_plans(tx, [Opening(lease, [step], b"", self.mapping_version_id)])
        list_id = str(step.contact_id)
        self._ask(lease, plan_id, 0, list_id)
        raise _at_work()

    def go_on(self, lease: Lease, list_id: str) -> str:
        """Carry a deletion that was begun to its end, and say in words what was done.

        Raises:
            StillAtWork: If its activity has not ended.
            NotConfirmed: If it has, and the list is there as before.
        """
        with self.database.transaction() as tx:
            begun = _under_way(tx, lease)
        assert begun is not None  # noqa: S101 -- the caller has seen it, and holds the list
        plan_id, ordinal, activity_id = begun
        ended: str | None = None
        if activity_id is not None:
            try:
                activity = get_activity(self.there, activity_id)
            except NotFoundRemotely:
                ended = "not known any more"
            else:
                if not activity.has_ended:
                    raise _at_work()
                ended = activity.state
        if self.find(list_id) is None:
            with self.database.transaction() as tx:
                renew(tx, lease)
                end_step(tx, lease, plan_id, ordinal, "confirmed", answer={"list_id": list_id})
                settle_deleted(tx, lease.connection_id, lease.key, list_id)
                finish(tx, lease, reason=DELETED)
            log.info(
                "step_confirmed",
                extra={"connection": lease.connection_id, "kind": DELETED, "list": list_id},
            )
            return DELETED
        if ended is None:  # the answer was lost: nobody knows whether it was asked for
            self._ask(lease, plan_id, ordinal, list_id)
            raise _at_work()
        message = f"the list is still there, and its deletion is {ended}"
        with self.database.transaction() as tx:
            end_step(tx, lease, plan_id, ordinal, "failed", outcome=message)
        raise NotConfirmed(message)

    def _ask(self, lease: Lease, plan_id: int, ordinal: int, list_id: str) -> None:
        try:
            activity = delete_list(self.there, list_id)
        except NotFoundRemotely:
            return  # somebody was faster; looked for like any that was asked for
        answer = {"list_id": list_id, "activity_id": activity.activity_id}
        with self.database.transaction() as tx:
            renew(tx, lease)
            answer_steps(tx, [Answered(lease, plan_id, ordinal, answer, is_confirmed=False)])


def settle_deleted(tx: psycopg.Connection, connection_id: int, key: str, list_id: str) -> None:
    """Keep that a list is gone on both sides.

    Args:
        tx: The caller's transaction.
        connection_id: Whose it was.
        key: Its record in Practifi.
        list_id: The list there.
    """
    values = {"connection_id": connection_id, "key": key, "list_id": list_id}
    tx.execute(SQL["close_deletion"], values)
    tx.execute(SQL["settle_deleted_list"], values)


def pass_on(tx: psycopg.Connection, connection_id: int, key: str, list_id: str) -> None:
    """Let a record have the list there of one that was deleted."""
    values = {"connection_id": connection_id, "key": key, "list_id": list_id}
    tx.execute(SQL["pass_list_on"], values)


def _under_way(tx: psycopg.Connection, lease: Lease) -> tuple[int, int, str | None] | None:
    row = tx.execute(
        SQL["deletion_under_way"], {"connection_id": lease.connection_id, "key": lease.key}
    ).fetchone()
    return None if row is None else (int(row[0]), int(row[1]), row[2])


def _at_work() -> StillAtWork:
    return StillAtWork("the list is being deleted there", after_s=_LOOK_AGAIN_S)
