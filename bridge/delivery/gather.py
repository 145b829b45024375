"""Read everything that deciding about addresses needs, in one transaction; nothing is changed.

However many addresses are asked for, each table is read once; one address is many of length 1.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from psycopg.rows import dict_row

from bridge.consent.standing import read_standing
from bridge.delivery.assemble import NOTHING_TOLD, Rows, assemble, contact_at
from bridge.delivery.set_backs import read_flapping
from bridge.delivery.terms import read_terms
from bridge.delivery.work import SQL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Mapping as MappingOf
    from typing import LiteralString

    import psycopg

    from bridge.delivery.assemble import Row, Terms
    from bridge.delivery.model import AddressState, Resource
    from bridge.mapping.compiled import Mapping
    from bridge.policies.policy import OwnerPolicy
    from bridge.salesforce.values import Record


@dataclass(frozen=True, kw_only=True)
class Gatherer:
    """Gathers states by one mapping, for whoever decides by it; see `read_terms`."""

    mapping: Mapping
    installation_owner: OwnerPolicy
    told: MappingOf[str, Record] = field(default_factory=lambda: NOTHING_TOLD)
    by_plan: bool = False

    def one(self, tx: psycopg.Connection, connection_id: int, key: str) -> AddressState:
        """Return the state of one address."""
        return self.all(tx, connection_id, [key])[key]

    def all(
        self, tx: psycopg.Connection, connection_id: int, keys: Sequence[str]
    ) -> dict[str, AddressState]:
        """Return the state of each address, by the terms that hold now."""
        if not keys:
            return {}
        terms = read_terms(
            tx,
            connection_id,
            self.mapping,
            installation_owner=self.installation_owner,
            told=self.told,
            by_plan=self.by_plan,
        )
        return gather_all(tx, connection_id, keys, terms)

    def seen(
        self, tx: psycopg.Connection, connection_id: int, keys: Sequence[str]
    ) -> dict[str, AddressState]:
        """Return the state of each address where the account has just been read."""
        found = self.all(tx, connection_id, keys)
        return {key: with_there(state, state.there) for key, state in found.items()}


def gather_all(
    tx: psycopg.Connection, connection_id: int, keys: Sequence[str], terms: Terms
) -> dict[str, AddressState]:
    """Return the state of each address as both mirrors and the record of consent know it.

    Args:
        tx: A transaction.
        connection_id: Whose addresses they are.
        keys: The addresses.
        terms: What holds for all of them.
    """
    if not keys:
        return {}
    rows = _rows_of(tx, connection_id, keys, asks_ended=terms.on_last_list_removed == "delete")
    people = {key: [row["sf_id"] for row in rows[key].here] for key in keys}
    standing = read_standing(tx, connection_id, people, terms.rules)
    states = {key: assemble(rows[key], standing[key], terms) for key in keys}
    for key, flapping in read_flapping(tx, connection_id, keys).items():
        states[key] = replace(states[key], flapping=flapping)
    return states


def with_there(state: AddressState, there: Resource | None) -> AddressState:
    """Return the state with the contact there as it was just read; None: nobody has the address."""
    return replace(
        state,
        there=there,
        is_there_known=True,
        moving_from=state.moving_from if there is None else None,
    )


def unread_records(
    tx: psycopg.Connection, connection_id: int, keys: Sequence[str]
) -> dict[str, list[str]]:
    """Return kind -> ids of the records behind some subjects that must be read back first."""
    found: dict[str, list[str]] = {}
    for row in _read(tx, SQL["unread"], connection_id, keys=list(keys)):
        found.setdefault(row["kind"], []).append(row["sf_id"])
    return found


def unread_keys(tx: psycopg.Connection, connection_id: int, keys: Sequence[str]) -> set[str]:
    """Return the subjects behind which a record must be read back first."""
    if not unread_records(tx, connection_id, keys):
        return set()
    if len(keys) == 1:
        return set(keys)
    return {key for key in keys if unread_records(tx, connection_id, [key])}


def gone_to(tx: psycopg.Connection, connection_id: int, key: str) -> list[str]:
    """Return the addresses whose work will take this address's contact along.

    Its only person has another address now, and nobody there is known to have that one: the contact
    there is changed rather than emptied, so this address waits for the other.
    """
    rows = _read(tx, SQL["people_at"], connection_id, keys=[key])
    if any(row["email_key"] == key for row in rows):
        return []
    targets = sorted({row["email_key"] for row in rows if row["is_owner"] and row["email_key"]})
    contacts = _read(tx, SQL["contacts_there"], connection_id, keys=targets, cc_contact_ids=[])
    return [target for target in targets if contact_at(target, contacts) is None]


def came_from(tx: psycopg.Connection, connection_id: int, key: str) -> list[str]:
    """Return the addresses under which people of this address still stand there."""
    rows = _read(tx, SQL["people_at"], connection_id, keys=[key])
    linked = [str(row["cc_id"]) for row in rows if row["email_key"] == key and row["cc_id"]]
    contacts = _read(tx, SQL["contacts_there"], connection_id, keys=[key], cc_contact_ids=linked)
    return sorted({row["email_key"] for row in contacts if row["email_key"] not in {key, None}})


def _read(
    tx: psycopg.Connection, query: LiteralString, connection_id: int, **values: object
) -> list[Row]:
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, {"connection_id": connection_id, **values}).fetchall()


def _rows_of(
    tx: psycopg.Connection, connection_id: int, keys: Sequence[str], *, asks_ended: bool
) -> dict[str, Rows]:
    """Return what the tables hold of each address."""
    people = _by("at", _read(tx, SQL["people_at"], connection_id, keys=list(keys)))
    here = {key: [row for row in people[key] if row["email_key"] == key] for key in keys}
    contacts = _contacts(tx, connection_id, {key: people[key] for key in keys})
    moving = _moving(tx, connection_id, here, contacts)
    ids = [row["sf_id"] for rows in here.values() for row in rows]
    memberships = _by(
        "contact_id", _read(tx, SQL["memberships_of"], connection_id, contact_ids=ids)
    )
    known = {key: contact_at(key, contacts[key]) or moving.get(key) for key in keys}
    there = {key: row["contact_id"] for key, row in known.items() if row is not None}
    bases = _read(
        tx,
        SQL["bases_at"],
        connection_id,
        contact_ids=ids,
        cc_contact_ids=list(there.values()),
        asks_ended=asks_ended,
    )
    of_person, of_contact = _by("contact_id", bases), _by("cc_contact_id", bases)
    return {
        key: Rows(
            key=key,
            here=here[key],
            contacts=contacts[key],
            moving=moving.get(key),
            memberships=[one for row in here[key] for one in memberships[row["sf_id"]]],
            bases=_once(
                ("contact_id", "list_id"),
                [one for row in here[key] for one in of_person[row["sf_id"]]],
                of_contact[there[key]] if key in there else (),
            ),
        )
        for key in keys
    }


def _contacts(
    tx: psycopg.Connection, connection_id: int, people: MappingOf[str, Sequence[Row]]
) -> dict[str, list[Row]]:
    """Return the contacts there at each address, or linked to its people, by their ids."""
    linked = {
        key: [row["cc_id"] for row in rows if row["cc_id"] is not None]
        for key, rows in people.items()
    }
    found = _read(
        tx,
        SQL["contacts_there"],
        connection_id,
        keys=list(people),
        cc_contact_ids=[cc_id for ids in linked.values() for cc_id in ids],
    )
    by_key, by_id = _by("email_key", found), _by("contact_id", found)
    return {
        key: sorted(
            _once(("contact_id",), by_key[key], [one for cc_id in ids for one in by_id[cc_id]]),
            key=lambda row: str(row["contact_id"]),
        )
        for key, ids in linked.items()
    }


def _moving(
    tx: psycopg.Connection,
    connection_id: int,
    here: MappingOf[str, Sequence[Row]],
    contacts: MappingOf[str, Sequence[Row]],
) -> dict[str, Row]:
    """Return the contact there of somebody who has come to an address, if it is theirs alone."""
    coming: dict[str, list[Row]] = {}
    for key, rows in here.items():
        owned = {row["cc_id"] for row in rows if row["is_owner"]}
        if owned and contact_at(key, contacts[key]) is None:
            coming[key] = [
                row
                for row in contacts[key]
                if row["contact_id"] in owned and row["email_key"] != key and not row["deleted_at"]
            ]
    former = sorted({row["email_key"] for rows in coming.values() for row in rows} - {None})
    if not any(coming.values()):
        return {}
    others = _read(tx, SQL["people_at"], connection_id, keys=former)
    kept = {row["at"] for row in others if row["email_key"] == row["at"]}
    theirs = {
        key: [row for row in rows if row["email_key"] not in kept] for key, rows in coming.items()
    }
    return {key: rows[0] for key, rows in theirs.items() if rows}


def _by(name: str, rows: Iterable[Row]) -> defaultdict[object, list[Row]]:
    """Return rows by one of their columns, each in the order in which they came."""
    found: defaultdict[object, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[name]].append(row)
    return found


def _once(identity: Sequence[str], *several: Sequence[Row]) -> list[Row]:
    """Return the rows of several lists, each row once."""
    return list(
        {tuple(row[name] for name in identity): row for rows in several for row in rows}.values()
    )
