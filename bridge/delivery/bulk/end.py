"""End an activity: each member is decided on again, on the account as it was read afterwards.

The activity's own word is not enough: a completed import may have refused rows, and a person may
have opted out meanwhile. So a step is confirmed where the contact shows it; whoever still needs
something goes singly, or, where an error line names the row, becomes a dead letter in those words.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.delivery.bulk.blame import blamed
from bridge.delivery.bulk.model import Member
from bridge.delivery.bulk.store import SQL, first_otherwise, leave_single, renew_round
from bridge.delivery.bulk.verdict import Window, is_shown, verdict
from bridge.delivery.bury import bury
from bridge.delivery.decide import decide
from bridge.delivery.decide_consent import is_unsubscribed
from bridge.delivery.endings import finish_ends
from bridge.delivery.gather import gather_all, with_there
from bridge.delivery.leases import leases_of, release
from bridge.delivery.outcome import End, record_look
from bridge.delivery.work import mark
from bridge.mirror.model import parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from bridge.db.database import Database
    from bridge.delivery.bulk.model import Round
    from bridge.delivery.bulk.verdict import Verdict
    from bridge.delivery.leases import Lease
    from bridge.delivery.model import AddressState
    from bridge.mapping.versions import ActiveMapping
    from bridge.settings import Settings

_AT_ONCE = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """An activity that has ended, while its members are decided on again.

    Attributes:
        errors: What the vendor says of single rows.
        refusal: Why the whole activity was refused, or None.
        window: When it was at work.
    """

    id: int
    plan_id: int
    is_complete: bool
    errors: Sequence[str] = ()
    refusal: str | None = None
    window: Window | None = None


@dataclass(frozen=True, kw_only=True)
class Ender:
    """Ends the activities of one connection, for one thread."""

    database: Database
    settings: Settings
    current: ActiveMapping
    _blamed: dict[int, Mapping[int, str]] = field(default_factory=dict)

    def ended(self, now: Round) -> list[Ended]:
        """Return the activities that have ended and whose members are to be decided on again."""
        values = {"connection_id": now.connection_id}
        with self.database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
            return [_ended(row) for row in cursor.execute(SQL["unread_activities"], values)]

    def end_some(self, now: Round, activity: Ended) -> bool:
        """Decide again on some members; False where nobody is left, or can be had just now.

        Raises:
            LeaseLost: If somebody else has the round.
        """
        leases = self._claim(now, activity)
        with self.database.transaction() as tx:
            if leases:
                self._end_members(tx, now.connection_id, leases, activity)
            else:
                _end_activity(tx, now.connection_id, activity)
            renew_round(tx, now)
        return bool(leases)

    def _claim(self, now: Round, activity: Ended) -> list[Lease]:
        token = uuid.uuid4()
        values = {
            "connection_id": now.connection_id,
            "id": activity.id,
            "token": token,
            "lease_s": now.lease_s,
            "count": _AT_ONCE,
        }
        with self.database.transaction() as tx:
            rows = tx.execute(SQL["claim_members"], values).fetchall()
        return leases_of(rows, now.connection_id, "address", token, now.lease_s)

    def _end_members(
        self,
        tx: psycopg.Connection[Any],
        connection_id: int,
        leases: Sequence[Lease],
        activity: Ended,
    ) -> None:
        """Say what became of some members, and let them go."""
        members = _members(tx, connection_id, activity, [lease.key for lease in leases])
        for key in first_otherwise(tx, connection_id, list(members)):
            del members[key]
        states = self._after(tx, connection_id, members, activity)
        words = self._words(tx, connection_id, activity)
        ends: list[End] = []
        others: list[tuple[Lease, Verdict]] = []
        closed: list[tuple[Member, Verdict]] = []
        for lease in leases:
            member = members.get(lease.key)
            if member is None:
                continue
            decision = decide(states[lease.key])
            found = verdict(
                decision,
                member,
                is_newer=lease.generation > member.generation,
                is_complete=activity.is_complete,
                words=words.get(member.number or 0) or activity.refusal,
            )
            closed.append((member, found))
            if found.fate == "finished":
                ends.append(End(lease, states[lease.key], decision))
            else:
                others.append((lease, found))
        finish_ends(tx, connection_id, ends, reason="sent with others")
        for lease, found in others:
            _let_go(tx, lease, found)
        for lease in leases:
            if lease.key not in members:
                release(tx, lease)  # its record is read first; its step ends at the end
        _close_steps(tx, connection_id, closed)

    def _after(
        self,
        tx: psycopg.Connection[Any],
        connection_id: int,
        members: Mapping[str, Member],
        activity: Ended,
    ) -> dict[str, AddressState]:
        """Return the states that the activity left, once what it put there is on record."""
        states = self._states(tx, connection_id, list(members))
        shown: dict[str, str] = {}
        again: list[str] = []
        for key, state in states.items():
            member, there = members[key], state.there
            if there is None:
                continue
            if is_unsubscribed(there):
                record_look(tx, connection_id, state)
                again.append(key)
            elif member.fingerprint is not None and is_shown(there, activity.window):
                shown[there["contact_id"]] = member.fingerprint
                fingerprint = bytes.fromhex(member.fingerprint)
                states[key] = replace(state, sent_fingerprint=fingerprint, answered=there)
            if _own_strays(tx, connection_id, state, member):
                again.append(key)
        if shown:
            values = {"ids": list(shown), "fingerprints": list(shown.values())}
            tx.execute(SQL["note_answered"], values | {"connection_id": connection_id})
        return states | self._states(tx, connection_id, again)

    def _states(
        self, tx: psycopg.Connection[Any], connection_id: int, keys: Sequence[str]
    ) -> dict[str, AddressState]:
        states = gather_all(
            tx, connection_id, keys, self.current.mapping, owner_policy=self.settings.owner
        )
        return {key: with_there(state, state.there) for key, state in states.items()}

    def _words(
        self, tx: psycopg.Connection[Any], connection_id: int, activity: Ended
    ) -> Mapping[int, str]:
        """Return the vendor's words about rows of an activity, which is read once."""
        if activity.id not in self._blamed:
            rows: dict[int, str] = {}
            if activity.errors:
                values = {"connection_id": connection_id, "id": activity.id}
                rows = dict(tx.execute(SQL["rows_sent"], values).fetchall())
            self._blamed.clear()
            self._blamed[activity.id] = blamed(activity.errors, rows)
        return self._blamed[activity.id]


