"""End an activity: each member is decided on again, on the account as it was read afterwards.

The activity's own word is not enough: a completed import may have refused rows, and a person may
have opted out meanwhile. So a step is confirmed where the contact shows it; whoever still needs
something goes singly, or, where an error line names the row, becomes a dead letter in those words.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bridge.delivery.bulk.apart import together
from bridge.delivery.bulk.blame import blamed
from bridge.delivery.bulk.ended import end_activity, end_steps, read_ended, read_members
from bridge.delivery.bulk.store import SQL, first_otherwise, leave_single, renew_round
from bridge.delivery.bulk.verdict import is_shown, verdict
from bridge.delivery.bury import bury
from bridge.delivery.decide import decide
from bridge.delivery.decide_consent import is_unsubscribed
from bridge.delivery.endings import finish_ends
from bridge.delivery.gather import Gatherer
from bridge.delivery.leases import leases_of, release
from bridge.delivery.outcome import End, record_look
from bridge.delivery.set_backs import note_set_backs
from bridge.delivery.work import mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from bridge.db.database import Database
    from bridge.delivery.bulk.ended import Ended
    from bridge.delivery.bulk.model import Member, Round
    from bridge.delivery.bulk.verdict import Verdict
    from bridge.delivery.leases import Lease
    from bridge.delivery.model import AddressState
    from bridge.mapping.versions import ActiveMapping
    from bridge.settings import Settings

_AT_ONCE = 200


@dataclass(frozen=True, kw_only=True)
class Ender:
    """Ends the activities of one connection, for one thread."""

    database: Database
    settings: Settings
    current: ActiveMapping
    _blamed: dict[int, Mapping[int, str]] = field(default_factory=dict)

    def ended(self, now: Round) -> list[Ended]:
        """Return the activities that have ended and whose members are to be decided on again."""
        with self.database.transaction() as tx:
            return read_ended(tx, now.connection_id)

    def end_some(self, now: Round, activity: Ended) -> bool:
        """Decide again on some members; False where nobody is left, or can be had just now.

        Raises:
            LeaseLost: If somebody else has the round.
        """
        leases = self._claim(now, activity)
        if leases:
            together(leases, partial(self._end_together, now, activity), self._leave)
            return True
        with self.database.transaction() as tx:
            end_activity(tx, now.connection_id, activity)
            renew_round(tx, now)
        return False

    def _leave(self, leases: Sequence[Lease]) -> None:
        with self.database.transaction() as tx:
            leave_single(tx, leases)

    def _end_together(self, now: Round, activity: Ended, leases: Sequence[Lease]) -> None:
        with self.database.transaction() as tx:
            self._end_members(tx, now.connection_id, leases, activity)
            renew_round(tx, now)

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
        members = read_members(tx, connection_id, activity, [lease.key for lease in leases])
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
            state = _as_sent(states[lease.key], member)
            decision = decide(state)
            found = verdict(
                decision,
                member,
                is_newer=lease.generation > member.generation,
                is_complete=activity.is_complete,
                words=words.get(member.number or 0) or activity.refusal,
            )
            closed.append((member, found))
            if found.fate == "finished":
                ends.append(End(lease, state, decision))
            else:
                others.append((lease, found))
        set_back = [(end.lease.key, members[end.lease.key].set_back) for end in ends]
        note_set_backs(tx, connection_id, set_back)
        finish_ends(tx, connection_id, ends, ["sent with others"] * len(ends))
        for lease, found in others:
            _let_go(tx, lease, found)
        for lease in leases:
            if lease.key not in members:
                release(tx, lease)  # its record is read first; its step ends at the end
        end_steps(tx, connection_id, activity, closed)

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
        gatherer = Gatherer(
            mapping=self.current.mapping,
            installation_owner=self.settings.owner,
            by_plan=True,
        )
        return gatherer.seen(tx, connection_id, keys)

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


def _as_sent(state: AddressState, member: Member) -> AddressState:
    """Return a state in which nothing but what was sent is done about foreign memberships."""
    return replace(state, foreign=state.foreign.among(member.drops))


def _let_go(tx: psycopg.Connection[Any], lease: Lease, found: Verdict) -> None:
    """Give a member back that something is left to do about."""
    match found.fate:
        case "consent":
            release(tx, lease)
            mark(tx, lease.connection_id, {("address", lease.key): True}, origin=lease.origin)
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
    if not strays or member.number is None or member.is_taken_back:
        return False
    values = {"cc_contact_id": there["contact_id"], "list_ids": sorted(strays)}
    tx.execute(SQL["own_lists_sent"], values | {"connection_id": connection_id})
    return True
