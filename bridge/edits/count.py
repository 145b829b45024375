"""How many contacts files would change: at once from some of them, then from all, by slices."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from bridge.edits.effect import Comparison, Differing
from bridge.edits.narrow import narrow
from bridge.edits.store import SQL
from bridge.edits.tally import Tally
from bridge.edits.weigh import effect_of
from bridge.errors import MappingError
from bridge.mapping.compiled import digest_of
from bridge.mapping.trial import try_record
from bridge.mapping.versions import compiled_as, files_of, version
from bridge.mirror.remember import custom_field_ids

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg

    from bridge.db.database import Database
    from bridge.edits.effect import Effect
    from bridge.mapping.model import Mapping as CompiledMapping

_BATCH = 5_000
_SAMPLE = 150
"""Contacts of a sample: nobody waits for them."""
_ROWS_A_CONTACT = 4  # of the mirror: memberships, clients and people that are on no list
_ALL_BELOW = 1_000
"""Rows of the mirror below which a sample is everybody."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """Whom files would change, as far as was looked.

    Attributes:
        looked: Contacts that were looked at.
        counts: Kind of change -> contacts.
        fields: Field -> contacts in which it changes.
        is_whole: Everybody was looked at.
        fault: Why nobody can tell.
    """

    looked: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    fields: Mapping[str, int] = field(default_factory=dict)
    is_whole: bool = False
    asked_at: datetime | None = None
    fault: str | None = None

    @property
    def changed(self) -> int:
        """Contacts that would be another way, whatever way."""
        return sum(count for kind, count in self.counts.items() if kind != "not_known")

    @property
    def most_fields(self) -> list[tuple[str, int]]:
        """Fields with the contacts in which they change, the most first."""
        return sorted(self.fields.items(), key=lambda one: (-one[1], one[0]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """One contact of a sample, and what would become of it."""

    sf_id: str
    called: str
    effect: Effect


def comparison_of(
    tx: psycopg.Connection[Any],
    connection_id: int,
    old: CompiledMapping,
    new: CompiledMapping,
    texts: tuple[Mapping[str, str], Mapping[str, str]] | None = None,
) -> Comparison:
    """Return what compares two mappings of a connection.

    Args:
        tx: A transaction.
        connection_id: Whose they are.
        old: The one in force.
        new: The other one.
        texts: The files of both, where they are all that makes them: the comparison is the same,
            and takes a fraction of the time.
    """
    fields = {one.name: one for one in (*old.contact.custom_fields, *new.contact.custom_fields)}
    differing = None
    if texts is not None and old.names == new.names:
        differing = _differing(tx, connection_id, *texts)
    ids = custom_field_ids(tx, connection_id, fields.values())
    return Comparison(old, new, ids, differing)


def _differing(
    tx: psycopg.Connection[Any],
    connection_id: int,
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> Differing | None:
    """Return what files make of a contact by the rules that they do not share."""
    name = "contact.yaml"
    found = narrow(before[name], after[name])
    if found is None:
        return None
    try:
        old = compiled_as(tx, connection_id, {**before, name: found.before})
        new = compiled_as(tx, connection_id, {**after, name: found.after})
    except MappingError:
        return None  # a rule that cannot stand without another one: the whole files tell
    return Differing(
        before=old.contact.project,
        after=new.contact.project,
        takes_part_alike=found.takes_part_alike,
    )


def look_at_some(
    tx: psycopg.Connection[Any], connection_id: int, comparison: Comparison
) -> tuple[Count, list[Looked]]:
    """Return whom files would change among some contacts, or all where there are few.

    They stand in blocks of the table that were chosen at random.
    """
    ((rows,),) = tx.execute(SQL["rows_about"]).fetchall()
    # Of a table that was never analysed nothing is known: it is small, or will be analysed soon.
    is_whole = rows < _ALL_BELOW
    percent = 100.0 if is_whole else min(100.0, 100.0 * _ROWS_A_CONTACT * _SAMPLE / rows)
    values = {
        "connection_id": connection_id,
        "percent": percent,
        "count": _ALL_BELOW,
    }
    with tx.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(SQL["records_at_random"], values).fetchall()
    looked = [
        Looked(
            sf_id=row["sf_id"],
            called=row["name"] or row["sf_id"],
            effect=effect_of(comparison, row["fields"], row["there"]),
        )
        for row in found
    ]
    tally = Tally()
    for one in looked:
        tally.add(one.sf_id, one.effect)
    is_whole = is_whole and len(found) < _ALL_BELOW
    return (
        Count(looked=len(looked), counts=tally.counts, fields=tally.fields, is_whole=is_whole),
        looked,
    )


def people_about(tx: psycopg.Connection[Any], connection_id: int) -> int:
    """Return how many contacts there get their fields from a record of Practifi."""
    ((count,),) = tx.execute(SQL["owned"], {"connection_id": connection_id}).fetchall()
    return int(count)


def look_at_lists(
    tx: psycopg.Connection[Any], connection_id: int, old: CompiledMapping, new: CompiledMapping
) -> Count:
    """Return how many lists another mapping makes something else of: all are looked at."""
    rows = tx.execute(SQL["lists"], {"connection_id": connection_id}).fetchall()
    changed = sum(
        try_record(old, "list", fields)["becomes"] != try_record(new, "list", fields)["becomes"]
        for _, fields in rows
    )
    return Count(looked=len(rows), counts={"changed": changed}, is_whole=True)


def ask_count(
    tx: psycopg.Connection[Any], connection_id: int, version_id: int, files: Mapping[str, str]
) -> bool:
    """Ask that everybody be looked at; return whether that is to be done.

    What was counted less than ten minutes ago stands.
    """
    values = _key(connection_id, version_id, digest_of(files)) | {"files": Jsonb(dict(files))}
    return tx.execute(SQL["ask_count"], values).fetchone() is not None


def count_of(
    tx: psycopg.Connection[Any], connection_id: int, version_id: int, files: Mapping[str, str]
) -> Count | None:
    """Return how far the counting has come; None where nobody has asked for it."""
    values = _key(connection_id, version_id, digest_of(files))
    with tx.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(SQL["count_of"], values).fetchone()
    if row is None:
        return None
    return Count(
        looked=row["looked"],
        counts=row["counts"],
        fields=row["fields"],
        is_whole=row["finished_at"] is not None,
        asked_at=row["asked_at"],
        fault=row["fault"],
    )


def count_slice(database: Database, *, until: float) -> bool:
    """Look at contacts for whoever has asked, some at a time.

    Args:
        database: The installation's database.
        until: When to stop, in `time.monotonic()` seconds.

    Returns:
        Whether something is left to do.
    """
    while True:
        if not _count_batch(database):
            return False
        if time.monotonic() >= until:
            return True


def _count_batch(database: Database) -> bool:
    """Look at the next contacts; return whether there was anything to count."""
    with database.transaction() as tx, tx.cursor(row_factory=class_row(_Counting)) as cursor:
        one = cursor.execute(SQL["take_count"]).fetchone()
        if one is None:
            return False
        key = _key(one.connection_id, one.version_id, one.digest)
        try:
            before = version(tx, one.connection_id, one.version_id)
            after = compiled_as(tx, one.connection_id, one.files)
        except MappingError as error:
            tx.execute(SQL["give_count_up"], key | {"fault": str(error)})
            return True
        assert before is not None  # noqa: S101 -- the row refers to it
        texts = (files_of(tx, one.connection_id, one.version_id) or {}, one.files)
        comparison = comparison_of(tx, one.connection_id, before.mapping, after, texts)
        rows = _after(tx, one.connection_id, one.after_id)
        tally = Tally(looked=one.looked, counts=Counter(one.counts), fields=Counter(one.fields))
        for row in rows:
            tally.add(row["sf_id"], effect_of(comparison, row["fields"], row["there"]))
        values = {
            "after_id": rows[-1]["sf_id"] if rows else one.after_id,
            "looked": tally.looked,
            "counts": Jsonb(tally.counts),
            "fields": Jsonb(tally.fields),
            "is_done": len(rows) < _BATCH,
        }
        tx.execute(SQL["keep_count"], key | values)
    return True


@dataclass(frozen=True, kw_only=True, slots=True)
class _Counting:
    connection_id: int
    version_id: int
    digest: str
    files: Mapping[str, str]
    after_id: str
    looked: int
    counts: Mapping[str, int]
    fields: Mapping[str, int]


def _after(
    tx: psycopg.Connection[Any], connection_id: int, after_id: str
) -> Sequence[dict[str, Any]]:
    values = {"connection_id": connection_id, "after_id": after_id, "count": _BATCH}
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(SQL["records_after"], values).fetchall()


def _key(connection_id: int, version_id: int, digest: str) -> dict[str, Any]:
    return {"connection_id": connection_id, "version_id": version_id, "digest": digest}
