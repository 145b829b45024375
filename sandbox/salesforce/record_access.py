"""`UserRecordAccess`: what a user may do with a record. It is worked out when it is asked for.

Object Reference, "UserRecordAccess": a query names one user and up to 200 records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sandbox.salesforce import ids
from sandbox.salesforce.soql.tokens import malformed
from sandbox.salesforce.soql.tree import All, Compare, OneOf, Path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.salesforce.org import Org
    from sandbox.salesforce.soql.tree import Condition, Query
    from sandbox.salesforce.values import Row

NAME = "UserRecordAccess"
MOST_RECORDS = 200
Level = Literal["None", "Read", "Edit", "Delete", "Transfer", "All"]
LEVELS: tuple[Level, ...] = ("None", "Read", "Edit", "Delete", "Transfer", "All")
_RIGHTS: Mapping[str, Level] = {
    "HasReadAccess": "Read",
    "HasEditAccess": "Edit",
    "HasDeleteAccess": "Delete",
    "HasTransferAccess": "Transfer",
    "HasAllAccess": "All",
}


def rows(org: Org, query: Query) -> list[Row]:
    """Return a row for each record that a query asks about and that there is.

    Raises:
        ApiError: MALFORMED_QUERY, where it does not name a user and its records.
    """
    named: dict[str, list[str]] = {}
    for name, values in _named(query.where):
        named.setdefault(name, []).extend(values)
    users, records = named.get("userid", []), named.get("recordid", [])
    if len(users) != 1 or not 1 <= len(records) <= MOST_RECORDS:
        cause = (
            "Can select only RecordId, a Has*Access field, and MaxAccessLevel, filtered by one "
            f"UserId and 1 to {MOST_RECORDS} RecordId"
        )
        raise malformed(query.text, query.source_at, cause)
    user_id = str(ids.canonical(users[0]))
    found = (ids.canonical(text) for text in records)
    return [
        _row(org, user_id, record_id)
        for record_id in found
        if record_id is not None and _is_there(org, record_id)
    ]


def _named(condition: Condition | None) -> list[tuple[str, list[str]]]:
    conditions = condition.conditions if isinstance(condition, All) else (condition,)
    found = []
    for each in conditions:
        if isinstance(each, Compare) and each.operator == "=" and isinstance(each.path, Path):
            found.append((each.path.names[-1].lower(), [str(each.value)]))
        elif isinstance(each, OneOf) and not each.negated:
            found.append((each.path.names[-1].lower(), [str(value) for value in each.values]))
    return found


def _is_there(org: Org, record_id: str) -> bool:
    sobject = org.schema.of_id(record_id)
    return sobject is not None and org.tables[sobject.name].live(record_id) is not None


def _row(org: Org, user_id: str, record_id: str) -> Row:
    level = org.access.get((user_id, record_id), "All")
    height = LEVELS.index(level)
    row: Row = {
        "Id": record_id,
        "UserId": user_id,
        "RecordId": record_id,
        "MaxAccessLevel": level,
        "IsDeleted": False,
    }
    return row | {name: height >= LEVELS.index(right) for name, right in _RIGHTS.items()}
