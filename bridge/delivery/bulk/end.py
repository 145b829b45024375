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
from bridge.delivery.bulk.store import SQL, first_otherwise, renew_round
from bridge.delivery.bulk.verdict import Window, is_shown, verdict
from bridge.delivery.bury import bury, bury_people
from bridge.delivery.decide import decide
from bridge.delivery.decide_consent import is_unsubscribed
from bridge.delivery.gather import gather, with_there
from bridge.delivery.outcome import record_end, record_look, record_lost
from bridge.delivery.work import Lease, finish, mark, release
from bridge.mirror.model import parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from bridge.db.database import Database
    from bridge.delivery.bulk.model import Round
    from bridge.delivery.bulk.verdict import Verdict
    from bridge.delivery.model import AddressState
    from bridge.mapping.versions import ActiveMapping
    from bridge.settings import Settings

_AT_ONCE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """An activity that has ended, while its members are decided on again.

    Attributes:
        words: What the vendor says of single rows, by their numbers.
        refusal: Why the whole activity was refused, or None.
        window: When it was at work.
    """

    id: int
    plan_id: int
    is_complete: bool
    words: Mapping[int, str] = field(default_factory=dict)
    refusal: str | None = None
    window: Window | None = None


@dataclass(frozen=True, kw_only=True)
class Ender:
    """Ends the activities of one connection, for one thread."""

    database: Database
    settings: Settings
    current: ActiveMapping

    def ended(self, now: Round) -> list[Ended]:
        """Return the activities that have ended and whose members are to be decided on again."""
        values = {"connection_id": now.connection_id}
        with self.database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(SQL["unread_activities"], values).fetchall()
            return [self._ended(tx, now, row) for row in rows]

    def end_some(self, now: Round, activity: Ended) -> bool:
        """Decide again on some members; False where nobody is left, or can be had just now.

        Raises:
            LeaseLost: If somebody else has the round.
        """
        values = {"connection_id": now.connection_id, "id": activity.id}
        leases = self._claim(now, activity)
        with self.database.transaction() as tx:
            if leases:
                keys = [lease.key for lease in leases]
                members = self._members(tx, values, keys)
                unread = first_otherwise(tx, now.connection_id, keys)
                closed: list[tuple[Member, Verdict]] = []
                for lease in leases:
                    member = members.get(lease.key)
                    if member is None or lease.key in unread:
                        release(tx, lease)  # its record is read first; its step ends at the end
                    else:
                        closed.append((member, self._end(tx, lease, member, activity)))
                self._close(tx, now.connection_id, closed)
            else:
                row = tx.execute(SQL["has_members"], values).fetchone()
                if row is None or not row[0]:
                    tx.execute(SQL["end_left_steps"], values)
                    tx.execute(SQL["end_activity"], values)
                    tx.execute(SQL["end_plan"], values | {"plan_id": activity.plan_id})
            renew_round(tx, now)
        return bool(leases)

    def _ended(self, tx: psycopg.Connection[Any], now: Round, row: dict[str, Any]) -> Ended:
        status = row["status"] or {}
        errors = status.get("errors") or ()
        rows: dict[int, str] = {}
        if errors:
            values = {"connection_id": now.connection_id, "id": row["id"]}
            rows = dict(tx.execute(SQL["rows_sent"], values).fetchall())
        began_at = parse_moment(status.get("started_at"))
        ended_at = parse_moment(status.get("completed_at"))
        return Ended(
            id=row["id"],
            plan_id=row["plan_id"],
            is_complete=row["state"] == "completed",
            words=blamed(errors, rows),
            refusal=status.get("refused"),
            window=Window(began_at, ended_at) if began_at and ended_at else None,
        )

    def _claim(self, now: Round, activity: Ended) -> list[Lease]:
        token = uuid.uuid4()
        with self.database.transaction() as tx:
            rows = tx.execute(
                SQL["claim_members"],
                {
                    "connection_id": now.connection_id,
                    "id": activity.id,
                    "token": token,
                    "lease_s": now.lease_s,
                    "count": _AT_ONCE,
                },
            ).fetchall()
        return [
            Lease(
                connection_id=now.connection_id,
                kind="address",
                key=key,
                token=token,
                generation=wanted,
                lane=lane,
                attempts=attempts,
                is_consent=is_consent,
                lease_s=now.lease_s,
            )
            for key, wanted, lane, attempts, is_consent in sorted(rows)
        ]

    def _end(
        self, tx: psycopg.Connection[Any], lease: Lease, member: Member, activity: Ended
    ) -> Verdict:
        """Say what became of one member, and let it go."""
        state = self._after(tx, lease, member, activity)
        decision = decide(state)
        found = verdict(
            decision,
            member,
            is_newer=lease.generation > member.generation,
            is_complete=activity.is_complete,
            words=activity.words.get(member.number or 0) or activity.refusal,
        )
        match found.fate:
            case "finished":
                record_lost(tx, lease, decision.lost)
                record_end(tx, lease, state, decision)
                bury_people(tx, lease, state.people)
                finish(tx, lease, reason="sent with others")
            case "consent":
                release(tx, lease)
                mark(tx, lease.connection_id, {("address", lease.key): True}, origin=lease.origin)
            case "buried":
                bury(tx, lease, found.outcome or "", cause="record-refused:import")
            case "later":
                release(tx, lease, is_attempt=True)  # the activity took its time: no wait on top
            case "singly":
                values = {"connection_id": lease.connection_id, "keys": [lease.key]}
                tx.execute(SQL["leave_single"], values | {"token": lease.token})
            case "again":
                release(tx, lease)
        return found

    def _after(
        self, tx: psycopg.Connection[Any], lease: Lease, member: Member, activity: Ended
    ) -> AddressState:
        """Return the state that the activity left, once what it put there is on record."""
        state = self._state(tx, lease)
        there = state.there
        if there is None:
            return state
        if is_unsubscribed(there):
            record_look(tx, lease.connection_id, state)
            state = self._state(tx, lease)
        elif member.fingerprint is not None and is_shown(there, activity.window):
            values = {"ids": [there["contact_id"]], "fingerprints": [member.fingerprint]}
            tx.execute(SQL["note_answered"], values | {"connection_id": lease.connection_id})
            fingerprint = bytes.fromhex(member.fingerprint)
            state = replace(state, sent_fingerprint=fingerprint, answered=there)
        asked = {row.cc_list_id for one in state.people for row in one.memberships}
        strays = (member.adds & set(there.get("list_memberships") or ())) - asked
        if strays and member.number is not None:
            values = {"cc_contact_id": there["contact_id"], "list_ids": sorted(strays)}
            tx.execute(SQL["own_lists_sent"], values | {"connection_id": lease.connection_id})
            state = self._state(tx, lease)
        return state

    def _state(self, tx: psycopg.Connection[Any], lease: Lease) -> AddressState:
        state = gather(
            tx,
            lease.connection_id,
            lease.key,
            self.current.mapping,
            owner_policy=self.settings.owner,
        )
        return with_there(state, state.there)

    def _members(
        self, tx: psycopg.Connection[Any], values: Mapping[str, Any], keys: Sequence[str]
    ) -> dict[str, Member]:
        with tx.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(SQL["steps_of"], {**values, "keys": list(keys)}).fetchall()
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

    def _close(
        self,
        tx: psycopg.Connection[Any],
        connection_id: int,
        closed: Sequence[tuple[Member, Verdict]],
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
