"""Read all records of an object, page by page, in the order of their ids.

The next page begins after the last id read, so a reading that was broken off goes on at any later
time: the cursors of Salesforce end after some minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.salesforce.children import columns
from bridge.salesforce.names import checked_name
from bridge.salesforce.values import as_asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.values import Record

RECORDS_A_PAGE = 2_000
"""What one answer holds at most (REST API Developer Guide, "Query")."""


def read_page(
    salesforce: Salesforce,
    object: str,  # noqa: A002 -- the domain's word
    paths: Sequence[str],
    *,
    after: str | None,
    count: int = RECORDS_A_PAGE,
) -> list[Record]:
    """Return the next records, with `Id` and the paths as keys; fewer than `count` are the last.

    Args:
        salesforce: The organization.
        object: API name.
        paths: Fields, through parents where dotted.
        after: The last id that was read; None begins.
        count: Records at most.

    Raises:
        Forbidden: If the object or a field is missing or hidden.
        ConfigurationError: If a name is no API name.
        RemoteError: If Salesforce does not answer.
    """
    wanted = ["Id", *(path for path in paths if path.lower() != "id")]
    where = f" WHERE Id > '{after}'" if after else ""
    name = checked_name(object)
    soql = f"SELECT {columns(wanted)} FROM {name}{where} ORDER BY Id LIMIT {count}"  # noqa: S608 -- checked
    return [as_asked(record, wanted) for record in salesforce.query(soql)]
