"""What stands on record about consent: opt-outs, and open requests to come back. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.consent.ledger import SQL, Subjects
from bridge.consent.policy import rules_from

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import LiteralString

    import psycopg

    from bridge.consent.policy import Rules


@dataclass(frozen=True, kw_only=True, slots=True)
class OptOut:
    """An opt-out from all mail that stands.

    Attributes:
        kind: Whether it stands for the address or for a person at it.
        key: E-mail key or contact id; None once erased.
        acted_by: `person`, `firm` or `complaint`.
        seq: The ledger's entry that it rests on.
    """

    kind: str
    key: str | None
    acted_by: str
    since: datetime
    seq: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """An open request to mail a person again.

    Attributes:
        asked_at: When the box was unticked.
        asked_seq: The ledger's entry of that untick.
        policy: What it was last decided by; binding for one that waits.
        is_mass: The untick was one of too many at once.
        is_after_restore: A backup was restored, and nobody has looked yet at what it lacks.
        is_approved: Somebody let it go on all the same.
        has_evidence: It is on record who asked, when and how.
        person_asked_at: When Constant Contact mailed the person for it.
        is_overdue: The person has not confirmed in time.
        was_ticked_elsewhere: The tick that it takes back was seen while they had another address.
    """

    id: int
    contact_id: str
    asked_at: datetime
    asked_seq: int
    user_id: str | None = None
    state: str = "sending"
    policy: str = "practifi"
    is_mass: bool = False
    is_after_restore: bool = False
    is_approved: bool = False
    has_evidence: bool = False
    person_asked_at: datetime | None = None
    is_overdue: bool = False
    was_ticked_elsewhere: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """A coming back of which nobody has shown yet that the person asked for it.

    Attributes:
        asked_at: When the box was unticked.
        user_id: Who unticked it, where that is known.
        opted_out_at: When the person had opted out, where that is known.
    """

    id: int
    contact_id: str
    asked_at: datetime
    user_id: str | None = None
    opted_out_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What stands on record for one address.

    Attributes:
        asked: Open requests to mail it again.
        evidence: Who came back without evidence so far.
        turned_down: Why the last request came to nothing, if it did.
    """

    opt_outs: tuple[OptOut, ...] = ()
    asked: tuple[Asked, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    turned_down: str | None = None


def read_standing(
    tx: psycopg.Connection,
    connection_id: int,
    people: Mapping[str, Sequence[str]],
    rules: Rules,
) -> dict[str, Standing]:
    """Return what stands for each address (e-mail key), of which the ids of its people are given.

    Each table is read once, however many addresses there are.
    """
    records = _Records(tx, connection_id, people)
    opt_outs, asked = records.opt_outs(), records.asked(rules)
    evidence, turned_down = records.evidence(), records.turned_down()
    return {
        address: Standing(
            opt_outs=opt_outs[address],
            asked=asked[address],
            evidence=evidence[address],
            turned_down=turned_down.get(address),
        )
        for address in people
    }


def standing_opt_outs(
    tx: psycopg.Connection, connection_id: int, address: str, contact_ids: Sequence[str]
) -> tuple[OptOut, ...]:
    """Return the opt-outs that stand for an address (e-mail key) or for the people at it."""
    return _Records(tx, connection_id, {address: contact_ids}).opt_outs()[address]


def tells_of_opt_out(
    tx: psycopg.Connection, connection_id: int, address: str, since: datetime
) -> bool:
    """Tell whether the ledger tells of an unsubscription there, seen or sent, since a moment."""
    key_hash = Subjects(tx, connection_id).hash_of("address", address)
    values = {"connection_id": connection_id, "key_hash": key_hash, "since": since}
    row = tx.execute(SQL["tells_of_opt_out"], values).fetchone()
    return row is not None and bool(row[0])


def asked_back(
    tx: psycopg.Connection, connection_id: int, address: str, rules: Rules
) -> tuple[Asked, ...]:
    """Return the open requests to mail an address again."""
    return _Records(tx, connection_id, {address: ()}).asked(rules)[address]


def outstanding_evidence(
    tx: psycopg.Connection, connection_id: int, address: str
) -> tuple[Evidence, ...]:
    """Return who at an address came back without evidence so far."""
    return _Records(tx, connection_id, {address: ()}).evidence()[address]


def rules_of(tx: psycopg.Connection, connection_id: int) -> Rules:
    """Return how a connection treats requests to come back."""
    row = tx.execute(SQL["rules"], {"connection_id": connection_id}).fetchone()
    return rules_from(None if row is None else row[0])


class _Records:
    """What is on record for some addresses and their people, who are known there by hash alone."""

    def __init__(
        self, tx: psycopg.Connection, connection_id: int, people: Mapping[str, Sequence[str]]
    ) -> None:
        subjects = Subjects(tx, connection_id)
        self._tx = tx
        self._addresses = {subjects.hash_of("address", address): address for address in people}
        self._people: dict[bytes, list[str]] = {}
        for address, contact_ids in people.items():
            for contact_id in contact_ids:
                self._people.setdefault(subjects.hash_of("person", contact_id), []).append(address)
        self._values: dict[str, Any] = {
            "connection_id": connection_id,
            "key_hashes": list(self._addresses),
        }

    def opt_outs(self) -> dict[str, tuple[OptOut, ...]]:
        hashes = {"address_hashes": list(self._addresses), "person_hashes": list(self._people)}
        rows = self._tx.execute(SQL["standing"], self._values | hashes)
        found: dict[str, list[OptOut]] = {address: [] for address in self._addresses.values()}
        for key_hash, kind, key, acted_by, since, seq in rows:
            out = OptOut(kind=kind, key=key, acted_by=acted_by, since=since, seq=seq)
            concerned = [self._addresses[key_hash]] if kind == "address" else self._people[key_hash]
            for address in concerned:
                found[address].append(out)
        return {address: tuple(outs) for address, outs in found.items()}

    def asked(self, rules: Rules) -> dict[str, tuple[Asked, ...]]:
        limits = {"mass_limit": rules.mass_limit, "mass_minutes": rules.mass_minutes}
        return {
            address: tuple(Asked(**row) for row in rows)
            for address, rows in self._by_address(SQL["open_resubscriptions"], limits).items()
        }

    def evidence(self) -> dict[str, tuple[Evidence, ...]]:
        return {
            address: tuple(Evidence(**row) for row in rows)
            for address, rows in self._by_address(SQL["outstanding_evidence"], {}).items()
        }

    def turned_down(self) -> dict[str, str | None]:
        rows = self._tx.execute(SQL["turned_down"], self._values)
        return {self._addresses[key_hash]: reason for key_hash, reason in rows}

    def _by_address(
        self, query: LiteralString, values: Mapping[str, Any]
    ) -> dict[str, list[dict[str, Any]]]:
        """Return the rows about people who are not erased, by address."""
        found: dict[str, list[dict[str, Any]]] = {one: [] for one in self._addresses.values()}
        with self._tx.cursor(row_factory=dict_row) as cursor:
            for row in cursor.execute(query, self._values | dict(values)):
                address = self._addresses[row.pop("key_hash")]
                if row["contact_id"] is not None:
                    found[address].append(row)
        return found