def _ended(row: Mapping[str, Any]) -> Ended:
    status = row["status"] or {}
    began_at = parse_moment(status.get("started_at"))
    ended_at = parse_moment(status.get("completed_at"))
    return Ended(
        id=row["id"],
        plan_id=row["plan_id"],
        is_complete=row["state"] == "completed",
        errors=status.get("errors") or (),
        refusal=status.get("refused"),
        window=Window(began_at, ended_at) if began_at and ended_at else None,
    )


def _end_activity(tx: psycopg.Connection[Any], connection_id: int, activity: Ended) -> None:
    """End an activity that holds nobody any more."""
    values = {"connection_id": connection_id, "id": activity.id}
    row = tx.execute(SQL["has_members"], values).fetchone()
    if row is None or not row[0]:
        tx.execute(SQL["end_left_steps"], values)
        tx.execute(SQL["end_activity"], values)
        tx.execute(SQL["end_plan"], values | {"plan_id": activity.plan_id})


def _let_go(tx: psycopg.Connection[Any], lease: Lease, found: Verdict) -> None:
    """Give a member back that something is left to do about."""
    match found.fate:
        case "consent":
            release(tx, lease)
            mark(tx, lease.connection_id, {("address", lease.key): True})
        case "buried":
            bury(tx, lease, found.outcome or "", cause="record-refused:import")
        case "later":
            release(tx, lease, is_attempt=True)  # the activity took its time: no wait on top
        case "singly":
            leave_single(tx, [lease])
        case _:
            release(tx, lease)


def _own_strays(
    tx: psycopg.Connection[Any], connection_id: int, state: AddressState, member: Member
) -> bool:
    """Keep lists that the activity put a contact on and nobody asks for; say whether there are."""
    there = state.there or {}
    asked = {row.cc_list_id for one in state.people for row in one.memberships}
    strays = (member.adds & set(there.get("list_memberships") or ())) - asked
    if not strays or member.number is None:
        return False
    values = {"cc_contact_id": there["contact_id"], "list_ids": sorted(strays)}
    tx.execute(SQL["own_lists_sent"], values | {"connection_id": connection_id})
    return True


def _members(
    tx: psycopg.Connection[Any], connection_id: int, activity: Ended, keys: Sequence[str]
) -> dict[str, Member]:
    values = {"connection_id": connection_id, "id": activity.id, "keys": list(keys)}
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(SQL["steps_of"], values).fetchall()
    return {
        row["subject_key"]: Member(
            key=row["subject_key"],
            plan_id=row["plan_id"],
            ordinal=row["ordinal"],
            generation=row["generation"],
            number=row["number"],
            adds=frozenset(row["detail"]["adds"]),
            drops=frozenset(row["detail"]["drops"]),
            fields=frozenset(row["detail"]["fields"]),
            fingerprint=row["detail"]["fingerprint"],
        )
        for row in rows
    }


def _close_steps(
    tx: psycopg.Connection[Any], connection_id: int, closed: Sequence[tuple[Member, Verdict]]
) -> None:
    tx.execute(
        SQL["end_steps_sent"],
        {
            "connection_id": connection_id,
            "plans": [member.plan_id for member, _ in closed],
            "ordinals": [member.ordinal for member, _ in closed],
            "states": [found.step for _, found in closed],
            "outcomes": [found.outcome for _, found in closed],
        },
    )
