"""Read the records of an object that changed since a moment, deleted ones too, page by page.

They come in the order of SystemModstamp and id, so any number of records of one stamp is read, each
once, and the next page begins behind the last record at any later time. A parent that changes
leaves the stamps of its children alone: who shows fields of it is asked for by the parent's stamp.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from bridge.identity import salesforce_id
from bridge.salesforce.answers import unavailable
from bridge.salesforce.children import columns
from bridge.salesforce.names import checked_name, checked_path
from bridge.salesforce.values import as_asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.values import Record

STAMP = "SystemModstamp"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")


class Behind(NamedTuple):
    """The last record of a page.

    Attributes:
        stamp: Its SystemModstamp, as a message would spell it.
        record_id: Its 18-character id.
    """

    stamp: str
    record_id: str


def behind(record: Record) -> Behind:
    """Return where the page after a record begins.

    Raises:
        Unavailable: If the record has no id or no stamp.
    """
    stamp, record_id = record.get(STAMP), record.get("Id")
    if not stamp or not record_id or not _MOMENT.fullmatch(stamp):
        raise unavailable(f"a record without Id and {STAMP}")
    return Behind(stamp, salesforce_id(record_id))


def read_changed(
    salesforce: Salesforce,
    object: str,  # noqa: A002 -- the domain's word
    paths: Sequence[str],
    *,
    since: datetime,
    after: Behind | None,
    count: int,
) -> list[Record]:
    """Return the next changed records, with `Id` and the paths as keys; fewer than `count` end it.

    Args:
        salesforce: The organization.
        object: API name.
        paths: Fields, through parents where dotted; `SystemModstamp` among them.
        since: The first stamp that counts (aware).
        after: The last record that was read; None begins.
        count: Records at most.

    Raises:
        Forbidden: If the object or a field is missing or hidden.
        RemoteError: If Salesforce does not answer.
    """
    if after is None:
        where = f"{STAMP} >= {_literal(since)}"
    else:
        where = (
            f"(({STAMP} = {after.stamp} AND Id > '{after.record_id}') OR {STAMP} > {after.stamp})"
        )
    return _select(
        salesforce, object, paths, where, order=f"{STAMP}, Id", count=count, deleted=True
    )


def read_changed_by_parent(
    salesforce: Salesforce,
    object: str,  # noqa: A002 -- the domain's word
    paths: Sequence[str],
    relation: str,
    *,
    since: datetime,
    after: str | None,
    count: int,
) -> list[Record]:
    """Return the next records, in the order of their ids, of which a parent has changed.

    Args:
        salesforce: The organization.
        object: API name.
        paths: Fields, through parents where dotted.
        relation: The parent, as a path such as `Account` or `Account.Owner`.
        since: The first stamp of the parent that counts (aware).
        after: The last id that was read; None begins.
        count: Records at most.

    Raises:
        Forbidden: If the parent has no stamp, or something is missing or hidden.
        RemoteError: If Salesforce does not answer.
    """
    where = f"{checked_path(relation)}.{STAMP} >= {_literal(since)}"
    if after is not None:
        where += f" AND Id > '{salesforce_id(after)}'"
    return _select(salesforce, object, paths, where, order="Id", count=count, deleted=False)


def _select(
    salesforce: Salesforce,
    object: str,  # noqa: A002 -- the domain's word
    paths: Sequence[str],
    where: str,
    *,
    order: str,
    count: int,
    deleted: bool,
) -> list[Record]:
    wanted = list(dict.fromkeys(("Id", *paths, "IsDeleted")))
    soql = (
        f"SELECT {columns(wanted)} FROM {checked_name(object)} "  # noqa: S608 -- checked
        f"WHERE {where} ORDER BY {order} LIMIT {count}"
    )
    return [as_asked(record, wanted) for record in salesforce.query(soql, deleted=deleted)]


def _literal(moment: datetime) -> str:
    """Return a moment as SOQL spells it.

    >>> _literal(datetime(2026, 11, 2, 9, 15, tzinfo=UTC))
    '2026-11-02T09:15:00Z'
    """
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
