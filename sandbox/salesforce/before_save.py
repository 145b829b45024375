"""What the org does to a record just before it is saved: names and times."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from sandbox.salesforce.schema import SObject
    from sandbox.salesforce.values import Row


def before_save(sobject: SObject, before: Row | None, row: Row) -> Row:
    """Return the row with what the system sets on it.

    Args:
        sobject: The object of the record.
        before: The row before the save, or None for a new record.
        row: The row that is about to be saved.

    Raises:
        ApiError: If the parts of an event do not fit each other.
    """
    match sobject.name:
        case "Contact":
            return row | _full_name(row)
        case "Event":
            return row | _event_times(before, row)
        case _:
            return row


def _full_name(row: Row) -> Row:
    parts = (row["FirstName"], row["LastName"])
    return {"Name": " ".join(str(part) for part in parts if part) or None}


def _event_times(before: Row | None, row: Row) -> Row:
    start, end, minutes = row["StartDateTime"], row["EndDateTime"], row["DurationInMinutes"]
    if not isinstance(start, datetime):
        return {}
    moved = before is not None and before["EndDateTime"] != end
    if isinstance(end, datetime) and (before is None or moved or minutes is None):
        length = end - start
        if length < timedelta(0):
            raise ApiError(
                "FIELD_INTEGRITY_EXCEPTION",
                "End Date: event end date time cannot be before start date time",
                fields=("EndDateTime",),
            )
        return {"DurationInMinutes": int(length.total_seconds() // 60)}
    if isinstance(minutes, int):
        try:
            return {"EndDateTime": start + timedelta(minutes=minutes)}
        except OverflowError:
            message = f"Duration: value outside of valid range on numeric field: {minutes}"
            raise ApiError(
                "NUMBER_OUTSIDE_VALID_RANGE", message, fields=("DurationInMinutes",)
            ) from None
    raise ApiError(
        "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [DurationInMinutes]",
        fields=("DurationInMinutes",),
    )
