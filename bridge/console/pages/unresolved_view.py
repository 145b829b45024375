"""What is unresolved as whoever is here may see it: no contact that Salesforce keeps from them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.console.access.records import UNSEEN, access_to
from bridge.db.queries import load_queries
from bridge.unresolved.choose import CHOOSABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import LiteralString

    import psycopg

    from bridge.connections.model import Connection
    from bridge.console.page import Visit
    from bridge.unresolved.keep import Kind

SQL = load_queries("bridge.console.pages", "unresolved.sql")
COUNT = 50

KINDS: Mapping[Kind, tuple[str, str, str]] = {
    "shared_address": (
        "Shared address",
        "Several people have this address, and no rule says whose fields are sent.",
        "Choose whose fields are sent, or give them addresses of their own in Practifi.",
    ),
    "duplicate": (
        "One name twice",
        "Several records have this address and one name.",
        "Merge them in Practifi, or choose whose fields are sent.",
    ),
    "list_name": (
        "List name clash",
        "Several lists want this name, and one has it.",
        "Rename or delete the others in Practifi.",
    ),
    "other_account": (
        "Id of another account",
        "The record holds the id of a contact that this account does not have.",
        "Empty the field in Practifi: the contact is matched by its address then.",
    ),
}
"""Kind -> what it is called, what is unresolved, and what a person does about it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A record that is meant, as whoever is here may see it.

    Attributes:
        is_sent: Its fields are what Constant Contact has now.
    """

    sf_id: str
    name: str = UNSEEN
    client: str | None = None
    do_not_email: bool | None = None
    created_at: datetime | None = None
    is_sent: bool = False
    lists: Sequence[str] = ()
    can_read: bool = False
    can_edit: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Matter:
    """Something that waits for a person, or has.

    Attributes:
        about: An e-mail key, a list's name, or a record's id.
        choice: The contact that was chosen.
    """

    id: int
    kind: Kind
    about: str
    found_at: datetime
    candidates: Sequence[Candidate]
    choice: str | None = None
    chosen_by: str | None = None
    finished_at: datetime | None = None

    @property
    def can_be_read(self) -> bool:
        """Whether any of it is whoever is here to see."""
        return any(one.can_read for one in self.candidates)

    @property
    def can_be_chosen(self) -> bool:
        """Whether a choice settles it."""
        return self.kind in CHOOSABLE and self.finished_at is None

    @property
    def title(self) -> str:
        """What it is about, in words."""
        if self.kind == "other_account":
            return self.candidates[0].name
        return self.about

    def called(self, sf_id: str | None) -> str:
        """Return what whoever is here may call one of its records."""
        found = next((one for one in self.candidates if one.sf_id == sf_id), None)
        return "nobody" if sf_id is None else found.name if found else UNSEEN


def read_matters(
    tx: psycopg.Connection[Any], connection_id: int, statement: LiteralString, **values: object
) -> list[dict[str, Any]]:
    """Return rows of what is unresolved, with what is known of their records."""
    given = {"connection_id": connection_id, **values}
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement, given).fetchall()
        ids = sorted({one for row in rows for one in ids_of(row["candidates"])})
        wanted = {"connection_id": connection_id, "ids": ids}
        known = {one["sf_id"]: one for one in cursor.execute(SQL["records"], wanted)}
    for row in rows:
        row["candidates"] = [
            {"sf_id": one, "is_list": row["kind"] == "list_name", **known.get(one, {})}
            for one in ids_of(row["candidates"])
        ]
    return rows


def seen_matters(
    visit: Visit, connection: Connection, rows: Iterable[dict[str, Any]]
) -> list[Matter]:
    """Return rows as whoever is here may see them; no transaction may be open.

    Raises:
        NotNow: If Salesforce does not say what they may see.
    """
    rows = list(rows)
    people = {one["sf_id"] for row in rows for one in row["candidates"] if not one["is_list"]}
    access = access_to(visit, connection, people)
    matters = []
    for row in rows:
        candidates = []
        for one in row["candidates"]:
            about = dict(one)
            sf_id, is_list = about.pop("sf_id"), about.pop("is_list")
            may = None if is_list else access[sf_id]
            if may is not None and not may.can_read:
                candidates.append(Candidate(sf_id=sf_id))
                continue
            about["name"] = about.get("name") or sf_id
            can_edit = may is not None and may.can_edit
            candidates.append(Candidate(sf_id=sf_id, can_read=True, can_edit=can_edit, **about))
        matters.append(Matter(**row | {"candidates": candidates}))
    return matters


def called(tx: psycopg.Connection[Any], connection_id: int, ids: Iterable[str]) -> dict[str, str]:
    """Return the names of contacts by their ids, of those that have one."""
    wanted = {"connection_id": connection_id, "ids": sorted(ids)}
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(SQL["records"], wanted).fetchall()
    return {row["sf_id"]: row["name"] for row in rows if row["name"]}


def ids_of(candidates: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the ids of the records that a row names.

    >>> ids_of([{"contact": "a"}, {"list": "b"}])
    ['a', 'b']
    """
    return [one.get("contact") or one["list"] for one in candidates]


def counts_of(tx: psycopg.Connection[Any], connection_id: int) -> Counter[str]:
    """Return how much of each kind waits."""
    return Counter(dict(tx.execute(SQL["open_counts"], {"connection_id": connection_id})))
