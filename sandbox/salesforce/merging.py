"""Merges of records into one, and the way back out of the recycle bin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.salesforce import ids, saving
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.record_checks import check_unique
from sandbox.salesforce.schema import MERGEABLE
from sandbox.salesforce.tables import folded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.salesforce.org import Transaction
    from sandbox.salesforce.schema import Field, SObject
    from sandbox.salesforce.values import Row

MOST_LOSERS = 2
BIN_KEEPS = timedelta(days=15)


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What a merge did.

    Attributes:
        losers: The records that are in the bin now.
        moved: The records that point to the master now.
    """

    master: str
    losers: tuple[str, ...]
    moved: tuple[str, ...]


def merge(
    tx: Transaction, master_id: str, loser_ids: Sequence[str], fields: Mapping[str, Any]
) -> Merged:
    """Merge up to two accounts or contacts into another one.

    Args:
        tx: The transaction that it is part of.
        master_id: The record that stays.
        loser_ids: The records that go to the recycle bin.
        fields: What changes in the master, names to JSON values.

    Raises:
        ApiError: If they cannot be merged.
    """
    sobject = tx.org.schema.of_id(master_id)
    if sobject is None or sobject.name not in MERGEABLE:
        raise ApiError("INVALID_TYPE", "merge is not supported for this type of record")
    if not 1 <= len(loser_ids) <= MOST_LOSERS:
        raise ApiError("LIMIT_EXCEEDED", f"a merge takes 1 to {MOST_LOSERS} records")
    master = str(saving.existing(tx, sobject, master_id)["Id"])
    losers = tuple(str(saving.existing(tx, sobject, each)["Id"]) for each in loser_ids)
    if len({master, *losers}) <= len(losers):
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", "a record cannot be merged with itself")
    moved: list[str] = []
    for loser in losers:
        moved += _move_children(tx, sobject, loser, master)
        saving.before_delete(tx, sobject, saving.existing(tx, sobject, loser))
        row = saving.existing(tx, sobject, loser) | {"IsDeleted": True, "MasterRecordId": master}
        tx.put(sobject, loser, row | saving.modified(tx))
    saving.update(tx, sobject, master, fields)
    return Merged(master=master, losers=losers, moved=tuple(dict.fromkeys(moved)))


def undelete(tx: Transaction, record_id: str) -> str:
    """Take a record out of the recycle bin, with those that went with it; return its id.

    Raises:
        ApiError: If it is not in the bin, or no longer.
    """
    found = ids.canonical(record_id)
    sobject = tx.org.schema.of_id(found) if found else None
    if found is None or sobject is None:
        raise ApiError("MALFORMED_ID", f"bad id {record_id}")
    row = tx.org.tables[sobject.name].get(found)
    if row is None or not row["IsDeleted"] or not _is_kept(tx, row):
        raise ApiError("UNDELETE_FAILED", "Entity is not in the recycle bin")
    # A record that comes back is no save: neither flows nor outbound messages follow.
    count = len(tx.changes)
    _bring_back(tx, sobject, row)
    del tx.changes[count:]
    return found


def _is_kept(tx: Transaction, row: Row) -> bool:
    deleted_at = row["SystemModstamp"]
    return isinstance(deleted_at, datetime) and tx.at - deleted_at <= BIN_KEEPS


def _bring_back(tx: Transaction, sobject: SObject, row: Row) -> None:
    record_id, deleted_with = str(row["Id"]), row.get(saving.DELETED_WITH)
    back = row | {"IsDeleted": False, saving.DELETED_WITH: None} | saving.modified(tx)
    if "MasterRecordId" in back:
        back["MasterRecordId"] = None
    for field in sobject.fields:
        check_unique(tx, sobject, field, record_id, back[field.name])
    tx.put(sobject, record_id, back)
    for child, reference in tx.org.schema.referring_to(sobject):
        if not reference.cascades:
            continue
        gone = [
            other
            for other in tx.org.tables[child.name]
            if other["IsDeleted"]
            and other[reference.name] == record_id
            and other.get(saving.DELETED_WITH) == deleted_with
            and not _lacks_another_parent(tx, child, other)
        ]
        for other in gone:
            _bring_back(tx, child, other)


def _lacks_another_parent(tx: Transaction, sobject: SObject, row: Row) -> bool:
    """Tell whether a record is gone for good: a further parent of it went after it did.

    Help, "Unable to Restore a Deleted Salesforce Record from the Recycle Bin" (000386040).
    """
    for field in sobject.fields:
        if field.cascades and row[field.name] is not None:
            parent = tx.org.schema.of_id(str(row[field.name]))
            if parent is None or tx.org.tables[parent.name].live(str(row[field.name])) is None:
                return True
    return False


def _move_children(tx: Transaction, sobject: SObject, loser: str, master: str) -> list[str]:
    moved: list[str] = []
    for child, reference in tx.org.schema.referring_to(sobject):
        if reference.name == "MasterRecordId":
            continue
        pointing = [
            row
            for row in tx.org.tables[child.name]
            if not row["IsDeleted"] and row[reference.name] == loser
        ]
        moved += [str(row["Id"]) for row in pointing if _move(tx, child, reference, row, master)]
    return moved


def _move(tx: Transaction, child: SObject, reference: Field, row: Row, master: str) -> bool:
    """Have a record point to the master; tell whether it does, or had to go."""
    record_id = str(row["Id"])
    is_itself = record_id == master
    changed = row | {reference.name: None if is_itself else master}
    if child.unique_together and _has_twin(tx, child, changed):
        saving.delete(tx, child, record_id)
        return False
    tx.put(child, record_id, changed | saving.modified(tx))
    return not is_itself


def _has_twin(tx: Transaction, child: SObject, row: Row) -> bool:
    wanted = [folded(row[name]) for name in child.unique_together]
    return any(
        not other["IsDeleted"]
        and other["Id"] != row["Id"]
        and [folded(other[name]) for name in child.unique_together] == wanted
        for other in tx.org.tables[child.name]
    )
