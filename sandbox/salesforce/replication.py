"""getUpdated and getDeleted: which records changed or went in a span of time.

Both ignore the seconds of the times that they are given (REST API Developer Guide, "Get Updated").
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.values import parse_datetime, to_json

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org
    from sandbox.salesforce.policy import Policy
    from sandbox.salesforce.schema import SObject

REACHES_BACK = timedelta(days=30)


def updated(
    org: Org, sobject: SObject, start: str | None, end: str | None, *, policy: Policy
) -> dict[str, object]:
    """Return the ids of the records that were created or changed in a span.

    Raises:
        ApiError: If the span is not one that can be asked for, or too much changed in it.
    """
    since, until = _span(org, start, end)
    ids = [
        row["Id"]
        for row in org.tables[sobject.name]
        if not row["IsDeleted"] and _within(row["SystemModstamp"], since, until)
    ]
    _check_count(len(ids), policy)
    return {
        "ids": ids,
        "latestDateCovered": to_json(min(until, org.now())),
    }


def deleted(
    org: Org, sobject: SObject, start: str | None, end: str | None, *, policy: Policy
) -> dict[str, object]:
    """Return the records that were deleted in a span, and how far back deletes are known.

    Raises:
        ApiError: If the span is not one that can be asked for, or too much was deleted in it.
    """
    since, until = _span(org, start, end)
    known_from = org.now() - timedelta(hours=policy.deleted_kept_h)
    rows = [
        {"id": row["Id"], "deletedDate": to_json(row["SystemModstamp"])}
        for row in org.tables[sobject.name]
        if row["IsDeleted"] and _within(row["SystemModstamp"], max(since, known_from), until)
    ]
    _check_count(len(rows), policy)
    return {
        "deletedRecords": rows,
        "earliestDateAvailable": to_json(known_from),
        "latestDateCovered": to_json(min(until, org.now())),
    }


def _within(stamp: object, since: datetime, until: datetime) -> bool:
    return isinstance(stamp, datetime) and since <= stamp < until


def _check_count(count: int, policy: Policy) -> None:
    most = policy.most_replicated_ids
    if count > most:
        raise ApiError("EXCEEDED_ID_LIMIT", f"More than {most} ids: ask for a shorter span of time")


def _span(org: Org, start: str | None, end: str | None) -> tuple[datetime, datetime]:
    since, until = _minute("start", start), _minute("end", end)
    if since >= until:
        raise ApiError("INVALID_REPLICATION_DATE", "startDate must be before endDate")
    if since < org.now() - REACHES_BACK:
        raise ApiError("INVALID_REPLICATION_DATE", "startDate cannot be more than 30 days ago")
    return since, until


def _minute(name: str, text: str | None) -> datetime:
    if not text:
        raise ApiError("MISSING_ARGUMENT", f"Required parameter is missing: {name}")
    # An unescaped plus sign arrives as a blank.
    found = parse_datetime(text.replace(" ", "+"))
    if found is None:
        raise ApiError("INVALID_REPLICATION_DATE", f"{name}Date is not a date and time: {text}")
    return found.replace(second=0)
